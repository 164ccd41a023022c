"""The kernel: time per task beside the floor, and memory."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from agents import Cascade, Stationary
from sim import Exponential, Game, Offer, Person, Scenario, stream
from tests.benchmark.measuring import Row, fresh, timed
from tests.benchmark.network import network_scenario

STREAMED = 200_000
MEMORY = """
from resource import RUSAGE_SELF, getrusage
from sim import stream
from tests.benchmark.network import network_scenario
for tasks in (10**6, 10**8):
    stream(network_scenario(1, tasks))
    print(getrusage(RUSAGE_SELF).ru_maxrss)
"""


def station(load: float, slots: float) -> Scenario:
    """One model, no failure: the time per task at a load and a number of slots."""
    game = Game.of((1 - 1e-15,), (load * slots,), (1,), value=1, penalty=0)
    return Scenario(
        game,
        Offer(Cascade(1, ()), slots=(slots,), service_time=Exponential()),
        Person(Stationary(1.0)),
        tasks=STREAMED,
    )


def floor(scenario: Scenario) -> float:
    """Seconds of the draws alone."""
    from sim.compiled import jit
    from sim.compiled import kernel as code
    from sim.compiled import run as compiled

    def draw(rules: Any, models: Any) -> float:
        total = 0.0
        for task in range(rules.tasks):
            total += gap(rules, task)
            model, number = rules.initial, 0
            while model > 0:
                number += 1
                u, success, abandon, cascade = words(rules.seed, rules.replication, task, number, 0)
                at = models[np.uint32(model)]
                total += exponential(at.mean, u)
                model = following(model, success < at.p, at.q, at.s, abandon, cascade)
        return total

    gap, words, exponential, following = (
        code._gap, code._philox, code._exponential, code._next_state
    )  # fmt: skip
    rules, models = compiled._rules(scenario, 0), compiled._models(scenario)
    fast: Any = jit.inlined(draw)
    fast(rules._replace(tasks=1), models)
    return min(timed(lambda: fast(rules, models)) for _ in range(3))


def streams(scenario: Scenario, threads: int) -> float:
    """Seconds of four replications."""
    with ThreadPoolExecutor(threads) as pool:
        return timed(lambda: list(pool.map(lambda r: stream(scenario, replication=r), range(4))))


def kernel_rows(rounds: int) -> list[Row]:
    reference = network_scenario(1, STREAMED)
    one, two, low, high, few, many, base = (
        Row("kernel, streamed", "ns per task", "floor: draws alone"),
        Row("kernel, two threads", "ns per task", "kernel, streamed"),
        Row("one slot, load .5", "ns per task"),
        Row("one slot, load .99", "ns per task", "one slot, load .5"),
        Row("1 slot, load .7", "ns per task"),
        Row("1000 slots, load .7", "ns per task", "1 slot, load .7"),
        Row("floor: draws alone", "ns per task"),
    )
    stations = ((low, 0.5, 1.0), (high, 0.99, 1.0), (few, 0.7, 1.0), (many, 0.7, 1000.0))
    stream(reference)
    for _ in range(rounds):
        base.values.append(1e9 * floor(reference) / STREAMED)
        one.values.append(1e9 * streams(reference, 1) / 4 / STREAMED)
        two.values.append(1e9 * streams(reference, 2) / 4 / STREAMED)
        for row, load, slots in stations:
            row.values.append(1e9 * stream(station(load, slots)).seconds / STREAMED)
    return [base, one, two, low, high, few, many]


def memory(rounds: int) -> list[Row]:
    few, many = Row("10^6 streamed tasks", "MB"), Row("10^8 streamed tasks", "MB")
    many.base = few.name
    for row, value in zip((few, many), fresh(MEMORY), strict=True):
        row.values.append(value / 1024)
    return [few, many]

"""The kernel: time per task beside the floor, and memory."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from agents import Cascade, Stationary
from sim import Exponential, Game, Offer, Person, Scenario, stream
from tests.benchmark.measuring import Row, busy, fresh, timed
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


def chain(models: int) -> Scenario:
    """Every task goes through all models, of 10 slots each, .7 busy."""
    p = (1e-15,) * (models - 1) + (1 - 1e-15,)
    game = Game.of(p, (7.0,) * models, (1,) * models, value=1, penalty=0)
    up = Cascade(1, (1.0,) * (models - 1))
    return Scenario(
        game,
        Offer(up, slots=(10.0,) * models, service_time=Exponential()),
        Person(Stationary(0.0)),
        tasks=STREAMED // models,
    )


def floor(scenario: Scenario) -> float:
    """Seconds of the draws alone."""
    from sim.compiled import arrivals, jit, philox, setup, times
    from sim.compiled import kernel as code

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
        arrivals.gap, philox.philox, times._exponential, code._next_state
    )  # fmt: skip
    rules, models = setup.rules(scenario, 0), setup.models(scenario)
    fast: Any = jit.inlined(draw)
    fast(rules._replace(tasks=1), models)
    return min(timed(lambda: fast(rules, models)) for _ in range(3))


def streams(scenario: Scenario, threads: int) -> float:
    """Seconds of four replications."""
    with ThreadPoolExecutor(threads) as pool:
        return timed(lambda: list(pool.map(lambda r: stream(scenario, replication=r), range(4))))


def kernel_rows(rounds: int) -> list[Row]:
    reference = network_scenario(1, STREAMED)
    base = Row("floor: draws alone", "ns per task")
    one = Row("kernel, streamed", "ns per task", base.name)
    two = Row("kernel, two threads", "ns per task", one.name)
    stations = {
        Row("one slot, load .5", "ns per task"): station(0.5, 1.0),
        Row("one slot, load .99", "ns per task", "one slot, load .5"): station(0.99, 1.0),
        Row("10 slots, load .7", "ns per task"): station(0.7, 10.0),
        Row("1000 slots, load .7", "ns per task", "10 slots, load .7"): station(0.7, 1e3),
        Row("100000 slots, load .7", "ns per task", "10 slots, load .7"): station(0.7, 1e5),
        Row("chain of 5", "ns per pass", "10 slots, load .7"): chain(5),
        Row("chain of 50", "ns per pass", "10 slots, load .7"): chain(50),
    }
    stream(reference)
    for _ in range(rounds):
        base.values.append(1e9 * floor(reference) / STREAMED)
        one.values.append(1e9 * streams(reference, 1) / 4 / STREAMED)
        two.values.append(1e9 * streams(reference, 2) / 4 / STREAMED)
        for row, scenario in stations.items():
            row.values.append(1e9 * busy(partial(stream, scenario)) / STREAMED)
    return [base, one, two, *stations]


def memory(rounds: int) -> list[Row]:
    few, many = Row("10^6 streamed tasks", "MB"), Row("10^8 streamed tasks", "MB")
    many.base = few.name
    for row, value in zip((few, many), fresh(MEMORY), strict=True):
        row.values.append(value / 1024)
    return [few, many]

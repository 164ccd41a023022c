"""Every kind of behaviour on both engines, and a person's own throttle beside the shipped one."""

import gc
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from agents import (
    BackOff,
    Cap,
    Downgrade,
    FixedPatience,
    FixedRetry,
    Gate,
    GoesAway,
    Layers,
    LoadDelay,
    PeakMeter,
    Priority,
    QueueLimit,
    RateLimit,
    ScalarPatience,
    ShortestQueue,
    Stationary,
)
from agents.throttling.gate import until
from sim import (
    Bursts,
    Mixture,
    Population,
    PriorityClasses,
    Scalar,
    Scenario,
    UserClass,
    simulate,
    stream,
    stream_classes,
)
from sim.scalars import ADMIT, REFUSE, Answer, Memory, Own
from tests.benchmark.measuring import Row, busy
from tests.benchmark.network import DISCIPLINES, SLOTS, P, network_scenario, service_means

STREAMED, PROCESSES = 200_000, 10_000  # tasks on the kernel and on SimPy
LIMIT = (1 / 8, 4)  # prompts per second of a user, and at once
CROWD = Population(
    (UserClass("free", 30, 1 / 60, 5.0, 1.0), UserClass("paid", 10, 1 / 20, 5.0, 1.0))
)


@dataclass(frozen=True)
class Leaves(ScalarPatience):
    """Stays for a pass so many seconds, served or not."""

    seconds: float

    def scalar(self) -> Scalar:
        return Scalar(leaves, (self.seconds,))


def leaves(now: float, model: int, queued: int, luck: float, own: Own) -> tuple[float, float]:
    return math.inf, own[0]


@dataclass(frozen=True)
class OwnLimit(Gate):
    """A rate limit as a person would write it."""

    rate: float
    burst: float

    def scalar(self) -> Scalar:
        return Scalar(own_limit, (self.rate, self.burst), memory=1)


def own_limit(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    full = max(memory[0], now)
    opens = full - (own[1] - 1.0) / own[0]
    if now < opens:
        return REFUSE, until(now, opens), 0, 0
    memory[0] = full + 1.0 / own[0]
    return ADMIT, 0.0, 0, 0


def kinds(tasks: int, seed: int = 1) -> dict[str, Scenario]:
    """The network of `tests.benchmark.network` with one behaviour more, by its name."""
    base = network_scenario(seed, tasks)
    crowd = base.replace(arrivals=CROWD)
    work = tuple(mean / p for mean, p in zip(service_means(), P, strict=True))
    types = Mixture(((0.5, Stationary(0.05)), (0.5, Stationary(0.2))))
    layers = Layers((RateLimit(*LIMIT), Downgrade(3), LoadDelay(0.5)))
    shared = {name: base.replace(discipline=each) for name, each in DISCIPLINES.items()}
    plain, _, sharing, capped, batching = shared.values()
    return {
        "plain": plain,
        "population": crowd,
        "priority classes": crowd.replace(discipline=PriorityClasses()),
        "rate limit, wait": crowd.replace(throttle=RateLimit(*LIMIT, True)),
        "rate limit, retry": crowd.replace(throttle=RateLimit(*LIMIT)),
        "rate limit, back off": crowd.replace(
            throttle=RateLimit(*LIMIT), persistence=BackOff(1.0, 2.0, 5)
        ),
        "cap, goes away": crowd.replace(throttle=Cap(10, 200.0), persistence=GoesAway()),
        "cap, fallback": crowd.replace(throttle=Cap(10, 200.0, True)),
        "queue limit, retry": base.replace(throttle=QueueLimit(3), persistence=FixedRetry(1.0, 10)),
        "downgrade": base.replace(throttle=Downgrade(1)),
        "load delay": base.replace(throttle=LoadDelay(0.5)),
        "priority": crowd.replace(throttle=Priority((1,))),
        "peak meter": base.replace(throttle=PeakMeter(3.0, 0, 23)),
        "three layers": crowd.replace(throttle=layers),
        "patience": base.replace(patience=FixedPatience(5.0)),
        "sojourn limit": base.replace(patience=Leaves(5.0)),
        "mixture": base.replace(abandonment=types),
        "bursts": base.replace(arrivals=Bursts(1.0, 2.0)),
        "shortest queue": base.replace(routing=ShortestQueue(work, SLOTS)),
        "processor sharing": sharing,
        "capped": capped,
        "batching": batching,
    }


def streamed(scenario: Scenario) -> object:
    """A summary of all, or one for each class."""
    whole = not isinstance(scenario.arrivals, Population)
    return stream(scenario) if whole else stream_classes(scenario)


def behaviours(rounds: int) -> list[Row]:
    """Processor time per task of both engines, which take turns."""
    rows: dict[str, Row] = {}
    runs: dict[str, tuple[Callable[[], object], int]] = {}
    short = kinds(PROCESSES)
    for name, scenario in kinds(STREAMED).items():
        streamed(short[name])  # compiled code is loaded
        rows[name] = Row(name, "ns per task")
        runs[name] = partial(streamed, scenario), STREAMED
        slow = f"{name}, SimPy"
        rows[slow] = Row(slow, "ns per task", name)
        runs[slow] = partial(simulate, short[name], engine="simpy"), PROCESSES
    own = kinds(STREAMED)["rate limit, retry"].replace(throttle=OwnLimit(*LIMIT))
    streamed(own)
    rows["own rate limit"] = Row("own rate limit", "ns per task", "rate limit, retry")
    runs["own rate limit"] = partial(streamed, own), STREAMED
    for _ in range(rounds):
        for name, (run, tasks) in runs.items():
            gc.collect()
            rows[name].values.append(1e9 * busy(run) / tasks)
    return list(rows.values())

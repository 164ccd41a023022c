"""Single stations of the textbooks, as cases of the validation study."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from agents import GoesAway, NoThrottle, QueueLimit, Static, Stationary
from analysis.validation.cases.instruments import (
    ExponentialPatience,
    OneAtATime,
    Redials,
    RoundTheOrbit,
)
from analysis.validation.cases.queue_case import STATIONS, QueueCase, Values, window
from sim.arrivals.streams import Poisson
from sim.game import Game
from sim.person import Person
from sim.records import Outcome
from sim.results import Result
from sim.scenario import Offer, Scenario
from sim.servers.disciplines import ProcessorSharing
from sim.servers.service_times import Deterministic, Exponential, Lognormal, ServiceTime
from sim.theory import stations
from sim.theory.stations import Station


def station_cases() -> list[QueueCase]:
    """Means in the system, customers who leave or are turned away, and who tries again later."""
    return [*_stations(), *_losses(), *_retrials()]


def _station(rate: float, service_rate: float, slots: float) -> Scenario:
    """One model that everybody leaves after one pass."""
    return Scenario(
        Game.of((0.5,), (1 / service_rate,), (1.0,), 10, 1),
        Offer(Static(1), NoThrottle(), slots=(slots,), service_time=Exponential()),
        Person(Stationary(1.0)),
        Poisson(rate),
    )


def _case(
    name: str, scenario: Scenario, tasks: int, measure: Callable[[QueueCase, Result], Values],
    exact: Values, scales: Values | None = None,
) -> QueueCase:  # fmt: skip
    return QueueCase(name, STATIONS, scenario, tasks, measure, exact, scales or exact)


def _stations() -> Iterator[QueueCase]:
    back = _station(0.3, 1.0, 1).replace(abandonment=Stationary(0.0))
    total = stations.feedback(0.3, 1.0, 0.5).total
    yield _case(
        "M/M/1 with feedback", back, 9600, times, {"sojourn": total}, {"sojourn": 1.5 * total}
    )
    shared_times: tuple[tuple[str, ServiceTime], ...] = (
        ("M/M/1-PS", Exponential()),
        ("M/G/1-PS, cv 1", Lognormal(1.0)),
    )
    for name, service in shared_times:
        shared = _station(4.0, 9.0, 1).replace(discipline=ProcessorSharing(), service_time=service)
        exact = float(stations.shared_sojourn(4, 1 / 9, 1 / 9))
        yield _case(name, shared, 8000, times, {"sojourn": exact})
    general: tuple[tuple[str, ServiceTime, float], ...] = (
        ("M/D/1", Deterministic(), 0.0),
        ("M/G/1, cv .5", Lognormal(0.5), 0.25),
    )
    for name, service, cv2 in general:
        scenario = _station(0.5, 1.0, 1).replace(service_time=service)
        exact = float(stations.pollaczek_khinchine(0.5, 1.0, cv2))
        yield _case(name, scenario, 4800, times, {"sojourn": exact})
    many = Station(5, 1.0).sojourn(3.5)
    yield _case("M/M/5", _station(3.5, 1.0, 5), 6800, times, {"sojourn": many})


def times(case: QueueCase, result: Result) -> Values:
    """Mean seconds in the system."""
    tasks = {name: column[window(case, result)] for name, column in result.tasks.items()}
    return {"sojourn": float((tasks["ended"] - tasks["arrived"]).mean())}


def _losses() -> Iterator[QueueCase]:
    """Users who leave the queue (Erlang A), and users who are turned away (M/M/1/K and Naor)."""
    for rate, slots, theta, tasks in (
        (48, 50, 0.5, 12_000),
        (0.8, 1, 0.5, 4800),
        (1.2, 1, 0.5, 4800),
        (4, 5, 0.2, 10_000),
        (10, 10, 1, 16_000),
    ):
        patience = ExponentialPatience(1 / theta)
        scenario = _station(rate, 1.0, slots).replace(patience=patience)
        law = stations.erlang_a(rate, 1.0, slots, theta)
        exact = {"abandon": law.abandon, "waiting": law.waiting, "busy": law.utilisation}
        left = 0.12 + 0.6 * law.abandon
        scales = {"abandon": left, "waiting": 0.2 + 2 * law.waiting, "busy": 0.5}
        name = f"Erlang A ({rate:g}, 1, {slots}, {theta:g})"
        yield _case(name, scenario, tasks, impatient, exact, scales)
    thresholds = stations.naor(0.9, 1.0, 10.0, 1.0)
    for name in ("individual", "social", "revenue"):
        room = getattr(thresholds, name)
        limited = _station(0.9, 1.0, 1).replace(
            throttle=QueueLimit(room - 1), persistence=GoesAway()
        )
        law_of_room = stations.finite_room(0.9, 1.0, 1, room)
        gain = (1 - law_of_room.blocked) * (10 - law_of_room.sojourn)
        exact = {"blocked": law_of_room.blocked, "welfare": gain}
        scales = {"blocked": 0.3, "welfare": 10.0}
        yield _case(f"Naor, {name}: {room}", limited, 4000, turned_away, exact, scales)


def impatient(case: QueueCase, result: Result) -> Values:
    """Share that leaves the queue, mean seconds in it, busy share of the slots."""
    tasks = {name: column[window(case, result)] for name, column in result.tasks.items()}
    return {
        "abandon": float((tasks["outcome"] == Outcome.RENEGED).mean()),
        "waiting": float(tasks["waiting"].mean()),
        "busy": _rate(case) * float(tasks["service"].mean()) / case.scenario.offer.slots[0],
    }


def turned_away(case: QueueCase, result: Result) -> Values:
    """Share turned away, and what a customer gains on average: 10 if served, less 1 a second."""
    tasks = {name: column[window(case, result)] for name, column in result.tasks.items()}
    refused = tasks["outcome"] == Outcome.REFUSED
    gain = np.where(refused, 0.0, 10 - (tasks["ended"] - tasks["arrived"]))
    return {"blocked": float(refused.mean()), "welfare": float(gain.mean())}


def _retrials() -> Iterator[QueueCase]:
    """Who finds the server busy tries again later: M/M/1 with classical retrials.

    Once with a throttle and users who come back; once with the orbit as a first model, whose passes
    take as long as users wait and (but for one in 10^12) fail.
    """
    refused = _station(0.5, 1.0, 1).replace(throttle=OneAtATime(), persistence=Redials(1.0))
    exact = {"orbit": stations.retrial_orbit(0.5, 1.0, 1.0)}
    scales = {"orbit": 1.2 * exact["orbit"]}
    yield _case("M/M/1 retrial (0.5, 1, 1)", refused, 10_400, orbit, exact, scales)
    around = Scenario(
        Game.of((1e-12, 1 - 1e-12), (1 / 0.5, 1.0), (1.0, 1.0), 10, 1),
        Offer(RoundTheOrbit(), slots=(np.inf, 1), service_time=Exponential()),
        Person(Stationary(0.0)),
        Poisson(0.8),
    )
    exact = {"orbit": stations.retrial_orbit(0.8, 1.0, 0.5)}
    scales = {"orbit": 3 * exact["orbit"]}
    case = _case("M/M/1 retrial (0.8, 1, 0.5)", around, 8800, around_it, exact, scales)
    yield replace(case, empty=800)


def orbit(case: QueueCase, result: Result) -> Values:
    """Mean number of those who wait to try again, by Little's law."""
    return {
        "orbit": _rate(case) * float(result.tasks["throttle_delay"][window(case, result)].mean())
    }


def around_it(case: QueueCase, result: Result) -> Values:
    """The same of those whose wait is a pass: all their time but a last pass of one second."""
    return {"orbit": _rate(case) * (times(case, result)["sojourn"] - 1.0)}


def _rate(case: QueueCase) -> float:
    arrivals = case.scenario.arrivals
    assert isinstance(arrivals, Poisson)
    return arrivals.rate

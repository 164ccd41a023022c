"""Games with queues, and the scenarios that they are to the simulator: there and back."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from agents import (
    AddedDelay,
    Cascade,
    CongestedEquilibrium,
    CongestedGame,
    Joins,
    NoThrottle,
    Stationary,
)
from agents.congestion.response import Pair
from sim.arrivals.streams import Poisson
from sim.game import Game
from sim.person import Mixture, Person
from sim.policies import Abandonment
from sim.scenario import Offer, Scenario
from sim.servers.disciplines import FCFS, Discipline, PriorityClasses, ProcessorSharing
from sim.servers.service_times import Exponential
from sim.theory.stations import Station


def reference_points() -> dict[str, tuple[CongestedGame, int, float]]:
    """Games with a policy (initial, cascade): docs/theory.md, section 11.5. H has no equilibrium.

    >>> from agents import congested_equilibrium
    >>> congested_equilibrium(*reference_points()["F"]).kind
    'double indifference'
    """
    c, one_two = (0.1, 0.5), (Station(1, 1.0), Station(2, 0.5))
    shared = (Station(1, 1.0, "ps"), Station(2, 0.5, "ps"))
    A = CongestedGame((0.2, 0.6), c, 5, 1, 0.5, one_two)
    B = CongestedGame((0.4, 0.6), c, 4, 1, 0.5, (Station(1, 1.5), Station(2, 0.25)))
    C = CongestedGame((0.4, 0.7), c, 4, 1, 0.5, (Station(1, 1.5), Station(2, 0.5)))
    D = CongestedGame((0.5, 0.8), c, 8, 1, 0.5, (Station(1, 1.5), Station(2, 0.6)), 1.0, (0.7, 0.4))
    E = CongestedGame((0.3, 0.5), c, 60, 1, 0.55, (Station(3, 0.55), Station(2, 0.6)))
    F = CongestedGame((0.2, 0.4), c, 10, 1, 0.4, (Station(1, 1.0), Station(1, 0.3)))
    return {
        "A": (A, 1, 0.5),
        "A shared": (replace(A, stations=shared), 1, 0.5),
        "B": (B, 1, 0.15),
        "C": (C, 2, 0.0),
        "D": (D, 1, 0.4),
        "E": (E, 1, 0.35),
        "F": (F, 1, 0.25),
        "G": (replace(A, value=1), 1, 0.5),
        "H": (replace(A, arrival_rate=1), 1, 0.5),
    }


def on_slots(
    p: Pair, c: Pair, value: float, penalty: float, slots: Sequence[float], rates: Sequence[float],
    share: float, discipline: str = "fcfs", **more: Any,
) -> CongestedGame:  # fmt: skip
    """The game on ``slots`` of each model that serve ``rates`` passes per second each, where first
    passes take a ``share`` of the smaller capacity; ``more`` as in `CongestedGame`.
    """
    first, second = (Station(n, mu, discipline) for n, mu in zip(slots, rates, strict=True))
    rate = share * min(first.capacity, second.capacity)
    return CongestedGame(p, c, value, penalty, rate, (first, second), **more)


# ---------------------------------------------------------------- as the simulator plays it


def scenario_of(game: CongestedGame, initial: int, cascade: float, users: Abandonment) -> Scenario:
    """The event simulation of a game with queues: exponential service, Poisson arrivals."""
    means = tuple(game.value_of_time / station.rate for station in game.stations)
    delays = tuple(d / game.value_of_time for d in game.added_delay)
    return Scenario(
        Game.of(game.p, means, game.c, game.value, game.penalty),
        Offer(
            Cascade(initial, cascade),
            AddedDelay(delays) if any(delays) else NoThrottle(),
            slots=tuple(station.slots for station in game.stations),
            discipline=tuple(_DISCIPLINES[station.discipline] for station in game.stations),
            service_time=Exponential(),
        ),
        Person(users),
        Poisson(game.arrival_rate),
        value_of_time=game.value_of_time,
    )


_DISCIPLINES: dict[str, Discipline] = {"fcfs": FCFS(), "ps": ProcessorSharing()}


def station_of(scenario: Scenario, i: int) -> Station | None:
    """The station with the mean time of the model of index ``i``, whose mean service is the unit of
    time, so that no rate overflows; None if theory has none.
    """
    each, slots = scenario.offer.disciplines[i], scenario.offer.slots[i]
    if type(each) is ProcessorSharing:
        return Station(slots, 1.0, "ps") if each.cap == math.inf else None
    if type(each) not in (FCFS, PriorityClasses):  # of one class, priorities change nothing
        return None
    exponential = type(scenario.offer.service_time) is Exponential
    return Station(slots, 1.0) if slots == math.inf or exponential else None


def users_of(equilibrium: CongestedEquilibrium) -> Abandonment:
    """The population of an equilibrium, of those who begin; if nobody does, some who leave."""
    if not equilibrium.support:
        return Stationary(1.0)
    parts = tuple((weight, Stationary(q)) for q, weight in equilibrium.support if weight > 0)
    return Mixture(parts) if len(parts) > 1 else parts[0][1]


def joining_of(equilibrium: CongestedEquilibrium) -> Joins | None:
    """How its users begin: None if all do."""
    share = equilibrium.participation
    return None if share == 1.0 else Joins(share)

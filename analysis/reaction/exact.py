"""What theory says of the users' response, where it says anything.

Without queues, and under a throttle with fixed delays, Theorems 1 to 5 and A hold on the effective
game. With queues they are replaced by the congested equilibrium (docs/theory.md, section 11) where
the network has a product form: Poisson arrivals of one class, exponential service first come, first
served, or processors that all passes share. Everywhere else the response is measured:
`analysis.reaction.fits`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import agents
from agents import (
    Cascade,
    CongestedEquilibrium,
    CongestedGame,
    Equilibrium,
    Joins,
    Stationary,
    begins,
    best_response,
    congested_equilibrium,
    congested_optimum,
    stackelberg,
    voluntary_stackelberg,
)
from agents.theorems.responses import s_0, s_high, s_low
from analysis.games.congested import station_of, users_of
from sim.arrivals.population import Population
from sim.arrivals.streams import Poisson
from sim.checks import InputError
from sim.game import Game
from sim.person import Person
from sim.scenario import Scenario
from sim.tables import holds
from sim.theory.markov import expectations
from sim.theory.stations import Station

_CASCADES = (0.0, 0.25, 0.5, 0.75, 1.0)  # that a provider considers beside the thresholds


@dataclass(frozen=True)
class Class:
    """Users of one kind as theory sees them: their game, and their share of the tasks."""

    game: Game
    share: float
    value_of_time: float


def effective(scenario: Scenario) -> Game | None:
    """The game that users of the scenario's own value of time face; None if latencies vary."""
    return agents.effective(_alone(scenario).game, scenario.offer.throttle, scenario.value_of_time)


def announced(scenario: Scenario) -> Game:
    """The game without load, and without such delays of the throttle as vary."""
    return effective(scenario) or _alone(scenario).at_work


def _alone(scenario: Scenario) -> Scenario:
    """With the latency of a user who has each model to itself in place of one slot's."""
    offer = scenario.offer
    systems = zip(scenario.game.models, offer.disciplines, offer.slots, strict=True)
    models = tuple(replace(m, t=m.t * each.alone(slots)) for m, each, slots in systems)
    return scenario.replace(game=replace(scenario.game, models=models))


def classes(scenario: Scenario, game: Game) -> list[Class]:
    """``game``, its latencies at the scenario's value of time, with the stakes of each class."""
    arrivals = scenario.arrivals
    if not isinstance(arrivals, Population):
        return [Class(game, 1.0, scenario.value_of_time)]
    kinds = []
    for kind in arrivals.classes:
        dearer = kind.value_of_time / scenario.value_of_time
        models = tuple(replace(m, t=dearer * m.t) for m in game.models)
        own = replace(game, models=models, value=kind.value)
        kinds.append(Class(own, kind.users * kind.rate / arrivals.rate, kind.value_of_time))
    return kinds


def is_exact(scenario: Scenario) -> bool:
    """Whether theory has the users' response, with or without queues."""
    return without_queues(scenario) or congested(scenario) is not None


def without_queues(scenario: Scenario) -> bool:
    """Whether nobody waits, and the throttle has fixed delays."""
    unlimited = all(slots == math.inf for slots in scenario.offer.slots)
    return unlimited and _plain(scenario) and effective(scenario) is not None


def voluntary(scenario: Scenario) -> bool:
    """Whether users begin only what they expect to be worth it; by default the first pass is
    compulsory.
    """
    return any(isinstance(person.joining, Joins) for person in scenario.persons)


def _plain(scenario: Scenario) -> bool:
    """Whether it is the paper's game, or the one in which users may decline: of all classes."""
    alike = scenario.work is None and not scenario.rivals
    return alike and all(map(_only_gives_up, scenario.persons))


def _only_gives_up(person: Person) -> bool:
    undecided = replace(person, joining=None) if isinstance(person.joining, Joins) else person
    return undecided.only_gives_up and undecided.memory is None


def congested(scenario: Scenario) -> CongestedGame | None:
    """The game with queues that the scenario is; None where theory has no product form for it."""
    delays = holds(scenario.offer.throttle, len(scenario.game.models))
    stations = [_station(scenario, i) for i in range(len(scenario.game.models))]
    arrivals = scenario.arrivals
    if delays is None or None in stations or scenario.table.route is None or not _plain(scenario):
        return None
    if not isinstance(arrivals, Poisson):
        return None
    game, weight = scenario.at_work, float(scenario.value_of_time)
    try:
        one, two = game.pair()
    except InputError:  # another number of models, or a second one that is worse
        return None
    (first, second), (d_1, d_2) = stations, delays
    assert first is not None and second is not None
    return CongestedGame(
        (float(one.p), float(two.p)), (float(one.c), float(two.c)), float(game.value),
        float(game.penalty), float(arrivals.rate), (first, second), weight,
        (weight * d_1, weight * d_2), voluntary(scenario),
    )  # fmt: skip


def _station(scenario: Scenario, i: int) -> Station | None:
    """Model i, from 0, as theory sees it, in seconds."""
    unit = station_of(scenario, i)
    return unit and replace(unit, rate=1 / scenario.service_means()[i])


# ---------------------------------------------------------------- the users


def route(scenario: Scenario) -> tuple[int, float]:
    """First model and s of a scenario whose routing is a table."""
    table = scenario.table.route
    assert table is not None  # a cascade: nothing else reacts
    return table.initial, table.escalation[0]


def with_persons(scenario: Scenario, changes: Sequence[Mapping[str, Any]]) -> Scenario:
    """``scenario`` with other rules of its persons: per class the fields that change."""
    arrivals = scenario.arrivals
    if not isinstance(arrivals, Population):
        return scenario.replace(**changes[0])
    own = (
        replace(kind, person=replace(kind.person or scenario.person, **change))
        for kind, change in zip(arrivals.classes, changes, strict=True)
    )
    return scenario.replace(arrivals=Population(tuple(own)))


def respond(scenario: Scenario, game: Game) -> Scenario:
    """The users' best responses to the scenario's routing in ``game``, class by class."""
    policy, changes = route(scenario), []
    for kind, person in zip(classes(scenario, game), scenario.persons, strict=True):
        change: dict[str, Any] = {"abandonment": Stationary(best_response(kind.game, *policy).q)}
        if isinstance(person.joining, Joins):
            change["joining"] = Joins(begins(kind.game, *policy))
        changes.append(change)
    return with_persons(scenario, changes)


def equilibrium(scenario: Scenario) -> CongestedEquilibrium | None:
    """The users' equilibrium under the scenario's routing; None where there is no product form."""
    game = congested(scenario)
    return None if game is None else congested_equilibrium(game, *route(scenario))


def responded(scenario: Scenario) -> Scenario | None:
    """``scenario`` with the users' exact response; None where it is not known.

    Where first passes saturate their model, waiting has no end, and all leave after one.
    """
    if without_queues(scenario):
        return respond(scenario, announced(scenario))
    found = equilibrium(scenario)
    return None if found is None else _played(scenario, found)


def _played(scenario: Scenario, found: CongestedEquilibrium) -> Scenario:
    """``scenario`` with the users of an equilibrium."""
    joining = Joins(found.participation) if voluntary(scenario) else scenario.person.joining
    return scenario.replace(abandonment=users_of(found), joining=joining)


# ---------------------------------------------------------------- the provider


def optimum(scenario: Scenario) -> Scenario | None:
    """``scenario`` with the provider's optimum and the users' response; None where not exact.

    Of classes of users only the cheapest of the `routings` is known.
    """
    if isinstance(scenario.arrivals, Population):
        return None
    if without_queues(scenario):
        return stackelberg_of(scenario, announced(scenario))
    game = congested(scenario)
    best = None if game is None else congested_optimum(game).equilibrium
    if best is None or not best.stable:
        return None
    return _played(scenario.replace(routing=Cascade(best.initial, best.cascade)), best)


def stackelberg_of(scenario: Scenario, game: Game) -> Scenario:
    """The Stackelberg equilibrium of ``game``; its q* is carried, never recomputed."""
    if not voluntary(scenario):
        return _committed(scenario, stackelberg(game))
    optimum = voluntary_stackelberg(game)
    return _committed(scenario, optimum.equilibrium).replace(joining=Joins(optimum.participation))


def _committed(scenario: Scenario, best: Equilibrium) -> Scenario:
    return scenario.replace(
        routing=Cascade(best.initial, best.cascade), abandonment=Stationary(best.abandonment)
    )


def cost(scenario: Scenario) -> float:
    """J of a scenario without queues whose users respond exactly, all classes together (money per
    task).
    """
    game = announced(scenario)
    initial, s = route(scenario)
    total = 0.0
    for kind, person in zip(classes(scenario, game), scenario.persons, strict=True):
        q, joining = cast(Stationary, person.abandonment).q, person.joining
        begin = joining.probability if isinstance(joining, Joins) else 1.0
        cost = expectations(kind.game, initial, s, q).provider_cost
        total += kind.share * (begin * float(cost) + (1 - begin) * float(kind.game.penalty))
    return total


def routings(scenario: Scenario) -> list[Cascade]:
    """What a provider considers: either model alone, a grid of s, and every class's thresholds."""
    cascades = set(_CASCADES)
    for kind in classes(scenario, announced(scenario)):
        regime = kind.game.regime
        if regime == "-+":
            cascades.add(float(s_0(kind.game)))
        if regime == "+-":
            cascades |= {float(s_low(kind.game)), float(s_high(kind.game))}
    return [Cascade(2), *(Cascade(1, s) for s in sorted(cascades))]

"""What theory says of the response: which game a scenario is, and its equilibrium and optimum."""

import math
from dataclasses import dataclass, replace
from typing import Any

import pytest

from agents import (
    AddedDelay,
    Cascade,
    CongestedGame,
    Effort,
    Joins,
    NoThrottle,
    QueueLimit,
    RateLimit,
    ShortestQueue,
    Static,
    Stationary,
    best_response,
    congested_equilibrium,
    congested_optimum,
    stackelberg,
    voluntary_stackelberg,
)
from analysis.games.catalogue import REFERENCE
from analysis.games.congested import reference_points, scenario_of
from analysis.reaction.exact import (
    announced,
    classes,
    congested,
    cost,
    effective,
    equilibrium,
    is_exact,
    optimum,
    respond,
    responded,
    routings,
    stackelberg_of,
    without_queues,
)
from sim import (
    Batching,
    Bursts,
    Deterministic,
    Exponential,
    Game,
    Lognormal,
    Mixture,
    Offer,
    Person,
    Poisson,
    Population,
    ProcessorSharing,
    Scenario,
    UserClass,
    expectations,
)
from sim.theory.stations import Station

GAME = Game.of((0.2, 0.6), (1.0, 2.0), (0.1, 0.5), 5.0, 1.0)


def queues(**changes: Any) -> Scenario:
    """Two stations, money per second other than 1."""
    offer = Offer(Cascade(1, 0.5), slots=(1, 2), service_time=Exponential())
    start = Scenario(GAME, offer, Person(Stationary(0.5)), Poisson(0.1), value_of_time=0.5)
    return start.replace(**changes)


def open_to_all(game: Game, **changes: Any) -> Scenario:
    """Without queues."""
    return Scenario(game, Offer(Cascade(1)), Person(Stationary(0.5))).replace(**changes)


# ---------------------------------------------------------------- which game it is


def test_a_network_of_queues_is_its_congested_game() -> None:
    """Passes take t / w = 2 and 4 seconds of service."""
    stations = Station(1, 0.5), Station(2, 0.25)
    game = CongestedGame((0.2, 0.6), (0.1, 0.5), 5.0, 1.0, 0.1, stations, 0.5)
    assert congested(queues()) == game
    assert congested(queues(abandonment=Stationary(0.9), routing=Static(2))) == game
    held = queues(throttle=AddedDelay((1.0, 3.0)))
    assert congested(held) == replace(game, added_delay=(0.5, 1.5))
    assert congested(queues(joining=Joins(0.3))) == replace(game, voluntary=True)


def test_the_models_are_those_that_really_work() -> None:
    """Half the effort: p 1 - (1 - .6)^.5, half of t and c."""
    found = congested(queues(throttle=Effort(0.5)))
    assert found is not None
    assert found.p == pytest.approx((0.2, 1 - 0.4**0.5))
    assert (found.c, found.stations[1]) == ((0.1, 0.25), Station(2, 0.5))
    worse = queues(throttle=Effort(0.1, p=0.15))  # then M2 is worse than M1: no such game
    assert congested(worse) is None


def test_sharing_and_slots_without_end_feel_no_distribution() -> None:
    shared = congested(queues(discipline=ProcessorSharing(), service_time=Deterministic()))
    assert shared is not None
    assert shared.stations == (Station(1, 0.5, "ps"), Station(2, 0.25, "ps"))
    free = congested(queues(slots=(1, math.inf)))
    assert free is not None
    assert free.stations == (Station(1, 0.5), Station(math.inf, 0.25))
    assert congested(queues(slots=(math.inf, math.inf), service_time=Lognormal(2.0))) is not None


@dataclass(frozen=True)
class Doubts:
    """Takes every answer for right."""

    def accepts(self, *_: Any) -> float:
        return 1.0


@dataclass(frozen=True)
class Chooses:
    """The first provider."""

    def provider(self, *_: Any) -> int:
        return 0


ALONE = Game.of((0.5,), (1.0,), (0.1,), 5.0, 1.0)
CROWD = Population((UserClass("all", 5, 0.02, 5.0, 0.5),))


@pytest.mark.parametrize(
    "change",
    [
        {"service_time": Lognormal(2.0)},
        {"service_time": Deterministic()},
        {"discipline": Batching(1.0, 1.0)},
        {"discipline": ProcessorSharing(3)},
        {"throttle": QueueLimit(3)},
        {"throttle": RateLimit(1.0)},
        {"routing": ShortestQueue((1.0, 2.0), (1, 2))},
        {"arrivals": Bursts(0.1, 2.0)},
        {"arrivals": CROWD},
        {"verifier": Doubts()},
        {"game": ALONE, "slots": (1,), "routing": Static(1)},
        {"rivals": (Offer(Cascade(1)),), "choice": Chooses()},
    ],
    ids=lambda change: " ".join(change),
)
def test_elsewhere_there_is_no_product_form(change: dict[str, Any]) -> None:
    found = queues(**change)
    assert congested(found) is None
    assert not is_exact(found)
    assert responded(found) is None
    assert optimum(found) is None


def test_without_queues_fixed_delays_are_exact() -> None:
    plain = open_to_all(REFERENCE["R1"])
    assert without_queues(plain)
    assert without_queues(plain.replace(throttle=AddedDelay((1.0, 2.0))))
    assert without_queues(plain.replace(joining=Joins(0.5)))
    assert without_queues(plain.replace(arrivals=CROWD))
    assert not without_queues(plain.replace(throttle=RateLimit(1.0)))
    assert not without_queues(plain.replace(verifier=Doubts()))
    assert not without_queues(plain.replace(slots=(1, math.inf)))


def test_every_class_is_looked_at() -> None:
    """One class that judges answers by itself is enough."""
    one = UserClass("one", 5, 0.02, 5.0, 0.5)
    same, other = (replace(one, name="other", person=x) for x in (None, Person(verifier=Doubts())))
    plain = open_to_all(REFERENCE["R1"])
    assert without_queues(plain.replace(arrivals=Population((one, same))))
    assert not without_queues(plain.replace(arrivals=Population((one, other))))


# ---------------------------------------------------------------- what is announced


def test_the_effective_game_is_known_for_tables_only() -> None:
    game = REFERENCE["R1"]
    slow = open_to_all(game, throttle=AddedDelay((1.0, 2.0)), value_of_time=0.1)
    assert effective(slow) == game.delayed(0.1, 0.2)
    assert effective(open_to_all(game, throttle=RateLimit(1.0))) is None


def test_what_is_announced_is_the_latency_of_who_is_alone() -> None:
    shared = queues(discipline=ProcessorSharing(), slots=(4, 2))
    assert [model.t for model in announced(shared).models] == [0.25, 1.0]
    slow = shared.replace(throttle=AddedDelay((1.0, 2.0)))
    assert [model.t for model in announced(slow).models] == [0.75, 2.0]
    assert announced(shared.replace(throttle=QueueLimit(3))) == announced(shared)


def test_classes_have_their_own_stakes_and_shares() -> None:
    game = REFERENCE["R1"]
    crowd = Population((UserClass("calm", 5, 1.0, 2.0, 1.0), UserClass("busy", 5, 3.0, 7.0, 9.0)))
    calm, busy = classes(open_to_all(game, arrivals=crowd), game)
    assert (calm.share, busy.share) == (0.25, 0.75)
    assert calm.game == replace(game, value=2.0)
    assert busy.game.value == 7.0
    assert [m.t for m in busy.game.models] == [9 * m.t for m in game.models]


# ---------------------------------------------------------------- the users


@pytest.mark.parametrize("name", "ABCDEFG")
def test_with_queues_the_response_is_the_congested_equilibrium(name: str) -> None:
    """Games of every kind of equilibrium, there and back."""
    game, initial, cascade = reference_points()[name]
    start = scenario_of(game, initial, cascade, Stationary(0.123))
    e = congested_equilibrium(game, initial, cascade)
    found = responded(start)
    assert found is not None
    rule = found.person.abandonment
    parts = rule.parts if isinstance(rule, Mixture) else ((1.0, rule),)
    assert [(part.q, weight) for weight, part in parts] == [  # type: ignore[union-attr]
        pytest.approx(each, rel=1e-9) for each in e.support if each[1] > 0
    ]
    assert found == start.replace(abandonment=rule)


def test_where_first_passes_saturate_their_model_all_leave() -> None:
    game, initial, cascade = reference_points()["H"]
    start = scenario_of(game, initial, cascade, Stationary(0.5))
    found, none = responded(start), equilibrium(start)
    assert found is not None
    assert none is not None
    assert not none.stable
    assert found.person.abandonment == Stationary(1.0)


def test_who_may_decline_begins_as_often_as_it_is_worth_it() -> None:
    game, initial, cascade = reference_points()["H"]
    start = scenario_of(game, initial, cascade, Stationary(0.5)).replace(joining=Joins(1.0))
    e = congested_equilibrium(replace(game, voluntary=True), initial, cascade)
    assert 0 < e.participation < 1
    found = responded(start)
    assert found is not None
    assert found.person.joining == Joins(e.participation)


@pytest.mark.parametrize("name", REFERENCE)
def test_without_queues_it_is_the_best_response(name: str) -> None:
    game = REFERENCE[name]
    start = open_to_all(game, routing=Cascade(1, 0.3), value_of_time=0.5)
    for throttle, faced in (
        (NoThrottle(), game), (AddedDelay((0.4, 1.0)), game.delayed(0.2, 0.5)),
    ):  # fmt: skip
        found = responded(start.replace(throttle=throttle))
        assert found is not None
        assert found.person.abandonment == Stationary(best_response(faced, 1, 0.3).q)
        assert found.person.joining is None


def test_each_class_responds_by_itself_and_declines_only_if_it_may() -> None:
    """R1: worth .6 and .9 without waiting; nine times as dear it is worth nothing."""
    game = REFERENCE["R1"]
    kinds = [
        UserClass("calm", 5, 1.0, 2.0, 1.0, Person(joining=Joins(0.5))),
        UserClass("busy", 5, 3.0, 2.0, 9.0, Person(joining=Joins(0.5))),
        UserClass("bound", 5, 3.0, 2.0, 9.0, Person(Stationary(0.5))),
    ]
    start = open_to_all(game, arrivals=Population(tuple(kinds)))
    assert respond(start, announced(start)).persons == (
        Person(Stationary(0.0), joining=Joins(1.0)),
        Person(Stationary(1.0), joining=Joins(0.0)),
        Person(Stationary(1.0)),
    )


# ---------------------------------------------------------------- the provider


@pytest.mark.parametrize("name", REFERENCE)
def test_without_queues_the_optimum_is_the_stackelberg_equilibrium(name: str) -> None:
    game = REFERENCE[name]
    best, found = stackelberg(game), optimum(open_to_all(game))
    assert found is not None
    assert found.offer.routing == Cascade(best.initial, best.cascade)
    assert found.person == Person(Stationary(best.abandonment))
    free = voluntary_stackelberg(game)
    found = optimum(open_to_all(game, joining=Joins(0.5)))
    assert found is not None
    assert found.offer.routing == Cascade(free.equilibrium.initial, free.equilibrium.cascade)
    assert found.person.joining == Joins(free.participation)
    assert found == stackelberg_of(open_to_all(game, joining=Joins(0.5)), game)


@pytest.mark.parametrize("name", ["A", "B", "F"])
def test_with_queues_it_is_the_optimum_under_load(name: str) -> None:
    game, initial, cascade = reference_points()[name]
    best = congested_optimum(game).equilibrium
    found = optimum(scenario_of(game, initial, cascade, Stationary(0.5)))
    assert found is not None
    assert found.offer.routing == Cascade(best.initial, best.cascade)
    again = responded(found)
    assert again is not None
    known = equilibrium(again)
    assert known is not None
    assert known.provider_cost == pytest.approx(best.provider_cost, rel=1e-9)


def test_where_no_routing_is_stable_there_is_no_optimum() -> None:
    assert optimum(queues(arrivals=Poisson(5.0))) is None
    assert optimum(open_to_all(REFERENCE["R1"], arrivals=CROWD)) is None  # of classes: `cheapest`


def test_the_cost_is_that_of_theory_weighed_by_classes() -> None:
    game = REFERENCE["R14"]
    alone = respond(open_to_all(game, routing=Cascade(1, 0.2)), game)
    q = best_response(game, 1, 0.2).q
    assert cost(alone) == pytest.approx(float(expectations(game, 1, 0.2, q).provider_cost))
    kinds = (UserClass("a", 5, 1.0, 2.0, 1.0), UserClass("b", 5, 3.0, 2.0, 9.0))
    both = respond(open_to_all(game, routing=Cascade(1, 0.2), arrivals=Population(kinds)), game)
    parts = [
        float(expectations(kind.game, 1, 0.2, best_response(kind.game, 1, 0.2).q).provider_cost)
        for kind in classes(both, game)
    ]
    assert parts[0] != parts[1]
    assert cost(both) == pytest.approx(0.25 * parts[0] + 0.75 * parts[1])
    half = alone.replace(joining=Joins(0.5))  # who declines costs the penalty
    assert cost(half) == pytest.approx(0.5 * cost(alone) + 0.5 * float(game.penalty))


def test_a_provider_considers_the_thresholds_of_all_classes() -> None:
    """The optimum of the only class is among them, in both regimes that have one."""
    for name in ("R5", "R8", "R10", "R14"):
        best = stackelberg(REFERENCE[name])
        tries = routings(open_to_all(REFERENCE[name]))
        assert Cascade(2) in tries
        assert best.initial == 2 or any(
            each.initial == 1 and each.s == pytest.approx(best.cascade) for each in tries
        )

"""Who reacts to a throttle: exact where theory has it, found by play where it has not."""

from dataclasses import replace
from typing import Any

import pytest

from agents import (
    AddedDelay,
    Cascade,
    NoThrottle,
    QueueLimit,
    Stationary,
    congested_optimum,
    stackelberg,
)
from analysis.games.catalogue import REFERENCE
from analysis.games.congested import reference_points, scenario_of
from analysis.reaction.adaptation import Reaction, adapted, baseline
from analysis.reaction.exact import announced, classes, cost, respond, responded, routings
from analysis.reaction.fits import fit
from analysis.runs.window import Window
from sim import (
    Bursts,
    Game,
    InputError,
    Lognormal,
    Offer,
    Person,
    Poisson,
    Population,
    ProcessorSharing,
    Scenario,
    UserClass,
)

A, INITIAL, CASCADE = reference_points()["A"]
SHORT = Reaction(Window(300), "simpy")


def scenario(game: Game, **changes: Any) -> Scenario:
    offer, person = Offer(Cascade(1), NoThrottle()), Person(Stationary(0.5))
    return Scenario(game, offer, person, tasks=2000).replace(**changes)


def queues(**changes: Any) -> Scenario:
    """Point A, where theory has all, with users who have not responded yet."""
    return scenario_of(A, INITIAL, CASCADE, Stationary(0.5)).replace(**changes)


# ---------------------------------------------------------------- each replication


def test_a_known_response_stands_and_another_one_is_found_in_every_replication() -> None:
    known, unknown = queues(), queues(service_time=Lognormal(2.0))
    assert SHORT.known(known)
    assert SHORT(known, 3) is known
    assert not SHORT.known(unknown)
    assert SHORT(unknown, 3) == fit(unknown, SHORT.window, 3, "simpy")
    assert SHORT(unknown, 3) != SHORT(unknown, 4)


def test_theory_has_nothing_to_say_of_a_day_that_starts_empty() -> None:
    day = Reaction(Window(300, until=100.0))
    assert not day.known(queues())
    start = queues()
    assert adapted(start, "users", day) is start  # its users find their response later


# ---------------------------------------------------------------- before all replications


@pytest.mark.parametrize("name", REFERENCE)
def test_a_fixed_delay_is_answered_by_the_theorems_on_the_slower_game(name: str) -> None:
    game = REFERENCE[name]
    slow = baseline(scenario(game, value_of_time=0.5)).replace(throttle=AddedDelay((0.4, 1.0)))
    best = stackelberg(game.delayed(0.2, 0.5))
    both = adapted(slow, "both")
    assert both.offer.routing == Cascade(best.initial, best.cascade)
    assert both.person.abandonment == Stationary(best.abandonment)
    users = adapted(slow, "users")
    assert users.offer.routing == slow.offer.routing
    assert users == responded(slow)
    assert adapted(slow, "none") is slow


def test_with_queues_users_respond_exactly_and_the_provider_takes_the_optimum() -> None:
    start = queues(throttle=AddedDelay((0.1, 0.2)))
    assert adapted(start, "users") == responded(start)
    best = congested_optimum(replace(A, added_delay=(0.1, 0.2))).equilibrium
    both = adapted(start, "both")
    assert both.offer.routing == Cascade(best.initial, best.cascade)
    assert both == responded(both)


def test_where_theory_has_no_response_users_keep_their_rules() -> None:
    start = queues(throttle=QueueLimit(3))
    assert adapted(start, "users") is start


def test_a_provider_without_theory_tries_and_takes_the_cheapest() -> None:
    """M1 alone and at once; M2 costs twenty times as much and solves hardly more."""
    game = Game.of((0.5, 0.55), (1.0, 1.0), (0.1, 2.0), 5.0, 1.0)
    start = scenario(game, throttle=QueueLimit(5), routing=Cascade(2), slots=(9, 9))
    both = adapted(start, "both", Reaction(Window(60), "simpy"))
    assert both.offer.routing == Cascade(1, 0.0)
    assert both.person == start.person


def test_a_provider_of_classes_takes_the_cheapest_of_what_it_considers() -> None:
    kinds = (UserClass("calm", 5, 1.0, 2.0, 1.0), UserClass("busy", 5, 3.0, 2.0, 9.0))
    start = scenario(REFERENCE["R14"], arrivals=Population(kinds))
    both = adapted(start, "both")
    tried = [respond(start.replace(routing=r), announced(start)) for r in routings(start)]
    assert cost(both) == min(map(cost, tried))
    assert cost(both) <= cost(adapted(start, "users"))
    assert cost(baseline(start)) == cost(both)


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(InputError, match=r"^adapt = 'all' must be one of users, both, none$"):
        adapted(scenario(REFERENCE["R1"]), "all")


# ---------------------------------------------------------------- the baseline


@pytest.mark.parametrize("name", REFERENCE)
def test_without_queues_the_baseline_is_the_equilibrium(name: str) -> None:
    found, best = baseline(scenario(REFERENCE[name])), stackelberg(REFERENCE[name])
    assert found.offer.routing == Cascade(best.initial, best.cascade)
    assert found.person.abandonment == Stationary(best.abandonment)


def test_with_queues_it_is_the_optimum_under_load() -> None:
    """Not that without load, which sends all to M1."""
    best = congested_optimum(A).equilibrium
    found = baseline(queues())
    assert found.offer.routing == Cascade(best.initial, best.cascade)
    assert found == responded(found)
    free = stackelberg(A.unloaded)
    assert found.offer.routing != Cascade(free.initial, free.cascade)


@pytest.mark.parametrize(
    "change",
    [{"service_time": Lognormal(2.0)}, {"discipline": ProcessorSharing(4)}],
    ids=lambda change: next(iter(change)),
)
def test_of_what_theory_cannot_serve_it_is_that_of_exponential_service(
    change: dict[str, Any],
) -> None:
    start, usual = queues(**change), baseline(queues())
    found = baseline(start)
    assert found.offer.routing == usual.offer.routing
    assert found.person == usual.person
    assert replace(found, offer=start.offer, person=start.person) == start


def test_where_nothing_is_stable_or_arrivals_are_no_poisson_it_is_that_without_load() -> None:
    free = stackelberg(A.unloaded)
    for arrivals in (Poisson(9.0), Bursts(0.5, 4.0)):
        found = baseline(queues(arrivals=arrivals))
        assert found.offer.routing == Cascade(free.initial, free.cascade)
    crowded = baseline(queues(arrivals=Poisson(9.0)))
    assert crowded.person.abandonment == Stationary(1.0)


def test_classes_with_queues_begin_with_their_best_answers_without_load() -> None:
    kinds = (UserClass("calm", 5, 0.02, 5.0, 1.0), UserClass("busy", 5, 0.02, 5.0, 9.0))
    start = queues(arrivals=Population(kinds))
    found = baseline(start)
    assert found == respond(found, announced(found))
    assert [kind.share for kind in classes(found, announced(found))] == [0.5, 0.5]

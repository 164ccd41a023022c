"""Every class of users meets a throttle of its own, and no other."""

from typing import Any

import numpy as np
import pytest

from agents import (
    AddedDelay,
    Cap,
    Cascade,
    Effort,
    GoesAway,
    Layers,
    LoadDelay,
    NoThrottle,
    PerClass,
    Priority,
    QueueLimit,
    RateLimit,
    SlowService,
    Static,
    Stationary,
)
from sim import Game, InputError, Offer, Outcome, Person, Population, Scenario, UserClass, simulate
from sim.arrivals.population import USER
from sim.compiled import setup
from sim.policies import Throttle
from sim.scalars import EVERYBODY, Gates, gates
from sim.theory.loss import token_loss
from tests.agents.throttling.test_traces import HoldsAfterFailures, stories
from tests.sim.compiled.twins import assert_twins
from tests.tools.chance import t_bound, z_score
from tests.tools.scripted import members, system

INF = float("inf")
GAME = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), 2, 1)
BUCKET, ROOM = RateLimit(1 / 8), QueueLimit(1)


# --- as it is written


def test_every_class_has_its_own_limit_and_later_ones_have_none() -> None:
    base = system((0,), (2,), (INF,), throttle=PerClass((BUCKET, Cap(1, 10))))
    plan = ((0, 0), (1, 1), (2, 2), (3, 0), (4, 1), (5, 2))
    assert stories(simulate(members(base, plan, users=(1, 1, 1)))) == [
        (2, 0, 0),  # class 0: the token of 0
        (10, 5, 1),  # refused at 3, in at 8, when there is another one
        (3, 0, 0),  # class 1: the first in its window
        (13, 7, 1),  # refused at 4, in at 11
        (4, 0, 0),  # class 2
        (7, 0, 0),
    ]


def test_layers_of_a_class_see_the_queue_of_all() -> None:
    throttle = PerClass((Layers((BUCKET, ROOM)),))
    plan = ((0, 2), (1, 2), (2, 0), (3, 2), (4, 1), (25, 0))
    scenario = members(system((0,), (10,), (1,), throttle=throttle), plan, users=(2, 1))
    assert stories(simulate(scenario)) == [
        (2, 0, 1),  # user 0: one waits, turned away for good; the token is gone
        (40, 0, 0),  # at 25 nobody waits, and the token is back: served from 30 on
        (4, 0, 1),  # user 1: two wait
        (10, 0, 0),  # user 2, of the class without a limit
        (20, 0, 0),
        (30, 0, 0),
    ]


def test_answers_are_held_back_and_learnt_from_by_class() -> None:
    throttles: tuple[Throttle, ...] = (AddedDelay((3,)), HoldsAfterFailures(), NoThrottle())
    base = system(
        (0,), (1,), (INF,),
        last_solves=False, throttle=PerClass(throttles), abandonment=Stationary(1.0),
    )  # fmt: skip
    plan = tuple((10.0 * n, user) for n in range(3) for user in range(4))
    result = simulate(members(base, plan, users=(1, 1, 1, 1)))
    assert result.engine == "simpy"
    assert [delay for _, delay, _ in stories(result)] == [3, 3, 3, 0, 1, 2, 0, 0, 0, 0, 0, 0]


# --- as rules


def test_rules_are_asked_about_their_class() -> None:
    found = gates(PerClass((Layers((NoThrottle(), BUCKET)), NoThrottle(), ROOM)), 2)
    assert found == Gates(((BUCKET.scalar(), 2, 0), (ROOM.scalar(), 0, 2)), (0.0, 0.0))
    around = gates(Layers((ROOM, PerClass((NoThrottle(), BUCKET)))), 1)
    assert around == Gates(((ROOM.scalar(), 1, EVERYBODY), (BUCKET.scalar(), 2, 1)), (0.0,))
    inside = PerClass((PerClass((BUCKET, ROOM)), PerClass((BUCKET, ROOM))))
    assert gates(inside, 1) == Gates(((BUCKET.scalar(), 0, 0), (ROOM.scalar(), 0, 1)), (0.0,))


def test_tables_of_classes() -> None:
    assert PerClass((NoThrottle(), AddedDelay((0.0, 0.0)))).table(2) == (0.0, 0.0)
    for throttle in (PerClass((NoThrottle(), BUCKET)), PerClass((AddedDelay((0.0, 1.0)),))):
        assert throttle.table(2) is None
    assert gates(PerClass((BUCKET, AddedDelay((0.0, 1.0)))), 2) is None  # SimPy asks it


def crowd(throttle: Throttle, **changes: Any) -> Scenario:
    """Two classes who wait for each other."""
    free, paid = UserClass("free", 5, 0.5, 2.0, 0.1), UserClass("paid", 3, 0.7, 3.0, 0.2)
    return Scenario(
        GAME,
        Offer(Cascade(1, 0.4), throttle, slots=(1, 1)),
        Person(Stationary(0.3), persistence=GoesAway()),
        Population((free, paid)),
        tasks=400,
    ).replace(**changes)


@pytest.mark.parametrize("one", [BUCKET, Cap(2, 9.0), ROOM, LoadDelay(0.3), Priority((1,))])
def test_the_same_for_all_classes_is_the_same(one: Throttle) -> None:
    """Whatever is remembered of users, not of all of them."""
    whole, parts = (simulate(crowd(each), passes=True) for each in (one, PerClass((one, one))))
    for name, column in whole.tasks.items():
        assert column.tobytes() == parts.tasks[name].tobytes(), name


def test_both_engines_ask_the_same_class(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a planted error, rules that are asked about the other class, is noticed."""
    scenario = crowd(PerClass((RateLimit(0.2), Layers((Cap(2, 9.0, fallback=True), ROOM)))))
    assert_twins(scenario)
    monkeypatch.setattr(setup, "_groups", lambda scenario: [1, 0, 0])
    with pytest.raises(AssertionError):
        assert_twins(scenario)


TWO = Layers((LoadDelay(0.2), LoadDelay(0.3)))  # .1 + (.2 + .3) is not (.1 + .2) + .3


@pytest.mark.parametrize("inner", [TWO, PerClass((TWO, LoadDelay(0.4)))], ids=["all", "by class"])
def test_nested_delays_add_up_to_the_same_bits(inner: Throttle) -> None:
    assert_twins(crowd(Layers((LoadDelay(0.1), inner))))


# --- and as theory says

USERS, WARM_UP, END, RATE, LIMIT, BURST = 150, 30.0, 130.0, 1.0, 0.8, 3


def refused_beyond_theory(throttle: Throttle) -> tuple[float, int]:
    """z of the refusals of free users, one prompt per task, and how many paid ones there are."""
    classes = tuple(UserClass(name, USERS, RATE, 2.0, 1.0) for name in ("free", "paid"))
    scenario = crowd(
        throttle, routing=Static(2), slots=(INF, INF), abandonment=Stationary(1.0),
        arrivals=Population(classes), tasks=int(2 * USERS * RATE * END * 1.2), horizon=END + 50,
    )  # fmt: skip
    tasks = simulate(scenario, engine="compiled").tasks
    assert tasks["arrived"].max() > END
    counts = (tasks["arrived"] > WARM_UP) & (tasks["arrived"] <= END)
    refused = tasks["outcome"] == Outcome.REFUSED
    user, excess = tasks["task"] // USER, refused - token_loss(RATE, LIMIT, BURST)
    of_users = np.bincount(user[counts], excess[counts], 2 * USERS)
    return float(z_score(of_users[:USERS], 0.0)), int(refused[user >= USERS].sum())


def test_free_users_are_refused_as_theory_says_and_paid_ones_never() -> None:
    z, paid = refused_beyond_theory(PerClass((RateLimit(LIMIT, BURST),)))
    assert abs(z) < t_bound(1, USERS)
    assert paid == 0


def test_the_check_would_notice_the_limit_of_another_class() -> None:
    z, paid = refused_beyond_theory(PerClass((NoThrottle(), RateLimit(LIMIT, BURST))))
    assert abs(z) > t_bound(1, USERS)
    assert paid > 0


# --- what is refused


@pytest.mark.parametrize("changes", [SlowService((2, 2)), Effort(0.5), Layers((Effort(0.5),))])
def test_the_work_is_the_same_for_all_classes(changes: Throttle) -> None:
    with pytest.raises(InputError, match=r"^throttle of a class = .* leaves the models as they"):
        crowd(PerClass((BUCKET, changes)))
    assert crowd(PerClass((BUCKET, Layers((BUCKET, NoThrottle()))))).at_work == GAME


def test_bad_throttles() -> None:
    with pytest.raises(InputError, match=r"^throttles = \(\) must be at least one"):
        PerClass(())
    with pytest.raises(InputError, match=r"^added delay = \(1,\) must be 2 numbers"):
        crowd(PerClass((AddedDelay((1, 2)), AddedDelay((1,)))))

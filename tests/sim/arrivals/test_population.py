"""Populations: who comes when, what is theirs, and that policies do not renumber anybody."""

from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
import pytest

from agents import Cascade, NoThrottle, Stationary
from sim import (
    Draws,
    Ended,
    Game,
    InputError,
    Luck,
    Mixture,
    Offer,
    Person,
    Population,
    Refused,
    Reply,
    Scenario,
    Task,
    UserClass,
    View,
    simulate,
)
from sim.arrivals.population import USER
from tests.tools.chance import z_bound, z_score

GAME = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), 2, 1)
FREE = UserClass("free", users=3, rate=1.0, value=2.0, value_of_time=0.5)
PAID = UserClass("paid", users=2, rate=4.0, value=9.0, value_of_time=2.0)
CROWD = Population((FREE, PAID))


def scenario(**changes: Any) -> Scenario:
    offer, person = Offer(Cascade(1, 0.3), NoThrottle()), Person(Stationary(0.2))
    return Scenario(GAME, offer, person, CROWD, tasks=4000).replace(**changes)


def test_users_are_numbered_class_after_class() -> None:
    assert [CROWD.class_of(u) for u in range(CROWD.users)] == [0, 0, 0, 1, 1]
    assert CROWD.rate == 3 * 1.0 + 2 * 4.0


def test_tasks_come_in_order_of_time_and_are_numbered_user_by_user() -> None:
    arrivals = list(islice(CROWD.arrivals(Draws(1)), 500))
    assert all(gap >= 0 for gap, *_ in arrivals)
    seen: dict[int, int] = {}
    for _, task, user, group, _size in arrivals:
        assert task == user * USER + seen.get(user, 0)
        assert group == CROWD.class_of(user)
        seen[user] = seen.get(user, 0) + 1


def test_every_user_is_a_poisson_source() -> None:
    result = simulate(scenario())
    user = result.tasks["task"] // USER
    for u in range(CROWD.users):
        gaps = np.diff(result.tasks["arrived"][user == u]) * (1.0 if u < 3 else 4.0)
        assert abs(z_score(gaps, 1.0)) < z_bound(2 * CROWD.users)
        assert abs(z_score(gaps > np.log(2), 0.5)) < z_bound(2 * CROWD.users)


def test_another_policy_changes_nobodys_arrival_or_number() -> None:
    one, two = (simulate(scenario(abandonment=Stationary(q))).tasks for q in (0.0, 0.9))
    assert (one["task"] == two["task"]).all()
    assert (one["arrived"] == two["arrived"]).all()
    first = one["passes"] == 1  # solved at once or given up: the same luck either way
    assert (two["passes"][first] == 1).all()


def test_utility_has_the_stakes_of_the_class() -> None:
    result = simulate(scenario())
    tasks, metrics = result.tasks, result.metrics()
    value, w = np.array([2.0, 9.0])[tasks["group"]], np.array([0.5, 2.0])[tasks["group"]]
    assert (metrics["delay"] == w * tasks["service"]).all()
    assert (metrics["user_utility"] == value * metrics["success"] - metrics["delay"]).all()
    frame = result.task_frame()
    assert np.array_equal(frame["utility"], metrics["user_utility"])


def test_a_class_may_have_its_own_rule() -> None:
    patient = replace(PAID, person=Person(Stationary(0.0)))
    tasks = simulate(scenario(arrivals=Population((FREE, patient)))).tasks
    assert (tasks["outcome"][tasks["group"] == 1] == 0).all()
    assert (tasks["outcome"][tasks["group"] == 0] != 0).any()


class Counts:
    """Gives up for good after the third failure of a lifetime."""

    def init(self, luck: Luck) -> int:
        return 0

    def learn(self, mind: int, event: Reply | Refused | Ended) -> int:
        return mind + (isinstance(event, Reply) and not event.accepted)

    def probability(self, mind: int, task: Task, view: View) -> float:
        return float(mind > 3)


def test_members_remember_from_task_to_task() -> None:
    tasks = simulate(scenario(abandonment=Counts(), tasks=300)).tasks
    for user in range(CROWD.users):
        own = tasks["task"] // USER == user
        assert tasks["passes"][own & (tasks["outcome"] != 0)].size  # somebody gave up
        given_up = np.flatnonzero(own & (tasks["outcome"] != 0))
        later = own & (tasks["arrived"] > tasks["ended"][given_up].min())
        assert (tasks["passes"][later] == 1).all()  # every further failure is the last


def test_types_of_a_mixture_are_drawn_once_per_user_in_their_shares() -> None:
    mixture = Mixture(((0.25, Stationary(0.0)), (0.75, Stationary(1.0))))
    open_system = scenario(abandonment=mixture, arrivals=scenario().arrivals, tasks=1)
    assert [mixture._type_of(u) for u in (0.0, 0.2499, 0.25, 1 - 2**-53)] == [
        Stationary(0.0), Stationary(0.0), Stationary(1.0), Stationary(1.0),
    ]  # fmt: skip
    strangers = replace(
        open_system,
        arrivals=Scenario(GAME, Offer(Cascade(1)), Person(Stationary(0.0))).arrivals,
        tasks=4000,
    )
    tasks = simulate(strangers).tasks
    failed_first = (tasks["passes"] > 1) | (tasks["outcome"] != 0)
    stays = tasks["outcome"][failed_first] == 0
    assert abs(z_score(stays, 0.25)) < z_bound(1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Population(()), r"population = \(\) must be at least one class of users"),
        (lambda: Population((FREE, FREE)), "population = .* must be classes with different names"),
        (lambda: replace(FREE, users=0), "users of free = 0 must be a whole number of at least 1"),
        (lambda: replace(FREE, rate=0.0), "rate of free = 0.0 must be a finite number greater"),
        (lambda: replace(FREE, value=-1), "value of free = -1 must be a finite number greater"),
        (lambda: replace(FREE, value_of_time=0), "value of time of free = 0 must be a finite"),
        (lambda: replace(FREE, name="a b"), "class = 'a b' must be a name of letters, digits"),
        (lambda: Mixture(((0.5, Stationary(0)),)), r"weights = \[0.5\] must be numbers that add"),
        (
            lambda: UserClass("a", 1, 1, 1, 1, Stationary(0.5)),  # type: ignore[arg-type]
            r"person of a = Stationary\(q=0.5\) must be a Person",
        ),
    ],
)
def test_empty_and_impossible_populations_are_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        make()


def test_tasks_stand_in_order_of_arrival_whoever_they_belong_to() -> None:
    tasks = simulate(scenario()).tasks
    assert (np.diff(tasks["arrived"]) >= 0).all()
    assert (np.diff(tasks["task"]) < 0).any()

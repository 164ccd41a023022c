"""More behaviours that are not in the box: providers that learn, users who choose, leave, return.

As in `test_guests`, each is a few lines, and is checked against its exact value.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from agents import Static
from sim import (
    Arrival,
    Draws,
    Ended,
    Exponential,
    Game,
    InputError,
    Luck,
    Offer,
    Outcome,
    Person,
    Poisson,
    Population,
    Reply,
    Scenario,
    Task,
    UserClass,
    View,
    simulate,
)
from sim.arrivals.population import USER
from sim.policies import Mind
from tests.tools.chance import batch_score, t_bound, z_bound, z_score
from tests.tools.scripted import Clock, pass_rows, system
from tests.tools.stations import BATCHES, LEAVES, ONE, TASKS, station, warm

GAME = Game.of((0.4, 0.7), (0.1, 0.3), (0.1, 0.3), value=2, penalty=1)

# --- a provider that learns


@dataclass(frozen=True)
class EpsilonGreedy:
    """With probability ``epsilon`` a random model, else the one whose tasks have cost least."""

    epsilon: float
    penalty: float

    def init(self) -> dict[int, tuple[int, float]]:
        return {1: (0, 0.0), 2: (0, 0.0)}  # tasks, mean cost: untried ones look free

    def first(self, state: Any, task: Task, view: View) -> tuple[int, Any]:
        u, v, *_ = view.luck.words
        if u < self.epsilon:
            return 1 + int(2 * v), state
        return min(state, key=lambda model: state[model][1]), state

    def escalation(self, state: Any, task: Task, view: View) -> tuple[float, Any]:
        return 0.0, state

    def learn(self, state: Any, event: Reply | Ended) -> Any:
        if isinstance(event, Ended):
            task, (n, mean) = event.task, state[event.task.model]
            cost = task.service_cost + self.penalty * (task.outcome != Outcome.COMPLETED)
            state[task.model] = (n + 1, mean + (cost - mean) / (n + 1))
        return state


def test_an_epsilon_greedy_routing_learns_from_tasks_that_end() -> None:
    """M2 is cheaper for certain: after one task at each, M1 is played with epsilon / 2."""
    game = Game.of((1e-300, 1 - 2**-53), (0.1, 0.1), (1.0, 2.0), 9, penalty=5)
    routing = EpsilonGreedy(0.3, 5.0)
    scenario = Scenario(
        game, Offer(routing), Person(LEAVES), Clock(tuple(range(TASKS))), tasks=TASKS
    )
    first = simulate(scenario).tasks["service_cost"] == 1.0
    assert abs(z_score(first[10:].astype(float), 0.15)) < z_bound(1)
    assert abs(z_score(first[10:].astype(float), 0.3)) > z_bound(1)  # nobody else is at M1


# --- users who choose


@dataclass(frozen=True)
class ShorterQueue:
    """The provider with the fewest passes, the first of equal ones."""

    def provider(self, mind: Mind, task: Task, views: tuple[View, ...]) -> int:
        present = [view.queued(1) + view.in_service(1) for view in views]
        return present.index(min(present))


@dataclass(frozen=True)
class Coin:
    """Either provider, by chance."""

    def provider(self, mind: Mind, task: Task, views: tuple[View, ...]) -> int:
        return int(2 * views[0].luck.words[0])


def joined_shorter(rate: float, most: int = 40) -> float:
    """Mean time in two M/M/1 of which arrivals join the shorter: a chain solved numerically."""
    n = most + 1
    place = np.arange(n * n).reshape(n, n)
    Q = np.zeros((n * n, n * n))
    for i in range(n):
        for j in range(n):
            a, b = (i + 1, j) if i <= j else (i, j + 1)
            for to, at in (((a, b), rate), ((i - 1, j), 1.0), ((i, j - 1), 1.0)):
                if min(to) >= 0 and max(to) <= most:
                    Q[place[i, j], place[to]] += at
    Q -= np.diag(Q.sum(axis=1))
    Q[:, 0] = 1.0
    law = np.linalg.solve(Q.T, np.eye(n * n)[0]).reshape(n, n)
    present = np.add.outer(np.arange(n), np.arange(n))
    return float((law * present).sum() / rate)


def sojourn_score(choice: Any) -> float:
    offer = Offer(Static(1), slots=(1,), service_time=Exponential())
    person = Person(LEAVES, choice=choice)
    tasks = simulate(
        Scenario(ONE, offer, person, Poisson(1.2), rivals=(offer,), tasks=TASKS, seed=8)
    ).tasks
    return batch_score(warm(tasks["ended"] - tasks["arrived"]), joined_shorter(1.2), BATCHES)


def test_two_offers_of_which_users_choose_the_shorter_queue() -> None:
    assert abs(sojourn_score(ShorterQueue())) < t_bound(1, BATCHES)
    assert abs(sojourn_score(Coin())) > t_bound(1, BATCHES)  # two M/M/1: 2.5 seconds


def test_rivals_ask_for_a_choice() -> None:
    offer = Offer(Static(1))
    with pytest.raises(InputError, match=r"^choice = None must be a rule by which users choose"):
        Scenario(ONE, offer, rivals=(offer,))


# --- users who leave the provider, or come back


@dataclass(frozen=True)
class LeavesUnsolved:
    """Leaves for good with probability ``h`` after an unsolved task."""

    h: float

    def leaves(self, mind: Mind, task: Task, view: View) -> float:
        return self.h * (task.outcome != Outcome.COMPLETED)


def lives(h: float) -> np.ndarray:
    """Tasks of each of 500 users until the last one has left; so rare that they never overlap."""
    crowd = Population((UserClass("all", 500, 1e-5, 10.0, 1.0),))
    person = Person(LEAVES, loyalty=LeavesUnsolved(h))
    scenario = Scenario(ONE, Offer(Static(1)), person, crowd, tasks=25_000, seed=4)
    return np.bincount(simulate(scenario).tasks["task"] // USER, minlength=500)


def test_lives_of_who_leaves_after_unsolved_tasks_are_geometric() -> None:
    """An unsolved task has probability .5: P(more than n tasks) = (1 - .5 h)^n."""
    tasks = lives(0.6)
    assert tasks.min() >= 1
    scores = [z_score((tasks > n).astype(float), 0.7**n) for n in (1, 2, 4)]
    assert np.abs(scores).max() < z_bound(3)
    wrong = [z_score((lives(0.3) > n).astype(float), 0.7**n) for n in (1, 2, 4)]
    assert np.abs(wrong).max() > z_bound(3)


@dataclass(frozen=True)
class Closed:
    """``users`` people who think for an exponential time, a second on average, between tasks."""

    users: int

    def arrivals(self, draws: Draws) -> Any:
        return (Arrival(0.0, user * USER, user) for user in range(self.users))

    def again(self, task: Task, luck: Luck) -> Arrival:
        return Arrival(-math.log(1 - luck.words[0]), task.id + 1, task.user)


def test_a_closed_system_of_thinking_users_is_the_machine_repair_model() -> None:
    """Four users, service and thinking of mean 1: throughput 1 - p_0, and W = 4 / X - 1."""
    scenario = station(1.0, Person(LEAVES), arrivals=Closed(4))
    tasks = simulate(scenario).tasks
    weights = [math.factorial(4) // math.factorial(4 - n) for n in range(5)]
    throughput = 1 - weights[0] / sum(weights)
    assert len(tasks["task"]) == TASKS
    spent = warm(tasks["ended"] - tasks["arrived"])
    assert abs(batch_score(spent, 4 / throughput - 1, BATCHES)) < t_bound(1, BATCHES)


@dataclass(frozen=True)
class Sized:
    """Task n is ``sizes[n]`` times as much work as usual."""

    sizes: tuple[float, ...]

    def arrivals(self, draws: Draws) -> Any:
        return (Arrival(10.0, n, n, 0, size) for n, size in enumerate(self.sizes))


def test_a_task_may_be_larger_than_others() -> None:
    scenario = system((0,), (2,), (1,)).replace(arrivals=Sized((1.0, 3.0, 0.5)), tasks=3)
    assert [row[4] for row in pass_rows(simulate(scenario, passes=True))] == [2, 6, 1]

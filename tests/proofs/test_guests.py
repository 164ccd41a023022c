"""Behaviours that are not in the box, each in a few lines and against its exact value.

The protocols of `sim.policies` must carry what is to come: people who judge wrongly, tasks of
different difficulty, providers that learn, users who choose, balk, leave or come back.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from agents import Cascade, Layers, Static, Stationary
from agents.throttling.gate import Gate
from sim import (
    Admit,
    Arrival,
    Draws,
    Ended,
    Exponential,
    Game,
    InputError,
    Limits,
    Luck,
    Offer,
    Outcome,
    Person,
    Poisson,
    Population,
    ProcessorSharing,
    Refuse,
    Reply,
    Result,
    Scenario,
    Task,
    UserClass,
    View,
    expectations,
    simulate,
)
from sim.arrivals.population import USER
from sim.policies import Mind
from tests.tools.chance import batch_score, t_bound, z_bound, z_score
from tests.tools.scripted import Clock, Leaves, by_task, pass_rows, system, task_rows

GAME = Game.of((0.4, 0.7), (0.1, 0.3), (0.1, 0.3), value=2, penalty=1)
TASKS, BATCHES = 20_000, 20
ONE = Game.of((0.5,), (1.0,), (1.0,), 10, 1)  # one model that is left after a pass
LEAVES = Stationary(1.0)


def station(rate: float, person: Person, **changes: Any) -> Scenario:
    """M/M/1 that everybody leaves after one pass."""
    offer = Offer(Static(1), slots=(1,), service_time=Exponential())
    return Scenario(ONE, offer, person, Poisson(rate), tasks=TASKS, seed=12).replace(**changes)


def warm(values: np.ndarray) -> np.ndarray:
    return values[len(values) // 10 :]


# --- a verifier that errs


@dataclass(frozen=True)
class Noisy:
    """Rejects right answers with probability ``a`` and accepts wrong ones with ``b``."""

    a: float
    b: float

    def accepts(self, solved: bool, task: Task) -> float:
        return 1 - self.a if solved else self.b


def judged(verifier: Noisy, tasks: int = TASKS) -> Result:
    person = Person(Stationary(0.2), verifier=verifier)
    return simulate(Scenario(GAME, Offer(Cascade(1, 0.3)), person, tasks=tasks, seed=3))


def verifier_scores(result: Result) -> list[float]:
    """z of accepted and solved shares and of passes, for a = .1 and b = .05.

    Accepted and passes are those of the base game with p~ = p (1 - a) + (1 - p) b; solved is the
    visits' sum of p (1 - a).
    """
    p = [m.p * 0.9 + (1 - m.p) * 0.05 for m in GAME.models]
    exact = expectations(Game.of(tuple(p), (1, 1), (1, 1), 2, 1), 1, 0.3, 0.2)
    solved = sum(v * m.p * 0.9 for v, m in zip(exact.visits, GAME.models, strict=True))
    assert solved == pytest.approx(0.74242959, abs=1e-8)
    accepted = (result.tasks["outcome"] == Outcome.COMPLETED).astype(float)
    metrics = result.metrics()
    return [
        z_score(accepted, exact.success),
        z_score(metrics["success"], solved),
        z_score(metrics["passes"], exact.passes),
    ]


def test_a_verifier_that_errs_plays_the_base_game_of_accepted_answers() -> None:
    result = judged(Noisy(0.1, 0.05))
    assert np.abs(verifier_scores(result)).max() < z_bound(3)
    wrong = (result.tasks["outcome"] == Outcome.COMPLETED) & ~result.solved
    frame = result.task_frame()
    assert (frame["utility"][wrong] < 0).all()  # paid with time, and nothing solved
    assert (frame["penalty"][wrong] == 0).all()  # but the user does not know


def test_the_check_of_the_verifier_sees_one_that_never_misses() -> None:
    assert np.abs(verifier_scores(judged(Noisy(0.1, 0.0)))).max() > z_bound(3)


def test_a_verifier_that_never_errs_changes_no_byte() -> None:
    right = judged(Noisy(0.0, 0.0), 2000)
    plain = simulate(
        Scenario(GAME, Offer(Cascade(1, 0.3)), Person(Stationary(0.2)), tasks=2000, seed=3)
    )
    assert all(np.array_equal(right.tasks[k], plain.tasks[k], equal_nan=True) for k in plain.tasks)
    assert np.array_equal(right.solved, plain.solved)


# --- tasks that differ


@dataclass(frozen=True)
class Difficulty:
    """The logit of p is lowered by ``sigma`` times a standard normal variable of the task."""

    sigma: float

    def truth(self, luck: Luck) -> float:
        u, v, *_ = luck.words
        return math.sqrt(-2 * math.log(1 - u)) * math.cos(2 * math.pi * v)

    def success(self, truth: float, model: int, p: float, failures: int) -> float:
        return 1 / (1 + math.exp(self.sigma * truth - math.log(p / (1 - p))))


def difficulty_scores(sigma: float) -> list[float]:
    """z of the shares solved by pass 1 and by pass 2, for sigma = 1.5."""
    game = Game.of((0.4, 0.7), (1, 1), (1, 1), 2, 1)
    person = Person(Leaves(dict.fromkeys(range(TASKS), 2)))
    played = simulate(
        Scenario(game, Offer(Static(1)), person, work=Difficulty(sigma), tasks=TASKS, seed=5)
    )
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    p = 1 / (1 + np.exp(1.5 * nodes - math.log(0.4 / 0.6)))
    first, second = (weights * p).sum(), (weights * p * (1 - p)).sum()
    total = weights.sum()
    at = played.tasks["passes"]
    return [
        z_score((played.solved & (at == 1)).astype(float), first / total),
        z_score((played.solved & (at == 2)).astype(float), second / total),
    ]


def test_latent_difficulty_stays_with_the_task() -> None:
    assert np.abs(difficulty_scores(1.5)).max() < z_bound(2)


def test_the_check_of_difficulty_sees_tasks_that_are_alike() -> None:
    assert np.abs(difficulty_scores(0.0)).max() > z_bound(2)


# --- users who leave the queue, or do not join it


@dataclass(frozen=True)
class Impatient:
    """Exponential patience with a ``mean`` (seconds): Erlang A."""

    mean: float

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        return Limits(waiting=-self.mean * math.log(1 - view.luck.words[0]))


def test_exponential_patience_is_erlang_a() -> None:
    """P(leave) of (.8, 1, 1, .5): .255941, from a table."""
    result = simulate(station(0.8, Person(LEAVES, Impatient(2.0))))
    left = warm(result.tasks["outcome"] == Outcome.RENEGED).astype(float)
    assert abs(batch_score(left, 0.255941, BATCHES)) < t_bound(1, BATCHES)
    wrong = simulate(station(0.8, Person(LEAVES, Impatient(3.0))))
    left = warm(wrong.tasks["outcome"] == Outcome.RENEGED).astype(float)
    assert abs(batch_score(left, 0.255941, BATCHES)) > t_bound(1, BATCHES)


@dataclass(frozen=True)
class Balks:
    """Joins while fewer than ``room`` passes are present (Naor 1969)."""

    room: int

    def joins(self, mind: Mind, task: Task, entry: Admit, view: View) -> float:
        return float(view.queued(1) + view.in_service(1) < self.room)


def test_who_balks_at_a_full_queue_leaves_m_m_1_k() -> None:
    result = simulate(station(0.9, Person(LEAVES, joining=Balks(4))))
    balked = warm(result.tasks["outcome"] == Outcome.BALKED).astype(float)
    exact = 0.9**4 / sum(0.9**k for k in range(5))
    assert abs(batch_score(balked, exact, BATCHES)) < t_bound(1, BATCHES)
    assert abs(batch_score(balked, 0.9**5 / sum(0.9**k for k in range(6)), BATCHES)) > 6
    assert result.counts()["balked"] == (result.tasks["outcome"] == Outcome.BALKED).sum()
    assert sum(result.counts().values()) == TASKS


@dataclass(frozen=True)
class Deadline:
    """Cancels after so many seconds, waiting or served: the given tasks, or all."""

    seconds: float
    tasks: tuple[int, ...] = ()

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        concerned = not self.tasks or task.id in self.tasks
        return Limits(sojourn=self.seconds if concerned else math.inf)


def test_a_pass_that_is_cancelled_frees_its_slot_and_is_paid() -> None:
    late = system((0, 1, 2, 3), (10,), (1,)).replace(patience=Deadline(4.0))
    result = simulate(late, passes=True)
    # task 0 is served from 0 to 4; task 1 from 4 to 5, task 2 from 5 to 6, task 3 from 6 to 7
    assert task_rows(result) == [(t + 4, Outcome.CANCELLED) for t in range(4)]
    assert by_task(result, "waiting", "service") == [[0, 3, 3, 3], [4, 1, 1, 1]]
    assert by_task(result, "service_cost", "passes") == [[1] * 4, [0] * 4]
    assert result.counts()["cancelled"] == 4


def test_a_deadline_in_the_queue_is_reneging_and_one_in_time_is_none() -> None:
    late = system((0, 1), (10,), (1,)).replace(patience=Deadline(10.5))
    result = simulate(late)
    assert task_rows(result) == [(10, Outcome.COMPLETED), (11.5, Outcome.CANCELLED)]
    soon = system((0, 1), (10,), (1,), last_solves=True).replace(
        patience=Deadline(5.0), abandonment=Leaves()
    )
    assert task_rows(simulate(soon)) == [(5, Outcome.CANCELLED), (6, Outcome.CANCELLED)]
    behind = system((0, 0), (4,), (1,)).replace(patience=Deadline(3.0, (1,)))
    assert task_rows(simulate(behind)) == [(4, Outcome.COMPLETED), (3, Outcome.RENEGED)]


def test_a_shared_processor_is_faster_when_somebody_cancels() -> None:
    """Two share from 1 on; at 5 the first has had 1 + 2 seconds and leaves; the other, who has had
    2 of 6, then needs 4 more."""
    shared = system((0, 1), (6,), (1,)).replace(
        discipline=ProcessorSharing(), patience=Deadline(5.0, (0,))
    )
    assert task_rows(simulate(shared)) == [(5, Outcome.CANCELLED), (9, Outcome.COMPLETED)]


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


# --- what is seen


def test_no_policy_sees_whether_an_answer_is_right() -> None:
    shown = set(Task.__slots__) | set(Reply.__slots__) | set(Ended._fields)
    assert not shown & {"solved", "success", "truth"}


@dataclass(frozen=True)
class Gambles:
    """Gives up by a coin of its own: an answer of 0 or 1, from the luck of the question."""

    q: float

    def probability(self, mind: Mind, task: Task, view: View) -> float:
        return float(view.luck.words[0] < self.q)


def test_a_policy_that_draws_by_its_luck_has_common_random_numbers() -> None:
    """It plays the same game as the rule with its probability, whatever else is different."""
    base = Scenario(GAME, Offer(Cascade(1, 0.3)), Person(Gambles(0.3)), tasks=TASKS, seed=2)
    gambled = simulate(base, passes=True)
    exact = expectations(GAME, 1, 0.3, 0.3)
    assert abs(z_score(gambled.metrics()["success"], exact.success)) < z_bound(1)
    busy = simulate(base.replace(slots=(3, 2), arrivals=Poisson(2.0)), passes=True)
    assert gambled.tasks["passes"].tolist() == busy.tasks["passes"].tolist()


@dataclass(frozen=True)
class CoinGate(Gate):
    """Turns a prompt away with probability one half."""

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit | Refuse, None]:
        return (Admit() if view.luck.words[0] < 0.5 else Refuse()), None


def test_layers_that_are_asked_the_same_question_have_their_own_luck() -> None:
    gates = Layers((CoinGate(), CoinGate()))
    scenario = Scenario(GAME, Offer(Static(1), gates), Person(LEAVES), tasks=TASKS, seed=6)
    refused = (simulate(scenario).tasks["outcome"] == Outcome.REFUSED).astype(float)
    assert abs(z_score(refused, 0.75)) < z_bound(1)  # the same luck would make it one half


def test_luck_differs_by_question_part_and_stream() -> None:
    luck = Luck(Draws(1))
    seen = [
        luck.of(1, 1, 6).words[0], luck.of(1, 1, 7).words[0], luck.of(1, 2, 6).words[0],
        luck.of(1, 1, 6, 1).words[0], luck.of(1, 1, 6).part(1).words[0],
        float(luck.of(1, 1, 6).generator().random()),
        float(luck.of(1, 1, 6, 1).generator().random()),
    ]  # fmt: skip
    assert len(set(seen)) == len(seen)
    assert luck.of(1, 1, 6).words == luck.of(1, 1, 6).words
    assert all(a != b for a, b in pairwise(sorted(seen)))

"""Behaviours that are not in the box, each in a few lines and against its exact value.

The protocols of `sim.policies` must carry what is to come: people who judge wrongly, tasks of
different difficulty, providers that learn, users who choose, balk, leave or come back.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest

from agents import Cascade, Static, Stationary
from sim import (
    Admit,
    Draws,
    Ended,
    Game,
    Limits,
    Luck,
    Offer,
    Outcome,
    Person,
    Poisson,
    ProcessorSharing,
    Reply,
    Result,
    Scenario,
    Task,
    View,
    expectations,
    simulate,
)
from sim.policies import Mind
from tests.tools.chance import batch_score, t_bound, z_bound, z_score
from tests.tools.scripted import Leaves, by_task, system, task_rows
from tests.tools.stations import BATCHES, LEAVES, TASKS, station, warm

GAME = Game.of((0.4, 0.7), (0.1, 0.3), (0.1, 0.3), value=2, penalty=1)

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

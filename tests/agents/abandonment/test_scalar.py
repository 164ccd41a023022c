"""Rules for giving up that people write themselves: scripted users, every event time by hand."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from agents import Gate, ScalarAbandonment, Stationary
from sim import (
    ADMIT,
    REFUSE,
    Draws,
    InputError,
    Luck,
    Mixture,
    Outcome,
    Person,
    Purpose,
    Scalar,
    Task,
    View,
    simulate,
)
from sim.policies import Mind
from sim.scalars import ALL, Answer, Memory, Own, scalars
from tests.tools.rules import same
from tests.tools.scripted import members, pass_rows, system, task_rows

DONE, LEFT = Outcome.COMPLETED, Outcome.ABANDONED


@dataclass(frozen=True)
class Wearies(ScalarAbandonment):
    """Gives up at each ``n``-th failure of its life."""

    n: int

    def scalar(self) -> Scalar:
        return Scalar(wearies, (self.n,), memory=1)


def wearies(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Memory) -> float:
    memory[0] += 1.0
    return 1.0 if memory[0] % own[0] == 0.0 else 0.0


@dataclass(frozen=True)
class Lasts(ScalarAbandonment):
    """Gives up at the first failure ``seconds`` or more after the task came."""

    seconds: float

    def scalar(self) -> Scalar:
        return Scalar(lasts, (self.seconds,))


def lasts(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Memory) -> float:
    return 1.0 if elapsed >= own[0] else 0.0


@dataclass(frozen=True)
class OneType(ScalarAbandonment):
    """A part ``share`` of the users gives up at once, the others after three failures."""

    share: float

    def scalar(self) -> Scalar:
        return Scalar(one_type, (self.share,), memory=2, random=True)


def one_type(
    now: float, model: int, passes: int, elapsed: float, own: Own, memory: Memory
) -> float:
    memory[1] += 1.0
    return 1.0 if memory[0] < own[0] or memory[1] >= 3.0 else 0.0


@dataclass(frozen=True)
class EverySecond(Gate):
    """Lets every second prompt of a task in; the others come back after ``seconds``."""

    seconds: float

    def scalar(self) -> Scalar:
        return Scalar(every_second, (self.seconds,), memory=1, of="task")


def every_second(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    memory[0] = 1.0 - memory[0]
    return (REFUSE, own[0], 0, 0) if memory[0] == 1.0 else (ADMIT, 0.0, 0, 0)


def test_a_rule_remembers_a_member_from_task_to_task() -> None:
    base = system((0,), (1.0,), (9,), last_solves=False, abandonment=Wearies(3))
    assert task_rows(simulate(members(base, ((0, 0), (0.5, 0), (20, 1)), (2,)))) == [
        (2, LEFT),  # failures of user 0 at 1, 1.5 and 2: the third is of this task
        (4.5, LEFT),  # at 2.5, 3.5 and 4.5
        (23, LEFT),  # user 1
    ]
    strangers = system((0, 10), (1.0,), (9,), last_solves=False, abandonment=Wearies(3))
    assert task_rows(simulate(strangers)) == [(3, LEFT), (13, LEFT)]


def test_a_rule_without_memory_makes_no_minds() -> None:
    rule = Lasts(2.5)
    assert Person(rule).remembers is None
    assert Person(rule, memory=Anything()).remembers == Anything()
    assert Person(Wearies(3)).remembers == Wearies(3)
    scenario = system((0, 1), (2.0,), (1,), last_solves=False, abandonment=rule)
    # passes of tasks 0 and 1 in turn: task 0 fails at 2 and at 6, task 1 at 4
    assert task_rows(simulate(scenario)) == [(6, LEFT), (4, LEFT)]
    assert task_rows(simulate(scenario.replace(memory=Anything()))) == [(6, LEFT), (4, LEFT)]


@dataclass(frozen=True)
class Anything:
    """A memory of another kind."""

    def init(self, luck: Luck) -> str:
        return "anything"


def test_a_random_rule_remembers_the_users_own_uniform_first() -> None:
    times = tuple(100.0 * n for n in range(8))
    rule = OneType(0.5)
    result = simulate(system(times, (1.0,), (9,), last_solves=False, abandonment=rule))
    own = [Draws(1).words(user, 0, Purpose.JOIN)[0] for user in range(8)]
    passes = [1 if u < 0.5 else 3 for u in own]
    assert set(passes) == {1, 3}
    assert result.tasks["passes"].tolist() == passes
    luck = Luck(Draws(1)).of(3, 0, Purpose.JOIN)
    assert list(rule.init(luck)) == [own[3], 0.0]


def test_a_part_of_a_mixture_remembers_too() -> None:
    mixture = Mixture(((1.0, Wearies(3)), (0.0, Lasts(1.0))))
    scenario = system((0, 10), (1.0,), (9,), last_solves=False, abandonment=mixture)
    assert task_rows(simulate(scenario)) == [(3, LEFT), (13, LEFT)]
    assert mixture.scalars(1) is None  # of tables alone


def test_an_own_throttle_is_played() -> None:
    scenario = system((0, 1), (2.0,), (9,), throttle=EverySecond(5.0))
    assert task_rows(simulate(scenario)) == [(7, DONE), (8, DONE)]
    assert pass_rows(simulate(scenario, passes=True))[0] == (0, 1, 1, 0, 2, 5)


@pytest.mark.parametrize("rule", [Wearies(3), Lasts(2.5), OneType(0.5)], ids=repr)
def test_compiled_a_rule_says_and_remembers_the_same_bytes(rule: ScalarAbandonment) -> None:
    scalar = rule.scalar()
    own = tuple(map(float, scalar.own))
    questions = [(float(n), 1, n, n / 3, own) for n in range(10)]
    assert same(scalar.rule, questions, scalar.memory)


@dataclass(frozen=True)
class Odd(ScalarAbandonment):
    """Says what its ``scalar`` is to be."""

    odd: Any

    def scalar(self) -> Scalar:
        return Scalar(lasts, (1.0,), **dict(self.odd))


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ((("memory", 1), ("of", ALL)), "of = 'all' must be 'user'"),
        ((("random", True),), "memory = 0 must be at least 1 of a random rule"),
    ],
)
def test_a_memory_that_nobody_has_is_refused(odd: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        Person(Odd(odd))
    with pytest.raises(InputError, match=f"^{message}"):
        Odd(odd).scalars(2)


class Anew(Wearies):
    """Decides anew."""

    def probability(self, mind: Mind, task: Task, view: View) -> float:
        return 0.5


def test_who_decides_anew_is_not_spoken_for() -> None:
    assert scalars(Wearies(3), 2, "probability") == Wearies(3).scalar()
    assert scalars(Anew(3), 2, "probability") is None


def test_a_base_has_no_rule_of_its_own() -> None:
    with pytest.raises(NotImplementedError):
        ScalarAbandonment().scalar()


# --- mixtures of tables

PARTS = ((0.3, Stationary(0.05)), (0.2, Stationary(0.9)), (0.5, Stationary(0.25)))


def test_a_mixture_of_tables_is_a_rule() -> None:
    scalar = Mixture(PARTS).scalars(2)
    assert scalar is not None
    assert scalar.own == (2.0, 0.3, 0.05, 0.05, 0.2, 0.9, 0.9, 0.5, 0.25, 0.25)
    assert (scalar.memory, scalar.of, scalar.random) == (1, "user", True)
    asked = [scalar.rule(0.0, 2, 1, 0.0, scalar.own, (u,)) for u in (0.1, 0.3, 0.49, 0.5, 0.99)]
    assert asked == [0.05, 0.9, 0.9, 0.25, 0.25]


def test_the_rule_of_a_mixture_is_what_its_users_do() -> None:
    mixture = Mixture(PARTS)
    scalar = mixture.scalars(2)
    assert scalar is not None
    view: Any = None
    for user in range(300):
        luck = Luck(Draws(3)).of(user, 0, Purpose.JOIN)
        task = Task(user, user, 0, 0.0)
        task.model = 1 + user % 2
        q = mixture.probability(mixture.init(luck), task, view)
        assert q == scalar.rule(0.0, task.model, 1, 0.0, scalar.own, (luck.words[0],))


def test_compiled_the_rule_of_a_mixture_says_the_same_bytes() -> None:
    scalar = Mixture(PARTS).scalars(3)
    assert scalar is not None
    draws = np.random.default_rng(5).random(300).tolist()
    edges = [0.0, 0.3, 0.5, 1 - 2**-53, 0.3 - 2**-54, 0.2 + 0.3]
    questions = [(0.0, 1 + n % 3, 1, 0.0, scalar.own, (u,)) for n, u in enumerate(draws + edges)]
    assert same(scalar.rule, questions)

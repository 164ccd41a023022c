"""The rules of patience and persistence: numbers in, answers out; compiled, they say the same."""

import math
from array import array
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest

from agents import (
    BackOff,
    FixedPatience,
    FixedRetry,
    GoesAway,
    QueueLimit,
    ScalarPatience,
    ScalarPersistence,
    WhileWorth,
)
from analysis.games.catalogue import REFERENCE
from sim import Limits, Refuse, Task, View, expectations, simulate
from sim.policies import Mind
from sim.scalars import Own, Scalar, scalars
from tests.tools.rules import same
from tests.tools.scripted import system, task_rows

NEVER = math.inf
PERSISTENCE: tuple[ScalarPersistence, ...] = (
    GoesAway(), FixedRetry(1.5, 4), BackOff(0.7, 1.7, 6), BackOff(2, 2, 40), BackOff(1.1, 3, 30),
    WhileWorth((9.0, 0.0, NEVER)), WhileWorth((20.0,)),
)  # fmt: skip


def again(
    policy: ScalarPersistence, told: float, refusals: int, luck: float = 0.0, model: int = 1
) -> float:
    scalar = policy.scalar()
    seconds: float = scalar.rule(9.0, model, told, refusals, luck, array("d", scalar.own))
    return seconds


def test_fixed_patience() -> None:
    scalar = FixedPatience(3.5).scalar()
    assert scalar.rule(9.0, 1, 4, 0.0, array("d", scalar.own)) == (3.5, NEVER)


def test_goes_away() -> None:
    assert again(GoesAway(), 5.0, 1) == NEVER


def test_fixed_retry() -> None:
    assert [again(FixedRetry(1.5, 3), 50.0, n) for n in (1, 2, 3)] == [1.5, 1.5, NEVER]


def test_back_off() -> None:
    rule = BackOff(4, 2, 3)
    assert rule.scalar().random
    assert [again(rule, NEVER, n, 0.25) for n in (1, 2, 3)] == [1.0, 2.0, NEVER]
    assert again(rule, 5.0, 2, 0.25) == 7.0
    assert again(rule, NEVER, 1, 0.0) == 4.0  # not at once


def test_while_worth() -> None:
    rule = WhileWorth((5.0, 0.0, NEVER))
    assert [again(rule, told, 9) for told in (5.0, 5.1, NEVER, 0.0)] == [5.0, NEVER, NEVER, NEVER]
    assert [again(rule, 1e-9, 1, model=model) for model in (1, 2, 3, 4)] == [
        1e-9,
        NEVER,
        1e-9,
        1e-9,
    ]
    assert again(rule, NEVER, 1, model=3) == NEVER


def test_what_a_pass_is_worth_is_utility_from_there_on() -> None:
    """R14: V = 1, p = (.3, .6), t = (.2, .7), w = .25; a pass at M2 is worth -.1 and no wait."""
    expected = expectations(REFERENCE["R14"], 1, 0.3, 1.0).user_utility
    assert expected == pytest.approx(0.1)
    users = WhileWorth.of(REFERENCE["R14"], cascade=0.3, abandonment=1.0, value_of_time=0.25)
    assert users.seconds == pytest.approx((0.4, 0.0))
    assert WhileWorth.of(REFERENCE["R1"], 0.0, 0.0).seconds == pytest.approx((1.5, 0.9 / 0.7))


@pytest.mark.parametrize("policy", PERSISTENCE, ids=repr)
def test_compiled_a_rule_says_the_same_bytes(policy: ScalarPersistence) -> None:
    random, scalar = Random(5), policy.scalar()
    own = tuple(map(float, scalar.own))
    questions = []
    for _ in range(400):
        told = random.choice((NEVER, random.expovariate(0.1)))
        model, refusals = random.randrange(1, 4), random.randrange(1, 41)
        questions.append((random.random(), model, told, refusals, random.random(), own))
    assert same(scalar.rule, questions)


def test_compiled_patience_says_the_same_bytes() -> None:
    scalar = FixedPatience(1 / 3).scalar()
    assert same(scalar.rule, [(1.0, 1, 2, 0.5, scalar.own)])


# --- one's own


@dataclass(frozen=True)
class Hurried(ScalarPatience):
    """Waits for ``seconds`` per pass that waits, itself included, and in all for twice one more."""

    seconds: float

    def scalar(self) -> Scalar:
        return Scalar(hurried, (self.seconds,))


def hurried(now: float, model: int, queued: int, luck: float, own: Own) -> tuple[float, float]:
    return own[0] * queued, 2.0 * own[0] * (queued + 1)


@dataclass(frozen=True)
class OnTheHour(ScalarPersistence):
    """Comes back at the next full ``period``."""

    period: float

    def scalar(self) -> Scalar:
        return Scalar(on_the_hour, (self.period,))


def on_the_hour(now: float, model: int, told: float, refusals: int, luck: float, own: Own) -> float:
    return own[0] - now % own[0]


def test_own_rules_are_played() -> None:
    scenario = system((0, 1, 2), (5,), (1,)).replace(patience=Hurried(3.0))
    # nobody waits when task 0 comes; task 1 bears 3 seconds, and task 2, behind it, 6
    assert [at for at, _ in task_rows(simulate(scenario))] == [5, 4, 10]
    scenario = system((0, 1, 2), (5,), (1,), throttle=QueueLimit(1), persistence=OnTheHour(7.0))
    assert [at for at, _ in task_rows(simulate(scenario))] == [5, 10, 15]


class Deaf(FixedRetry):
    """Decides anew."""

    def again(self, mind: Mind, task: Task, refusal: Refuse, view: View) -> float:
        return 1.0


class Calm(FixedPatience):
    """Decides anew."""

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        return Limits()


def test_who_decides_anew_is_not_spoken_for() -> None:
    assert scalars(FixedRetry(), 2, "again") == FixedRetry().scalar()
    assert scalars(FixedPatience(1.0), 2, "limits") == FixedPatience(1.0).scalar()
    assert scalars(Deaf(), 2, "again") is None
    assert scalars(Calm(1.0), 2, "limits") is None


@pytest.mark.parametrize("base", [ScalarPatience(), ScalarPersistence()])
def test_a_base_has_no_rule_of_its_own(base: Any) -> None:
    with pytest.raises(NotImplementedError):
        base.scalar()

"""Who begins at all: scripted queues and doors, every event time written by hand."""

from array import array
from dataclasses import dataclass
from typing import Any

import pytest

from agents import Joins, QueueLimit, ScalarJoining
from sim import (
    Admit,
    Draws,
    InputError,
    Outcome,
    Poisson,
    Purpose,
    Refuse,
    Scenario,
    Task,
    View,
    condense,
    simulate,
)
from sim.policies import Mind
from sim.scalars import Own, Scalar, scalars
from tests.sim.compiled.test_kernel import network
from tests.sim.compiled.twins import assert_twins
from tests.tools.chance import z_bound
from tests.tools.rules import same
from tests.tools.scripted import Door, Escalates, system, task_rows

DONE, BALKED = Outcome.COMPLETED, Outcome.BALKED


@dataclass(frozen=True)
class Shy(ScalarJoining):
    """Begins while fewer than ``most`` passes wait."""

    most: int

    def scalar(self) -> Scalar:
        return Scalar(shy, (self.most,))


def shy(now: float, model: int, queued: int, own: Own) -> float:
    return 1.0 if queued < own[0] else 0.0


def test_a_share_begins_by_the_luck_of_each_task() -> None:
    luck = [Draws(1).words(task, 0, Purpose.BALK, 1)[0] for task in range(5)]
    scenario = system(tuple(range(5)), (4,), (9,)).replace(joining=Joins(luck[2]))
    result = simulate(scenario)
    assert task_rows(result) == [
        (n + 4, DONE) if luck[n] < luck[2] else (n, BALKED) for n in range(5)
    ]
    assert {DONE, BALKED} == set(result.tasks["outcome"].tolist())


@pytest.mark.parametrize(("probability", "end"), [(0.0, (0, BALKED)), (1.0, (4, DONE))])
def test_nobody_and_everybody_begin(probability: float, end: tuple[float, int]) -> None:
    scenario = system((0, 0, 0), (4,), (9,)).replace(joining=Joins(probability))
    assert task_rows(simulate(scenario)) == [end] * 3


def test_who_sees_a_queue_declines_it() -> None:
    scenario = system((0, 1, 2, 5), (4,), (1,)).replace(joining=Shy(1))
    assert task_rows(simulate(scenario)) == [(4, DONE), (8, DONE), (2, BALKED), (12, DONE)]


def test_users_are_asked_once_and_where_the_throttle_lets_them_in() -> None:
    """M1 has a queue, M2 has none: task 2 is sent to M2 and begins, after a refusal and a delay.

    Its pass at M2 fails, and the next one begins although somebody waits there by then.
    """
    doors = Door({2: (Refuse(3.0), Admit(1.0, model=2))})
    scenario = system(
        (0, 1, 2, 2), (9, 2), (1, 1), routing=Escalates(), throttle=doors, last_solves=False
    ).replace(joining=Shy(1), horizon=8.5)
    result = simulate(scenario, passes=True)
    assert result.tasks["outcome"].tolist() == [-4, -4, -4, BALKED]
    assert result.tasks["passes"].tolist() == [0, 0, 1, 0]  # from 6 to 8
    assert result.tasks["throttle_delay"].tolist()[2] == 4.0


def test_a_declined_task_costs_the_penalty_and_nobody_s_time() -> None:
    scenario = system((0, 1), (4,), (9,)).replace(joining=Joins(0.0))
    result = simulate(scenario)
    metrics = {name: column.tolist() for name, column in result.metrics().items()}
    zeros = dict.fromkeys(("success", "delay", "service_cost", "user_utility", "passes"), [0.0] * 2)
    assert metrics == {**zeros, "provider_cost": [10.0, 10.0]}
    assert result.task_frame()["penalty"].tolist() == [10.0, 10.0]
    means = condense(scenario, result).means()
    assert (means["provider_cost"], means["user_utility"]) == (10.0, 0.0)
    assert result.counts()["balked"] == 2


# --- as numbers


def test_compiled_a_rule_says_the_same_bytes() -> None:
    for policy in (Joins(1 / 3), Shy(2)):
        scalar = policy.scalar()
        own = tuple(map(float, scalar.own))
        assert same(scalar.rule, [(0.5 * n, 1 + n % 2, n, own) for n in range(4)])


def test_the_rule_of_joins() -> None:
    scalar = Joins(0.3).scalar()
    assert scalar.rule(1.0, 2, 3, array("d", scalar.own)) == 0.3


def mm1(joining: ScalarJoining, **changes: Any) -> Scenario:
    return network((1.0, 1.0), arrivals=Poisson(1.0), joining=joining, **changes)


@pytest.mark.parametrize("joining", [Joins(0.0), Joins(0.4), Joins(1.0), Shy(1), Shy(3)])
def test_both_engines_play_it(joining: ScalarJoining) -> None:
    assert_twins(mm1(joining))
    assert_twins(mm1(joining, throttle=QueueLimit(2)))


def test_the_share_is_that_of_the_rule_and_another_one_is_noticed() -> None:
    """20,000 tasks, each on its own; a share of .41 would be 2.9 standard errors off and is not
    told from .4 for sure, .45 is 14 off.
    """
    counts = simulate(mm1(Joins(0.4), tasks=20_000), engine="compiled").counts()
    begun = 1 - counts["balked"] / 20_000
    error = (0.4 * 0.6 / 20_000) ** 0.5
    assert abs(begun - 0.4) < z_bound(1) * error
    assert abs(begun - 0.45) > z_bound(1) * error


def test_an_answer_that_is_no_probability_is_named_on_both_engines() -> None:
    for engine in ("simpy", "compiled"):
        with pytest.raises(InputError, match=r"^Sure\.joins = 2\.0 must be between 0 and 1$"):
            simulate(mm1(Sure()), engine=engine)


@dataclass(frozen=True)
class Sure(ScalarJoining):
    """More than certain."""

    def scalar(self) -> Scalar:
        return Scalar(sure)


def sure(now: float, model: int, queued: int, own: Own) -> float:
    return 2.0


class Anew(Joins):
    """Decides anew."""

    def joins(self, mind: Mind, task: Task, entry: Admit, view: View) -> float:
        return 1.0


def test_who_decides_anew_is_not_spoken_for() -> None:
    assert scalars(Joins(0.5), 2, "joins") == Joins(0.5).scalar()
    assert scalars(Anew(0.5), 2, "joins") is None
    with pytest.raises(InputError, match="must have rules of numbers"):
        simulate(mm1(Anew(0.5)), engine="compiled")


def test_a_base_has_no_rule_of_its_own() -> None:
    with pytest.raises(NotImplementedError):
        ScalarJoining().scalar()


def test_a_share_outside_0_and_1_is_refused() -> None:
    with pytest.raises(InputError, match=r"^participation = 1\.5 must be between 0 and 1$"):
        Joins(1.5)

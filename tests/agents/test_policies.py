"""The tables of the routings, users and throttles, and what they refuse."""

from typing import Any

import pytest

from agents import AddedDelay, Cascade, NoThrottle, Static, Stationary
from agents.theorems.ties import at_most, close
from sim import Admit, InputError, Reply, Route, Task

NAN, INF = float("nan"), float("inf")
VIEW: Any = None


def failed(model: int) -> Reply:
    return Reply(0, 1, model, 0.0, 1.0)


def at(model: int) -> Task:
    task = Task(0, 0, 0, 0.0)
    task.model = model
    return task


def test_static_stays_where_it_starts() -> None:
    policy = Static(2)
    assert policy.table(3) == Route(2, (0.0, 0.0))
    assert policy.first(None, at(0), VIEW) == (2, None)
    assert policy.escalation(None, at(2), VIEW) == (0.0, None)


def test_cascade_has_one_probability_for_all_or_one_per_model() -> None:
    assert Cascade(1, 0.3).table(3) == Route(1, (0.3, 0.3))
    assert Cascade(1).table(2) == Route(1, (0.0,))
    assert Cascade(2, (0.3, 0.6)).table(3) == Route(2, (0.3, 0.6))
    assert Cascade(1, (0.3, 0.6)).escalation(None, at(2), VIEW) == (0.6, None)
    assert Cascade(1, 0.3).escalation(None, at(2), VIEW) == (0.3, None)
    assert Cascade(2, 0.3).first(None, at(0), VIEW) == (2, None)
    assert Cascade(1, ()).table(1) == Route(1, ())


def test_stationary_gives_up_with_q_everywhere() -> None:
    assert Stationary(0.3).table(3) == (0.3, 0.3, 0.3)
    assert Stationary(0.3).probability(None, at(1), VIEW) == 0.3


def test_no_throttle_lets_everything_in_at_once() -> None:
    policy = NoThrottle()
    assert policy.admit(None, at(1), VIEW) == (Admit(0.0, None), None)
    assert policy.hold(None, failed(1), VIEW) == (0.0, None)
    assert policy.table(2) == (0.0, 0.0)


def test_added_delay_holds_back_by_model() -> None:
    policy = AddedDelay((1.0, 2.0))
    assert policy.admit(None, at(1), VIEW) == (Admit(0.0, None), None)
    assert policy.hold(None, failed(2), VIEW) == (2.0, None)
    assert policy.table(2) == (1.0, 2.0)


@pytest.mark.parametrize("bad", [0, -1, 1.5, 1.0, NAN, "1", True])
@pytest.mark.parametrize("policy", [Static, Cascade])
def test_the_initial_model_is_a_whole_number_from_1(policy: Any, bad: Any) -> None:
    with pytest.raises(InputError, match=r"^initial = .* must be a whole number of at least 1 and"):
        policy(bad)


@pytest.mark.parametrize("bad", [-0.1, 1.1, NAN, INF, "0.5", True, None])
def test_probabilities_lie_in_the_unit_interval(bad: Any) -> None:
    for make, field in (
        (lambda: Stationary(bad), "abandonment"),
        (lambda: Cascade(1, bad), "cascade"),
        (lambda: Cascade(1, (0.5, bad)), "cascade"),
    ):
        with pytest.raises(InputError, match=rf"^{field} = .* must be between 0 and 1$"):
            make()


@pytest.mark.parametrize("edge", [0, 1, 0.0, 1.0])
def test_probabilities_of_0_and_1_are_fine(edge: float) -> None:
    assert Stationary(edge).q == Cascade(1, edge).s == edge


@pytest.mark.parametrize("bad", [-1.0, NAN, INF, "1", False])
def test_added_delays_are_finite_and_not_negative(bad: Any) -> None:
    with pytest.raises(InputError, match=r"^added delay 2 = .* must be a finite number of at lea"):
        AddedDelay((0.0, bad))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Static(3).table(2), "initial = 3 must be a model from 1 to 2"),
        (lambda: Cascade(3).table(2), "initial = 3 must be a model from 1 to 2"),
        (lambda: Cascade(1, (0.1,)).table(3), r"cascade = \(0.1,\) must be 2 probabilities"),
        (lambda: AddedDelay((0.1,)).table(2), r"added delay = \(0.1,\) must be 2 numbers"),
    ],
)
def test_tables_that_do_not_fit_the_chain_are_refused(call: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        call()


def test_equal_up_to_rounding() -> None:
    assert close(0.1 + 0.2, 0.3)
    assert not close(1.0, 1.0 + 1e-11)
    assert close(0.0, 0.0)
    assert at_most(0.1 + 0.2, 0.3)
    assert at_most(0.3, 0.1 + 0.2)
    assert not at_most(1.0 + 1e-11, 1.0)
    assert at_most(0.0, 0.0)

"""Patience and persistence: scripted users, every event time written by hand."""

from typing import Any

import pytest

from agents import BackOff, FixedPatience, FixedRetry, GoesAway, WhileWorth
from sim import Admit, Draws, InputError, Outcome, Purpose, Refuse, simulate
from tests.tools.scripted import Door, Escalates, system, task_rows

DONE, RENEGED, REFUSED = Outcome.COMPLETED, Outcome.RENEGED, Outcome.REFUSED


def test_fixed_patience_ends_in_the_queue_but_not_in_service() -> None:
    scenario = system((0, 1, 2), (4,), (1,)).replace(patience=FixedPatience(3.5))
    assert task_rows(simulate(scenario)) == [(4, DONE), (8, DONE), (5.5, RENEGED)]


def test_who_goes_away_is_gone_at_the_first_refusal() -> None:
    doors = Door({0: (Refuse(5),), 1: (), 2: (Refuse(),)})
    scenario = system((0, 1, 2), (4,), (9,), throttle=doors, persistence=GoesAway())
    assert task_rows(simulate(scenario)) == [(0, REFUSED), (5, DONE), (2, REFUSED)]


def test_fixed_retry_returns_after_the_same_time_and_ends() -> None:
    doors = Door({0: (Refuse(),), 1: (Refuse(50), Refuse()), 2: (Refuse(),) * 3})
    rule = FixedRetry(seconds=1.5, attempts=3)
    scenario = system((0, 100, 200), (2,), (9,), throttle=doors, persistence=rule)
    result = simulate(scenario)
    assert task_rows(result) == [
        (0 + 1.5 + 2, DONE),
        (100 + 1.5 + 1.5 + 2, DONE),  # what the provider asks for is not heard
        (200 + 1.5 + 1.5, REFUSED),  # the third refusal is the last
    ]
    assert result.tasks["refusals"].tolist() == [1, 2, 3]


def test_back_off_doubles_its_range_and_ends() -> None:
    doors = Door({0: (Refuse(),), 1: (Refuse(5), Refuse()), 2: (Refuse(),) * 3})
    rule = BackOff(first=4.0, factor=2.0, attempts=3)
    scenario = system((0, 100, 200), (2,), (9,), throttle=doors, persistence=rule)
    u = {
        (task, n): Draws(1).words(task, 1, Purpose.BACK_OFF, n)[0]
        for task in range(3)
        for n in (1, 2)
    }
    result = simulate(scenario)
    assert task_rows(result) == [
        (0 + 4 * u[0, 1] + 2, DONE),
        (100 + (5 + 4 * u[1, 1]) + 8 * u[1, 2] + 2, DONE),  # the provider asked for 5
        (200 + 4 * u[2, 1] + 8 * u[2, 2], REFUSED),  # the third refusal is the last
    ]
    assert result.tasks["refusals"].tolist() == [1, 2, 3]


def test_who_waits_while_it_is_worth_it_is_gone_at_the_first_longer_wait() -> None:
    doors = Door({0: (Refuse(5), Refuse(5)), 1: (Refuse(4), Refuse(5.5)), 2: (Refuse(),)})
    rule = WhileWorth((5.0, 3.0))
    scenario = system((0, 100, 200), (2,), (9,), throttle=doors, persistence=rule)
    result = simulate(scenario)
    assert task_rows(result) == [
        (0 + 5 + 5 + 2, DONE),  # each wait is worth it, the one before is lost anyway
        (100 + 4, REFUSED),
        (200, REFUSED),  # nobody knows for how long
    ]
    assert result.tasks["refusals"].tolist() == [2, 2, 1]


def test_the_wait_that_is_worth_it_is_that_of_the_model_asked_for() -> None:
    """Both fail at M1 and go on to M2, where task 0 is told to wait for 3 seconds, and 1 for 4."""
    doors = Door({n: (Admit(), Refuse(3.0 + n)) for n in range(2)})
    scenario = system(
        (0, 100), (1, 2), (9, 9), routing=Escalates({0: 1, 1: 1}), throttle=doors,
        persistence=WhileWorth((5.0, 3.0)),
    )  # fmt: skip
    assert task_rows(simulate(scenario)) == [(0 + 1 + 3 + 2, DONE), (100 + 1, REFUSED)]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: FixedPatience(-1), "patience = -1 must be a finite number of at least 0"),
        (lambda: BackOff(-1.0), r"first back-off = -1\.0 must be a finite number of at least 0"),
        (lambda: BackOff(1.0, 0.5), r"factor of back-off = 0\.5 must be a finite number of at"),
        (lambda: FixedRetry(0.0), r"retry = 0\.0 must be a finite number greater than 0"),
        (lambda: FixedRetry(attempts=0), "attempts = 0 must be a whole number of at least 1"),
        (lambda: BackOff(1.0, attempts=0), "attempts = 0 must be a whole number of at least 1"),
        (lambda: WhileWorth(()), r"seconds = \(\) must be a tuple of numbers, one per model"),
        (
            lambda: WhileWorth((1.0, -1.0)),
            r"wait for model 2 = -1\.0 must be seconds of at least 0",
        ),
        (lambda: BackOff(1.0, attempts=9999), "attempts = 9999 must be so few that"),
    ],
)
def test_bad_parameters_are_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        make()

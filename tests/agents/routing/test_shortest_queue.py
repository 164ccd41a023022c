"""The queue-aware router: by hand, in a run, and what it refuses."""

from dataclasses import replace

import pytest

from agents import ShortestQueue
from sim import Draws, InputError, Luck, Task, simulate
from tests.tools.scripted import Leaves, pass_rows, system


class Counts:
    """A view of so many waiting and served passes per model."""

    now = 0.0
    luck = Luck(Draws(1))

    def __init__(self, queued: tuple[int, int], served: tuple[int, int]) -> None:
        self._queued, self._served = queued, served

    def queued(self, model: int) -> int:
        return self._queued[model - 1]

    def in_service(self, model: int) -> int:
        return self._served[model - 1]


@pytest.mark.parametrize(
    ("queued", "served", "first", "up"),
    [
        ((0, 0), (0, 0), 1, 0.0),  # 2 against 5 seconds
        ((0, 0), (1, 0), 1, 0.0),  # 4 against 5
        ((1, 0), (1, 0), 2, 1.0),  # 6 against 5
        ((1, 0), (1, 1), 2, 1.0),  # 6 against 5: the second slot is free
        ((1, 0), (1, 2), 1, 0.0),  # 6 against 7.5
    ],
)
def test_the_less_delayed_model_is_chosen(
    queued: tuple[int, int], served: tuple[int, int], first: int, up: float
) -> None:
    policy, view, task = ShortestQueue((2.0, 5.0), (1, 2)), Counts(queued, served), Task(0, 0, 0, 0)
    assert policy.first(None, task, view) == (first, None)
    task.model = 1
    assert policy.escalation(None, task, view) == (up, None)


def test_a_run_by_hand() -> None:
    """M1 takes 2 s and never solves, M2 takes 5 s and does; one slot each; work as the seconds.

    Task 0 starts at M1 at 0. Task 1 at 1 finds 4 against 5 seconds: waits for M1. Task 2 at 1.5
    finds 6 against 5: M2, until 6.5. Task 0 fails at 2, when task 1 is being served: 4 against 10
    seconds, but the task that re-prompts waits at M1 until 4, when task 1 fails and leaves. At 6
    task 0 leaves, too.
    """
    scenario = system(
        (0.0, 1.0, 1.5), (2.0, 5.0), (1, 1),
        routing=ShortestQueue((2.0, 5.0), (1, 1)), abandonment=Leaves({0: 2, 1: 1}),
    )  # fmt: skip
    rows = pass_rows(simulate(replace(scenario), passes=True))
    assert rows == [
        (0, 1, 1, 0.0, 2.0, 0.0),
        (0, 2, 1, 2.0, 2.0, 0.0),
        (1, 1, 1, 1.0, 2.0, 0.0),
        (2, 1, 2, 0.0, 5.0, 0.0),
    ]


def test_nonsense_is_refused() -> None:
    with pytest.raises(InputError, match=r"^work = \(1.0,\) must be 2 numbers"):
        ShortestQueue((1.0,), (1, 1))
    with pytest.raises(InputError, match=r"^work = 0.0 must be a finite number greater than 0"):
        ShortestQueue((0.0, 1.0), (1, 1))
    with pytest.raises(InputError, match=r"^slots = 0.5 must be"):
        ShortestQueue((1.0, 1.0), (0.5, 1))

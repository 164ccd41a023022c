"""The queue-aware router: by hand, in a run, and what it refuses."""

import math
from dataclasses import dataclass, replace
from random import Random
from typing import Any

import pytest

from agents import ScalarRouting, ShortestQueue
from sim import Draws, InputError, Luck, Task, View, simulate
from sim.arrivals.population import USER
from sim.scalars import Counts, Memory, Own, Scalar, scalars
from tests.tools.rules import same
from tests.tools.scripted import Leaves, members, pass_rows, system

INF = math.inf


class Seen:
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
    policy, view, task = ShortestQueue((2.0, 5.0), (1, 2)), Seen(queued, served), Task(0, 0, 0, 0)
    state = policy.init()
    assert policy.first(state, task, view) == (first, state)
    task.model = 1
    assert policy.escalation(state, task, view) == (up, state)


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
    with pytest.raises(InputError, match=r"^models = 3 must be 2, as the routing has"):
        scalars(ShortestQueue((1.0, 1.0), (1, 1)), 3, "first", "escalation")


# --- the rules


@pytest.mark.parametrize("which", [0, 1])
def test_compiled_the_rules_say_the_same_bytes(which: int) -> None:
    random, policy = Random(5), ShortestQueue((2.5, 4.3, 1.0), (1, 2, INF))
    scalar = scalars(policy, 3, "first", "escalation")[which]
    questions: list[tuple[Any, ...]] = []
    for _ in range(300):
        queued, serving = (tuple(float(random.randrange(6)) for _ in range(4)) for _ in "qs")
        questions.append((0.0, random.randint(1, 2), queued, serving, 0.5, scalar.own))
    assert same(scalar.rule, questions, 0)


@dataclass(frozen=True)
class InTurn(ScalarRouting):
    """Sends the prompts of each user to ``models`` models in turn, and up if that one is idle."""

    models: int

    def size(self) -> int:
        return self.models

    def pair(self) -> tuple[Scalar, Scalar]:
        return Scalar(in_turn, (self.models,), memory=1), Scalar(if_idle)


def in_turn(
    now: float, group: int, queued: Counts, serving: Counts, luck: float, own: Own, memory: Memory
) -> int:
    memory[0] = memory[0] % own[0] + 1.0
    return int(memory[0])


def if_idle(
    now: float, model: int, queued: Counts, serving: Counts, luck: float, own: Own, memory: Memory
) -> float:
    assert len(queued) == len(serving) == 3
    return 1.0 if serving[model + 1] == 0 else 0.0


def test_own_rules_are_played() -> None:
    base = system((0,), (2.0, 5.0), (1, 1), routing=InTurn(2), abandonment=Leaves({USER: 2}))
    scenario = members(base, ((0, 0), (1, 1), (4, 0)), (2,))
    assert [row[:3] for row in sorted(pass_rows(simulate(scenario, passes=True)))] == [
        (0, 1, 1),  # 0 to 2
        (0, 2, 2),  # M2 is idle: 2 to 7
        (1, 1, 2),  # the second task of user 0
        (USER, 1, 1),  # 2 to 4
        (USER, 2, 1),  # M2 is not idle
    ]


class Anew(ShortestQueue):
    """Decides anew."""

    def escalation(self, state: Any, task: Task, view: View) -> tuple[float, Any]:
        return 0.0, state


def test_who_decides_anew_is_not_spoken_for() -> None:
    assert scalars(Anew((1.0,), (1,)), 1, "first", "escalation") is None


def test_a_base_has_no_rules_of_its_own() -> None:
    for ask in (lambda: ScalarRouting().pair(), lambda: ScalarRouting().size()):
        with pytest.raises(NotImplementedError):
            ask()

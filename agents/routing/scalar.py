"""Routings that are scalar rules."""

from typing import Any

from agents.by_rule import NOTHING, Memories
from sim.checks import refuse
from sim.policies import View
from sim.records import Task
from sim.scalars import Scalar

State = tuple[Memories, Memories]


class ScalarRouting:
    """Routes by two scalar rules, ``first`` and ``escalation`` of `sim.scalars`.

    A routing of this kind is a frozen dataclass with the methods ``pair() -> (Scalar, Scalar)`` and
    ``size() -> int``, the number of models that it routes to. Both engines play it. Each rule has a
    memory of its own.
    """

    def size(self) -> int:
        """How many models there are."""
        raise NotImplementedError

    def pair(self) -> tuple[Scalar, Scalar]:
        """The rules for the first model, and for cascades."""
        raise NotImplementedError

    def scalars(self, models: int) -> tuple[Scalar, Scalar]:
        """The rules; InputError if they are for another number of models."""
        if models != self.size():
            refuse("models", models, f"{self.size()}, as the routing has")
        return self.pair()

    def init(self) -> State:
        """Nothing is remembered yet."""
        first, escalation = self.pair()
        return Memories(first), Memories(escalation)

    def first(self, state: State, task: Task, view: View) -> tuple[int, State]:
        """As the first rule says."""
        model: int = self._answer(state[0], task.group, task, view)
        return model, state

    def escalation(self, state: State, task: Task, view: View) -> tuple[float, State]:
        """As the second rule says."""
        s: float = self._answer(state[1], task.model, task, view)
        return s, state

    def _answer(self, asked: Memories, about: int, task: Task, view: View) -> Any:
        models = range(1, self.size() + 1)
        queued, serving = [0, *map(view.queued, models)], [0, *map(view.in_service, models)]
        row = asked.row(task) if asked.width else NOTHING
        return asked.rule(view.now, about, queued, serving, asked.luck(view), asked.own, row)

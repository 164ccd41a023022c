"""What the throttles at the entrance have in common: their decision is a scalar rule."""

import math
from array import array
from typing import Any

from sim.policies import WELCOME, Admit, Refuse, View
from sim.records import Reply, Task
from sim.scalars import ADMIT, ALL, USER, Gates, Scalar

_ADMITTED = (ADMIT, 0.0, 0, 0)


class Memories:
    """The parameters of a rule, and what it remembers of each user or task, or of all."""

    def __init__(self, scalar: Scalar) -> None:
        self.scalar = scalar
        self.own = array("d", scalar.own)
        self._blank = array("d", [0.0]) * scalar.memory
        self._rows: dict[int, array[float]] = {}

    def row(self, task: Task) -> "array[float]":
        """The row that a question about ``task`` may change."""
        of = self.scalar.of
        owner = task.user if of == USER else 0 if of == ALL else task.id
        if owner not in self._rows:
            self._rows[owner] = self._blank[:]
        return self._rows[owner]


class Gate:
    """A throttle that decides at the entrance, by a scalar rule; answers are not held back.

    A subclass is a frozen dataclass with the method ``scalar() -> Scalar``, whose rule is an
    ``admit`` of `sim.scalars`. Both engines play it.
    """

    def scalar(self) -> Scalar:
        """The rule with its parameters and its memory."""
        raise NotImplementedError

    def scalars(self, models: int) -> Gates:
        """One rule, and no hold."""
        return Gates(((self.scalar(), 0),), (0.0,) * models)

    def init(self) -> Memories:
        """Nobody is remembered yet."""
        return Memories(self.scalar())

    def admit(self, state: Memories, task: Task, view: View) -> tuple[Admit | Refuse, Memories]:
        """As the rule says."""
        scalar, model = state.scalar, task.model
        luck = view.luck.words[0] if scalar.random else 0.0
        memory = state.row(task) if scalar.memory else state.own[:0]
        answer = scalar.rule(
            view.now, model, task.group, view.queued(model), luck, state.own, memory
        )
        if answer == _ADMITTED:
            return WELCOME, state
        code, seconds, model, priority = answer
        if code == ADMIT:
            return Admit(seconds, model or None, priority), state
        return Refuse(seconds), state

    def hold(self, state: Any, reply: Reply, view: View) -> tuple[float, Any]:
        """Never."""
        return 0.0, state


def until(now: float, then: float) -> float:
    """Seconds from ``now`` to ``then``, rounded so that now + seconds is never before ``then``.

    Who is told to come back in so many seconds must not be a rounding error too early: the next
    refusal would be for next to no time, and so on without end.

    >>> now, then = 0.2, 0.9
    >>> now + (then - now) < then, now + until(now, then) < then
    (True, False)
    """
    seconds = then - now
    while now + seconds < then:
        seconds = math.nextafter(seconds, math.inf)
    return seconds

"""What the throttles at the entrance have in common: their decision is a scalar rule."""

import math
from typing import Any

from agents.by_rule import NOTHING, ByRule, Memories
from sim.policies import WELCOME, Admit, Refuse, View
from sim.records import Reply, Task
from sim.scalars import ADMIT, EVERYBODY, Gates


class Gate(ByRule):
    """Decides at the entrance by a scalar rule, and holds no answers back.

    A throttle of this kind is a frozen dataclass with the method ``scalar() -> Scalar``, whose rule
    is an ``admit`` of `sim.scalars`. Both engines play it.
    """

    def scalars(self, models: int) -> Gates:
        """One rule, and no hold."""
        return Gates(((self.scalar(), 0, EVERYBODY),), (0.0,) * models)

    def init(self) -> Memories:
        """Nobody is remembered yet."""
        return Memories(self.scalar())

    def admit(self, state: Memories, task: Task, view: View) -> tuple[Admit | Refuse, Memories]:
        """As the rule says."""
        asked = task.model
        code, seconds, model, priority = state.rule(
            view.now,
            asked,
            task.group,
            view.queued(asked),
            state.luck(view) if state.random else 0.0,
            state.own,
            state.row(task) if state.width else NOTHING,
        )
        if code != ADMIT:
            return Refuse(seconds), state
        if not (seconds or model or priority):
            return WELCOME, state
        return Admit(seconds, model or None, priority), state

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

"""A cap on the use per window."""

from collections import deque
from dataclasses import dataclass

from agents.throttling.gate import Gate, until
from sim.checks import COUNT, POSITIVE, check
from sim.policies import WELCOME, Admit, Refuse, View
from sim.records import Task


@dataclass(frozen=True)
class Cap(Gate):
    """At most ``limit`` prompts of a user in any ``window`` seconds.

    The usage cap of chat subscriptions, such as 160 messages per 3 hours. Beyond it a prompt is
    refused until the oldest one that counts is ``window`` seconds old or, with ``fallback``, goes
    to M1 and does not count.

    >>> Cap(limit=160, window=3 * 3600, fallback=True)
    Cap(limit=160, window=10800, fallback=True)
    """

    limit: int
    window: float
    fallback: bool = False

    def __post_init__(self) -> None:
        check("cap", self.limit, COUNT)
        check("window of the cap", self.window, POSITIVE)

    def init(self) -> dict[int, deque[float]]:
        """When each user's last ``limit`` prompts were let in (seconds)."""
        return {}

    def admit(
        self, state: dict[int, deque[float]], task: Task, view: View
    ) -> tuple[Admit | Refuse, dict[int, deque[float]]]:
        """Below the cap; otherwise not, or to M1."""
        now = view.now
        counted = state.setdefault(task.user, deque(maxlen=self.limit))
        opens = counted[0] + self.window if len(counted) == self.limit else now
        if now >= opens:
            counted.append(now)
            return WELCOME, state
        return (Admit(model=1) if self.fallback else Refuse(until(now, opens))), state

"""A token bucket per user."""

from dataclasses import dataclass

from agents.throttling.gate import Gate, until
from sim.checks import COUNT, POSITIVE, check
from sim.policies import WELCOME, Admit, Refuse, View
from sim.records import Task


@dataclass(frozen=True)
class RateLimit(Gate):
    """A prompt costs a token; each user's bucket holds ``burst`` and gains ``rate`` per second.

    The rate limit of most APIs. Without a token the prompt is refused until there is one, or, with
    ``wait``, is let in then. Written as the generic cell rate algorithm in its virtual scheduling
    form (ITU-T I.371): the state is when the user's bucket will be full again, so that a retry
    at the promised time finds its token in floating point, too.

    >>> RateLimit(rate=10 / 3600, burst=10)
    RateLimit(rate=0.002777777777777778, burst=10, wait=False)
    """

    rate: float
    burst: int = 1
    wait: bool = False

    def __post_init__(self) -> None:
        check("rate limit", self.rate, POSITIVE)
        check("burst", self.burst, COUNT)

    def init(self) -> dict[int, float]:
        """When each user's bucket is full again (seconds)."""
        return {}

    def admit(
        self, state: dict[int, float], task: Task, view: View
    ) -> tuple[Admit | Refuse, dict[int, float]]:
        """With a token."""
        now, gap = view.now, 1 / self.rate
        full = max(state.get(task.user, now), now)
        opens = full - (self.burst - 1) * gap
        if now >= opens:
            state[task.user] = full + gap
            return WELCOME, state
        seconds = until(now, opens)
        if not self.wait:
            return Refuse(seconds), state
        state[task.user] = full + gap
        return Admit(delay=seconds), state

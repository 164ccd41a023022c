"""A token bucket per user."""

from dataclasses import dataclass

from agents.throttling.gate import Gate, until
from sim.checks import COUNT, POSITIVE, check
from sim.scalars import ADMIT, REFUSE, Answer, Memory, Own, Scalar


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

    def scalar(self) -> Scalar:
        """The rule; it remembers when each user's bucket is full again (seconds)."""
        return Scalar(rate_limit, (self.rate, self.burst, self.wait), memory=1)


def rate_limit(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    """With a token."""
    gap = 1.0 / own[0]
    full = max(memory[0], now)
    opens = full - (own[1] - 1.0) * gap
    if now >= opens:
        memory[0] = full + gap
        return ADMIT, 0.0, 0, 0
    seconds = until(now, opens)
    if own[2] == 0.0:
        return REFUSE, seconds, 0, 0
    memory[0] = full + gap
    return ADMIT, seconds, 0, 0

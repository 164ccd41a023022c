"""A cap on the use per window."""

from dataclasses import dataclass

from agents.throttling.gate import Gate, until
from sim.checks import COUNT, POSITIVE, check
from sim.scalars import ADMIT, REFUSE, Answer, Memory, Own, Scalar


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

    def scalar(self) -> Scalar:
        """The rule; of each user it remembers how many prompts counted, and when the last did."""
        return Scalar(cap, (self.limit, self.window, self.fallback), memory=1 + self.limit)


def cap(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    """Below the cap; otherwise not, or to M1."""
    counted = int(memory[0])
    place = 1 + counted % int(own[0])  # of the oldest of the last ``limit`` prompts
    opens = memory[place] + own[1] if counted >= own[0] else now
    if now >= opens:
        memory[0] += 1.0
        memory[place] = now
        return ADMIT, 0.0, 0, 0
    if own[2] == 0.0:
        return REFUSE, until(now, opens), 0, 0
    return ADMIT, 0.0, 1, 0

"""A delay that grows with the queue."""

from dataclasses import dataclass

from agents.throttling.gate import Gate
from sim.checks import NON_NEGATIVE, check
from sim.scalars import ADMIT, Answer, Memory, Own, Scalar


@dataclass(frozen=True)
class LoadDelay(Gate):
    """Let a prompt in after ``per_pass`` seconds for every pass that waits at the asked model.

    Back-pressure: a congestion toll paid in time. The prompt waits at the entrance, not the answer
    at the exit: what counts is the queue that the prompt meets, and while it is kept back it does
    not make that queue longer.

    >>> LoadDelay(per_pass=0.5)
    LoadDelay(per_pass=0.5)
    """

    per_pass: float

    def __post_init__(self) -> None:
        check("load delay", self.per_pass, NON_NEGATIVE)

    def scalar(self) -> Scalar:
        """The rule; it remembers nothing."""
        return Scalar(load_delay, (self.per_pass,))


def load_delay(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    """After a while that the queue decides."""
    return ADMIT, own[0] * queued, 0, 0

"""Admission control by the length of the queue."""

import math
from dataclasses import dataclass

from agents.throttling.gate import Gate
from sim.checks import COUNT, check
from sim.scalars import ADMIT, REFUSE, Answer, Memory, Own, Scalar


@dataclass(frozen=True)
class QueueLimit(Gate):
    """Turn a prompt away while ``limit`` passes or more wait at the model that it asks for.

    The limit on an observable queue of Naor, "The regulation of queue size by levying tolls",
    Econometrica 1969. A model with n slots is then a queue of n + limit places. When there will be
    room again is not promised: who is refused goes away, unless persistence says otherwise.

    >>> QueueLimit(limit=20)
    QueueLimit(limit=20)
    """

    limit: int

    def __post_init__(self) -> None:
        check("queue limit", self.limit, COUNT)

    def scalar(self) -> Scalar:
        """The rule; it remembers nothing."""
        return Scalar(queue_limit, (self.limit,))


def queue_limit(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    """If there is room in the queue."""
    return (ADMIT, 0.0, 0, 0) if queued < own[0] else (REFUSE, math.inf, 0, 0)

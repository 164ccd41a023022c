"""Patience that ends at a known time."""

import math
from dataclasses import dataclass

from agents.patience.scalar import ScalarPatience
from sim.checks import NON_NEGATIVE, check
from sim.scalars import Own, Scalar


@dataclass(frozen=True)
class FixedPatience(ScalarPatience):
    """Leave a queue after ``limit`` seconds unserved: a client with a timeout.

    >>> FixedPatience(30.0)
    FixedPatience(limit=30.0)
    """

    limit: float

    def __post_init__(self) -> None:
        check("patience", self.limit, NON_NEGATIVE)

    def scalar(self) -> Scalar:
        """The rule with its limit."""
        return Scalar(fixed_patience, (self.limit,))


def fixed_patience(
    now: float, model: int, queued: int, luck: float, own: Own
) -> tuple[float, float]:
    """Always the same, and as long as it takes once served."""
    return own[0], math.inf

"""Patience that ends at a known time."""

from dataclasses import dataclass

from sim.checks import NON_NEGATIVE, check
from sim.policies import Limits, Mind, View
from sim.records import Task


@dataclass(frozen=True)
class FixedPatience:
    """Leave a queue after ``limit`` seconds unserved: a client with a timeout.

    >>> FixedPatience(30.0)
    FixedPatience(limit=30.0)
    """

    limit: float

    def __post_init__(self) -> None:
        check("patience", self.limit, NON_NEGATIVE)

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        """Always the same, and as long as it takes once served."""
        return Limits(waiting=self.limit)

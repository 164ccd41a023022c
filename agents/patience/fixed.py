"""Patience that ends at a known time."""

from dataclasses import dataclass

from sim.checks import NON_NEGATIVE, check
from sim.policies import View
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

    def init(self) -> None:
        """Nothing to remember."""

    def seconds(self, state: None, task: Task, view: View) -> tuple[float, None]:
        """Always the limit."""
        return self.limit, None

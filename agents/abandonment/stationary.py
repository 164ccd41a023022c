"""The user of the paper's game: gives up with a fixed probability."""

from dataclasses import dataclass

from sim.checks import UNIT, check
from sim.policies import Mind, View
from sim.records import Task


@dataclass(frozen=True)
class Stationary:
    """After every failed pass, give up with probability ``q`` (docs/theory.md, section 1).

    >>> Stationary(0.2).table(2)
    (0.2, 0.2)
    """

    q: float

    def __post_init__(self) -> None:
        check("abandonment", self.q, UNIT)

    def probability(self, mind: Mind, task: Task, view: View) -> float:
        """Always q."""
        return self.q

    def table(self, models: int) -> tuple[float, ...]:
        """The same q at every model."""
        return (self.q,) * models

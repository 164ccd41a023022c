"""Users of whom a share declines."""

from dataclasses import dataclass

from agents.joining.scalar import ScalarJoining
from sim.checks import UNIT, check
from sim.scalars import Own, Scalar


@dataclass(frozen=True)
class Joins(ScalarJoining):
    """Begin a task with ``probability``, whatever there is to see; otherwise decline it.

    So do users in equilibrium who do not see the queue and to whom a task is worth its waiting and
    no more: N. Edelson and D. Hildebrand, "Congestion tolls for Poisson queuing processes",
    Econometrica 1975.

    >>> Joins(0.75)
    Joins(probability=0.75)
    """

    probability: float

    def __post_init__(self) -> None:
        check("participation", self.probability, UNIT)

    def scalar(self) -> Scalar:
        """The rule with its probability."""
        return Scalar(joins, (self.probability,))


def joins(now: float, model: int, queued: int, own: Own) -> float:
    """Always the same."""
    return own[0]

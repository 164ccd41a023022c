"""Who is turned away goes away."""

import math
from dataclasses import dataclass

from agents.patience.scalar import ScalarPersistence
from sim.scalars import Own, Scalar


@dataclass(frozen=True)
class GoesAway(ScalarPersistence):
    """Give the task up at the first refusal: the lost customer of Erlang's loss systems.

    >>> GoesAway()
    GoesAway()
    """

    def scalar(self) -> Scalar:
        """The rule; it has no parameters."""
        return Scalar(go_away)


def go_away(now: float, model: int, told: float, refusals: int, luck: float, own: Own) -> float:
    """Never again."""
    return math.inf

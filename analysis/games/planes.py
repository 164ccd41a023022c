"""Planes of games: k_1 - k_2 and P vary, p = (.1, .3) everywhere, as in the paper's maps."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from numpy.typing import NDArray

from agents.theorems.responses import s_0, s_low
from sim.game import Game

P = (0.1, 0.3)  # success probabilities of all maps
DIFFERENCE, PENALTY, XI = (-2.0, 2.0), (0.0, 20.0), (-1.0, 1.0)  # axes of Figures 4 and 5, and 3
Array = NDArray[Any]


class Kind(IntEnum):
    """What provider and users do at an optimum; the cascade is s_0 in -+ and s_low in +-."""

    M1_STAY = 0
    M1_LEAVE = 1
    M2_STAY = 2
    M2_LEAVE = 3
    CASCADE_STAY = 4
    OTHER = 5  # never at an exact optimum (docs/theory.md, section 7)


@dataclass(frozen=True)
class Plane:
    """The games of one map of Figures 4 and 5: latency costs and V (money), c_1 = 1."""

    t: tuple[float, float]
    value: float

    def game(self, difference: Any, penalty: Any) -> Game:
        """The game with k_1 - k_2 = ``difference``, by c_2, and P = ``penalty`` (money)."""
        c_1 = 1.0
        return Game.of(P, self.t, (c_1, P[1] * (c_1 / P[0] - difference)), self.value, penalty)

    @property
    def regime(self) -> str:
        """The regime of all its games."""
        return str(self.game(0.0, 0.0).regime)

    @property
    def threshold(self) -> float | None:
        """The cascade that an optimum may announce: s_0 in -+, s_low in +-."""
        limits = {"-+": s_0, "+-": s_low}
        known = self.regime in limits
        return float(limits[self.regime](self.game(0.0, 0.0))) if known else None


RISING = Plane(t=(1.0, 2.0), value=9.0)  # -+: Figures 4 and 5, left
FALLING = Plane(t=(0.5, 2.5), value=6.5)  # +-: Figure 4, right; Figure 5, middle
VALUED = Plane(t=(0.5, 1.5), value=8.0)  # ++: Figure 5, right
LOST = Plane(t=(1.5, 4.0), value=9.0)  # --: Figure 1
PLANES = (RISING, FALLING, VALUED)

"""What the game comes to: the record that the solver fills and the simulator plays."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Equilibrium:
    """The strong Stackelberg equilibrium of a game (numbers) or of many (arrays).

    ``regime`` '++', '--', '-+' or '+-'. ``initial`` 1 or 2. ``cascade`` the probability s, 0 where
    it is irrelevant (initial 2); ``cascade_low`` to ``cascade_high`` the closed range of optimal s,
    NaN where irrelevant. ``abandonment`` q*: carried with the policy, because at s_0 one rounding
    error would flip it. ``success`` probability; ``delay``, ``service_cost``, ``user_utility`` U
    and ``provider_cost`` J in money per task; ``passes`` per task. ``statement`` the theorem that
    decides. ``tie``: some xi is 0, or another routing has the same J.
    """

    regime: Any
    initial: Any
    cascade: Any
    cascade_low: Any
    cascade_high: Any
    abandonment: Any
    success: Any
    delay: Any
    service_cost: Any
    user_utility: Any
    provider_cost: Any
    passes: Any
    statement: Any
    tie: Any

    @property
    def cascade_range(self) -> tuple[float, float] | None:
        """Optimal cascades of a single game; None where s is irrelevant."""
        if np.isnan(self.cascade_low):
            return None
        return self.cascade_low, self.cascade_high

    def single(self) -> "Equilibrium":
        """The record of plain numbers, from arrays of one element."""
        return Equilibrium(*(getattr(self, f.name).item() for f in fields(self)))

    def reshape(self, shape: tuple[int, ...]) -> "Equilibrium":
        """The same results in another shape."""
        return Equilibrium(*(getattr(self, f.name).reshape(shape) for f in fields(self)))

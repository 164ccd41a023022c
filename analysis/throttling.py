"""When slowing users down pays the provider: docs/theory.md, section 6."""

from typing import Any

import numpy as np

from agents.equilibrium import Equilibrium
from agents.routing.stackelberg import D, stackelberg
from agents.throttling.optimal import (
    BestThrottle,
    best_throttle,
    cheapest_pass,
    full_throttling_cost,
    throttling_pays,
)
from agents.ties import at_most
from sim.game import Game

__all__ = [
    "BestThrottle",
    "best_throttle",
    "cheapest_pass",
    "full_throttling_cost",
    "paying_penalties",
    "proposition_2",
    "throttling_gain",
    "throttling_pays",
]


def throttling_gain(game: Game, optimum: Equilibrium | None = None) -> Any:
    """What full throttling saves the provider, J* - min_i {c_i + P (1 - p_i)}; signed (money).

    >>> game = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), value=2, penalty=1)
    >>> round(throttling_gain(game), 10)
    -0.35
    """
    optimum = stackelberg(game) if optimum is None else optimum
    gain = optimum.provider_cost - full_throttling_cost(game)
    return gain.item() if np.ndim(gain) == 0 else gain


def proposition_2(game: Game) -> Any:
    """Whether P <= m: then throttling both models fully does not raise the provider's cost."""
    return at_most(game.penalty, cheapest_pass(game))


def paying_penalties(game: Game) -> tuple[float, float] | None:
    """The open interval of penalties for which throttling strictly pays; None if there is none.

    >>> game = Game.of((0.2, 0.8), (0.5, 0.6), (0.3, 0.6), value=2, penalty=1)  # -+, k_1 > k_2
    >>> [round(limit, 6) for limit in paying_penalties(game)]
    [0.5, 0.75]
    """
    first, second = game.pair()
    if game.regime == "++":
        return 0.0, float(cheapest_pass(game))
    if game.regime == "-+" and first.cost_of_pass > second.cost_of_pass:
        return max(0.0, float(D(game))), float(second.cost_of_pass)
    return None

"""When slowing users down pays the provider, and the best delays: docs/theory.md, section 6."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.theorems.equilibrium import Equilibrium
from agents.theorems.stackelberg import D, leave_cost, stackelberg
from agents.theorems.ties import at_most
from sim.game import Game


def cheapest_pass(game: Game) -> Any:
    """m = min(k_1, k_2), the least cost-of-pass (money)."""
    first, second = game.pair()
    return np.minimum(first.cost_of_pass, second.cost_of_pass)


def full_throttling_cost(game: Game) -> Any:
    """min_i {c_i + P (1 - p_i)}: the optimum when both delays drive every user away (money)."""
    return np.minimum(leave_cost(game, 1), leave_cost(game, 2))


def throttling_pays(game: Game) -> Any:
    """Whether some throttle strictly lowers the provider's cost (the sharper theorem, part iii).

    Iff [++ and P < m] or [-+, k_1 > k_2 and D < P < k_2].

    Erratum: the paper says that throttling either or both models reduces costs; M1 alone may not.
    """
    first, second = game.pair()
    k_1, k_2 = first.cost_of_pass, second.cost_of_pass
    regime = np.asarray(game.regime)
    penalty = game.penalty
    both_up = (regime == "++") & ~at_most(cheapest_pass(game), penalty)
    between = ~at_most(leave_cost(game, 1), leave_cost(game, 2)) & ~at_most(k_2, penalty)
    pays = both_up | ((regime == "-+") & ~at_most(k_1, k_2) & between)
    return bool(pays) if np.ndim(pays) == 0 else pays


@dataclass(frozen=True)
class BestThrottle:
    """A throttle that attains the least provider cost over all added delays.

    ``delays``: money added to t_1 and t_2; 0 where none is needed, otherwise every strictly larger
    delay does as well. ``provider_cost`` with it, ``gain`` >= 0 over none (money).
    """

    delays: tuple[Any, Any]
    provider_cost: Any
    gain: Any


def best_throttle(game: Game) -> BestThrottle:
    """The best added delays (the sharper theorem, part ii): none, or M2 alone.

    If P >= m nothing helps. Otherwise a delay that makes M2 latency-dominated attains
    min_i {c_i + P (1 - p_i)}; it is needed only where `throttling_pays`. The delay returned is
    that with t_hat_2 one part in a million above V p_2.
    """
    _, second = game.pair()
    optimum = stackelberg(game)
    pays = throttling_pays(game)
    enough = game.value * second.p * (1 + 1e-6) - second.t
    delay = np.where(pays, enough, 0.0)
    cost = np.where(pays, full_throttling_cost(game), optimum.provider_cost)
    gain = np.where(pays, optimum.provider_cost - cost, 0.0)
    if gain.ndim == 0:
        return BestThrottle((0.0, delay.item()), cost.item(), gain.item())
    return BestThrottle((np.zeros_like(delay), delay), cost, gain)


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

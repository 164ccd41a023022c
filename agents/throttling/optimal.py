"""The provider's best delays (the complete throttling theorem: docs/theory.md, section 6)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from agents.routing.stackelberg import leave_cost, stackelberg
from agents.throttling.added_delay import AddedDelay
from agents.ties import at_most
from sim.checks import POSITIVE, check
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


@dataclass(frozen=True)
class Optimal(AddedDelay):
    """A provider who knows the game and adds the delays that cost it least (`best_throttle`).

    The throttling provider of the paper. ``seconds`` are computed once: money over
    ``value_of_time`` (money per second). Optimal without queues, and if users know of the delays.

    >>> game = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), value=2, penalty=0.1)
    >>> [round(seconds, 3) for seconds in Optimal(game).seconds]
    [0.0, 0.9]
    """

    seconds: tuple[float, ...] = field(init=False)
    game: Game
    value_of_time: float = 1.0

    def __post_init__(self) -> None:
        check("value of time", self.value_of_time, POSITIVE)
        delays = best_throttle(self.game).delays
        object.__setattr__(self, "seconds", tuple(d / self.value_of_time for d in delays))

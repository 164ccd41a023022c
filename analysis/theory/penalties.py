"""The equilibrium as the provider's penalty grows."""

from dataclasses import dataclass, replace

from agents.theorems.equilibrium import Equilibrium
from agents.theorems.stackelberg import P_1, P_2, P_3, D, stackelberg
from sim.game import Game


@dataclass(frozen=True)
class Segment:
    """Penalties ``low`` < P < ``high`` (money) over which routing and response stay the same.

    ``optimum`` is that of a penalty inside; its J depends on P, the rest does not.
    """

    low: float
    high: float
    optimum: Equilibrium


def segments(game: Game) -> list[Segment]:
    """All equilibria of a single game over P in [0, infinity), whatever its own penalty.

    >>> game = Game.of((0.2, 0.8), (0.5, 0.6), (0.3, 0.6), value=2, penalty=0)
    >>> [(round(s.low, 4), round(s.high, 4), s.optimum.initial) for s in segments(game)]
    [(0.0, 0.5625, 1), (0.5625, inf, 2)]
    """
    borders = sorted({0.0} | {x for x in _thresholds(game) if x > 0})
    result: list[Segment] = []
    for low, high in zip(borders, [*borders[1:], float("inf")], strict=True):
        inside = (low + high) / 2 if high < float("inf") else 2 * low + 1
        optimum = stackelberg(replace(game, penalty=inside))
        if result and result[-1].optimum.policy == optimum.policy:
            result[-1] = replace(result[-1], high=high)
        else:
            result.append(Segment(low, high, optimum))
    return result


def _thresholds(game: Game) -> list[float]:
    first, second = game.pair()
    always = [float(D(game)), float(first.cost_of_pass), float(second.cost_of_pass)]
    if game.regime == "-+":
        return [*always, float(P_1(game)), float(P_2(game))]
    return [*always, float(P_3(game))] if game.regime == "+-" else always

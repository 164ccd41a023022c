"""The added delays that serve a provider best where latency is made by load."""

import math
from dataclasses import dataclass, replace

from agents import CongestedGame, CongestedOptimum, congested_optimum
from agents.congestion.compiled import version
from agents.congestion.search import Vertex, delays, polished, slowed_cost
from analysis.theory.anarchy import Points


@dataclass(frozen=True)
class BestDelay:
    """The delays (money per pass) that make the provider's optimum cheapest, and that optimum.

    ``gain``: what they save against no added delay (money per task, never negative).
    """

    added_delay: tuple[float, float]
    optimum: CongestedOptimum
    gain: float


def best_added_delay(game: CongestedGame, evaluations: int = 3000) -> BestDelay:
    """The best added delays d >= 0, by a deterministic global search over policies and delays.

    A delay of V p_i makes M_i worthless, so that more is never needed. Delays replace those of
    ``game``. The search (DIRECT, then Nelder and Mead) may miss a narrow minimum: its gain is a
    lower bound. It returns no delay when none saves more than a millionth of the cost.
    """
    start = congested_optimum(replace(game, added_delay=(0.0, 0.0)), compiled=True)
    if not start.equilibrium.stable:
        return BestDelay((0.0, 0.0), start, math.nan)
    before = start.equilibrium.provider_cost
    tries = [_search(game, initial, evaluations) for initial in (1, 2)]
    (cost, x_1, x_2, _), initial = min(each for each in tries if each is not None)
    if before - cost <= 1e-6 * before:
        return BestDelay((0.0, 0.0), start, 0.0)
    best = delays(game.numbers, initial, x_1, x_2)
    optimum = congested_optimum(replace(game, added_delay=best), compiled=True)
    return BestDelay(best, optimum, before - optimum.equilibrium.provider_cost)


def _search(game: CongestedGame, initial: int, evaluations: int) -> tuple[Vertex, int] | None:
    """Least J, the delays as parts of V p, and s, starting at one model: ``initial``."""
    from scipy.optimize import Bounds, direct

    if game.arrival_rate >= game.stations[initial - 1].capacity:
        return None
    numbers, slowed = tuple(game.numbers), version(slowed_cost, compiled=True)

    def cost(x: Points) -> float:
        return slowed(numbers, initial, x)

    box = Bounds([0.0] * 3, [1.0] * 3)
    coarse = direct(cost, box, maxfun=evaluations, locally_biased=False)
    return version(polished, compiled=True)(numbers, initial, coarse.x), initial

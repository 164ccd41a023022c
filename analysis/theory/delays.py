"""The added delays that serve a provider best where latency is made by load."""

import math
from dataclasses import dataclass, replace

from agents import CongestedGame, CongestedOptimum, congested_equilibrium, congested_optimum
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
    start = congested_optimum(replace(game, added_delay=(0.0, 0.0)))
    if not start.equilibrium.stable:
        return BestDelay((0.0, 0.0), start, math.nan)
    before = start.equilibrium.provider_cost
    tries = [_search(game, initial, evaluations) for initial in (1, 2)]
    cost, delays = min(each for each in tries if each is not None)
    if before - cost <= 1e-6 * before:
        return BestDelay((0.0, 0.0), start, 0.0)
    optimum = congested_optimum(replace(game, added_delay=delays))
    return BestDelay(delays, optimum, before - optimum.equilibrium.provider_cost)


def _search(
    game: CongestedGame, initial: int, evaluations: int
) -> tuple[float, tuple[float, float]] | None:
    """Least J and the delays, starting at one model; x holds d as parts of V p, and s."""
    from scipy.optimize import Bounds, direct, minimize

    if game.arrival_rate >= game.stations[initial - 1].capacity:
        return None

    def delays(x: Points) -> tuple[float, float]:
        d_1, d_2 = (float(game.value * p * part) for p, part in zip(game.p, x[:2], strict=True))
        return (d_1, d_2) if initial == 1 else (0.0, d_2)

    def cost(x: Points) -> float:
        delayed = replace(game, added_delay=delays(x))
        return float(congested_equilibrium(delayed, initial, float(x[2])).provider_cost)

    box = Bounds([0.0] * 3, [1.0] * 3)
    coarse = direct(cost, box, maxfun=evaluations, locally_biased=False)
    fine = minimize(cost, coarse.x, method="Nelder-Mead", bounds=box, options={"xatol": 1e-9})
    return float(fine.fun), delays(fine.x)

"""The provider's optimum when latency is made by load (docs/theory.md, section 11).

Theorem A does not extend: a cascade strictly inside (0, 1), to which the population responds by a
mixture, can be the only optimum. J is continuous and piecewise smooth in s, so it is searched: on a
grid that is dense near 0 and 1, then around every local minimum of the grid.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from agents.congestion.game import CongestedEquilibrium, CongestedGame
from agents.congestion.users import Commitment, congested_equilibrium, outcome
from agents.theorems.stackelberg import stackelberg
from agents.theorems.ties import at_most

POINTS = 129  # of the grid
_FREE = ("all leave", "double indifference")  # kinds whose loads do not depend on s


@dataclass(frozen=True)
class CongestedOptimum:
    """The cheapest policy and what users make of it: ``equilibrium``.

    ``cascade_range``: closed range of cascades around the optimal one that cost the same, None
    where s is irrelevant (initial 2, or no policy is feasible).
    """

    equilibrium: CongestedEquilibrium
    cascade_range: tuple[float, float] | None


def congested_optimum(game: CongestedGame, points: int = POINTS) -> CongestedOptimum:
    """The provider's optimum over (i, s), users in equilibrium.

    Candidates in order: (1, 0), (1, 1), (2), (1, s); a later one must be cheaper than the earlier
    ones by more than rounding. If both models are saturated by first passes nothing is feasible,
    and the ``critical_rate`` is the larger capacity. Without congestion this is `stackelberg`.

    >>> from sim.theory.stations import Station
    >>> stations = (Station(2, 1.0), Station(2, 0.4))
    >>> game = CongestedGame((0.3, 0.7), (0.1, 0.6), 5, 2.6, arrival_rate=0.7, stations=stations)
    >>> e = congested_optimum(game).equilibrium
    >>> e.kind, round(e.cascade, 4), round(e.provider_cost, 7)
    ('{0,1} mix', 0.3339, 0.6981109)
    """
    if not game.is_congested:
        return _without_queues(game)
    tries = [congested_equilibrium(game, *policy) for policy in ((1, 0.0), (1, 1.0), (2, 0.0))]
    if tries[0].stable:
        tries.append(_inner(game, points))
    stable = [each for each in tries if each.stable]
    if not stable:
        return CongestedOptimum(max(tries, key=lambda each: each.critical_rate), None)
    least = min(each.provider_cost for each in stable)
    best = next(each for each in stable if at_most(each.provider_cost, least))
    if best.initial == 2:
        return CongestedOptimum(best, None)
    return _with_range(game, best, points)


def _grid(points: int) -> list[float]:
    """Chebyshev's points of [0, 1]: dense at both ends, where thresholds may be close."""
    s = (1 - np.cos(np.linspace(0, np.pi, points))) / 2
    return [float(x) for x in s]


def _inner(game: CongestedGame, points: int) -> CongestedEquilibrium:
    """The cheapest cascade of the grid and of the refined cells around its local minima."""
    from scipy.optimize import minimize_scalar  # takes half a second to import

    def cost(s: float) -> float:
        return float(congested_equilibrium(game, 1, s).provider_cost)

    grid = _grid(points)
    costs = [cost(s) for s in grid]
    best = min(zip(costs, grid, strict=True))
    for k in range(1, points - 1):
        if costs[k] <= min(costs[k - 1], costs[k + 1]) and max(costs[k - 1 : k + 2]) > costs[k]:
            found = minimize_scalar(
                cost, bounds=(grid[k - 1], grid[k + 1]), method="bounded", options={"xatol": 1e-12}
            )
            best = min(best, (float(found.fun), float(found.x)))
    return congested_equilibrium(game, 1, best[1])


def _with_range(game: CongestedGame, best: CongestedEquilibrium, points: int) -> CongestedOptimum:
    """The optimum with the cascades that cost the same; s = 0 or 1 is played if it is among them.

    Otherwise the middle of the range is, away from its ends, where users are about to change.
    """
    if best.kind not in _FREE:
        return CongestedOptimum(best, (best.cascade, best.cascade))

    def same(s: float) -> bool:
        return congested_equilibrium(game, 1, s).kind == best.kind

    grid = _grid(points)
    low = _edge(same, best.cascade, [s for s in reversed(grid) if s < best.cascade])
    high = _edge(same, best.cascade, [s for s in grid if s > best.cascade])
    played = 0.0 if low == 0 else 1.0 if high == 1 else (low + high) / 2
    return CongestedOptimum(congested_equilibrium(game, 1, played), (low, high))


def _edge(same: Callable[[float], bool], start: float, steps: list[float]) -> float:
    """The last point for which ``same`` holds, from ``start`` along ``steps`` and then between."""
    inside = start
    for outside in steps:
        if not same(outside):
            break
        inside = outside
    else:
        return inside
    while abs(outside - inside) > 1e-15 * max(inside, outside):
        middle = (inside + outside) / 2
        if middle in (inside, outside):
            break
        if same(middle):
            inside = middle
        else:
            outside = middle
    return inside


def _without_queues(game: CongestedGame) -> CongestedOptimum:
    """Theorems 3 to 5 and A; q* is carried, because at s_0 one rounding error would flip it."""
    e = stackelberg(game.unloaded)
    kind = {0.0: "all stay", 1.0: "all leave"}.get(e.abandonment, "interior")
    played = outcome(Commitment(game, e.initial, e.cascade), kind, ((e.abandonment, 1.0),))
    return CongestedOptimum(played, e.cascade_range)

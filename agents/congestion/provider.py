"""The provider's optimum when latency is made by load (docs/theory.md, section 11).

Theorem A does not extend: a cascade strictly inside (0, 1), to which the population responds by a
mixture, can be the only optimum. J is continuous and piecewise smooth in s, so it is searched: on a
grid that is dense near 0 and 1, then around every local minimum of the grid.
"""

from collections.abc import Callable
from dataclasses import dataclass

from agents.congestion.compiled import version
from agents.congestion.game import KINDS, CongestedEquilibrium, CongestedGame
from agents.congestion.response import DOUBLE, LEAVE, response
from agents.congestion.search import cheapest, grid
from agents.congestion.users import Commitment, congested_equilibrium, nobody, outcome
from agents.theorems.participation import voluntary_stackelberg
from agents.theorems.stackelberg import stackelberg
from agents.theorems.ties import at_most

POINTS = 129  # of the grid
_FREE = {KINDS[kind]: kind for kind in (LEAVE, DOUBLE)}  # kinds whose loads do not depend on s


@dataclass(frozen=True)
class CongestedOptimum:
    """The cheapest policy and what users make of it: ``equilibrium``.

    ``cascade_range``: closed range of cascades around the optimal one that cost the same, None
    where s is irrelevant (initial 2, nobody begins, or no policy is feasible). Where some decline
    it is not looked for.
    """

    equilibrium: CongestedEquilibrium
    cascade_range: tuple[float, float] | None


def congested_optimum(
    game: CongestedGame, points: int = POINTS, compiled: bool = False
) -> CongestedOptimum:
    """The provider's optimum over (i, s), users in equilibrium.

    The search over s begins at a grid of ``points``. ``compiled``: for thousands of games, by code
    that takes a while to load.

    Candidates in order: (1, 0), (1, 1), (2), (1, s); a later one must be cheaper than the earlier
    ones by more than rounding. If both models are saturated by first passes nothing is feasible,
    and the ``critical_rate`` is the larger capacity; in a voluntary game all policies are feasible.
    Without congestion this is `stackelberg`, or `voluntary_stackelberg`.

    >>> from sim.theory.stations import Station
    >>> stations = (Station(2, 1.0), Station(2, 0.4))
    >>> game = CongestedGame((0.3, 0.7), (0.1, 0.6), 5, 2.6, arrival_rate=0.7, stations=stations)
    >>> e = congested_optimum(game).equilibrium
    >>> e.kind, round(e.cascade, 4), round(e.provider_cost, 7)
    ('{0,1} mix', 0.3339, 0.6981109)
    """
    if not game.is_congested:
        return _without_queues(game)
    policies = ((1, 0.0), (1, 1.0), (2, 0.0))
    tries = [congested_equilibrium(game, *policy, compiled) for policy in policies]
    if tries[0].stable:
        s = version(cheapest, compiled)(game.numbers, points)
        tries.append(congested_equilibrium(game, 1, s, compiled))
    stable = [each for each in tries if each.stable]
    if not stable:
        return CongestedOptimum(max(tries, key=lambda each: each.critical_rate), None)
    least = min(each.provider_cost for each in stable)
    best = next(each for each in stable if at_most(each.provider_cost, least))
    if best.initial == 2 or best.participation == 0:
        return CongestedOptimum(best, None)
    return _with_range(game, best, points, compiled)


def _with_range(
    game: CongestedGame, best: CongestedEquilibrium, points: int, compiled: bool
) -> CongestedOptimum:
    """The optimum with the cascades that cost the same; s = 0 or 1 is played if it is among them.

    Otherwise the middle of the range is, away from its ends, where users are about to change.
    """
    kind = _FREE.get(str(best.kind))
    if kind is None or best.participation < 1:
        return CongestedOptimum(best, (best.cascade, best.cascade))

    answer, numbers = version(response, compiled), game.numbers

    def same(s: float) -> bool:
        return answer(numbers, 1, s)[0] == kind

    cascades = [grid(k, points) for k in range(points)]
    low = _edge(same, best.cascade, [s for s in reversed(cascades) if s < best.cascade])
    high = _edge(same, best.cascade, [s for s in cascades if s > best.cascade])
    played = 0.0 if low == 0 else 1.0 if high == 1 else (low + high) / 2
    return CongestedOptimum(congested_equilibrium(game, 1, played, compiled), (low, high))


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
    """Theorems 3 to 5, A and B; q* is carried, as at s_0 one rounding error would flip it."""
    if game.voluntary:
        optimum = voluntary_stackelberg(game.unloaded)
        e, begin = optimum.equilibrium, optimum.participation
    else:
        e, begin = stackelberg(game.unloaded), 1.0
    policy = Commitment(game, e.initial, e.cascade)
    kind = {0.0: "all stay", 1.0: "all leave"}.get(e.abandonment, "interior")
    played = outcome(policy, kind, ((e.abandonment, 1.0),)) if begin else nobody(policy)
    return CongestedOptimum(played, e.cascade_range)

"""What congestion does to users and provider, and two independent checks of the equilibrium.

The checks know nothing of the six kinds (docs/theory.md, section 11). Zero regret: no q does better
at the equilibrium's own net values than the population does. The potential: equilibrium visits
maximise sum_i int_0^{z_i} xi_i(lambda x) dx over the convex hull of {v(q)}, which is concave and
separable, and is maximised numerically. The same search with another sum finds what is best for
all.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents import CongestedEquilibrium, CongestedGame, congested_equilibrium
from sim.checks import refuse
from sim.theory.markov import visits

_POINTS = 4001  # of the grid of q
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(48)
_GAUSS = (((1 + _NODES) / 2).tolist(), (_WEIGHTS / 2).tolist())  # for integrals over [0, 1]
Term = Callable[[float], float]
Points = NDArray[np.float64]


def curve(game: CongestedGame, initial: int, cascade: float, points: int) -> Points:
    """Visits v(q) for ``points`` equidistant q from 0 to 1; shape (points, 2)."""
    return _visits(game, initial, cascade, np.linspace(0.0, 1.0, points))


def _visits(game: CongestedGame, initial: int, cascade: float, q: Points) -> Points:
    v = visits(game.unloaded, initial, cascade, q)
    return np.column_stack([np.broadcast_to(each, q.shape) for each in v])


def regret(game: CongestedGame, e: CongestedEquilibrium, points: int = _POINTS) -> float:
    """What the best q gains on any q that is played, at the equilibrium's net values (money).

    The best of ``points`` equidistant q, and of as many around the best of them, against the worst
    of the support: negative by rounding only. NaN without an equilibrium.
    """
    if not e.stable:
        return math.nan
    xi = [game.value * p - t for p, t in zip(game.p, e.latencies, strict=True)]
    played = [q for q, weight in e.support if weight > 0]

    def utility(q: Points) -> Points:
        result: Points = _visits(game, e.initial, e.cascade, q) @ xi
        return result

    grid = np.linspace(0.0, 1.0, points)
    near = grid[int(utility(grid).argmax())]
    fine = np.clip(near + np.linspace(-1.0, 1.0, points) / (points - 1), 0.0, 1.0)
    best = max(utility(grid).max(), utility(fine).max())
    return float(best - utility(np.array(played)).min())


# ---------------------------------------------------------------- the best visits for a purpose


def potential(game: CongestedGame, z: tuple[float, float]) -> float:
    """Sum over i of the integral of xi_i(lambda x) for x from 0 to z_i (money); concave in z."""
    return _potential(game, 0)(z[0]) + _potential(game, 1)(z[1])


def potential_visits(game: CongestedGame, initial: int, cascade: float) -> tuple[float, float]:
    """The visits that maximise the potential: the equilibrium's, by a way of their own.

    Found from values alone, on a polygon: a flat maximum is located to about 1e-3, and its value
    to about 1e-12.
    """
    terms = _potential(game, 0), _potential(game, 1)
    return _best_visits(game, initial, cascade, terms)


def social_visits(
    game: CongestedGame, initial: int, cascade: float, with_provider: bool = False
) -> tuple[float, float]:
    """The visits that a planner would choose for the users: they maximise U = sum z_i xi_i.

    With ``with_provider`` they maximise U - J, the utility of users and provider together. The
    planner may give each user a q of its own, so that the choice is the convex hull of {v(q)}.
    """
    terms = _welfare(game, 0, with_provider), _welfare(game, 1, with_provider)
    return _best_visits(game, initial, cascade, terms)


def _net_value(game: CongestedGame, i: int, z: float) -> float:
    W = game.stations[i].sojourn(game.arrival_rate * z)
    return game.value * game.p[i] - game.added_delay[i] - game.value_of_time * W


def _potential(game: CongestedGame, i: int) -> Term:
    limit = game.stations[i].capacity / game.arrival_rate

    def wait(u: float) -> float:
        # x = limit (1 - e^-u) takes away the pole of W at saturation
        return game.stations[i].sojourn(-game.arrival_rate * limit * math.expm1(-u)) * math.exp(-u)

    def value(z: float) -> float:
        worth = (game.value * game.p[i] - game.added_delay[i]) * z
        if limit == math.inf:
            return worth - game.value_of_time * game.stations[i].sojourn(0.0) * z
        end = -math.log1p(-z / limit)
        total = sum(y * wait(end * x) for x, y in zip(*_GAUSS, strict=True))
        return worth - game.value_of_time * limit * end * float(total)

    return value


def _welfare(game: CongestedGame, i: int, with_provider: bool) -> Term:
    saved = (game.penalty * game.p[i] - game.c[i]) if with_provider else 0.0

    def value(z: float) -> float:
        return z * (_net_value(game, i, z) + saved)

    return value


def _best_visits(
    game: CongestedGame, initial: int, cascade: float, terms: tuple[Term, Term]
) -> tuple[float, float]:
    """Maximum of the concave terms[0](z_1) + terms[1](z_2) over the convex hull of {v(q)}.

    For every z_1 the best z_2 is the free one, pushed into the interval that the hull allows.
    """
    points = curve(game, initial, cascade, _POINTS)
    (left, low), (right, high) = points.min(0), points.max(0)
    end_1, end_2 = (s.capacity / game.arrival_rate * (1 - 1e-9) for s in game.stations)
    free = _maximum(terms[1], low, min(high, end_2))
    if right - left < 1e-12:
        return float(left), free
    lower, upper = _envelopes(points)
    if high > low:  # where even the least z_2 is too much for the second station
        end_1 = min(end_1, float(np.interp(end_2, lower[1], lower[0])))

    def second(z_1: float) -> float:
        return min(max(free, float(np.interp(z_1, *lower))), float(np.interp(z_1, *upper)))

    z_1 = _maximum(lambda z: terms[0](z) + terms[1](second(z)), left, min(right, end_1))
    return z_1, second(z_1)


def _envelopes(points: Points) -> tuple[Points, Points]:
    """Lower and upper border of the convex hull: arrays (z_1, z_2) with increasing z_1."""
    from scipy.spatial import ConvexHull

    flat = bool((np.ptp(points, axis=0) < 1e-12).any())  # a segment has no area
    corners = points[[-1, 0]] if flat else points[ConvexHull(points).vertices]
    corners = corners[np.argsort(corners[:, 0], kind="stable")]
    x, y = corners.T
    above = y - np.interp(x, x[[0, -1]], y[[0, -1]])  # the chord between first and last corner
    inner = np.zeros(len(x), bool)
    inner[1:-1] = True
    return corners[~(inner & (above > 0))].T, corners[~(inner & (above <= 0))].T


def _maximum(concave: Term, low: float, high: float) -> float:
    """Where a concave function is largest on [low, high]."""
    from scipy.optimize import minimize_scalar

    if high - low < 1e-12:
        return float(low)
    found = minimize_scalar(
        lambda z: -concave(z), bounds=(low, high), method="bounded", options={"xatol": 1e-13}
    )
    return max((float(found.x), float(low), float(high)), key=concave)


# ---------------------------------------------------------------- the price of anarchy


@dataclass(frozen=True)
class PriceOfAnarchy:
    """The users' equilibrium against what a planner would choose for them under the same policy.

    ``utility`` U in equilibrium and ``best_utility`` its maximum over all distributions of q, at
    ``best_visits``; ``loss`` the difference. ``ratio`` best_utility / utility, NaN unless utility
    is positive. ``welfare`` U - J, ``best_welfare``, ``welfare_loss``: the same for users and
    provider together. All in money per task.
    """

    utility: float
    best_utility: float
    best_visits: tuple[float, float]
    welfare: float
    best_welfare: float

    @property
    def loss(self) -> float:
        """What selfishness costs the users."""
        return self.best_utility - self.utility

    @property
    def ratio(self) -> float:
        """Best over equilibrium; it says nothing where the equilibrium is worth nothing."""
        return self.best_utility / self.utility if self.utility > 0 else math.nan

    @property
    def welfare_loss(self) -> float:
        """What it costs users and provider together."""
        return self.best_welfare - self.welfare


def price_of_anarchy(game: CongestedGame, initial: int, cascade: float = 0.0) -> PriceOfAnarchy:
    """The users' equilibrium under (``initial``, ``cascade``) against the social optimum.

    Who stays slows all others down and does not count that. InputError for an infeasible policy.

    >>> from sim.theory.stations import Station
    >>> stations = (Station(1, 1.5), Station(2, 0.5))
    >>> game = CongestedGame((0.4, 0.7), (0.1, 0.5), 4, 1, arrival_rate=0.5, stations=stations)
    >>> anarchy = price_of_anarchy(game, 2)
    >>> anarchy.utility, round(anarchy.best_utility, 6)
    (0.0, 0.133333)
    """
    e = congested_equilibrium(game, initial, cascade)
    if not e.stable:
        refuse("arrival rate", game.arrival_rate, f"less than {e.critical_rate!r}, the capacity")
    users = social_visits(game, initial, cascade)
    both = social_visits(game, initial, cascade, with_provider=True)
    return PriceOfAnarchy(
        utility=e.user_utility,
        best_utility=_sum(game, users, with_provider=False),
        best_visits=users,
        welfare=e.user_utility - e.provider_cost,
        best_welfare=_sum(game, both, with_provider=True) - game.penalty,
    )


def _sum(game: CongestedGame, z: tuple[float, float], with_provider: bool) -> float:
    return sum(_welfare(game, i, with_provider)(z[i]) for i in (0, 1))

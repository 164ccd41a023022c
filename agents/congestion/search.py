"""The provider's searches over policies and delays, as functions of plain numbers.

Like `agents.congestion.response`, and compiled with it: nothing here takes a function.
"""

import math
from typing import Any

from agents.congestion.response import Numbers, Pair, cost

Plain = tuple[float, ...]  # `Numbers`; compiled code is handed a plain tuple in a third of the time
Vertex = tuple[float, float, float, float]  # J, and where: two parts of V p as delays, s
Simplex = tuple[Vertex, Vertex, Vertex, Vertex]  # cheapest first
_GOLDEN = (3 - math.sqrt(5)) / 2
_EVALUATIONS = 600  # of `polished`
_NEAR = 1e-9  # the size of a simplex that is a point


# ---------------------------------------------------------------- cascades


def grid(k: int, points: int) -> float:
    """The k-th of Chebyshev's points of [0, 1]: dense at both ends, where thresholds may be."""
    return (1 - math.cos(math.pi * k / (points - 1))) / 2


def cheapest(game: Numbers, points: int) -> float:
    """The cheapest cascade of the grid and of the cells around its local minima."""
    least, where = math.inf, 0.0
    left = here = math.inf
    for k in range(points):
        s = grid(k, points)
        right = cost(game, 1, s)
        if right < least:
            least, where = right, s
        if k > 1 and here <= min(left, right) and max(left, right) > here * (1 + 1e-12):
            found, s = lowest(game, grid(k - 2, points), s)
            if found < least:
                least, where = found, s
        left, here = here, right
    return where


def lowest(game: Numbers, low: float, high: float) -> tuple[float, float]:
    """A local minimum of J between two cascades, and where: Brent (1973), without derivatives.

    ``x`` is the best point, ``w`` the next, ``v`` the one before; a step is one of the parabola
    through them where it is shorter than half the last but one, else of the golden section.
    """
    x = v = w = low + _GOLDEN * (high - low)
    f_x = f_v = f_w = cost(game, 1, x)
    step = last = 0.0
    for _ in range(500):
        middle, near = (low + high) / 2, math.sqrt(2.2e-16) * x + 1e-12 / 3
        if abs(x - middle) <= 2 * near - (high - low) / 2:
            break
        r, q = (x - w) * (f_x - f_v), (x - v) * (f_x - f_w)
        p, q = (x - v) * q - (x - w) * r, 2 * (q - r)
        p, q = (-p if q > 0 else p), abs(q)
        before, last = last, step
        fits = abs(p) < abs(q * before / 2) and q * (low - x) < p < q * (high - x)
        if abs(before) > near and fits:
            step = p / q
            if min(x + step - low, high - x - step) < 2 * near:
                step = near if middle >= x else -near
        else:
            last = low - x if x >= middle else high - x
            step = _GOLDEN * last
        u = x + (math.copysign(max(abs(step), near), step))
        f_u = cost(game, 1, u)
        if f_u <= f_x:
            low, high = (x, high) if u >= x else (low, x)
            v, f_v, w, f_w, x, f_x = w, f_w, x, f_x, u, f_u
        else:
            low, high = (u, high) if u < x else (low, u)
            if f_u <= f_w or w == x:
                v, f_v, w, f_w = w, f_w, u, f_u
            elif f_u <= f_v or v in (x, w):
                v, f_v = u, f_u
    return f_x, x


# ---------------------------------------------------------------- delays


def delays(game: Numbers, initial: int, x_1: float, x_2: float) -> Pair:
    """Delays of these parts of V p (money); only who starts at M1 is delayed there."""
    return game.value * game.p_1 * x_1 if initial == 1 else 0.0, game.value * game.p_2 * x_2


def slowed_cost(game: Plain, initial: int, x: Any) -> float:
    """J in equilibrium with `delays` of the parts x_1 and x_2, and the cascade x_3."""
    d = delays(Numbers(*game), initial, x[0], x[1])
    return cost(Numbers(*(game[:15] + d)), initial, x[2])


def polished(game: Plain, initial: int, x: Any) -> Vertex:
    """The least J around ``x`` and where it is: Nelder and Mead (1965), inside the unit cube.

    The first simplex is a twentieth larger in one coordinate each, or a little where that is 0.
    """
    start = x[0], x[1], x[2]
    a = _vertex(game, initial, start)
    far = (math.inf, 0.0, 0.0, 0.0)
    simplex = a, far, far, far
    for k in range(3):
        y = start[k] * 1.05 if start[k] != 0 else 0.00025
        y = 2.0 - y if y > 1 else y
        corner = y if k == 0 else start[0], y if k == 1 else start[1], y if k == 2 else start[2]
        simplex = _placed(simplex, _vertex(game, initial, corner))
    used = 4
    while used < _EVALUATIONS and _size(simplex) > _NEAR:
        simplex, spent = _moved(game, initial, simplex)
        used += spent
    return simplex[0]


def _moved(game: Plain, initial: int, simplex: Simplex) -> tuple[Simplex, int]:
    """The simplex after one step, and the costs that it took."""
    a, b, c, d = simplex
    new = _beside(game, initial, simplex, 1.0)
    if new[0] < a[0]:
        further = _beside(game, initial, simplex, 2.0)
        return _placed(simplex, further if further[0] < new[0] else new), 2
    if new[0] < c[0]:
        return _placed(simplex, new), 1
    outside = new[0] < d[0]
    nearer = _beside(game, initial, simplex, 0.5 if outside else -0.5)
    if nearer[0] <= new[0] if outside else nearer[0] < d[0]:
        return _placed(simplex, nearer), 2
    far = (math.inf, 0.0, 0.0, 0.0)
    shrunk = a, far, far, far
    for z in (b, c, d):
        middle = a[1] + (z[1] - a[1]) / 2, a[2] + (z[2] - a[2]) / 2, a[3] + (z[3] - a[3]) / 2
        shrunk = _placed(shrunk, _vertex(game, initial, middle))
    return shrunk, 5


def _beside(game: Plain, initial: int, simplex: Simplex, by: float) -> Vertex:
    """Away from the worst vertex: ``by`` times its way to the middle of the others, from there."""
    a, b, c, d = simplex
    m_1, m_2, m_3 = (a[1] + b[1] + c[1]) / 3, (a[2] + b[2] + c[2]) / 3, (a[3] + b[3] + c[3]) / 3
    far = 1 + by
    x = far * m_1 - by * d[1], far * m_2 - by * d[2], far * m_3 - by * d[3]
    return _vertex(game, initial, x)


def _vertex(game: Plain, initial: int, x: tuple[float, float, float]) -> Vertex:
    x_1, x_2, x_3 = (min(max(x[0], 0.0), 1.0), min(max(x[1], 0.0), 1.0), min(max(x[2], 0.0), 1.0))
    return slowed_cost(game, initial, (x_1, x_2, x_3)), x_1, x_2, x_3


def _placed(simplex: Simplex, new: Vertex) -> Simplex:
    """The simplex with ``new`` in its place by J, without its last vertex."""
    a, b, c, _ = simplex
    if new[0] < a[0]:
        return new, a, b, c
    if new[0] < b[0]:
        return a, new, b, c
    return (a, b, new, c) if new[0] < c[0] else (a, b, c, new)


def _size(simplex: Simplex) -> float:
    """The largest distance of a vertex from the first, in one coordinate."""
    a = simplex[0]
    size = 0.0
    for z in (simplex[1], simplex[2], simplex[3]):
        size = max(size, abs(z[1] - a[1]), abs(z[2] - a[2]), abs(z[3] - a[3]))
    return size

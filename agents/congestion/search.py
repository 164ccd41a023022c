"""The provider's search over cascades, as functions of plain numbers.

Like `agents.congestion.response`, and compiled with it: nothing here takes a function.
"""

import math

from agents.congestion.response import Numbers, cost

_GOLDEN = (3 - math.sqrt(5)) / 2


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

"""What users make of a policy, as functions of plain numbers (docs/theory.md, section 11).

Only what decides, without records and checks: searches ask for it many thousands of times, and
compile these very functions (`agents.congestion.compiled`). Nothing here takes a function.
"""

import math
from typing import NamedTuple

from sim.theory.markov import passes_at
from sim.theory.stations import sojourn

Pair = tuple[float, float]
Played = tuple[Pair, float, float]  # visits, service cost, provider cost
# The kinds by their places in `agents.congestion.game.KINDS`. FIRST and SECOND stand for a model
# that is worth its waiting and no more.
STAY, LEAVE, SCALAR, MIX, DOUBLE, INTERIOR, FIRST, SECOND = range(8)
_NOTHING = 1e-11  # a part of V that counts as 0, as U may be over a range of loads


class Numbers(NamedTuple):
    """A `CongestedGame`, one number per field; ``w`` its value of time, ``d`` its added delay.

    A station has ``slots`` that make ``rate`` passes per second each; ``shared`` is 1 if it is one
    server for all, otherwise 0. ``voluntary`` is 1 if users may decline, otherwise 0.
    """

    p_1: float
    p_2: float
    c_1: float
    c_2: float
    value: float
    penalty: float
    arrival_rate: float
    slots_1: float
    rate_1: float
    shared_1: float
    slots_2: float
    rate_2: float
    shared_2: float
    w: float
    voluntary: float
    d_1: float
    d_2: float


def sojourns(game: Numbers, z: Pair) -> Pair:
    """Mean seconds of a pass at each model at mean visits ``z``; infinite if saturated."""
    return (
        sojourn(game.slots_1, game.rate_1, game.shared_1, game.arrival_rate * z[0]),
        sojourn(game.slots_2, game.rate_2, game.shared_2, game.arrival_rate * z[1]),
    )


def latencies(game: Numbers, W: Pair) -> Pair:
    """Latency cost of a pass at each model (money): t_i = w W_i + d_i."""
    return game.w * W[0] + game.d_1, game.w * W[1] + game.d_2


def net_values(game: Numbers, t: Pair) -> Pair:
    """xi_i = V p_i - t_i (money); minus infinity if saturated."""
    return game.value * game.p_1 - t[0], game.value * game.p_2 - t[1]


def once(initial: int) -> Pair:
    """Passes at each model of a user who leaves after the first."""
    return 2.0 - initial, initial - 1.0


def visits(game: Numbers, initial: int, s: float, q: float) -> Pair:
    """Mean passes at each model of a user who plays ``q``."""
    first, second = once(initial)
    z_1, onward = passes_at(first, game.p_1, s, q)
    z_2, _ = passes_at(second + onward, game.p_2, 0.0, q)
    return z_1, z_2


def mean(share: float, v: Pair, u: Pair) -> Pair:
    """Visits of all, when ``share`` of the users make ``v`` and the rest ``u``."""
    rest = 1 - share
    return share * v[0] + rest * u[0], share * v[1] + rest * u[1]


def played(game: Numbers, initial: int, s: float, q: float, share: float) -> Played:
    """Mean visits, service cost and J when ``share`` of the users play ``q`` and the rest leave."""
    v, u = visits(game, initial, s, q), once(initial)
    z, f_1, f_2 = mean(share, v, u), 1 - game.p_1, 1 - game.p_2
    # 1 - S as a sum of positive terms: exactly 0 when nobody gives up
    failure = share * q * (v[0] * f_1 + v[1] * f_2) + (1 - share) * (u[0] * f_1 + u[1] * f_2)
    service = z[0] * game.c_1 + z[1] * game.c_2
    return z, service, service + game.penalty * failure


# ---------------------------------------------------------------- one user


def gain(game: Numbers, initial: int, s: float, xi: Pair) -> float:
    """Has the sign of U(q=0) - U(q=1): xi_1 (1-s) + xi_2 s / p_2."""
    if initial == 2:
        return xi[1]
    return xi[0] * (1 - s) + xi[1] * s / game.p_2


def marginal(game: Numbers, initial: int, s: float, xi: Pair, q: float) -> float:
    """Has the sign of -dU/dq: F(s, q) of docs/theory.md, equation 3.1."""
    if initial == 2:
        return xi[1]
    p_2 = game.p_2
    B = p_2 + (1 - p_2) * q
    rest = 1 - (1 - game.p_1) * (1 - p_2) * (1 - s) * (1 - q) * (1 - q)
    return xi[0] * (1 - s) * B * B + xi[1] * s * rest


# ---------------------------------------------------------------- all users


def worth(game: Numbers, z: Pair) -> Pair:
    """Net values xi at mean visits ``z``."""
    return net_values(game, latencies(game, sojourns(game, z)))


def cost(game: Numbers, initial: int, s: float) -> float:
    """The provider's J in equilibrium, of all who come."""
    begin = begins(game, initial, s)
    if begin == 0:
        return game.penalty
    at = game if begin == 1 else at_rate(game, begin)
    _, q, share = response(at, initial, s)
    J = played(at, initial, s, q, share)[2]
    return J if begin == 1 else begin * J + (1 - begin) * game.penalty


def at_rate(game: Numbers, share: float) -> Numbers:
    """The game of a ``share`` of the tasks that come."""
    rate = (share * game.arrival_rate,)
    return Numbers(*(game[:6] + rate + game[7:]))


def begins(game: Numbers, initial: int, s: float) -> float:
    """The share of users who begin: the largest at which U >= 0, up to a part of V.

    The sign of U falls with the share (docs/theory.md, section 12.2); where it is 0 over a range
    of shares all of them have the same loads. The secant of Illinois (Dowell and Jarratt 1971), and
    every third time the middle, as U has kinks.
    """
    if game.voluntary == 0:
        return 1.0
    low, high = 0.0, 1.0
    f_low, f_high = _surplus(game, initial, s, 1e-9), _surplus(game, initial, s, 1.0)
    if f_high >= 0:
        return 1.0
    if f_low <= 2 * _NOTHING:
        return 0.0
    for k in range(200):
        x = (low * f_high - high * f_low) / (f_high - f_low) if k % 3 else (low + high) / 2
        f = _surplus(game, initial, s, x)
        if f > 0:
            low, f_low, f_high = x, f, f_high / 2
        else:
            high, f_high, f_low = x, f, f_low / 2
        if high - low <= 1e-14 * high:
            break
    return x


def _surplus(game: Numbers, initial: int, s: float, share: float) -> float:
    """U in equilibrium if a ``share`` of the users begins, and what counts as 0: parts of V.

    Between -1 and 1; -1: their first passes saturate the model.
    """
    capacity = game.slots_1 * game.rate_1 if initial == 1 else game.slots_2 * game.rate_2
    if share * game.arrival_rate >= capacity:
        return -1.0
    at = at_rate(game, share)
    _, q, stay = response(at, initial, s)
    z = mean(stay, visits(at, initial, s, q), once(initial))
    xi = worth(at, z)
    U = z[0] * xi[0] + z[1] * xi[1]
    return U / (game.value + abs(U)) + _NOTHING


def response(game: Numbers, initial: int, s: float) -> tuple[int, float, float]:
    """Kind, q and the share of users who play it; the rest leave after one pass.

    To stay is optimal if neither to leave nor to stay a little less is better, and alike to leave:
    in -+ only the ends compete, in +- U has a single peak in q.
    """
    xi = worth(game, visits(game, initial, s, 0.0))
    if gain(game, initial, s, xi) >= 0 and marginal(game, initial, s, xi, 0.0) >= 0:
        return STAY, 0.0, 1.0
    xi = worth(game, once(initial))
    if gain(game, initial, s, xi) <= 0 and marginal(game, initial, s, xi, 1.0) <= 0:
        return LEAVE, 1.0, 1.0
    if initial == 2 or s == 0 or s == 1:
        # only one station's load depends on q, and gain has the sign of its net value
        return SCALAR, root(game, initial, s, SCALAR), 1.0
    share = root(game, initial, s, MIX)
    xi = worth(game, mean(share, visits(game, initial, s, 0.0), once(initial)))
    if xi[0] <= 0 <= xi[1]:
        return MIX, 0.0, share
    q, share = _double_indifference(game, s)
    if share >= 0:
        return DOUBLE, q, share
    # xi_1 > 0 > xi_2: one best response, continuous in the loads
    return INTERIOR, root(game, initial, s, INTERIOR), 1.0


def _double_indifference(game: Numbers, s: float) -> Pair:
    """Users who make neither model worth a pass nor harmful: q and their share; -1 if none can."""
    none = 0.0, -1.0
    z_1, z_2, p_2 = _indifferent(game, FIRST), _indifferent(game, SECOND), game.p_2
    if z_1 <= 1 or z_2 <= 0:
        return none
    odds = (z_2 / (z_1 - 1)) * (1 - s) / s  # beta of those who sometimes stay
    if not 1 <= odds <= 1 / p_2:
        return none
    q = min(max((1 / odds - p_2) / (1 - p_2), 0.0), 1.0)
    more = visits(game, 1, s, q)[0] - 1
    share = (z_1 - 1) / more if more > 0 else math.inf
    return (q, share) if share <= 1 else none


def _indifferent(game: Numbers, model: int) -> float:
    """Mean visits at which a pass at ``model`` is worth 0; 0 if it never is worth it, or inf."""
    capacity = game.slots_1 * game.rate_1 if model == FIRST else game.slots_2 * game.rate_2
    xi = worth(game, (0.0, 0.0))[0 if model == FIRST else 1]
    if xi <= 0 or capacity == math.inf:
        return 0.0 if xi <= 0 else math.inf
    return root(game, 1, 0.0, model) * capacity / game.arrival_rate


# ---------------------------------------------------------------- where a function is 0


def _excess(game: Numbers, initial: int, s: float, kind: int, x: float) -> float:
    """What is 0 at an equilibrium of this ``kind``, and increases in ``x`` from 0 to 1.

    ``x`` is q; of a mix, the share of those who stay; of a single model, its utilisation.
    Infinity, where a station is saturated, is 1, and so on: a part of V.
    """
    if kind == MIX:
        xi = worth(game, mean(x, visits(game, initial, s, 0.0), once(initial)))
        y = -gain(game, initial, s, xi)
    elif kind == FIRST:
        y = -worth(game, (x * (game.slots_1 * game.rate_1) / game.arrival_rate, 0.0))[0]
    elif kind == SECOND:
        y = -worth(game, (0.0, x * (game.slots_2 * game.rate_2) / game.arrival_rate))[1]
    else:
        xi = worth(game, visits(game, initial, s, x))
        y = gain(game, initial, s, xi) if kind == SCALAR else marginal(game, initial, s, xi, x)
    return math.copysign(1.0, y) if math.isinf(y) else y / (game.value + abs(y))


def root(game: Numbers, initial: int, s: float, kind: int) -> float:
    """Where `_excess` goes through 0 in [0, 1]; else the end that is nearer.

    Chandrupatla (1997): an inverse parabola where it can be trusted, halving elsewhere.
    """
    a, b = 1.0, 0.0
    f_a, f_b = _excess(game, initial, s, kind, a), _excess(game, initial, s, kind, b)
    if f_b >= 0 or f_a <= 0:
        return 0.0 if f_b >= 0 else 1.0
    part = 0.5
    while True:
        x = a + part * (b - a)
        f_x = _excess(game, initial, s, kind, x)
        if (f_x > 0) == (f_a > 0):
            c, f_c = a, f_a
        else:
            c, f_c, b, f_b = b, f_b, a, f_a
        a, f_a = x, f_x
        best = a if abs(f_a) < abs(f_b) else b
        least = (1e-300 + 1e-15 * best) / abs(b - a)
        if f_a == 0 or least > 0.5:
            return best
        part = min(max(_crossing(a, f_a, b, f_b, c, f_c), least), 1 - least)


def _crossing(a: float, f_a: float, b: float, f_b: float, c: float, f_c: float) -> float:
    """The part of the way from ``a`` to ``b`` at which the inverse parabola of three points is 0.

    Half, where it may turn in between.
    """
    x, y = (a - b) / (c - b), (f_a - f_b) / (f_c - f_b)
    if y * y >= x or (1 - y) * (1 - y) >= 1 - x:
        return 0.5
    toward_b = f_a / (f_b - f_a) * f_c / (f_b - f_c)
    return toward_b + (c - a) / (b - a) * f_a / (f_c - f_a) * f_b / (f_c - f_b)

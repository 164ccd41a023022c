"""Users whose latency is made by all users: the equilibrium of docs/theory.md, section 11.

Tasks arrive at a Poisson rate and their passes load two stations. Each user is small and responds
best to the latencies that all of them make (mean field), so that an equilibrium is a distribution
over q whose support is optimal at its own loads.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from agents.congestion.game import CongestedEquilibrium, CongestedGame, Pair, Support
from sim.checks import UNIT, check, refuse
from sim.theory.markov import Expectations, visits


def congested_equilibrium(
    game: CongestedGame, initial: int, cascade: float = 0.0
) -> CongestedEquilibrium:
    """The users' equilibrium under the policy (``initial``, ``cascade``).

    Loads, U and J are unique where latency increases with load; weights need not be.

    >>> from sim.theory.stations import Station
    >>> stations = (Station(1, 1.0), Station(2, 0.5))
    >>> game = CongestedGame((0.2, 0.6), (0.1, 0.5), 5, 1, arrival_rate=0.5, stations=stations)
    >>> e = congested_equilibrium(game, 1, 0.5)
    >>> e.kind, round(e.support[0][1], 6), round(e.user_utility, 5)
    ('{0,1} mix', 0.325397, -1.55405)
    """
    if initial not in (1, 2):
        refuse("initial", initial, "1 or 2")
    check("cascade", cascade, UNIT)
    policy = Commitment(game, initial, cascade if initial == 1 else 0.0)
    if not policy.is_feasible:
        return _no_equilibrium(policy)
    return outcome(policy, *_equilibrium(policy))


@dataclass(frozen=True)
class Commitment:
    """A policy that a provider is committed to, and how a user who knows xi looks at it."""

    game: CongestedGame
    initial: int
    cascade: float

    @property
    def critical_rate(self) -> float:
        """Capacity of the initial model: the first pass is compulsory."""
        return self.game.stations[self.initial - 1].capacity

    @property
    def is_feasible(self) -> bool:
        """There is an equilibrium; all else is stabilised by leaving."""
        return self.game.arrival_rate < self.critical_rate

    def visits(self, q: float) -> Pair:
        """Mean passes of a user who plays ``q``."""
        v_1, v_2 = visits(self.game.unloaded, self.initial, self.cascade, q)
        return v_1, v_2

    @cached_property
    def ends(self) -> tuple[Pair, Pair]:
        """The visits of those who always stay, and of those who leave after one pass."""
        return self.visits(0.0), self.visits(1.0)

    def mixed(self, share: float) -> Pair:
        """Mean visits when ``share`` of the users always stay and the others leave."""
        stay, leave = self.ends
        return (
            share * stay[0] + (1 - share) * leave[0],
            share * stay[1] + (1 - share) * leave[1],
        )

    def gain(self, xi: Pair) -> float:
        """Has the sign of U(q=0) - U(q=1): xi_1 (1-s) + xi_2 s / p_2."""
        if self.initial == 2:
            return xi[1]
        s = self.cascade
        return xi[0] * (1 - s) + xi[1] * s / self.game.p[1]

    def marginal(self, xi: Pair, q: float) -> float:
        """Has the sign of -dU/dq: F(s, q) of docs/theory.md, equation 3.1."""
        if self.initial == 2:
            return xi[1]
        (p_1, p_2), s = self.game.p, self.cascade
        B = p_2 + (1 - p_2) * q
        rest = 1 - (1 - p_1) * (1 - p_2) * (1 - s) * (1 - q) ** 2
        return xi[0] * (1 - s) * B * B + xi[1] * s * rest

    def stays(self, xi: Pair) -> bool:
        """To stay is optimal. In -+ only the ends compete, in +- U has a single peak in q."""
        return min(self.gain(xi), self.marginal(xi, 0.0)) >= 0

    def leaves(self, xi: Pair) -> bool:
        """To leave after one pass is optimal."""
        return max(self.gain(xi), self.marginal(xi, 1.0)) <= 0


def _equilibrium(policy: Commitment) -> tuple[str, Support]:
    """Kind and support, by the six kinds in their order."""
    game = policy.game
    stay, leave = policy.ends
    if policy.stays(game.net_values(stay)):
        return "all stay", ((0.0, 1.0),)
    if policy.leaves(game.net_values(leave)):
        return "all leave", ((1.0, 1.0),)
    if policy.initial == 2 or policy.cascade in (0.0, 1.0):
        # only one station's load depends on q, and gain has the sign of its net value
        q = _root(lambda q: policy.gain(game.net_values(policy.visits(q))), game.value)
        return "scalar indifference", ((q, 1.0),)
    share = _root(lambda x: -policy.gain(game.net_values(policy.mixed(x))), game.value)
    xi_1, xi_2 = game.net_values(policy.mixed(share))
    if xi_1 <= 0 <= xi_2:
        return "{0,1} mix", ((0.0, share), (1.0, 1 - share))
    both = _double_indifference(policy)
    if both is not None:
        return "double indifference", both
    # xi_1 > 0 > xi_2: one best response, continuous in the loads
    q = _root(lambda q: policy.marginal(game.net_values(policy.visits(q)), q), game.value)
    return "interior", ((q, 1.0),)


def _double_indifference(policy: Commitment) -> Support | None:
    """Loads at which neither model is worth a pass nor harmful, if users can make them."""
    game, s, p_2 = policy.game, policy.cascade, policy.game.p[1]
    z_1, z_2 = (_indifferent_visits(game, i) for i in (0, 1))
    if z_1 <= 1 or z_2 <= 0:
        return None
    odds = (z_2 / (z_1 - 1)) * (1 - s) / s  # beta of those who sometimes stay
    if not 1 <= odds <= 1 / p_2:
        return None
    q = min(max((1 / odds - p_2) / (1 - p_2), 0.0), 1.0)
    more = policy.visits(q)[0] - 1
    share = (z_1 - 1) / more if more > 0 else math.inf
    return ((q, share), (1.0, 1 - share)) if 0 <= share <= 1 else None


def _indifferent_visits(game: CongestedGame, i: int) -> float:
    """Mean visits z_i at which xi_i = 0; 0 if a pass is never worth it, infinite if always."""
    worth = game.value * game.p[i] - game.added_delay[i]
    station, w = game.stations[i], game.value_of_time
    if worth <= w * station.sojourn(0.0):
        return 0.0
    if station.slots == math.inf:
        return math.inf
    used = _root(lambda x: w * station.sojourn(x * station.capacity) - worth, game.value)
    return used * station.capacity / game.arrival_rate


def _root(increasing: Callable[[float], float], scale: float) -> float:
    """Where a function on [0, 1] that increases through 0 does so; else the end that is nearer.

    Infinite values are allowed: saturated stations have them. ``scale`` is a typical value.
    """
    from scipy.optimize import brentq  # takes half a second to import

    def bounded(x: float) -> float:
        y = increasing(x)
        return math.copysign(1.0, y) if math.isinf(y) else y / (scale + abs(y))

    if bounded(0.0) >= 0:
        return 0.0
    if bounded(1.0) <= 0:
        return 1.0
    # halving down to 1e-300 takes a thousand steps
    return float(brentq(bounded, 0.0, 1.0, xtol=1e-300, rtol=1e-15, maxiter=5000))


def outcome(policy: Commitment, kind: str, support: Support) -> CongestedEquilibrium:
    """What the distribution ``support`` over q comes to."""
    game = policy.game
    each = [(weight, q, policy.visits(q)) for q, weight in support]
    z = sum(w * v[0] for w, _, v in each), sum(w * v[1] for w, _, v in each)
    failure = sum(
        w * q * (v[0] * (1 - game.p[0]) + v[1] * (1 - game.p[1])) for w, q, v in each
    )  # 1 - S as a sum of positive terms: exactly 0 when nobody gives up
    xi, t, loads = game.net_values(z), game.latencies(z), game.loads(z)
    service_cost = z[0] * game.c[0] + z[1] * game.c[1]
    expected = Expectations(
        visits=z,
        success=z[0] * game.p[0] + z[1] * game.p[1],
        delay=z[0] * t[0] + z[1] * t[1],
        service_cost=service_cost,
        user_utility=z[0] * xi[0] + z[1] * xi[1],
        provider_cost=service_cost + game.penalty * failure,
        passes=z[0] + z[1],
    )
    return CongestedEquilibrium(
        initial=policy.initial,
        cascade=policy.cascade,
        kind=kind,
        support=support,
        expected=expected,
        loads=loads,
        utilisation=(loads[0] / game.stations[0].capacity, loads[1] / game.stations[1].capacity),
        sojourns=game.sojourns(z),
        latencies=t,
        stable=True,
        critical_rate=policy.critical_rate,
    )


def _no_equilibrium(policy: Commitment) -> CongestedEquilibrium:
    none = (math.nan, math.nan)
    return CongestedEquilibrium(
        initial=policy.initial,
        cascade=policy.cascade,
        kind=None,
        support=(),
        expected=Expectations(none, *(math.nan,) * 6),
        loads=none,
        utilisation=none,
        sojourns=none,
        latencies=none,
        stable=False,
        critical_rate=policy.critical_rate,
    )

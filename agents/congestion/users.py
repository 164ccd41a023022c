"""Users whose latency is made by all users: the equilibrium of docs/theory.md, section 11.

Tasks arrive at a Poisson rate and their passes load two stations. Each user is small and responds
best to the latencies that all of them make (mean field), so that an equilibrium is a distribution
over q whose support is optimal at its own loads.
"""

import math
from dataclasses import dataclass, replace

from agents.congestion.compiled import version
from agents.congestion.game import (
    KINDS,
    NOBODY,
    CongestedEquilibrium,
    CongestedGame,
    Support,
)
from agents.congestion.response import (
    DOUBLE,
    MIX,
    begins,
    latencies,
    net_values,
    played,
    response,
    sojourns,
)
from agents.theorems.participation import of_all
from sim.checks import UNIT, check, refuse
from sim.theory.markov import Expectations


def congested_equilibrium(
    game: CongestedGame, initial: int, cascade: float = 0.0, compiled: bool = False
) -> CongestedEquilibrium:
    """The users' equilibrium under the policy (``initial``, ``cascade``).

    Loads, U and J are unique where latency increases with load; weights need not be. ``compiled``:
    for thousands of games, by code that takes a while to load.

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
    policy = Commitment(game, initial, cascade if initial == 1 else 0.0, compiled)
    if game.voluntary:
        return _of_who_begins(policy)
    if not policy.is_feasible:
        return _no_equilibrium(policy)
    return outcome(policy, *_equilibrium(policy))


def _of_who_begins(policy: "Commitment") -> CongestedEquilibrium:
    """Of a voluntary game: how many begin, and what they then do."""
    game = policy.game
    share = version(begins, policy.compiled)(game.numbers, policy.initial, policy.cascade)
    if share == 0:
        return nobody(policy)
    if share == 1:
        return outcome(policy, *_equilibrium(policy))
    alone = replace(policy, game=replace(game, arrival_rate=share * game.arrival_rate))
    e = outcome(alone, *_equilibrium(alone))
    expected = replace(of_all(e.expected, share, game.penalty), user_utility=0.0)
    return replace(e, participation=share, expected=expected)


@dataclass(frozen=True)
class Commitment:
    """A policy that a provider is committed to; ``compiled``: how the equilibrium is found."""

    game: CongestedGame
    initial: int
    cascade: float
    compiled: bool = False

    @property
    def critical_rate(self) -> float:
        """Capacity of the initial model: the first pass is compulsory."""
        return self.game.stations[self.initial - 1].capacity

    @property
    def is_feasible(self) -> bool:
        """There is an equilibrium; all else is stabilised by leaving."""
        return self.game.voluntary or self.game.arrival_rate < self.critical_rate


def _equilibrium(policy: Commitment) -> tuple[str, Support]:
    """Kind and support."""
    answer = version(response, policy.compiled)
    kind, q, share = answer(policy.game.numbers, policy.initial, policy.cascade)
    rest = ((1.0, 1 - share),) if kind in (MIX, DOUBLE) else ()
    return KINDS[kind], ((q, share), *rest)


def outcome(policy: Commitment, kind: str, support: Support) -> CongestedEquilibrium:
    """What the distribution ``support`` over q comes to: one q, and who else there is leaves."""
    game, numbers = policy.game, policy.game.numbers
    [(q, share), *_] = support
    z, service_cost, provider_cost = played(numbers, policy.initial, policy.cascade, q, share)
    W, loads = sojourns(numbers, z), game.loads(z)
    t = latencies(numbers, W)
    xi = net_values(numbers, t)
    expected = Expectations(
        visits=z,
        success=z[0] * game.p[0] + z[1] * game.p[1],
        delay=z[0] * t[0] + z[1] * t[1],
        service_cost=service_cost,
        user_utility=z[0] * xi[0] + z[1] * xi[1],
        provider_cost=provider_cost,
        passes=z[0] + z[1],
    )
    return CongestedEquilibrium(
        initial=policy.initial,
        cascade=policy.cascade,
        kind=kind,
        support=support,
        participation=1.0,
        expected=expected,
        loads=loads,
        utilisation=(loads[0] / game.stations[0].capacity, loads[1] / game.stations[1].capacity),
        sojourns=W,
        latencies=t,
        stable=True,
        critical_rate=policy.critical_rate,
    )


def nobody(policy: Commitment) -> CongestedEquilibrium:
    """A task that is never begun costs the penalty, and the models are idle."""
    game, none = policy.game, (0.0, 0.0)
    return CongestedEquilibrium(
        initial=policy.initial,
        cascade=policy.cascade,
        kind=NOBODY,
        support=(),
        participation=0.0,
        expected=Expectations(none, 0.0, 0.0, 0.0, 0.0, float(game.penalty), 0.0),
        loads=none,
        utilisation=none,
        sojourns=game.sojourns(none),
        latencies=game.latencies(none),
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
        participation=math.nan,
        expected=Expectations(none, *(math.nan,) * 6),
        loads=none,
        utilisation=none,
        sojourns=none,
        latencies=none,
        stable=False,
        critical_rate=policy.critical_rate,
    )

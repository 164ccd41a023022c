"""A game on queues, and the record of what its users make of a policy (docs/theory.md, section 11).

Single games of plain numbers: the optimum over policies and maps solve many thousands of them.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter

from agents.congestion import response
from agents.congestion.response import Numbers, Pair
from sim.checks import NON_NEGATIVE, POSITIVE, check, refuse
from sim.game import Game
from sim.theory.markov import Expectations
from sim.theory.stations import Station

KINDS = (
    "all stay",
    "all leave",
    "scalar indifference",
    "{0,1} mix",
    "double indifference",
    "interior",
)
NOBODY = "nobody begins"  # another kind, of voluntary games
Support = tuple[Pair, ...]


@dataclass(frozen=True)
class CongestedGame:
    """The game of docs/theory.md, section 1, with latency that depends on load.

    ``p``, ``c``, ``value``, ``penalty`` as in `sim.game.Game`; ``arrival_rate`` in tasks per
    second; ``stations`` one per model; ``value_of_time`` w in money per second; ``added_delay`` d
    in money, one per model: a throttle that does not occupy the station. A pass costs its user
    t_i = w W_i(load) + d_i. ``voluntary``: users begin only while they expect U >= 0; by default
    the first pass is compulsory. Raises InputError when a number is outside its range.

    ``unloaded`` is the base game that returns when there is no load.

    >>> stations = (Station(1, 1.0), Station(2, 0.5))
    >>> game = CongestedGame((0.2, 0.6), (0.1, 0.5), 5, 1, arrival_rate=0.5, stations=stations)
    >>> [model.t for model in game.unloaded.models]
    [1.0, 2.0]
    """

    p: Pair
    c: Pair
    value: float
    penalty: float
    arrival_rate: float
    stations: tuple[Station, Station]
    value_of_time: float = 1.0
    added_delay: Pair = (0.0, 0.0)
    voluntary: bool = False
    unloaded: Game = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("p", "c", "stations", "added_delay"):
            if len(getattr(self, name)) != 2:
                refuse(name, getattr(self, name), "a pair, one per model")
        check("arrival rate", self.arrival_rate, POSITIVE)
        check("value of time", self.value_of_time, POSITIVE)
        for i, delay in enumerate(self.added_delay, start=1):
            check(f"added delay {i}", delay, NON_NEGATIVE)
        t = self.latencies((0.0, 0.0))
        unloaded = Game.of(self.p, t, self.c, self.value, self.penalty)  # checks the rest
        object.__setattr__(self, "unloaded", unloaded)

    @property
    def is_congested(self) -> bool:
        """Some latency depends on load."""
        return any(station.slots != math.inf for station in self.stations)

    def loads(self, z: Pair) -> Pair:
        """Passes per second at each model when a task makes ``z`` of them on average."""
        return self.arrival_rate * z[0], self.arrival_rate * z[1]

    def sojourns(self, z: Pair) -> Pair:
        """Mean seconds of a pass at each model, added delay excluded; infinite if saturated."""
        return response.sojourns(self.numbers, z)

    def latencies(self, z: Pair) -> Pair:
        """Latency cost of a pass at each model (money): t_i = w W_i + d_i."""
        return response.latencies(self.numbers, self.sojourns(z))

    def net_values(self, z: Pair) -> Pair:
        """xi_i = V p_i - t_i at mean visits ``z`` (money); minus infinity if saturated."""
        return response.worth(self.numbers, z)

    @cached_property
    def numbers(self) -> Numbers:
        """The same game for what takes plain numbers."""
        stations = [(at.slots, at.rate, at.discipline == "ps") for at in self.stations]
        fields = (
            *self.p, *self.c, self.value, self.penalty, self.arrival_rate,
            *stations[0], *stations[1], self.value_of_time, self.voluntary, *self.added_delay,
        )  # fmt: skip
        return Numbers(*map(float, fields))


@dataclass(frozen=True)
class CongestedEquilibrium:
    """What users make of a policy; pairs have one entry per model.

    ``initial`` model and ``cascade`` of the policy (0 for initial 2). ``kind`` one of `KINDS`, or
    `NOBODY`; ``support`` the equilibrium's q with their weights, and ``participation`` the share of
    the users who begin, to whom both belong; ``expected`` per task that comes, declined ones
    included, some of which are fields of the equilibrium, too; ``loads`` passes per second;
    ``utilisation`` busy share of the capacity; ``sojourns`` mean seconds of a pass at the station;
    ``latencies`` its cost to the user, added delay included. ``critical_rate``: from this arrival
    rate on there is no equilibrium if the first pass is compulsory, because it saturates the
    initial model. Then ``stable`` is False, ``kind`` None, ``support`` empty, and numbers are NaN.
    """

    initial: int
    cascade: float
    kind: str | None
    support: Support
    participation: float
    expected: Expectations
    loads: Pair
    utilisation: Pair
    sojourns: Pair
    latencies: Pair
    stable: bool
    critical_rate: float

    visits = property(attrgetter("expected.visits"))
    success = property(attrgetter("expected.success"))
    user_utility = property(attrgetter("expected.user_utility"))
    provider_cost = property(attrgetter("expected.provider_cost"))

"""What the load of a server means: exact theory of queues (docs/theory.md, section 11).

Rates are per second and times in seconds. Where nothing else is said, arrivals are Poisson, service
is exponential and rates may be numbers or arrays that broadcast. A queue that grows without bound
has infinite times. The engines never import this file: it knows the answers they are checked by.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.checks import COUNT, POSITIVE, SLOTS, Rule, check, refuse
from sim.theory.erlang import erlang_b, share_that_waits

DISCIPLINES = ("fcfs", "ps")
_REPEATS = Rule("at least 0 and less than 1", lambda x: (x >= 0) & (x < 1))


# ---------------------------------------------------------------- many slots


@dataclass(frozen=True)
class Abandonments:
    """M/M/n+M: ``abandon`` share of the customers who leave the queue unserved; ``waiting`` mean
    seconds in the queue, of those who leave too; ``utilisation`` busy share of the slots.
    """

    abandon: float
    waiting: float
    utilisation: float


def erlang_a(
    arrival_rate: float, service_rate: float, slots: int, patience_rate: float
) -> Abandonments:
    """Customers who leave the queue after an exponential patience: Palm (1957), M/M/n+M.

    ``patience_rate``: 1 / mean patience. The stationary law above n is the product of
    arrival_rate / (n service_rate + k patience_rate), summed far beyond its Poisson-like peak.

    >>> round(100 * erlang_a(48, 1, 50, 0.5).abandon, 3)
    3.091
    """
    for name, rate in (("arrival rate", arrival_rate), ("patience rate", patience_rate)):
        check(name, rate, POSITIVE)
    check("slots", slots, COUNT)
    busy = Station(slots, service_rate).capacity
    spread = arrival_rate / patience_rate
    beyond = max(0.0, arrival_rate - busy) / patience_rate
    k = np.arange(1, 100 + math.ceil(beyond + 12 * math.sqrt(spread)))
    logs = np.cumsum(np.log(arrival_rate / (busy + k * patience_rate)))
    top = max(0.0, float(logs.max()))
    # weights relative to the state "all busy, nobody waits", scaled by exp(-top)
    queue, full = np.exp(logs - top), math.exp(-top)
    blocked = erlang_b(slots, arrival_rate / service_rate)
    below = full * (1 / blocked - 1) if blocked > 0 else math.inf
    total = below + full + queue.sum()
    waiting = float(queue @ k / total) / arrival_rate
    abandon = float(patience_rate * waiting)
    return Abandonments(abandon, waiting, arrival_rate * (1 - abandon) / busy)


@dataclass(frozen=True)
class FiniteRoom:
    """M/M/c/K: ``blocked`` share of the arrivals that find K in the system; ``number`` mean in the
    system; ``sojourn`` and ``waiting`` mean seconds of those who are admitted.
    """

    blocked: float
    number: float
    sojourn: float
    waiting: float


def finite_room(arrival_rate: float, service_rate: float, slots: int, room: int) -> FiniteRoom:
    """M/M/c/K with K = ``room`` places, the ``slots`` included; any load.

    >>> round(finite_room(1, 1, 1, 3).blocked, 12)
    0.25
    """
    for name, rate in (("arrival rate", arrival_rate), ("service rate", service_rate)):
        check(name, rate, POSITIVE)
    check("slots", slots, COUNT)
    check("room", room, COUNT)
    if room < slots:
        refuse("room", room, f"at least the slots, {slots}")
    k = np.arange(1, room + 1)
    logs = np.concatenate(
        [[0.0], np.cumsum(np.log(arrival_rate / (service_rate * np.minimum(k, slots))))]
    )
    weights = np.exp(logs - logs.max())
    law = weights / weights.sum()
    admitted = arrival_rate * (1 - law[-1])
    number = float(law[1:] @ k)
    sojourn = float(number / admitted)
    return FiniteRoom(float(law[-1]), number, sojourn, sojourn - 1 / service_rate)


# ---------------------------------------------------------------- one server


def pollaczek_khinchine(arrival_rate: Any, mean: Any, squared_cv: Any) -> Any:
    """Mean sojourn in M/G/1, first come first served: m + Lambda m^2 (1 + cv^2) / (2 (1 - rho)).

    ``mean`` service time m; ``squared_cv`` its squared coefficient of variation (1: exponential).

    >>> round(float(pollaczek_khinchine(0.5, 1.0, 0.0)), 12)
    1.5
    """
    spare = 1 - arrival_rate * np.asarray(mean, float)
    wait = arrival_rate * np.square(mean) * (1 + squared_cv) / 2
    return mean + np.where(spare > 0, wait / np.where(spare > 0, spare, 1.0), np.inf)


def shared_sojourn(arrival_rate: Any, work: Any, mean: Any) -> Any:
    """Mean sojourn of a task of ``work`` seconds in M/G/1 processor sharing: work / (1 - rho).

    It depends on the service distribution through its ``mean`` alone; ``work`` = ``mean`` gives
    the mean over all tasks, 1 / (mu - Lambda).

    >>> round(float(shared_sojourn(4, 1 / 9, 1 / 9)), 12)
    0.2
    """
    spare = 1 - arrival_rate * np.asarray(mean, float)
    return np.where(spare > 0, work / np.where(spare > 0, spare, 1.0), np.inf)


@dataclass(frozen=True)
class Feedback:
    """M/M/1 with Bernoulli feedback: mean ``number`` in the system and ``total`` seconds per task,
    over all its passes.
    """

    number: float
    total: float


def feedback(arrival_rate: float, service_rate: float, repeat: float) -> Feedback:
    """Every pass is followed by another one with probability ``repeat`` (Takacs 1963).

    The load is arrival_rate / (1 - repeat), and the number in the system that of M/M/1.

    >>> feedback(0.3, 1.0, 0.5).number
    1.5
    """
    check("arrival rate", arrival_rate, POSITIVE)
    check("repeat", repeat, _REPEATS)
    load = arrival_rate / (1 - repeat)
    number = load * Station(1, service_rate).sojourn(load)
    return Feedback(number, number / arrival_rate)


def retrial_orbit(arrival_rate: float, service_rate: float, retrial_rate: float) -> float:
    """Mean number in the orbit of M/M/1 with classical retrials: rho^2/(1-rho) (mu+theta)/theta.

    Who finds the server busy tries again after an exponential time, each at ``retrial_rate``.

    >>> retrial_orbit(0.5, 1.0, 1.0)
    1.0
    """
    rates = {"arrival": arrival_rate, "service": service_rate, "retrial": retrial_rate}
    for name, rate in rates.items():
        check(f"{name} rate", rate, POSITIVE)
    rho = arrival_rate / service_rate
    if rho >= 1:
        return math.inf
    return rho**2 / (1 - rho) * (service_rate + retrial_rate) / retrial_rate


@dataclass(frozen=True)
class Thresholds:
    """Naor's queue: customers in the system up to which one joins. ``individual`` if everybody
    thinks of themselves, ``social`` in the interest of all, ``revenue`` as a toll collector wants.
    """

    individual: int
    social: int
    revenue: int


def naor(arrival_rate: float, service_rate: float, reward: float, cost: float) -> Thresholds:
    """Thresholds of the observable M/M/1 (Naor 1969): ``reward`` R of service, ``cost`` C a second.

    With nu = R mu / C, rho = Lambda / mu and G_n = 1 + rho + ... + rho^(n-1), the largest n with:
    n <= nu; G_1 + ... + G_n <= nu; n + G_{n-1} G_{n+1} / rho^(n-1) <= nu.

    >>> naor(0.9, 1.0, 10.0, 1.0)
    Thresholds(individual=10, social=4, revenue=2)
    """
    rates = {"arrival rate": arrival_rate, "service rate": service_rate, "cost": cost}
    for name, number in {**rates, "reward": reward}.items():
        check(name, number, POSITIVE)
    nu, rho = reward * service_rate / cost, arrival_rate / service_rate
    individual = math.floor(nu)
    power = rho ** np.arange(individual + 1)
    G = np.concatenate([[0.0], np.cumsum(power)])  # G_0, ..., G_{individual + 1}
    n = np.arange(1, individual + 1)
    social = np.cumsum(G[1:-1]) <= nu
    with np.errstate(all="ignore"):  # far beyond the threshold terms may overflow
        revenue = n + G[:-2] * G[2:] / power[:-1] <= nu
    return Thresholds(individual, int(social.sum()), int(revenue.sum()))


# ---------------------------------------------------------------- a station by its load


@dataclass(frozen=True)
class Station:
    """A server with ``slots`` slots (or infinitely many), each of ``rate`` passes per second.

    ``discipline`` 'fcfs': first come, first served by one slot; 'ps': one server of rate
    slots x rate shared by all who are there. Raises InputError when a number is outside its range.
    """

    slots: float
    rate: float
    discipline: str = "fcfs"

    def __post_init__(self) -> None:
        check("slots", self.slots, SLOTS)
        check("service rate", self.rate, POSITIVE)
        if self.discipline not in DISCIPLINES:
            refuse("discipline", self.discipline, "one of " + ", ".join(DISCIPLINES))
        if self.discipline == "ps" and self.slots == math.inf:
            refuse("slots", self.slots, "finite under processor sharing")

    @property
    def capacity(self) -> float:
        """The load (passes per second) from which on the queue grows without bound."""
        return self.slots * self.rate

    def sojourn(self, load: float) -> float:
        """Mean seconds of a pass, waiting and service: `sojourn`.

        >>> Station(slots=2, rate=0.5).sojourn(0.0), Station(slots=1, rate=1.0).sojourn(0.5)
        (2.0, 2.0)
        """
        return sojourn(self.slots, self.rate, self.discipline == "ps", load)


def sojourn(slots: float, rate: float, shared: float, load: float) -> float:
    """Mean seconds W(load) of a pass, waiting and service; infinite at the capacity and above.

    1/mu + C(n, load/mu) / (n mu - load), or 1 / (n mu - load) for one slot or when ``shared``.
    """
    spare = slots * rate - load
    if spare <= 0:
        return math.inf
    if slots == math.inf:
        return 1 / rate
    if slots == 1 or shared:
        return 1 / spare
    waits: float = share_that_waits(int(slots), load / rate)
    return 1 / rate + waits / spare

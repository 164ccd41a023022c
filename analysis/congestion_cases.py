"""What the congestion part of the validation study plays: networks in equilibrium, and stations.

A case is a scenario of the event simulation and the values that theory has for it. It is played in
`RUNS` independent runs. Every run starts empty: its first tasks, which find too short a queue, and
its last ones, which nobody comes after, are simulated but not counted.

Scales: W and other times in the system their exact value; U the value V plus the exact delay, a
regret of users a third of it; J the
penalty plus the larger c; shares of customers 0.3 and of slots 0.5; the wait of Erlang A twice its
exact value plus 0.2 of a service. What varies most has its scale 1.2 to 3 times as large: W of A
shared, M/M/1 with feedback, the orbit of retrials and the queue of H.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from agents import (
    AddedDelay,
    Cascade,
    CongestedEquilibrium,
    CongestedGame,
    GoesAway,
    NoThrottle,
    QueueLimit,
    Static,
    Stationary,
    congested_equilibrium,
)
from analysis.instruments import ExponentialPatience, OneAtATime, Redials
from sim import compiled, queueing
from sim.arrivals import Poisson
from sim.disciplines import FCFS, Discipline, ProcessorSharing
from sim.game import Game
from sim.markov import visits
from sim.policies import Abandonment, Mixture
from sim.queueing import Station
from sim.records import Outcome, Result
from sim.scenario import Scenario
from sim.service_times import Deterministic, Exponential, Lognormal, ServiceTime

RUNS = 30  # independent runs of every case
EMPTY = 200  # tasks at the start of a run that are not counted: some relaxation times
TAIL = 50  # tasks at its end that are not counted
MARGIN = 0.1  # of a metric's scale
FINER = 10  # times finer are the margins of what the kernel plays, in 100 times as many tasks
NETWORKS = "Queues in equilibrium"
STATIONS = "Queues of textbooks"
_GRID = tuple(i / 10 for i in range(11))  # q of the deviations
Values = dict[str, float]


@dataclass(frozen=True)
class QueueCase:
    """A scenario and what theory says of it.

    ``tasks`` counted in a run at precision 1. ``measure`` takes a result and gives a value per
    metric; ``exact`` has the metrics that theory knows, ``scales`` what their margins are a part
    of. ``regrets``: metrics of which theory says that they are at most 0.
    """

    name: str
    statement: str
    scenario: Scenario
    tasks: int
    measure: Callable[["QueueCase", Result], Values]
    exact: Values
    scales: Values
    regrets: tuple[str, ...] = ()
    equilibrium: CongestedEquilibrium | None = None
    game: CongestedGame | None = None
    empty: int = EMPTY
    repeats: int = 1  # simulations in a run; more than one: from empty on, whole
    engine: str = "simpy"

    @property
    def margin(self) -> float:
        """What theory and simulation may differ by at precision 1, as a part of the scale."""
        return MARGIN / FINER if self.engine == "compiled" else MARGIN

    @property
    def comparisons(self) -> int:
        """Those that share the false-alarm rate, every alternative counted."""
        return len(self.exact) + len(self.regrets)


def congestion_cases() -> list[QueueCase]:
    """The reference points A to H of the equilibrium, and textbook values of single stations."""
    networks = [_by_kernel(case) for case in _equilibria()]
    stations = [_by_kernel(case) for case in _stations()]
    return [*networks, _infeasible(), *stations, *_losses(), *_retrials()]


def _by_kernel(case: QueueCase) -> QueueCase:
    """The case in so many tasks as only the kernel plays in that time, if it can play it."""
    if not compiled.covers(case.scenario):
        return case
    return replace(case, engine="compiled", tasks=FINER**2 * case.tasks)


def is_queue(check: Any) -> bool:
    """Whether a check of a run is one of these cases'."""
    return check.statement in (NETWORKS, STATIONS)


# ---------------------------------------------------------------- networks


def reference_points() -> dict[str, tuple[CongestedGame, int, float]]:
    """Games with a policy (initial, cascade): docs/theory.md, section 11.5. H has no equilibrium.

    >>> congested_equilibrium(*reference_points()["F"]).kind
    'double indifference'
    """
    c, one_two = (0.1, 0.5), (Station(1, 1.0), Station(2, 0.5))
    shared = (Station(1, 1.0, "ps"), Station(2, 0.5, "ps"))
    A = CongestedGame((0.2, 0.6), c, 5, 1, 0.5, one_two)
    B = CongestedGame((0.4, 0.6), c, 4, 1, 0.5, (Station(1, 1.5), Station(2, 0.25)))
    C = CongestedGame((0.4, 0.7), c, 4, 1, 0.5, (Station(1, 1.5), Station(2, 0.5)))
    D = CongestedGame((0.5, 0.8), c, 8, 1, 0.5, (Station(1, 1.5), Station(2, 0.6)), 1.0, (0.7, 0.4))
    E = CongestedGame((0.3, 0.5), c, 60, 1, 0.55, (Station(3, 0.55), Station(2, 0.6)))
    F = CongestedGame((0.2, 0.4), c, 10, 1, 0.4, (Station(1, 1.0), Station(1, 0.3)))
    return {
        "A": (A, 1, 0.5),
        "A shared": (replace(A, stations=shared), 1, 0.5),
        "B": (B, 1, 0.15),
        "C": (C, 2, 0.0),
        "D": (D, 1, 0.4),
        "E": (E, 1, 0.35),
        "F": (F, 1, 0.25),
        "G": (replace(A, value=1), 1, 0.5),
        "H": (replace(A, arrival_rate=1), 1, 0.5),
    }


# counted tasks of a run, by what the variance asks for at the margin of SimPy's cases
_TASKS = {
    "A": 4000,
    "A shared": 4500,
    "B": 4500,
    "C": 1200,
    "D": 1500,
    "E": 1500,
    "F": 5500,
    "G": 2400,
}


def scenario_of(
    game: CongestedGame, initial: int, cascade: float, users: Abandonment | Mixture
) -> Scenario:
    """The event simulation of a game with queues: exponential service, Poisson arrivals."""
    means = tuple(game.value_of_time / station.rate for station in game.stations)
    delays = tuple(d / game.value_of_time for d in game.added_delay)
    return Scenario(
        Game.of(game.p, means, game.c, game.value, game.penalty),
        Cascade(initial, cascade),
        users,
        AddedDelay(delays) if any(delays) else NoThrottle(),
        arrivals=Poisson(game.arrival_rate),
        service_time=Exponential(),
        slots=tuple(station.slots for station in game.stations),
        value_of_time=game.value_of_time,
        discipline=(discipline_of(game.stations[0]), discipline_of(game.stations[1])),
    )


def discipline_of(station: Station) -> Discipline:
    """How the simulator serves at a station of the theory."""
    return FCFS() if station.discipline == "fcfs" else ProcessorSharing()


def users_of(equilibrium: CongestedEquilibrium) -> Abandonment | Mixture:
    """The population of an equilibrium."""
    if len(equilibrium.support) == 1:
        return Stationary(equilibrium.support[0][0])
    return Mixture(tuple((weight, Stationary(q)) for q, weight in equilibrium.support))


def _equilibria() -> Iterator[QueueCase]:
    for name, (game, initial, cascade) in reference_points().items():
        e = congested_equilibrium(game, initial, cascade)
        if not e.stable:
            continue
        exact = {f"W{i}": e.sojourns[i - 1] for i in (1, 2) if e.visits[i - 1] > 0}
        delay = game.value * e.success - e.user_utility
        at_stake = game.value + delay
        wide = 1.5 if name == "A shared" else 1.0
        scales = {name: wide * W for name, W in exact.items()}
        scales |= {"user_utility": at_stake, "provider_cost": game.penalty + max(game.c)}
        exact |= {"user_utility": e.user_utility, "provider_cost": e.provider_cost}
        regrets = tuple(f"q={q:g}" for q in _GRID)
        scales |= dict.fromkeys(regrets, at_stake / 3)
        scenario = scenario_of(game, initial, cascade, users_of(e))
        yield QueueCase(
            f"{name}: {e.kind}", NETWORKS, scenario, _TASKS[name], network, exact, scales, regrets,
            e, game,
        )  # fmt: skip


def network(case: QueueCase, result: Result) -> Values:
    """Mean seconds per pass, U, J, and what a user would gain by each q at these latencies."""
    game, e = case.game, case.equilibrium
    assert game is not None
    assert e is not None
    inside = window(case, result)
    metrics = result.metrics()
    values = {
        name: float(metrics[name][inside].mean()) for name in ("user_utility", "provider_cost")
    }
    W = sojourns(case, result)
    values |= {f"W{i}": W[i - 1] for i in (1, 2)}
    t = [game.value_of_time * W[i] + game.added_delay[i] for i in (0, 1)]
    xi = [game.value * game.p[i] - t[i] for i in (0, 1)]
    for q in _GRID:
        v = visits(game.unloaded, e.initial, e.cascade, q)
        values[f"q={q:g}"] = v[0] * xi[0] + v[1] * xi[1] - values["user_utility"]
    return values


def sojourns(case: QueueCase, result: Result) -> list[float]:
    """Mean seconds of a pass at each model; an idle pass where nobody has been."""
    passes = result.passes
    low, high = result.tasks["task"][window(case, result)][[0, -1]]
    counted = (passes["task"] >= low) & (passes["task"] <= high)
    seconds = passes["waiting"] + passes["service"]
    found = []
    for i, idle in enumerate(case.scenario.service_means(), start=1):
        at = counted & (passes["model"] == i)
        found.append(float(seconds[at].mean()) if at.any() else idle)
    return found


def window(case: QueueCase, result: Result) -> slice:
    """The tasks that count, in order of arrival."""
    return slice(case.empty, len(result.tasks["task"]) - TAIL)


def _infeasible() -> QueueCase:
    """H, seen at time T: lambda = mu = 1, so that E N(T) = int_0^T e^-2s (I_0 + I_1)(2s) ds.

    The chain that starts empty is idle with the probability under the integral (Bailey 1954); a
    stable queue would stop growing.
    """
    from scipy.integrate import quad
    from scipy.special import ive

    game, initial, cascade = reference_points()["H"]
    assert not congested_equilibrium(game, initial, cascade).stable
    scenario = replace(scenario_of(game, initial, cascade, Stationary(1.0)), horizon=_HORIZON)
    number = float(quad(lambda s: ive(0, 2 * s) + ive(1, 2 * s), 0, _HORIZON)[0])
    return QueueCase(
        "H: no equilibrium, queue grows", NETWORKS, scenario, 200, growth, {"present": number},
        {"present": 3 * number}, repeats=30,
    )  # fmt: skip


_HORIZON = 20.0


def growth(case: QueueCase, result: Result) -> Values:
    """Tasks in the system at the horizon."""
    return {"present": float((result.tasks["outcome"] == Outcome.IN_SYSTEM).sum())}


# ---------------------------------------------------------------- single stations


def _station(rate: float, service_rate: float, slots: float) -> Scenario:
    """One model that everybody leaves after one pass."""
    return Scenario(
        Game.of((0.5,), (1 / service_rate,), (1.0,), 10, 1), Static(1), Stationary(1.0),
        NoThrottle(), arrivals=Poisson(rate), service_time=Exponential(), slots=(slots,),
    )  # fmt: skip


def _case(
    name: str, scenario: Scenario, tasks: int, measure: Callable[[QueueCase, Result], Values],
    exact: Values, scales: Values | None = None,
) -> QueueCase:  # fmt: skip
    return QueueCase(name, STATIONS, scenario, tasks, measure, exact, scales or exact)


def _stations() -> Iterator[QueueCase]:
    back = replace(_station(0.3, 1.0, 1), abandonment=Stationary(0.0))
    total = queueing.feedback(0.3, 1.0, 0.5).total
    yield _case(
        "M/M/1 with feedback", back, 2400, times, {"sojourn": total}, {"sojourn": 1.5 * total}
    )
    shared_times: tuple[tuple[str, ServiceTime], ...] = (
        ("M/M/1-PS", Exponential()),
        ("M/G/1-PS, cv 1", Lognormal(1.0)),
    )
    for name, service in shared_times:
        shared = replace(_station(4.0, 9.0, 1), discipline=ProcessorSharing(), service_time=service)
        exact = float(queueing.shared_sojourn(4, 1 / 9, 1 / 9))
        yield _case(name, shared, 2000, times, {"sojourn": exact})
    general: tuple[tuple[str, ServiceTime, float], ...] = (
        ("M/D/1", Deterministic(), 0.0),
        ("M/G/1, cv .5", Lognormal(0.5), 0.25),
    )
    for name, service, cv2 in general:
        scenario = replace(_station(0.5, 1.0, 1), service_time=service)
        exact = float(queueing.pollaczek_khinchine(0.5, 1.0, cv2))
        yield _case(name, scenario, 1200, times, {"sojourn": exact})
    many = Station(5, 1.0).sojourn(3.5)
    yield _case("M/M/5", _station(3.5, 1.0, 5), 1700, times, {"sojourn": many})


def times(case: QueueCase, result: Result) -> Values:
    """Mean seconds in the system."""
    tasks = {name: column[window(case, result)] for name, column in result.tasks.items()}
    return {"sojourn": float((tasks["ended"] - tasks["arrived"]).mean())}


def _losses() -> Iterator[QueueCase]:
    """Users who leave the queue (Erlang A), and users who are turned away (M/M/1/K and Naor)."""
    for rate, slots, theta, tasks in (
        (48, 50, 0.5, 3000),
        (0.8, 1, 0.5, 1200),
        (1.2, 1, 0.5, 1200),
        (4, 5, 0.2, 2500),
        (10, 10, 1, 2500),
    ):
        patience = ExponentialPatience(1 / theta)
        scenario = replace(_station(rate, 1.0, slots), patience=patience)
        law = queueing.erlang_a(rate, 1.0, slots, theta)
        exact = {"abandon": law.abandon, "waiting": law.waiting, "busy": law.utilisation}
        scales = {"abandon": 0.3, "waiting": 0.2 + 2 * law.waiting, "busy": 0.5}
        name = f"Erlang A ({rate:g}, 1, {slots}, {theta:g})"
        yield _case(name, scenario, tasks, impatient, exact, scales)
    thresholds = queueing.naor(0.9, 1.0, 10.0, 1.0)
    for name in ("individual", "social", "revenue"):
        room = getattr(thresholds, name)
        limited = replace(
            _station(0.9, 1.0, 1), throttle=QueueLimit(room - 1), persistence=GoesAway()
        )
        law_of_room = queueing.finite_room(0.9, 1.0, 1, room)
        gain = (1 - law_of_room.blocked) * (10 - law_of_room.sojourn)
        exact = {"blocked": law_of_room.blocked, "welfare": gain}
        scales = {"blocked": 0.3, "welfare": 10.0}
        yield _case(f"Naor, {name}: {room}", limited, 1000, turned_away, exact, scales)


def impatient(case: QueueCase, result: Result) -> Values:
    """Share that leaves the queue, mean seconds in it, busy share of the slots."""
    tasks = {name: column[window(case, result)] for name, column in result.tasks.items()}
    arrivals = case.scenario.arrivals
    assert isinstance(arrivals, Poisson)
    return {
        "abandon": float((tasks["outcome"] == Outcome.RENEGED).mean()),
        "waiting": float(tasks["waiting"].mean()),
        "busy": arrivals.rate * float(tasks["service"].mean()) / case.scenario.slots[0],
    }


def turned_away(case: QueueCase, result: Result) -> Values:
    """Share turned away, and what a customer gains on average: 10 if served, less 1 a second."""
    tasks = {name: column[window(case, result)] for name, column in result.tasks.items()}
    refused = tasks["outcome"] == Outcome.REFUSED
    gain = np.where(refused, 0.0, 10 - (tasks["ended"] - tasks["arrived"]))
    return {"blocked": float(refused.mean()), "welfare": float(gain.mean())}


def _retrials() -> Iterator[QueueCase]:
    """Who finds the server busy tries again later: M/M/1 with classical retrials."""
    for rate, theta, tasks, empty, wide in ((0.5, 1.0, 2600, EMPTY, 1.2), (0.8, 0.5, 2200, 800, 3)):
        scenario = replace(
            _station(rate, 1.0, 1), throttle=OneAtATime(), persistence=Redials(theta)
        )
        exact = {"orbit": queueing.retrial_orbit(rate, 1.0, theta)}
        scales = {"orbit": wide * exact["orbit"]}
        case = _case(
            f"M/M/1 retrial ({rate:g}, 1, {theta:g})", scenario, tasks, orbit, exact, scales
        )
        yield replace(case, empty=empty)


def orbit(case: QueueCase, result: Result) -> Values:
    """Mean number of those who wait to try again, by Little's law."""
    arrivals = case.scenario.arrivals
    assert isinstance(arrivals, Poisson)
    return {
        "orbit": arrivals.rate * float(result.tasks["throttle_delay"][window(case, result)].mean())
    }

"""What the congestion part of the validation study plays: networks in equilibrium, and stations.

A case is a scenario of the event simulation and the values that theory has for it. It is played in
`RUNS` independent runs. Every run starts empty: its first tasks, which find too short a queue, and
its last ones, which nobody comes after, are simulated but not counted.

Scales: W and other times in the system their exact value; U 0.6 of the value V plus the exact
delay, a regret of users a third of that sum; J a quarter of the penalty plus the larger c; the
share of customers who are turned away 0.3, of those who leave 0.12 plus 0.6 of it, of slots 0.5;
the wait of Erlang A twice its exact value plus 0.2 of a service. What varies most has its scale 1.2
to 3 times as large: W and U of A shared, M/M/1 with feedback, the orbit of retrials and the queue
of H, which is seen at one moment of many short runs, so that the kernel would not play it faster.
Users of A and F are a mixture, which SimPy alone plays.
"""

from collections.abc import Iterator
from dataclasses import replace

from agents import (
    AddedDelay,
    Cascade,
    CongestedEquilibrium,
    CongestedGame,
    NoThrottle,
    Stationary,
    congested_equilibrium,
)
from analysis.queue_case import FINER, NETWORKS, QueueCase, Values, window
from analysis.station_cases import station_cases
from sim import compiled
from sim.arrivals import Poisson
from sim.disciplines import FCFS, Discipline, ProcessorSharing
from sim.game import Game
from sim.markov import visits
from sim.policies import Abandonment, Mixture
from sim.queueing import Station
from sim.records import Outcome, Result
from sim.scenario import Scenario
from sim.service_times import Exponential

_GRID = tuple(i / 10 for i in range(11))  # q of the deviations


def congestion_cases() -> list[QueueCase]:
    """The reference points A to H of the equilibrium, and textbook values of single stations."""
    networks = [_by_kernel(case) for case in _equilibria()]
    stations = [_by_kernel(case) for case in station_cases()]
    return [*networks, _infeasible(), *stations]


def _by_kernel(case: QueueCase) -> QueueCase:
    """The case in so many tasks as only the kernel plays in that time, if it can play it."""
    if not compiled.covers(case.scenario):
        return case
    return replace(case, engine="compiled", tasks=FINER**2 * case.tasks)


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
    "A": 16000,
    "A shared": 18000,
    "B": 18000,
    "C": 4800,
    "D": 6000,
    "E": 6000,
    "F": 22000,
    "G": 9600,
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
        most = game.penalty + max(game.c)
        scales |= {"user_utility": 0.6 * wide * at_stake, "provider_cost": most / 4}
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
        {"present": 3 * number}, repeats=120,
    )  # fmt: skip


_HORIZON = 20.0


def growth(case: QueueCase, result: Result) -> Values:
    """Tasks in the system at the horizon."""
    return {"present": float((result.tasks["outcome"] == Outcome.IN_SYSTEM).sum())}

"""What the congestion part of the validation study plays: networks in equilibrium, and stations.

A case is a scenario of the event simulation and the values that theory has for it. It is played in
`RUNS` independent runs. Every run starts empty: its first tasks, which find too short a queue, and
its last ones, which nobody comes after, are simulated but not counted.

Scales: W and other times in the system their exact value; U 0.6 of the value V plus the exact
delay, a regret of users a third of that sum; J a quarter of the penalty plus the larger c; the
share of customers who are turned away 0.3, of those who leave 0.12 plus 0.6 of it, of slots 0.5;
the wait of Erlang A twice its exact value plus 0.2 of a service. What varies most has its scale 1.2
to 3 times as large: W and U of A shared, M/M/1 with feedback, the orbit of retrials and the queue
of H, which is seen at one moment of many short runs, so that the kernel would hardly play it
faster: SimPy plays it, and retrials at a gate that looks at who is being served.
"""

from collections.abc import Iterator
from dataclasses import replace

from agents import Stationary, congested_equilibrium
from analysis.games.congested import reference_points, scenario_of, users_of
from analysis.validation.cases.queue_case import (
    FINER,
    FINEST,
    NETWORKS,
    QueueCase,
    Values,
    window,
)
from analysis.validation.cases.stations import station_cases
from sim.compiled import scope
from sim.records import Outcome
from sim.results import Result
from sim.theory.markov import visits

_GRID = tuple(i / 10 for i in range(11))  # q of the deviations


def congestion_cases() -> list[QueueCase]:
    """The reference points A to H of the equilibrium, and textbook values of single stations."""
    networks = [_by_kernel(case) for case in _equilibria()]
    stations = [_by_kernel(case) for case in station_cases()]
    return [*networks, _infeasible(), *stations]


def _by_kernel(case: QueueCase) -> QueueCase:
    """The case in so many tasks as only the kernel plays in that time, if it can play it."""
    if not scope.covers(case.scenario):
        return case
    finer = FINEST if scope.is_plain(case.scenario) else FINER
    return replace(case, finer=finer, tasks=finer**2 * case.tasks)


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
    scenario = scenario_of(game, initial, cascade, Stationary(1.0)).replace(horizon=_HORIZON)
    number = float(quad(lambda s: ive(0, 2 * s) + ive(1, 2 * s), 0, _HORIZON)[0])
    return QueueCase(
        "H: no equilibrium, queue grows", NETWORKS, scenario, 200, growth, {"present": number},
        {"present": 3 * number}, repeats=120,
    )  # fmt: skip


_HORIZON = 20.0


def growth(case: QueueCase, result: Result) -> Values:
    """Tasks in the system at the horizon."""
    return {"present": float((result.tasks["outcome"] == Outcome.IN_SYSTEM).sum())}

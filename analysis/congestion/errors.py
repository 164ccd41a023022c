"""How far the product form is off where it is not exact: variable service, caps, bursts.

One network with feedback, whose two models have one slot each and are equally busy; theory is exact
if service is exponential or shared by all, and arrivals are Poisson. First come, first served with
Poisson arrivals is played by the compiled engine, in runs so long that starting empty does not
matter. Caps and bursts need the event engine; their runs are shorter, do not count their first and
last tasks, and are corrected by what a quantity with a known mean was off in the same run.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from agents import CongestedGame, Stationary
from analysis.games.congested import scenario_of
from analysis.runs.jobs import later
from analysis.runs.measure import Row, measure
from analysis.runs.window import TAIL
from analysis.statistics.controls import controlled
from analysis.statistics.intervals import Estimate
from analysis.theory.product_form import seconds_by_model
from sim.arrivals.streams import Bursts
from sim.results import Result
from sim.scenario import Scenario
from sim.servers.disciplines import ProcessorSharing
from sim.servers.service_times import Exponential, Lognormal
from sim.summary import Summary
from sim.theory.markov import visits
from sim.theory.stations import Station

RUNS = 20  # independent runs of every number
UTILISATION = (0.3, 0.5, 0.7, 0.85)
VARIABILITY = (0.3, 1.0, 2.0, 3.0)  # coefficient of variation of lognormal service
CAPPED = 2.0  # that of service under a cap
CAPS = (2.0, 4.0, 8.0, float("inf"))  # a cap of 1 is first come, first served
BURSTS = (2.0, 4.0, 8.0)  # mean size
NO_CAP, ALONE = "no cap", "no sharing"
NAMES = ("what", "utilisation")
PANELS = {  # rows of the map; the first of each is exact in theory
    "service": ("exponential", *(f"cv {cv:g}" for cv in VARIABILITY)),
    "cap": (NO_CAP, "cap 8", "cap 4", "cap 2", "cap 1"),
    "bursts": ("Poisson", *(f"bursts of {size:g}" for size in BURSTS)),
}
SAME = {("cap", "cap 1"): f"cv {CAPPED:g}", ("bursts", "Poisson"): "exponential"}
_ABANDON, _CASCADE = 0.2, 0.5
_NETWORK = CongestedGame((0.4, 0.6), (0.1, 0.5), 8, 1, 0.5, (Station(1, 1.0), Station(1, 1.0)))
_LONG = 5.0  # tasks of a compiled run per unit of relaxation and task of the study's size
_SHORT = {"cap": 0.7, "bursts": 0.9}  # tasks counted in an event run, x (1 - utilisation)

Tell = Callable[[int], None]


def balanced(utilisation: float) -> tuple[CongestedGame, Scenario]:
    """Two models, s = .5, users give up with q = .2; rates such that both are equally busy."""
    z = visits(_NETWORK.unloaded, 1, _CASCADE, _ABANDON)
    first, second = (Station(1, _NETWORK.arrival_rate * z[i] / utilisation) for i in (0, 1))
    game = replace(_NETWORK, stations=(first, second))
    return game, scenario_of(game, 1, _CASCADE, Stationary(_ABANDON))


def predicted(game: CongestedGame) -> tuple[float, float]:
    """Mean seconds of a task at each model by the product form."""
    return seconds_by_model(game, 1, _CASCADE, _ABANDON)


# ---------------------------------------------------------------- runs


def relaxation(utilisation: float, variability: float) -> float:
    """The order of the number of tasks after which a queue has forgotten what it was."""
    return (1.0 + variability) / (1.0 - utilisation) ** 2


def measured(
    tasks: int, seed: int, executor: Executor | None = None, tell: Tell | None = None
) -> pd.DataFrame:
    """Every run of the map: panel, what, utilisation, engine, tasks that count, error and controls.

    ``error``: the time of a task over the predicted one, less 1. ``alone``: that of the same tasks,
    first come, first served, whose mean the long runs tell. ``exact``: what a quantity with a known
    mean was off. ``tell`` is told the runs done, of `number_of_runs`.
    """
    parts: list[pd.DataFrame] = []
    for runs in (long_runs, capped_runs, burst_runs):
        parts.append(runs(tasks, seed, executor, later(tell, sum(map(len, parts)))))
    found = pd.concat(parts, ignore_index=True)
    return found[found.what != ALONE]


def number_of_runs() -> int:
    """What progress counts to."""
    return RUNS * len(UTILISATION) * (1 + len(VARIABILITY) + 1 + len(CAPS) + len(BURSTS))


def long_runs(
    tasks: int, seed: int, executor: Executor | None = None, tell: Tell | None = None
) -> pd.DataFrame:
    """First come, first served, by the compiled engine."""
    cells: dict[tuple[str, float], Scenario] = {}
    for u in UTILISATION:
        for what, cv in (("exponential", None), *((f"cv {cv:g}", cv) for cv in VARIABILITY)):
            service = Exponential() if cv is None else Lognormal(cv)
            length = round(tasks * _LONG * relaxation(u, 1.0 if cv is None else cv * cv))
            cells[what, u] = balanced(u)[1].replace(service_time=service, tasks=length, seed=seed)
    runs = measure(cells, mean_delay, RUNS, executor, tell, names=NAMES, summary=True)
    return _with_errors("service", runs)


def capped_runs(
    tasks: int, seed: int, executor: Executor | None = None, tell: Tell | None = None
) -> pd.DataFrame:
    """The same tasks under every cap and, `ALONE`, first come, first served; ``exact``: no cap."""
    cells: dict[tuple[str, float], Scenario] = {}
    for u in UTILISATION:
        length = _with_ends(round(_SHORT["cap"] * tasks / (1 - u)))
        scenario = balanced(u)[1].replace(service_time=Lognormal(CAPPED), tasks=length, seed=seed)
        cells[ALONE, u] = scenario
        for cap in CAPS:
            what = f"cap {cap:g}" if cap < np.inf else NO_CAP
            cells[what, u] = scenario.replace(discipline=ProcessorSharing(cap))
    runs = measure(cells, counted, range(RUNS, 2 * RUNS), executor, tell, names=NAMES)
    runs = _with_errors("cap", runs)
    for column, what in (("alone", ALONE), ("exact", NO_CAP)):
        same = runs[runs.what == what].set_index(["utilisation", "replication"]).error
        runs = runs.join(same.rename(column), on=["utilisation", "replication"])
    return runs.assign(exact=runs.exact.where(runs.what != NO_CAP))


def burst_runs(
    tasks: int, seed: int, executor: Executor | None = None, tell: Tell | None = None
) -> pd.DataFrame:
    """Bursts at the same rate. ``exact``: the time at M1, where theory knows bursts: its tasks come
    from outside or back from itself, so that it is one M^X/M/1 queue of tasks.
    """
    sizes = {f"bursts of {size:g}": size for size in BURSTS}
    cells: dict[tuple[str, float], Scenario] = {}
    for u in UTILISATION:
        game, scenario = balanced(u)
        length = _with_ends(round(_SHORT["bursts"] * tasks / (1 - u)))
        for what, size in sizes.items():
            arrivals = Bursts(game.arrival_rate, size)
            cells[what, u] = scenario.replace(arrivals=arrivals, tasks=length, seed=seed)
    replications = range(RUNS, 2 * RUNS)
    runs = measure(cells, counted, replications, executor, tell, names=NAMES, passes=True)
    expected = {u: predicted(balanced(u)[0]) for u in UTILISATION}
    first, second = (runs.utilisation.map({u: t[i] for u, t in expected.items()}) for i in (0, 1))
    exact = (runs.at_m1 - runs.what.map(sizes) * first) / (first + second)
    return _with_errors("bursts", runs).assign(exact=exact)


def mean_delay(run: Summary) -> Row:
    """What a whole run comes to."""
    return {"engine": run.engine, "tasks": run.n, "delay": run.means()["delay"]}


def counted(run: Result) -> Row:
    """What the tasks that count come to; with passes, their mean seconds at M1, too."""
    inside = _inside(run)
    n = inside.stop - inside.start
    row = {"engine": run.engine, "tasks": n, "delay": float(run.metrics()["delay"][inside].mean())}
    passes = run.passes
    if not len(passes["task"]):
        return row
    those = (passes["task"] >= inside.start) & (passes["task"] < inside.stop)
    seconds = (passes["waiting"] + passes["service"])[those & (passes["model"] == 1)]
    return row | {"at_m1": float(seconds.sum()) / n}


def _with_errors(panel: str, runs: pd.DataFrame) -> pd.DataFrame:
    expected = {u: sum(predicted(balanced(u)[0])) for u in UTILISATION}
    error = runs.delay / runs.utilisation.map(expected) - 1
    return runs.assign(panel=panel, error=error)


def _with_ends(n: int) -> int:
    """The tasks of a run of which ``n`` count."""
    return n // 4 + n + TAIL


def _inside(run: Result) -> slice:
    """The tasks that count: not those that find the run too empty, nor the last ones."""
    end = len(run.tasks["task"]) - TAIL
    return slice(end // 5, end)


# ---------------------------------------------------------------- the map


def error_map(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per cell of what was `measured`: the mean error and its 95% interval."""
    cells = []
    for panel, names in PANELS.items():
        for what in names:
            for u in UTILISATION:
                name = SAME.get((panel, what), what)
                part = runs[(runs.what == name) & (runs.utilisation == u)]
                cells.append({"panel": panel, "what": what, **_cell(part, runs)})
    return pd.DataFrame(cells)


def _cell(part: pd.DataFrame, runs: pd.DataFrame) -> dict[str, Any]:
    first = part.iloc[0]
    found = _estimate(part, runs)
    low, high = found.interval()
    return {
        "utilisation": first.utilisation, "engine": first.engine, "runs": len(part),
        "tasks_of_a_run": first.tasks, "error": found.mean,
        "standard_error": found.standard_error, "low": low, "high": high,
    }  # fmt: skip


def _estimate(part: pd.DataFrame, runs: pd.DataFrame) -> Estimate:
    """The mean, corrected by the controls that its runs have; their own error counts, too."""
    controls, unsure = [], 0.0
    if part.alone.notna().all():
        served = runs[
            (runs.what == f"cv {CAPPED:g}") & (runs.utilisation == part.utilisation.max())
        ]
        known, _ = controlled(served.error.to_numpy(), [])
        controls, unsure = [part.alone.to_numpy() - known.mean], known.standard_error
    if part.exact.notna().all():
        controls.append(part.exact.to_numpy())
    found, weights = controlled(part.error.to_numpy(), controls)
    if not unsure:
        return found
    return replace(found, standard_error=float(np.hypot(found.standard_error, weights[0] * unsure)))

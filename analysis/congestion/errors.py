"""How far the product form is off where it is not exact: variable service, caps, bursts.

One network with feedback, whose two models have one slot each and are equally busy; theory is exact
if service is exponential or shared by all, and arrivals are Poisson. First come, first served with
Poisson arrivals is summarised by the compiled engine, in runs so long that starting empty does not
matter. Those of caps and bursts are written down, with their passes; they are shorter, do not count
their first and last tasks, and are corrected by what a quantity with a known mean was off in the
same run.
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
from sim.servers.service_times import Exponential, Lognormal, ServiceTime
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
LONG, SHORT = "long", "short"  # kinds of runs
NAMES = ("panel", "what", "utilisation")
PANELS = {  # rows of the map; the first of each is exact in theory
    "service": ("exponential", *(f"cv {cv:g}" for cv in VARIABILITY)),
    "cap": (NO_CAP, "cap 8", "cap 4", "cap 2", "cap 1"),
    "bursts": ("Poisson", *(f"bursts of {size:g}" for size in BURSTS)),
}
SAME = {("cap", "cap 1"): f"cv {CAPPED:g}", ("bursts", "Poisson"): "exponential"}
_ABANDON, _CASCADE = 0.2, 0.5
_NETWORK = CongestedGame((0.4, 0.6), (0.1, 0.5), 8, 1, 0.5, (Station(1, 1.0), Station(1, 1.0)))
_LONG = 5.0  # tasks of a compiled run per unit of relaxation and task of the study's size
_SHORT = {"cap": 0.7, "bursts": 0.9}  # tasks counted in a short run, x (1 - utilisation)

Tell = Callable[[int], None]
Cells = dict[tuple[str, str, float], Scenario]


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
    """Every run of the map, `with_controls`. ``tell`` is told those done, of `number_of_runs`."""
    cells, short = long_cells(tasks, seed), cap_cells(tasks, seed) | burst_cells(tasks, seed)
    long = measure(cells, mean_delay, RUNS, executor, tell, names=NAMES, summary=True)
    tell, others = later(tell, len(long)), range(RUNS, 2 * RUNS)
    rest = measure(short, counted, others, executor, tell, names=NAMES, passes=True)
    return with_controls(pd.concat([long, rest], ignore_index=True))


def number_of_runs() -> int:
    """What progress counts to."""
    return RUNS * len(UTILISATION) * (1 + len(VARIABILITY) + 1 + len(CAPS) + len(BURSTS))


def long_cells(tasks: int, seed: int) -> Cells:
    """First come, first served."""
    services: dict[str, tuple[float, ServiceTime]] = {"exponential": (1.0, Exponential())}
    services |= {f"cv {cv:g}": (cv, Lognormal(cv)) for cv in VARIABILITY}
    return {
        ("service", what, u): balanced(u)[1].replace(
            service_time=service, tasks=round(tasks * _LONG * relaxation(u, cv * cv)), seed=seed
        )
        for u in UTILISATION
        for what, (cv, service) in services.items()
    }


def cap_cells(tasks: int, seed: int) -> Cells:
    """Service shared by at most so many and, `ALONE`, first come, first served."""
    cells = {}
    for u in UTILISATION:
        length = _with_ends(round(_SHORT["cap"] * tasks / (1 - u)))
        scenario = balanced(u)[1].replace(service_time=Lognormal(CAPPED), tasks=length, seed=seed)
        cells["cap", ALONE, u] = scenario
        for cap in CAPS:
            what = f"cap {cap:g}" if cap < np.inf else NO_CAP
            cells["cap", what, u] = scenario.replace(discipline=ProcessorSharing(cap))
    return cells


def burst_cells(tasks: int, seed: int) -> Cells:
    """Bursts at the same rate."""
    cells = {}
    for u in UTILISATION:
        game, scenario = balanced(u)
        length = _with_ends(round(_SHORT["bursts"] * tasks / (1 - u)))
        for size in BURSTS:
            arrivals = Bursts(game.arrival_rate, size)
            key = "bursts", f"bursts of {size:g}", u
            cells[key] = scenario.replace(arrivals=arrivals, tasks=length, seed=seed)
    return cells


def mean_delay(run: Summary) -> Row:
    """What a whole run comes to."""
    return {"length": LONG, "tasks": run.n, "delay": run.means()["delay"]}


def counted(run: Result) -> Row:
    """What the tasks that count come to, and their mean seconds at M1."""
    inside = _inside(run)
    n = inside.stop - inside.start
    passes = run.passes
    those = (passes["task"] >= inside.start) & (passes["task"] < inside.stop)
    seconds = (passes["waiting"] + passes["service"])[those & (passes["model"] == 1)]
    delay = float(run.metrics()["delay"][inside].mean())
    return {"length": SHORT, "tasks": n, "delay": delay, "at_m1": float(seconds.sum()) / n}


def with_controls(runs: pd.DataFrame) -> pd.DataFrame:
    """``error``: the time of a task over the predicted one, less 1; and what corrects it.

    ``alone``: the error of the same tasks, first come, first served, whose mean the long runs tell.
    ``exact``: what should be 0: under caps the error without one; under bursts, that of the time at
    M1: its tasks come from outside or back from itself: it is one M^X/M/1 queue of tasks.
    """
    expected = {u: predicted(balanced(u)[0]) for u in UTILISATION}
    first = runs.utilisation.map({u: times[0] for u, times in expected.items()})
    whole = runs.utilisation.map({u: sum(times) for u, times in expected.items()})
    runs = runs.assign(error=runs.delay / whole - 1)
    same_run = ["utilisation", "replication"]
    for column, what in (("alone", ALONE), ("exact", NO_CAP)):
        same = runs[runs.what == what].set_index(same_run).error.rename(column)
        runs = runs.join(same, on=same_run)
        runs[column] = runs[column].where((runs.panel == "cap") & (runs.what != what))
    if "at_m1" in runs:
        sizes = runs.what.map({f"bursts of {size:g}": size for size in BURSTS})
        runs["exact"] = runs.exact.fillna((runs.at_m1 - sizes * first) / whole)
    return runs[runs.what != ALONE]


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
        "utilisation": first.utilisation, "length": first.length, "runs": len(part),
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

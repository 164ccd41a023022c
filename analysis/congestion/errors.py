"""How far the product form is off where it is not exact: variable service, caps, bursts.

One network with feedback, whose two models have one slot each and are equally busy; theory is exact
if service is exponential or shared by all, and arrivals are Poisson. First come, first served with
Poisson arrivals is played by the compiled engine, in runs so long that starting empty does not
matter. Caps and bursts need the event engine; their runs are shorter, do not count their first and
last tasks, and are corrected by what a quantity with a known mean was off in the same run.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from agents import CongestedGame, Stationary
from analysis.games.congested import scenario_of
from analysis.runs.window import TAIL
from analysis.statistics.controls import controlled
from analysis.statistics.intervals import Estimate
from analysis.theory.product_form import seconds_by_model
from sim.arrivals.streams import Bursts
from sim.engine import simulate, stream
from sim.results import Result
from sim.scenario import Scenario
from sim.servers.disciplines import ProcessorSharing
from sim.servers.service_times import Exponential, Lognormal
from sim.theory.markov import visits
from sim.theory.stations import Station

RUNS = 20  # independent runs of every number
UTILISATION = (0.3, 0.5, 0.7, 0.85)
VARIABILITY = (0.3, 1.0, 2.0, 3.0)  # coefficient of variation of lognormal service
CAPPED = 2.0  # that of service under a cap
CAPS = (2.0, 4.0, 8.0, float("inf"))  # a cap of 1 is first come, first served
BURSTS = (2.0, 4.0, 8.0)  # mean size
PANELS = {  # rows of the map; the first of each is exact in theory
    "service": ("exponential", *(f"cv {cv:g}" for cv in VARIABILITY)),
    "cap": ("no cap", "cap 8", "cap 4", "cap 2", "cap 1"),
    "bursts": ("Poisson", *(f"bursts of {size:g}" for size in BURSTS)),
}
SAME = {("cap", "cap 1"): f"cv {CAPPED:g}", ("bursts", "Poisson"): "exponential"}
_ABANDON, _CASCADE = 0.2, 0.5
_NETWORK = CongestedGame((0.4, 0.6), (0.1, 0.5), 8, 1, 0.5, (Station(1, 1.0), Station(1, 1.0)))
_LONG = 5.0  # tasks of a compiled run per unit of relaxation and task of the study's size
_SHORT = {"cap": 0.7, "bursts": 0.9}  # tasks counted in an event run, x (1 - utilisation)

Job = tuple[Callable[..., Any], tuple[Any, ...]]
Row = dict[str, Any]


def balanced(utilisation: float) -> tuple[CongestedGame, Scenario]:
    """Two models, s = .5, users give up with q = .2; rates such that both are equally busy."""
    z = visits(_NETWORK.unloaded, 1, _CASCADE, _ABANDON)
    first, second = (Station(1, _NETWORK.arrival_rate * z[i] / utilisation) for i in (0, 1))
    game = replace(_NETWORK, stations=(first, second))
    return game, scenario_of(game, 1, _CASCADE, Stationary(_ABANDON))


def predicted(game: CongestedGame) -> tuple[float, float]:
    """Mean seconds of a task at each model by the product form."""
    return seconds_by_model(game, 1, _CASCADE, _ABANDON)


def jobs(tasks: int, seed: int) -> list[Job]:
    """Every run of the map; neighbours differ in cell, so that any part of the list takes alike."""
    found: list[Job] = []
    for run in range(RUNS):
        for u in UTILISATION:
            found += [(long_run, (u, cv, run, tasks, seed)) for cv in (None, *VARIABILITY)]
            found += [(capped_run, (u, run, tasks, seed))]
            found += [(burst_run, (u, size, run, tasks, seed)) for size in BURSTS]
    return found


# ---------------------------------------------------------------- runs


def relaxation(utilisation: float, variability: float) -> float:
    """The order of the number of tasks after which a queue has forgotten what it was."""
    return (1.0 + variability) / (1.0 - utilisation) ** 2


def long_run(u: float, cv: float | None, run: int, tasks: int, seed: int) -> list[Row]:
    """First come, first served, by the compiled engine; ``cv`` None: exponential."""
    game, scenario = balanced(u)
    service = Exponential() if cv is None else Lognormal(cv)
    length = round(tasks * _LONG * relaxation(u, 1.0 if cv is None else cv * cv))
    played = scenario.replace(service_time=service, tasks=length, seed=seed)
    seconds = stream(played, replication=run).means()["delay"]
    what = "exponential" if cv is None else f"cv {cv:g}"
    return [_row("service", what, u, "compiled", length, seconds / sum(predicted(game)) - 1)]


def capped_run(u: float, run: int, tasks: int, seed: int) -> list[Row]:
    """The same tasks under every cap.

    ``alone``: first come, first served, whose mean the long runs tell. ``exact``: without a cap.
    """
    game, scenario = balanced(u)
    n = round(_SHORT["cap"] * tasks / (1 - u))
    whole = scenario.replace(service_time=Lognormal(CAPPED), tasks=_with_ends(n), seed=seed)

    def error(played: Scenario, engine: str) -> float:
        result = simulate(played, replication=RUNS + run, engine=engine)
        return float(result.metrics()["delay"][_inside(n)].mean()) / sum(predicted(game)) - 1

    found = {cap: error(whole.replace(discipline=ProcessorSharing(cap)), "simpy") for cap in CAPS}
    alone, exact = error(whole, "compiled"), found.pop(np.inf)
    rows = [_row("cap", "no cap", u, "simpy", n, exact, alone)]
    return rows + [
        _row("cap", f"cap {cap:g}", u, "simpy", n, value, alone, exact)
        for cap, value in found.items()
    ]


def burst_run(u: float, size: float, run: int, tasks: int, seed: int) -> list[Row]:
    """Bursts at the same rate. ``exact``: the time at M1, where theory knows bursts: its tasks come
    from outside or back from itself, so that it is one M^X/M/1 queue of tasks.
    """
    game, scenario = balanced(u)
    n = round(_SHORT["bursts"] * tasks / (1 - u))
    arrivals = Bursts(game.arrival_rate, size)
    played = scenario.replace(arrivals=arrivals, tasks=_with_ends(n), seed=seed)
    result = simulate(played, replication=RUNS + run, engine="simpy", passes=True)
    first, second = predicted(game)
    error = float(result.metrics()["delay"][_inside(n)].mean()) / (first + second) - 1
    exact = (_seconds_at_m1(result, n) - size * first) / (first + second)
    return [_row("bursts", f"bursts of {size:g}", u, "simpy", n, error, exact=exact)]


def _seconds_at_m1(result: Result, n: int) -> float:
    """Mean seconds that a counted task spends at M1."""
    passes, inside = result.passes, _inside(n)
    counted = (passes["task"] >= inside.start) & (passes["task"] < inside.stop)
    seconds = passes["waiting"] + passes["service"]
    return float(seconds[counted & (passes["model"] == 1)].sum()) / n


def _with_ends(n: int) -> int:
    return n // 4 + n + TAIL


def _inside(n: int) -> slice:
    """The counted tasks of a run: not those that find it too empty, nor the last ones."""
    return slice(n // 4, n // 4 + n)


def _row(
    panel: str, what: str, u: float, engine: str, tasks: int, error: float,
    alone: float = np.nan, exact: float = np.nan,
) -> Row:  # fmt: skip
    return {
        "panel": panel, "what": what, "utilisation": u, "engine": engine, "tasks": tasks,
        "error": error, "alone": alone, "exact": exact,
    }  # fmt: skip


# ---------------------------------------------------------------- the map


def error_map(rows: list[Row]) -> pd.DataFrame:
    """One row per cell: the time of a task over the predicted one, less 1, and its 95% interval."""
    runs = pd.DataFrame(rows)
    cells = []
    for panel, names in PANELS.items():
        for what in names:
            for u in UTILISATION:
                name = SAME.get((panel, what), what)
                part = runs[(runs.what == name) & (runs.utilisation == u)]
                cells.append({"panel": panel, "what": what, **_cell(part, runs)})
    return pd.DataFrame(cells)


def _cell(part: pd.DataFrame, runs: pd.DataFrame) -> Row:
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

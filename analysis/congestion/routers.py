"""A router that looks at the queues against those that do not, by the event simulation.

Its rival is the best static cascade: at every load the s that is fastest by the product form, which
is exact for it: Poisson arrivals, exponential service, first come, first served.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents import CongestedGame, ShortestQueue, Stationary
from analysis.congestion.errors import RUNS
from analysis.games.congested import scenario_of
from analysis.runs.measure import Row, measure
from analysis.runs.window import EMPTY, TAIL
from analysis.statistics.intervals import estimate
from analysis.theory.product_form import seconds_by_model
from sim.results import Result
from sim.scenario import Scenario
from sim.theory.stations import Station

LOADS = (0.3, 0.5, 0.7, 0.9)  # share of M1's capacity that arrivals ask for
AWARE, RIVAL = "queue-aware", "best cascade"
ROUTERS = ("M1 only", RIVAL, "M2 only", AWARE)
_NETWORK = CongestedGame((0.4, 0.6), (0.1, 0.5), 8, 1, 0.5, (Station(2, 1.0), Station(3, 0.5)))
_CASCADES = np.linspace(0.0, 1.0, 1001).tolist()


def loaded(load: float) -> CongestedGame:
    """The network when M1 alone would be ``load`` busy."""
    return replace(_NETWORK, arrival_rate=load * _NETWORK.p[0] * _NETWORK.stations[0].capacity)


def seconds(game: CongestedGame, initial: int, cascade: float) -> float:
    """Mean seconds of a task by the product form, when users stay until it is solved."""
    return sum(seconds_by_model(game, initial, cascade, 0.0))


def best_cascade(load: float) -> float:
    """The s, in thousandths, with the fewest `seconds`.

    >>> [best_cascade(load) for load in LOADS]
    [0.0, 0.382, 0.615, 0.715]
    """
    game = loaded(load)
    return float(min(_CASCADES, key=lambda s: seconds(game, 1, s)))


def policy(load: float, router: str) -> tuple[int, float]:
    """Initial model and s of a router that does not look; the other one has no use for them."""
    if router == RIVAL:
        return 1, best_cascade(load)
    return (2, 0.0) if router == "M2 only" else (1, 0.0)


def measured(
    tasks: int,
    seed: int,
    executor: Executor | None = None,
    tell: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """Every run of every router at every load: mean seconds and cost of a task."""
    cells = {
        (load, router): scenario(load, router).replace(tasks=EMPTY + tasks + TAIL, seed=seed)
        for load in LOADS
        for router in ROUTERS
    }
    return measure(cells, means, RUNS, executor, tell, names=("load", "router"))


def number_of_runs() -> int:
    """What progress counts to."""
    return RUNS * len(LOADS) * len(ROUTERS)


def scenario(load: float, router: str) -> Scenario:
    """A router at a load; users stay until their task is solved."""
    game = loaded(load)
    played = scenario_of(game, *policy(load, router), Stationary(0.0))
    if router != AWARE:
        return played
    work = tuple(1 / (s.rate * p) for s, p in zip(game.stations, game.p, strict=True))
    return played.replace(routing=ShortestQueue(work, played.offer.slots))


def means(result: Result) -> Row:
    """Mean seconds and cost of the tasks of a run that count."""
    metrics, end = result.metrics(), len(result.tasks["task"]) - TAIL
    delay, cost = (float(metrics[name][EMPTY:end].mean()) for name in ("delay", "provider_cost"))
    return {"delay": delay, "cost": cost}


def router_means(runs: pd.DataFrame) -> pd.DataFrame:
    """Means and standard errors over runs, and the time saved against the rival."""
    rivals = runs[runs.router == RIVAL].groupby("load").delay
    found = []
    for _, part in runs.groupby(["load", "router"], sort=False):
        load, router = part.load.iloc[0], part.router.iloc[0]
        cascade = np.nan if router == AWARE else policy(load, router)[1]
        row = {"load": load, "router": router, "cascade": cascade}
        for name in ("delay", "cost"):
            each = estimate(part[name].to_numpy())
            row |= {name: each.mean, f"{name}_error": each.standard_error}
        found.append({**row, **saved(part.delay.to_numpy(), rivals.get_group(load).to_numpy())})
    return pd.DataFrame(found)


def saved(values: NDArray[np.float64], rival: NDArray[np.float64]) -> dict[str, float]:
    """Part of the mean of ``rival`` that ``values`` save, with its 95% interval.

    Run by run both meet the same tasks. The error of a ratio of means by its residuals (Cochran
    1977, section 2.11), Student's t with a degree of freedom less than runs.

    >>> saved(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]))
    {'saved': 0.5, 'saved_low': 0.5, 'saved_high': 0.5}
    """
    ratio = float(values.mean() / rival.mean())
    low, high = estimate((ratio * rival - values) / rival.mean()).interval()
    return {"saved": 1 - ratio, "saved_low": 1 - ratio + low, "saved_high": 1 - ratio + high}

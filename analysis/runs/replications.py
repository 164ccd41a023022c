"""Means of every metric over many runs."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np

from analysis.runs.measure import Row, measure
from sim.results import Result
from sim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS = ["scenario", "replication", "metric", "value", "n"]


def replicate(
    scenarios: Mapping[str, Scenario],
    replications: int | range,
    executor: Executor | None = None,
    engine: str = "auto",
    progress: Callable[[int], None] | None = None,
) -> "pd.DataFrame":
    """Means of every metric in every replication of every scenario.

    A tidy frame: scenario, replication, metric, value (units as in `sim.results.Result.metrics`),
    n (tasks behind the mean). Arguments and errors as in `analysis.runs.measure.measure`.
    Replication r of every scenario shares its random numbers if the seeds agree. Intervals:
    `analysis.statistics.intervals.estimate` over replications.
    """
    wide = measure(
        scenarios, means, replications, executor, progress, names=("scenario",), engine=engine
    )
    keys = ["scenario", "replication", "n"]
    long = wide.melt(keys, var_name="metric", ignore_index=False).sort_index(kind="stable")
    return long.reset_index(drop=True)[_COLUMNS]


def means(result: Result) -> Row:
    """The mean of every metric over the tasks that have left, and their number ``n``."""
    metrics = result.metrics()
    n = len(metrics["success"])
    return {"n": n} | {name: float(x.mean()) if n else np.nan for name, x in metrics.items()}

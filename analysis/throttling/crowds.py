"""A queue of limited length, and what refused users make of it.

All scenarios meet the same tasks with the same luck, replication by replication.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

import pandas as pd

from analysis.runs.measure import Row, measure
from analysis.statistics.intervals import estimate
from sim.results import Result
from sim.scenario import Scenario

CONFIDENCE = 0.95
STORM = ("prompts", "refusals", "success", "seconds", "provider_cost", "user_utility")

Told = Callable[[int], None] | None


def storms(
    scenarios: Mapping[tuple[str, float], Scenario],
    replications: int,
    executor: Executor | None = None,
    progress: Told = None,
) -> pd.DataFrame:
    """One row per (``users``, ``load``) and metric of `STORM`: mean per task and 95% interval.

    ``prompts``: passes and refusals; ``seconds`` from arrival to the end, however it ended; money.
    """
    names = ("users", "load")
    seen = measure(scenarios, storm, replications, executor, progress, names=names)
    rows = [
        {"users": users, "load": load, "metric": metric, **_interval(part[metric])}
        for (users, load), part in seen.groupby(list(names), sort=False)
        for metric in STORM
    ]
    return pd.DataFrame(rows)


def storm(result: Result) -> Row:
    """The metrics of `STORM` in one replication."""
    metrics, tasks = result.metrics(), result.tasks
    values = {
        "prompts": metrics["passes"] + tasks["refusals"],
        "refusals": tasks["refusals"],
        "success": metrics["success"],
        "seconds": tasks["ended"] - tasks["arrived"],
        "provider_cost": metrics["provider_cost"],
        "user_utility": metrics["user_utility"],
    }
    return {metric: values[metric].mean() for metric in STORM}


def _interval(values: "pd.Series[float]", confidence: float = CONFIDENCE) -> dict[str, Any]:
    found = estimate(values.to_numpy())
    low, high = found.interval(confidence)
    return {"mean": found.mean, "ci_low": low, "ci_high": high}

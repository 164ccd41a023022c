"""Systems with queues under different throttles or users: who asks how often, and who is hurt.

All scenarios of a comparison meet the same tasks with the same luck, replication by replication.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import Any

import numpy as np
import pandas as pd

from analysis.games.planes import Array
from analysis.runs.jobs import run_jobs
from analysis.statistics.intervals import estimate
from sim.arrivals.population import Population
from sim.engine import simulate
from sim.results import Result
from sim.scenario import Scenario

CONFIDENCE = 0.95
STORM = ("prompts", "refusals", "success", "seconds", "provider_cost", "user_utility")
HURT = ("utility", "success", "seconds", "refusals")

Job = tuple[Scenario, int]  # and its replication
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
    seen = _played(storm, list(scenarios.values()), replications, executor, progress)
    rows = [
        {"users": users, "load": load, "metric": metric, **_interval(seen[k, :, m])}
        for k, (users, load) in enumerate(scenarios)
        for m, metric in enumerate(STORM)
    ]
    return pd.DataFrame(rows)


def storm(job: Job) -> Array:
    """The metrics of `STORM` in one replication."""
    result = _simulate(job)
    metrics, tasks = result.metrics(), result.tasks
    values = (
        metrics["passes"] + tasks["refusals"],
        tasks["refusals"],
        metrics["success"],
        tasks["ended"] - tasks["arrived"],
        metrics["provider_cost"],
        metrics["user_utility"],
    )
    return np.array([each.mean() for each in values])


def classes(
    scenarios: Mapping[str, Scenario],
    replications: int,
    executor: Executor | None = None,
    progress: Told = None,
) -> pd.DataFrame:
    """One row per strategy, class of users and metric of `HURT`, all per task.

    Means with 95% intervals, and ``difference`` to the first strategy, paired; its intervals hold
    together over all strategies and classes of a metric (Bonferroni).
    """
    groups = _groups(next(iter(scenarios.values())))
    seen = _played(hurt, list(scenarios.values()), replications, executor, progress)
    together = 1 - (1 - CONFIDENCE) / max(1, (len(scenarios) - 1) * len(groups))
    rows = []
    for k, strategy in enumerate(scenarios):
        for g, group in enumerate(groups):
            for m, metric in enumerate(HURT):
                values = seen[:, :, g * len(HURT) + m]
                gap = _interval(values[k] - values[0], together)
                rows.append(
                    {"strategy": strategy, "class": group, "metric": metric}
                    | _interval(values[k])
                    | {"difference": gap["mean"]}
                    | {f"difference_{end}": gap[end] for end in ("ci_low", "ci_high")}
                )
    return pd.DataFrame(rows)


def hurt(job: Job) -> Array:
    """The metrics of `HURT` in one replication, class by class."""
    result = _simulate(job)
    metrics, tasks = result.metrics(), result.tasks
    values = (
        metrics["user_utility"],
        metrics["success"],
        tasks["ended"] - tasks["arrived"],
        tasks["refusals"],
    )
    groups = range(len(_groups(job[0])))
    return np.array([each[tasks["group"] == g].mean() for g in groups for each in values])


def _groups(scenario: Scenario) -> list[str]:
    assert isinstance(scenario.arrivals, Population)
    return [each.name for each in scenario.arrivals.classes]


def _simulate(job: Job) -> Result:
    scenario, replication = job
    return simulate(scenario, replication=replication)


def _played(
    measure: Callable[[Job], Array],
    scenarios: list[Scenario],
    replications: int,
    executor: Executor | None,
    progress: Told,
) -> Array:
    """Shape (scenarios, replications, metrics)."""
    jobs = [(scenario, r) for scenario in scenarios for r in range(replications)]
    found = np.array(run_jobs(measure, jobs, executor, progress))
    return found.reshape(len(scenarios), replications, -1)


def _interval(values: Array, confidence: float = CONFIDENCE) -> dict[str, Any]:
    found = estimate(values)
    low, high = found.interval(confidence)
    return {"mean": found.mean, "ci_low": low, "ci_high": high}

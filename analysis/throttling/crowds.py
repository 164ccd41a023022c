"""Systems with queues under different throttles or users: who asks how often, and who is hurt.

All scenarios of a comparison meet the same tasks with the same luck, replication by replication.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

import pandas as pd

from analysis.runs.measure import Row, measure
from analysis.statistics.intervals import estimate
from sim.arrivals.population import Population
from sim.results import Result
from sim.scenario import Scenario

CONFIDENCE = 0.95
STORM = ("prompts", "refusals", "success", "seconds", "provider_cost", "user_utility")
HURT = ("utility", "success", "seconds", "refusals")

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
    base, groups = next(iter(scenarios)), _groups(next(iter(scenarios.values())))
    what = partial(hurt, groups=groups)
    frame = measure(scenarios, what, replications, executor, progress, names=("strategy",))
    seen = {name: part.reset_index() for name, part in frame.groupby("strategy", sort=False)}
    together = 1 - (1 - CONFIDENCE) / max(1, (len(scenarios) - 1) * len(groups))
    rows = []
    for strategy, part in seen.items():
        for group in groups:
            for metric in HURT:
                values = part[f"{group} {metric}"]
                gap = _interval(values - seen[base][f"{group} {metric}"], together)
                rows.append(
                    {"strategy": strategy, "class": group, "metric": metric}
                    | _interval(values)
                    | {"difference": gap["mean"]}
                    | {f"difference_{end}": gap[end] for end in ("ci_low", "ci_high")}
                )
    return pd.DataFrame(rows)


def hurt(result: Result, groups: Sequence[str]) -> Row:
    """The metrics of `HURT` in one replication, class by class: "class metric"."""
    metrics, tasks = result.metrics(), result.tasks
    values = {
        "utility": metrics["user_utility"],
        "success": metrics["success"],
        "seconds": tasks["ended"] - tasks["arrived"],
        "refusals": tasks["refusals"],
    }
    return {
        f"{group} {metric}": values[metric][tasks["group"] == number].mean()
        for number, group in enumerate(groups)
        for metric in HURT
    }


def _groups(scenario: Scenario) -> list[str]:
    assert isinstance(scenario.arrivals, Population)
    return [each.name for each in scenario.arrivals.classes]


def _interval(values: "pd.Series[float]", confidence: float = CONFIDENCE) -> dict[str, Any]:
    found = estimate(values.to_numpy())
    low, high = found.interval(confidence)
    return {"mean": found.mean, "ci_low": low, "ci_high": high}

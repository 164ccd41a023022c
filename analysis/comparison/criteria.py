"""By what strategies are judged: one number per criterion and replication.

Money per task unless said otherwise; of each class of users also shares of its tasks, and seconds.
Every task that arrived counts, however it ended: the delay of a task that was abandoned or refused
is the time that its user spent on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.checks import refuse
from sim.records import Columns, Outcome
from sim.results import Result

Array = NDArray[Any]


@dataclass(frozen=True)
class Criterion:
    """What is measured, in words, whether much of it is good, and in which unit ($: money)."""

    name: str
    label: str
    large_is_good: bool
    unit: str = "$ per task"

    @property
    def sign(self) -> int:
        """1 or -1: times the criterion, more is better."""
        return 1 if self.large_is_good else -1


CRITERIA = (
    Criterion("provider_cost", "provider's cost", False),
    Criterion("user_utility", "users' utility", True),
    Criterion("worst_decile", "utility of the worst tenth of tasks", True),
    Criterion("success", "share of tasks solved", True, "share"),
    Criterion("delay_median", "median cost of delay", False),
    Criterion("delay_p95", "95th percentile of the cost of delay", False),
    Criterion("refusals", "number of refusals", False, "per task"),
    Criterion("fairness_gap", "fairness gap", False, "share of V"),
)
OF_CLASSES = (
    Criterion("utility", "utility ($)", True),
    Criterion("solved", "solved", True, "share"),
    Criterion("gave_up", "gave up", False, "share"),
    Criterion("refused", "refused for good", False, "share"),
    Criterion("declined", "did not begin", False, "share"),
    Criterion("seconds_median", "median (s)", False, "s"),
    Criterion("seconds_p95", "95% (s)", False, "s"),
)
_WORST = 0.1  # share of the tasks


def criterion(name: str) -> Criterion:
    """The criterion called ``name``; hyphens will do. InputError if there is none.

    >>> criterion("provider-cost").large_is_good
    False
    """
    known = {by.name: by for by in CRITERIA}
    key = name.replace("-", "_")
    if key not in known:
        refuse("criterion", name, "one of " + ", ".join(known).replace("_", "-"))
    return known[key]


def judge(result: Result) -> dict[str, float]:
    """The `CRITERIA` of one replication that ran until it was empty, by their names.

    ``fairness_gap`` is the largest minus the smallest mean over a class of utility / V, 0 if there
    is one class; utilities of classes are comparable as shares of what they could have been.
    """
    metrics = result.metrics()
    utility, delay = metrics["user_utility"], metrics["delay"]
    worst = int(np.ceil(_WORST * len(utility)))
    median, p95 = np.quantile(delay, (0.5, 0.95))
    return {
        "provider_cost": metrics["provider_cost"].mean(),
        "user_utility": utility.mean(),
        "worst_decile": np.sort(utility)[:worst].mean(),
        "success": metrics["success"].mean(),
        "delay_median": median,
        "delay_p95": p95,
        "refusals": result.tasks["refusals"].mean(),
        "fairness_gap": _gap(result.tasks, utility / result.value),
    }


def judge_classes(result: Result, names: Sequence[str]) -> dict[str, float]:
    """The criteria `OF_CLASSES` of each class of users in one replication, by `of_class`.

    Seconds from arrival to the end, however the task ended. NaN where no task of a class came.
    """
    tasks, utility = result.tasks, result.metrics()["user_utility"]
    seconds = tasks["ended"] - tasks["arrived"]
    values: dict[str, float] = {}
    for group, name in enumerate(names):
        mine = tasks["group"] == group
        row = _of_one(utility[mine], result.solved[mine], tasks["outcome"][mine], seconds[mine])
        values |= {of_class(name, each.name): x for each, x in zip(OF_CLASSES, row, strict=True)}
    return values


def of_class(name: str, criterion: str) -> str:
    """The name of a criterion of one class of users.

    >>> of_class("free", "solved")
    'free: solved'
    """
    return f"{name}: {criterion}"


def _of_one(
    utility: Array, solved: Array, outcome: NDArray[np.int64], seconds: Array
) -> tuple[float, ...]:
    if not len(utility):
        return (float("nan"),) * len(OF_CLASSES)
    gave_up = np.isin(outcome, (Outcome.ABANDONED, Outcome.RENEGED, Outcome.CANCELLED))
    median, p95 = np.quantile(seconds, (0.5, 0.95))
    refused, declined = ((outcome == how).mean() for how in (Outcome.REFUSED, Outcome.BALKED))
    return utility.mean(), solved.mean(), gave_up.mean(), refused, declined, median, p95


def _gap(tasks: Columns, share: NDArray[np.float64]) -> float:
    means = [share[tasks["group"] == group].mean() for group in np.unique(tasks["group"])]
    return float(max(means) - min(means))

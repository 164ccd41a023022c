"""Strategies compared fairly: on the same luck, with intervals, and without a winner if need be.

How the best is selected and what is guaranteed: `analysis.statistics.selection`,
docs/comparison.md.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analysis.comparison.criteria import CRITERIA, Criterion, criterion, judge
from analysis.comparison.luck import KINDS, LUCK, luck
from analysis.runs.measure import measure
from analysis.statistics.selection import Interval, Plan, Selection, Target, Values, select
from sim.arrivals.population import Population
from sim.arrivals.streams import Arrivals
from sim.checks import POSITIVE, check, refuse
from sim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

TASKS = 2_000  # of one replication: enough for its mean to be about normal
SHARE = 0.01  # default indifference zone, of the criterion without throttling
FRONT = ("provider_cost", "user_utility")
_COLUMNS = {name: i for i, name in enumerate((*(each.name for each in CRITERIA), *KINDS))}
_CONTROLS = {_COLUMNS[name]: _COLUMNS[kind] for name, kind in LUCK.items()}


@dataclass(frozen=True)
class Comparison:
    """What came of a comparison: the selection by ``criterion``, and intervals for every criterion.

    ``reference`` is the strategy whose criterion gave the default indifference zone, or None.
    """

    criterion: Criterion
    selection: Selection
    reference: str | None

    @cached_property
    def front(self) -> tuple[str, ...]:
        """The Pareto front of provider's cost and users' utility."""
        return self.front_over(FRONT)

    def front_over(self, names: Sequence[str]) -> tuple[str, ...]:
        """The strategies that are not shown to be dominated in the criteria ``names``."""
        chosen = [criterion(name) for name in names]
        return self.selection.front({_COLUMNS[each.name]: each.sign for each in chosen})

    def replications(self, strategy: str) -> int:
        """How often ``strategy`` was played."""
        return len(self.selection.values[strategy])

    def own(self, strategy: str, of: Criterion) -> Interval:
        """Mean of a criterion, with an interval that holds together with the other strategies'."""
        return self.selection.own(strategy, _COLUMNS[of.name])

    def to_best(self, strategy: str, of: Criterion) -> Interval:
        """``strategy`` minus the best, paired; intervals hold together over all pairs and looks."""
        return self.selection.difference(strategy, self.selection.best, _COLUMNS[of.name])

    def ties(self) -> tuple[str, ...]:
        """Strategies that came out the same as the best in every replication, by the criterion."""
        best, column = self.selection.best, _COLUMNS[self.criterion.name]
        values = {name: each[:, column] for name, each in self.selection.values.items()}
        return tuple(
            name
            for name, each in values.items()
            if name != best and np.array_equal(each, values[best])
        )

    def verdict(self) -> str:
        """The result in one sentence."""
        found, by = self.selection, self.criterion.label
        sure = f"with probability at least {100 * found.plan.confidence:g}%"
        zone = f"{found.zone:.3g}"
        if len(found.values) == 1:
            return f"'{found.best}' is the only strategy: there is nothing to choose."
        if found.decided:
            return (
                f"'{found.best}' has the best {by}: {sure} no other is better by more than {zone}."
            )
        rivals = " and ".join(f"'{name}'" for name in found.rivals)
        return (
            f"Cannot decide: after {found.plan.budget} replications '{found.best}' has the best "
            f"{by} so far, but {rivals} may be better by more than {zone}."
        )

    def notes(self) -> list[str]:
        """What else should be known, a sentence each."""
        notes = []
        if self.reference is not None:
            share = f"{100 * SHARE:g}% of the {self.criterion.label} under {self.reference}"
            notes.append(f"Indifference zone: {self.selection.zone:.3g}, {share}.")
        if self.ties():
            tied = ", ".join(self.ties())
            notes.append(f"Counted as equal, the same as the best in every replication: {tied}.")
        if shares := self._left():
            of = f"{100 * min(shares):.0f}% to {100 * max(shares):.0f}%"
            notes.append(f"Control variates leave {of} of the variance of the differences.")
        if not self.selection.decided:
            notes.append("A larger budget or indifference zone could decide it.")
        return notes

    def _left(self) -> list[float]:
        """What controls leave of the variances of the differences to the best, where they do."""
        found, column = self.selection, _COLUMNS[self.criterion.name]
        shares = [found.left(column, name, found.best) for name in found.values]
        return [share for share in shares if share != 1.0]

    def frame(self) -> "pd.DataFrame":
        """One row per strategy and criterion: mean, difference to the best, their intervals."""
        import pandas as pd

        rows = [
            {
                "strategy": strategy,
                "criterion": each.name,
                "replications": self.replications(strategy),
                **self.numbers(strategy, each),
            }
            for strategy in self.selection.values
            for each in CRITERIA
        ]
        return pd.DataFrame(rows)

    def numbers(self, strategy: str, of: Criterion) -> dict[str, float]:
        """Mean and difference to the best by name, with their intervals, and the share of the
        variance of each that its control leaves.
        """
        own, to_best = self.own(strategy, of), self.to_best(strategy, of)
        column, best = _COLUMNS[of.name], self.selection.best
        return {
            "mean": own.mean,
            "ci_low": own.low,
            "ci_high": own.high,
            "difference_to_best": to_best.mean,
            "difference_ci_low": to_best.low,
            "difference_ci_high": to_best.high,
            "variance_left": self.selection.left(column, strategy),
            "difference_variance_left": self.selection.left(column, strategy, best),
        }

    def replication_frame(self) -> "pd.DataFrame":
        """One row per strategy and replication, one column per criterion and kind of luck."""
        import pandas as pd

        parts = [
            pd.DataFrame(values, columns=list(_COLUMNS))
            .rename_axis("replication")
            .reset_index()
            .assign(strategy=strategy)
            for strategy, values in self.selection.values.items()
        ]
        frame = pd.concat(parts, ignore_index=True)
        return frame[["strategy", *frame.columns[:-1]]]


def compare(
    scenarios: Mapping[str, Scenario],
    plan: Plan,
    by: Criterion = CRITERIA[0],
    indifference: float | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    engine: str = "auto",
    planned: int = 0,
) -> Comparison:
    """Select the best of several strategies by one criterion, and judge all of them by all.

    ``scenarios``: strategy -> its scenario; all with the same seed, number of tasks and arrivals,
    so that the same tasks come with the same luck, and without a horizon, so that no task is still
    in the system when it is judged. ``indifference`` in units of the criterion; None: 1% of the
    criterion under 'none' (else the first strategy) at the first look; 0 there means that only what
    is certain decides. ``progress`` is told how many of budget x strategies replications are done
    or no longer needed. ``engine`` as in `sim.engine.simulate`; 'auto' counts the tasks of the
    whole budget, or of more runs that are ``planned``. The result depends on scenarios and plan
    alone.
    """
    _check(scenarios)
    if indifference is not None:
        check("indifference", indifference, POSITIVE)
    reference = "none" if "none" in scenarios else next(iter(scenarios))
    target = Target(_COLUMNS[by.name], by.sign, indifference, reference, SHARE, _CONTROLS)
    total = len(scenarios)
    tell = progress or (lambda done: None)

    def sample(names: Sequence[str], first: int, count: int) -> dict[str, Values]:
        chosen = {name: scenarios[name] for name in names}
        runs = range(first, first + count)
        share = total / len(chosen)  # those that were dropped count as done
        frame = measure(
            chosen, judge, runs, executor, lambda done: tell(first * total + int(done * share)),
            engine=engine, passes=True, known=luck, planned=max(planned, total * plan.budget),
        )  # fmt: skip
        values = frame[list(_COLUMNS)].to_numpy().reshape(len(chosen), count, -1)
        return dict(zip(chosen, values, strict=True))

    found = select(list(scenarios), sample, plan, target)
    tell(total * plan.budget)
    return Comparison(by, found, None if indifference is not None else reference)


def _check(scenarios: Mapping[str, Scenario]) -> None:
    if not scenarios:
        refuse("strategies", list(scenarios), "at least one strategy")
    common = ("seed", "tasks", "arrivals")
    found = [(each.seed, each.tasks, _arrivals(each)) for each in scenarios.values()]
    for field, values in zip(common, zip(*found, strict=True), strict=True):
        if any(each != values[0] for each in values):
            refuse(field, values, "the same for all strategies: they are compared on the same luck")
    for scenario in scenarios.values():
        if scenario.horizon != float("inf"):
            refuse("horizon", scenario.horizon, "inf: tasks still in the system have no outcome")


def _arrivals(scenario: Scenario) -> Arrivals | Population:
    """Who comes when; how users of a class react may differ."""
    arrivals = scenario.arrivals
    if not isinstance(arrivals, Population):
        return arrivals
    return Population(tuple(replace(each, person=None) for each in arrivals.classes))

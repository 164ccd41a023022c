"""What came of a comparison: the selection, intervals for every number, and what they mean."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analysis.comparison.criteria import CRITERIA, OF_CLASSES, Criterion, criterion, of_class
from analysis.comparison.replication import GROWTH, Measures, class_names, visits
from analysis.reaction import regret
from analysis.reaction.exact import equilibrium
from analysis.statistics.selection import Interval, Selection
from analysis.theory.load import busy
from analysis.theory.relaxation import arrival_rate
from sim.arrivals.population import Population
from sim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

SHARE = 0.01  # default indifference zone, of the criterion without throttling
FRONT = ("provider_cost", "user_utility")
REGRET = 1.0  # of the zone: users who could gain more otherwise are not in equilibrium


@dataclass(frozen=True)
class Comparison:
    """What came of a comparison: the selection by ``criterion``, and intervals for every criterion.

    ``reference`` is the strategy whose criterion gave the default indifference zone, or None;
    ``columns`` the names of what was measured in every replication; ``scenarios`` the strategies as
    they were handed in; ``idle`` those that never changed anything.
    """

    criterion: Criterion
    selection: Selection
    reference: str | None
    columns: tuple[str, ...]
    scenarios: Mapping[str, Scenario]
    measures: Measures
    idle: tuple[str, ...] = ()

    @cached_property
    def front(self) -> tuple[str, ...]:
        """The Pareto front of provider's cost and users' utility."""
        return self.front_over(FRONT)

    def front_over(self, names: Sequence[str]) -> tuple[str, ...]:
        """The strategies that are not shown to be dominated in the criteria ``names``."""
        chosen = [criterion(name) for name in names]
        return self.selection.front({self._column(by.name): by.sign for by in chosen})

    def replications(self, strategy: str) -> int:
        """How often ``strategy`` was played."""
        return len(self.selection.values[strategy])

    def own(self, strategy: str, of: Criterion) -> Interval:
        """Mean of a criterion, with an interval that holds together with the other strategies'."""
        return self.selection.own(strategy, self._column(of.name))

    def to_best(self, strategy: str, of: Criterion) -> Interval:
        """``strategy`` minus the best, paired; intervals hold together over all pairs and looks."""
        return self.selection.difference(strategy, self.selection.best, self._column(of.name))

    def ties(self) -> tuple[str, ...]:
        """Strategies that came out the same as the best in every replication, by the criterion."""
        best, column = self.selection.best, self._column(self.criterion.name)
        values = {name: rows[:, column] for name, rows in self.selection.values.items()}
        return tuple(
            name
            for name, own in values.items()
            if name != best and np.array_equal(own, values[best])
        )

    @property
    def reference_strategy(self) -> str:
        """What others are compared with: none, if it is there, else the first strategy."""
        names = list(self.selection.values)
        return "none" if "none" in names else names[0]

    def of_class(self, strategy: str, group: str, of: Criterion) -> Interval:
        """The same as `own` for one of the criteria `OF_CLASSES` of a class of users."""
        return self.selection.own(strategy, self._column(of_class(group, of.name)))

    def change(self, strategy: str, group: str, of: Criterion) -> Interval:
        """``strategy`` minus the reference for a class of users, paired, as in `to_best`."""
        column = self._column(of_class(group, of.name))
        return self.selection.difference(strategy, self.reference_strategy, column)

    @property
    def groups(self) -> list[str]:
        """The names of the classes of users."""
        return class_names(self._start)

    @property
    def _start(self) -> Scenario:
        return next(iter(self.scenarios.values()))

    def _column(self, name: str) -> int:
        return self.columns.index(name)

    # --- what must hold for a verdict to mean anything

    def utilisation(self, strategy: str) -> list[Interval]:
        """Busy share of each model that users ask for, with intervals; 0 without queues."""
        models = range(1, len(self._start.game.models) + 1)
        passes = [self.selection.own(strategy, self._column(visits(i))) for i in models]
        scenario = self.scenarios[strategy]
        rate = arrival_rate(scenario)
        ends = [busy(scenario, [at[end] for at in passes], rate) for end in range(3)]
        return [Interval(*each) for each in zip(*ends, strict=True)]

    @cached_property
    def overloaded(self) -> tuple[str, ...]:
        """Strategies under which more work may come than a model can do, and tasks take longer and
        longer. Of a finite day none.
        """
        if self.measures.window.until < math.inf:
            return ()
        return tuple(filter(self._overloads, self.selection.values))

    def _overloads(self, name: str) -> bool:
        reaction, scenario = self.measures.reaction, self.scenarios[name]
        found = equilibrium(scenario) if reaction and reaction.known(scenario) else None
        if found is not None:
            return not found.stable
        growth = self.selection.own(name, self._column(GROWTH))
        return max(at.high for at in self.utilisation(name)) >= 1 and growth.low > 0

    def known(self, strategy: str) -> bool:
        """Whether theory has the users' response, or nobody was to react."""
        reaction = self.measures.reaction
        return reaction is None or reaction.known(self.scenarios[strategy])

    def regret(self, strategy: str) -> Interval:
        """What a user of the worst class gains by the best other answer, as a part of V; exactly 0
        where theory has the response.
        """
        values = self._values_of_tasks()
        regrets = [
            Interval(*(max(0.0, x / value) for x in of))
            for of, value in zip(self._regrets(strategy), values, strict=True)
        ]
        return max(regrets, key=lambda of: of.high)

    def _regrets(self, strategy: str) -> list[Interval]:
        """Of each class (money per task); intervals hold together over classes."""
        return [
            self.selection.own(strategy, self._column(regret.name(k)), len(self.groups))
            for k in range(len(self.groups))
        ]

    def regret_allowed(self, group: int) -> float:
        """What a user of a class may gain in equilibrium: a share of the indifference zone, or of V
        where the zone is no money (money per task).
        """
        if self.criterion.unit == "$ per task":
            return REGRET * self.selection.zone
        return REGRET * SHARE * self._values_of_tasks()[group]

    def _values_of_tasks(self) -> list[float]:
        arrivals = self._start.arrivals
        if isinstance(arrivals, Population):
            return [kind.value for kind in arrivals.classes]
        return [float(self._start.game.value)]

    @cached_property
    def unsettled(self) -> tuple[str, ...]:
        """Strategies whose users are not shown to be in equilibrium: their regret may exceed what
        is allowed.
        """
        return tuple(
            name
            for name in self.selection.values
            if any(of.high > self.regret_allowed(k) for k, of in enumerate(self._regrets(name)))
        )

    @property
    def unknown(self) -> tuple[str, ...]:
        """The unsettled among those that may be the best."""
        return tuple(name for name in self.unsettled if name in self.contenders)

    @property
    def contenders(self) -> tuple[str, ...]:
        """Strategies that are not shown to be worse than the best, by the criterion."""
        return tuple(
            name
            for name in self.selection.values
            if self.to_best(name, self.criterion).times(self.criterion.sign).high >= 0
        )

    @property
    def all_idle(self) -> bool:
        """Whether no strategy ever acted, and one that is none is not among them."""
        return set(self.selection.values) <= set(self.idle)

    @property
    def decided(self) -> bool:
        """Whether the best is known: the selection, and all that it rests on."""
        return self.selection.decided and not (
            self.overloaded or self.unknown or self.measures.short or self.all_idle
        )

    def left(self) -> list[float]:
        """What controls leave of the variances of the differences to the best, where they do."""
        found, column = self.selection, self._column(self.criterion.name)
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

    def class_frame(self) -> "pd.DataFrame":
        """One row per strategy, class of users and metric: mean, difference to the reference, and
        whether users are shown to be in equilibrium under both.
        """
        import pandas as pd

        rows = [
            {
                "strategy": strategy,
                "class": group,
                "metric": each.name,
                "settled": not {strategy, self.reference_strategy} & {*self.unsettled},
                **_interval("", self.of_class(strategy, group, each)),
                **_interval("difference_", self.change(strategy, group, each)),
            }
            for strategy in self.selection.values
            for group in self.groups
            for each in OF_CLASSES
        ]
        return pd.DataFrame(rows)

    def load_frame(self) -> "pd.DataFrame":
        """One row per strategy and model: utilisation; and the regret of the users, in V."""
        import pandas as pd

        rows = [
            {
                "strategy": strategy,
                "model": model,
                **_interval("utilisation_", at),
                **_interval("regret_", self.regret(strategy)),
            }
            for strategy in self.selection.values
            for model, at in enumerate(self.utilisation(strategy), start=1)
        ]
        return pd.DataFrame(rows)

    def numbers(self, strategy: str, of: Criterion) -> dict[str, float]:
        """Mean and difference to the best by name, with their intervals, and the share of the
        variance of each that its control leaves.
        """
        own, to_best = self.own(strategy, of), self.to_best(strategy, of)
        column, best = self._column(of.name), self.selection.best
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
            pd.DataFrame(values, columns=list(self.columns))
            .rename_axis("replication")
            .reset_index()
            .assign(strategy=strategy)
            for strategy, values in self.selection.values.items()
        ]
        frame = pd.concat(parts, ignore_index=True)
        return frame[["strategy", *frame.columns[:-1]]]


def _interval(prefix: str, value: Interval) -> dict[str, float]:
    """Mean and ends by name."""
    names = ("mean", "ci_low", "ci_high")
    return {prefix + name: x for name, x in zip(names, value, strict=True)}

"""Selecting the best with a stated probability, from replications on common random numbers.

**Procedure.** All strategies are played n0 times, then those still in contention up to 2 n0, 4 n0,
... times, at most ``budget`` times: these are the looks. At look k, with n replications of both,
the difference of strategies i and j lies with level 1 - a in

    mean(D) -+ t(n - 1; 1 - a / 2) sd(D) / sqrt(n),    D_r = X_ir - X_jr in replication r.

Where strategies have a control variate, a number per replication with mean 0, D is regressed on the
difference of theirs: the mean is corrected, and t has a degree of freedom less (`controlled`).
Intervals of skewed replications are stretched (`Estimate.interval`). The
a = (1 - confidence) / (pairs x looks) makes all intervals of all pairs at all looks hold together.
A strategy is dropped when an interval shows another one to be better. The leader b, the one in
contention with the best mean, is selected as soon as for every other one in contention the interval
ends at or below the indifference zone: it is better than b by at most that.

**Guarantee.** With probability >= confidence the selected strategy is within the indifference zone
of the best one; if the best one is better than all others by more than that, it is the selected
one. *Proof.* A paired interval at a fixed n holds with probability 1 - a whatever the correlation
of the two, and with a control if that and D are jointly normal: it is used by a rule that does not
look at D. There are pairs x looks of them (as if all were played on), so that all hold together
with probability >= confidence (Bonferroni), whichever look turns out to be the last. If all hold, a
strategy is dropped only because another one is truly better, so that the best one is never dropped:
it is in contention at the end, and the interval between it and b says that it is better than b by
at most the zone. The zone may be estimated from the data: the intervals do not depend on it.

Assumed: replication means are about normal (they are means over many tasks), and replications are
independent. Differences without variance (the same luck always led to the same values) count as
exact, and a tie goes to the strategy that is named first: what so rarely makes a difference that no
replication shows it is not seen.

Kim and Nelson's KN (2001, "A fully sequential procedure for indifference-zone selection in
simulation", ACM TOMACS 11) looks after every replication and needs fewer when all strategies
differ by just the zone, but has to have the zone beforehand, and yields a selection alone. Here
the intervals come with it, hold for any pair, and differences well above the zone end it early.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.controls import controlled
from analysis.statistics.intervals import Estimate, estimate
from sim.checks import COUNT, INSIDE_UNIT, check, refuse

_SUREST = 1 - 1e-9
Values = NDArray[np.float64]  # one row per replication, one column per criterion and control
Sample = Callable[[Sequence[str], int, int], Mapping[str, Values]]


class Interval(NamedTuple):
    """A mean and the ends of its interval."""

    mean: float
    low: float
    high: float

    def times(self, sign: int) -> "Interval":
        """The interval of the value times 1 or -1."""
        return self if sign > 0 else Interval(-self.mean, -self.high, -self.low)


@dataclass(frozen=True)
class Plan:
    """How sure to be, and how many replications of each strategy at the first look and at most.

    >>> Plan(budget=100).looks
    (20, 40, 80, 100)
    """

    confidence: float = 0.95
    budget: int = 160
    first: int = 20

    def __post_init__(self) -> None:
        check("confidence", self.confidence, INSIDE_UNIT)
        if self.confidence > _SUREST:
            refuse("confidence", self.confidence, f"at most {_SUREST!r}: intervals have ends")
        check("budget", self.budget, COUNT)
        if self.first < 2:
            refuse("first look", self.first, "at least 2 replications")
        if self.budget < self.first:
            refuse("budget", self.budget, f"at least {self.first} replications, the first look")

    @property
    def looks(self) -> tuple[int, ...]:
        """Numbers of replications at which the data are looked at."""
        n, looks = self.first, []
        while n < self.budget:
            looks.append(n)
            n *= 2
        return (*looks, self.budget)

    def interval(self, found: Estimate, family: int) -> Interval:
        """Student's t interval, one of ``family`` that hold together at all looks."""
        alpha = (1 - self.confidence) / (max(family, 1) * len(self.looks))
        return Interval(found.mean, *found.interval(1 - alpha))


@dataclass(frozen=True)
class Target:
    """What to select by: a column of the values, 1 or -1 if large or small ones are good.

    ``zone`` is the indifference zone; None: ``share`` of the absolute mean of the strategy
    ``reference`` at the first look. ``controls``: the column of the control variate of a column.
    """

    column: int
    sign: int
    zone: float | None
    reference: str
    share: float = 0.01
    controls: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """What the replications say.

    ``values`` per strategy, in the order in which they were named; a dropped one has fewer.
    ``best`` is the selected strategy if ``decided``, else the leader when the budget ended, which
    ``rivals`` may beat by more than the indifference zone. ``controls`` as in `Target`.
    """

    values: Mapping[str, Values]
    plan: Plan
    zone: float
    best: str
    rivals: tuple[str, ...]
    controls: Mapping[int, int] = field(default_factory=dict)

    @property
    def decided(self) -> bool:
        """Whether the best is known."""
        return not self.rivals

    @property
    def pairs(self) -> int:
        """Pairs of strategies."""
        return len(self.values) * (len(self.values) - 1) // 2

    def own(self, name: str, column: int, columns: int = 1) -> Interval:
        """Mean of one strategy; the intervals of all strategies hold together at all looks, over
        ``columns`` columns if told so.
        """
        return self.plan.interval(self.estimate(column, name), columns * len(self.values))

    def difference(self, name: str, other: str, column: int, columns: int = 1) -> Interval:
        """``name`` minus ``other``, paired, at the last look that both of them saw.

        The intervals of all pairs hold together at all looks, so that they hold for a best that
        was selected with the same data, too; over ``columns`` columns if told so.
        """
        return self.plan.interval(self.estimate(column, name, other), columns * self.pairs)

    def estimate(self, column: int, *names: str) -> Estimate:
        """The mean of one strategy, or of the first of two minus the second, with its control."""
        return _estimate(self.values, self.controls, column, *names)

    def left(self, column: int, *names: str) -> float:
        """The share of its variance that the control of an `estimate` leaves; 1 without one."""
        plain = estimate(_series(self.values, column, *names)).standard_error
        return (self.estimate(column, *names).standard_error / plain) ** 2 if plain > 0 else 1.0

    def front(self, signs: Mapping[int, int]) -> tuple[str, ...]:
        """The strategies that are not shown to be dominated: the Pareto front.

        ``signs``: column -> 1 or -1 if large or small values are good. Off the front is who is
        confirmed to be at most as good as one other strategy in all columns and worse in one; no
        strategy that is truly on it is off with probability >= confidence.
        """
        return tuple(
            name
            for name in self.values
            if not any(self._dominates(other, name, signs) for other in self.values)
        )

    def _dominates(self, name: str, other: str, signs: Mapping[int, int]) -> bool:
        lows = [
            self.difference(name, other, column, len(signs)).times(sign).low
            for column, sign in signs.items()
        ]
        return min(lows) >= 0 and max(lows) > 0


def _series(values: Mapping[str, Values], column: int, *names: str) -> Values:
    """A column of one strategy, or of the first of two minus the second where both were played."""
    first, *others = (values[name][:, column] for name in names)
    for second in others:
        n = min(len(first), len(second))
        first = first[:n] - second[:n]
    return first


def _estimate(
    values: Mapping[str, Values], controls: Mapping[int, int], column: int, *names: str
) -> Estimate:
    known = [_series(values, controls[column], *names)] if column in controls else []
    return controlled(_series(values, column, *names), known)[0]


def select(
    names: Sequence[str],
    sample: Sample,
    plan: Plan,
    target: Target,
) -> Selection:
    """Play ``names`` until the best is known or the budget ends.

    ``sample(names, first, count)`` plays replications first ... first + count - 1 of each of the
    names and returns their values; replication r of all of them shares its random numbers.
    """
    values: dict[str, Values] = {}
    alive, done, zone = list(names), 0, target.zone
    for look in plan.looks:
        for name, fresh in sample(tuple(alive), done, look - done).items():
            values[name] = np.concatenate([values[name], fresh]) if done else fresh
        done = look
        if zone is None:
            zone = target.share * abs(_mean(values, target, target.reference))
        ahead = _ahead(values, alive, plan, target)
        alive = [name for name in alive if all(ahead[name, other].high >= 0 for other in alive)]
        best = _leader(values, alive, target)
        rivals = tuple(other for other in alive if ahead[other, best].high > zone)
        if not rivals:
            break
    return Selection(values, plan, zone or 0.0, best, rivals, target.controls)


def _leader(values: Mapping[str, Values], alive: Sequence[str], target: Target) -> str:
    """Who has the best mean; the first named of those with the same values."""
    ahead = max(alive, key=lambda name: target.sign * _mean(values, target, name))
    column = target.column
    same = (np.array_equal(values[name][:, column], values[ahead][:, column]) for name in alive)
    return next(name for name, tied in zip(alive, same, strict=True) if tied)


def _mean(values: Mapping[str, Values], target: Target, name: str) -> float:
    return _estimate(values, target.controls, target.column, name).mean


def _ahead(
    values: Mapping[str, Values], alive: Sequence[str], plan: Plan, target: Target
) -> dict[tuple[str, str], Interval]:
    """By how much the first of each pair is better than the second."""
    family = len(values) * (len(values) - 1) // 2
    known = values, target.controls, target.column
    return {
        (i, j): plan.interval(_estimate(*known, i, j), family).times(target.sign)
        for i in alive
        for j in alive
    }

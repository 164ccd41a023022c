"""What is left of a run when its tasks are forgotten: sums, a histogram and batch means.

There is one rule of accumulation, `add`, and one order, that of the arrivals. The kernel compiles
it; the summary of a run is therefore the same, byte for byte, whatever engine played it and whether
its tasks were written down or not.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.checks import UNIT, check
from sim.rule import CANCELLED, COMPLETED, IN_SYSTEM

BATCHES = 30
METRICS = ("success", "delay", "service_cost", "user_utility", "provider_cost", "passes")
# The histogram has 64 bins for each doubling, from 2^-32 to 2^32
_SHIFT, _LOWEST, _BINS = 46, (1023 - 32) << 6, 4096
NEVER = 2**62  # the task that begins another batch after the last one


class Totals(NamedTuple):
    """What `add` adds to; the base quantities are success, delay, service cost and passes.

    ``counts`` tasks by minus the `sim.records.Outcome`; ``place`` tasks of a batch, the batch that
    is being filled, and the task that begins the next one; ``origin`` what is taken off delays and
    costs before they are added, so that little is lost to rounding;
    ``batches`` number and sums of the base quantities in each batch and after the last full one;
    ``products`` sums of their products; ``extremes`` of the delay; ``histogram`` of the delay.
    """

    counts: NDArray[np.int64]
    place: NDArray[np.int64]
    origin: NDArray[np.float64]
    batches: NDArray[np.float64]
    products: NDArray[np.float64]
    extremes: NDArray[np.float64]
    histogram: NDArray[np.int64]

    @classmethod
    def empty(cls, tasks: int) -> "Totals":
        """Nothing yet of a run of ``tasks`` tasks."""
        size = tasks // BATCHES
        return cls(
            np.zeros(1 - CANCELLED, np.int64),
            np.array([size, 0, size] if size else [0, BATCHES, NEVER]),
            np.zeros(2),
            np.zeros((BATCHES + 1, 5)),
            np.zeros((4, 4)),
            np.array([np.inf, -np.inf]),
            np.zeros(_BINS, np.int64),
        )


def add(
    totals: Totals, task: int, outcome: int, delay: float, service_cost: float, passes: int
) -> None:
    """Add one task; to be called in the order of the arrivals. A task still in the system counts
    as such and nothing else.
    """
    totals.counts[-outcome] += 1
    if outcome == IN_SYSTEM:
        return
    if totals.extremes[1] < 0.0:  # the first one
        totals.origin[0], totals.origin[1] = delay, service_cost
    place = totals.place
    while task >= place[2]:
        place[1] += 1
        place[2] = place[2] + place[0] if place[1] < BATCHES else NEVER
    batch = totals.batches[place[1]]
    success = 1.0 if outcome == COMPLETED else 0.0
    x, y, z = delay - totals.origin[0], service_cost - totals.origin[1], float(passes)
    batch[0] += 1.0
    batch[1] += success
    batch[2] += x
    batch[3] += y
    batch[4] += z
    products = totals.products
    products[0, 0] += success
    products[0, 1] += success * x
    products[0, 2] += success * y
    products[0, 3] += success * z
    products[1, 1] += x * x
    products[1, 2] += x * y
    products[1, 3] += x * z
    products[2, 2] += y * y
    products[2, 3] += y * z
    products[3, 3] += z * z
    totals.extremes[0] = min(totals.extremes[0], delay)
    totals.extremes[1] = max(totals.extremes[1], delay)
    bar = int(np.float64(delay).view(np.int64) >> _SHIFT) - _LOWEST
    totals.histogram[min(max(bar, 0), _BINS - 1)] += 1


@dataclass(frozen=True)
class Summary:
    """Moments, quantiles and standard errors of one run, in memory that does not grow with it.

    The kernel keeps tasks only from the oldest that is under way to the newest.

    ``value`` and ``penalty`` as in the game; metrics and units as in `sim.results.Result.metrics`.
    """

    totals: Totals
    value: float
    penalty: float
    engine: str
    seconds: float

    def counts(self) -> dict[str, int]:
        """Tasks by outcome; together they are the arrivals."""
        from sim.results import by_outcome

        return by_outcome({-place: int(n) for place, n in enumerate(self.totals.counts)})

    @property
    def n(self) -> int:
        """Tasks that have left the system."""
        return int(self.totals.counts.sum() - self.totals.counts[-IN_SYSTEM])

    def means(self) -> dict[str, float]:
        """Mean of every metric; NaN if no task has left."""
        sums = self.totals.batches.sum(axis=0)
        return dict(zip(METRICS, self._metrics(sums).tolist(), strict=True))

    def covariance(self) -> NDArray[np.float64]:
        """Covariances of the metrics between tasks, in the order of `METRICS`; shape (6, 6)."""
        n, *sums = self.totals.batches.sum(axis=0)
        upper = np.triu(self.totals.products)
        products = upper + np.triu(upper, 1).T
        with np.errstate(invalid="ignore", divide="ignore"):
            means = np.array(sums) / n  # n times the squares: 0 remains where all are equal
            base = (products - n * np.outer(means, means)) / (n - 1)
        weights = self._weights()
        covariance: NDArray[np.float64] = weights @ base @ weights.T
        return covariance

    def standard_errors(self) -> dict[str, float]:
        """Of the means, from batches of neighbours (Law and Carson 1979); NaN without batches.

        A batch that a horizon has cut counts nowhere: one of whose tasks some have not left.
        """
        batches, size = self.totals.batches[:BATCHES], self.totals.place[0]
        filled = batches[batches[:, 0] == size] if size else batches[:0]
        if len(filled) < 2:
            return dict.fromkeys(METRICS, math.nan)
        means = np.array([self._metrics(batch) for batch in filled])
        equal = means.min(axis=0) == means.max(axis=0)  # where rounding would leave something
        errors = np.where(equal, 0.0, means.std(axis=0, ddof=1) / len(filled) ** 0.5)
        return dict(zip(METRICS, errors.tolist(), strict=True))

    def quantile(self, level: float) -> float:
        """The delay (money) that a share ``level`` of the tasks does not exceed, within 1.6%.

        NaN if that is 2^32 or more, and up to 2.4e-10 too much: so far the histogram reaches.
        """
        check("level", level, UNIT)
        if self.n == 0:
            return math.nan
        below = np.cumsum(self.totals.histogram)
        place = int(np.searchsorted(below, max(level * self.n, 1.0)))
        if place == _BINS - 1:
            return math.nan
        edge = np.array([_LOWEST + place + 1 << _SHIFT], np.int64).view(np.float64)[0]
        least, most = self.totals.extremes.tolist()
        return float(min(max(edge, least), most))

    def _metrics(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        """Means of the metrics from a number of tasks and the sums of the base quantities."""
        origin = np.array([0.0, *self.totals.origin, 0.0])
        with np.errstate(invalid="ignore", divide="ignore"):
            base = origin + sums[1:] / sums[0]
        means: NDArray[np.float64] = self._weights() @ base
        means[METRICS.index("provider_cost")] += self.penalty
        return means

    def _weights(self) -> NDArray[np.float64]:
        """The metrics as combinations of the base quantities; an unsolved task costs a penalty."""
        return np.array(
            [
                [1.0, 0.0, 0.0, 0.0],
                [0.0, 1.0, 0.0, 0.0],
                [0.0, 0.0, 1.0, 0.0],
                [self.value, -1.0, 0.0, 0.0],
                [-self.penalty, 0.0, 1.0, 0.0],
                [0.0, 0.0, 0.0, 1.0],
            ]
        )

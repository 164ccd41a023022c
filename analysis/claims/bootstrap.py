"""How far the findings on real pairs hang on which pairs there are, and how they were measured."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.games.catalogue import pairs
from analysis.games.distributions import RealPairs, generator
from analysis.games.resampling import ordered, resampled
from analysis.statistics.clusters import cells, expanded
from analysis.theory.outcomes import Array, outcomes

SAMPLES = 1_000
REPETITIONS = 40  # measurements of each pair
_MOST = 450  # games per pair and measurement
_GAMES, _CELLS = 3, 4  # streams of `generator`
LEVELS = (0.1, 0.5, 0.9)  # quantiles


@dataclass(frozen=True)
class Bootstrap:
    """Bootstrap samples of real pairs, each measured anew.

    ``games``: `outcomes`, the same number for every cell, a pair measured once; ``cells`` of each
    sample, (samples, pairs).
    """

    games: pd.DataFrame
    cells: Array

    def means(self, values: Array, mask: Array) -> Array:
        """The mean of ``values`` over the games of the ``mask`` in each sample; NaN without any."""
        sums, n = (self._sums(each) for each in (np.where(mask, values, 0.0), mask))
        with np.errstate(invalid="ignore"):
            ratio: Array = sums / n
        return ratio

    def _sums(self, values: Array) -> Array:
        by_cell = self._by_cell(values).sum(1)
        total: Array = by_cell[self.cells].sum(1)
        return total

    def _by_cell(self, values: Array) -> Array:
        return values.reshape(REPETITIONS * self.cells.shape[1], -1)

    def quantiles(self, values: Array, mask: Array) -> Array:
        """Quantiles at `LEVELS` in each sample: (levels, samples)."""
        values, mask = self._by_cell(values), self._by_cell(mask)
        parts = (values[sample][mask[sample]] for sample in self.cells)
        return np.array([_quantiles(part) for part in parts]).T

    def intervals(self, values: Array, mask: Array) -> list[tuple[float, float]]:
        """Of the share that is true; or of the mean and the quantiles; 95%."""
        found = [self.means(values, mask)]
        if values.dtype != bool:
            found += list(self.quantiles(values, mask))
        return [self.interval(each) for each in found]

    def interval(self, values: Array) -> tuple[float, float]:
        """95%, from a value per sample."""
        return expanded(values, self.cells.shape[1])


def _quantiles(values: Array) -> Array:
    if not len(values):
        return np.full(len(LEVELS), np.nan)
    places = np.array(LEVELS) * (len(values) - 1)  # as numpy's, which takes three times as long
    low, high = np.floor(places).astype(int), np.ceil(places).astype(int)
    ordered = np.partition(values, [*low, *high])
    found: Array = ordered[low] + (places - low) * (ordered[high] - ordered[low])
    return found


def bootstrapped(about: RealPairs, games: int, seed: int) -> Bootstrap:
    """Samples of as many pairs as there are, with replacement, each with its tasks drawn anew.

    A sample has about ``games`` games, but at most 450 of each pair, with V, P and the value of
    time as in ``about``. Errors of measurement, which also make measured pairs differ, count twice:
    intervals are rather too wide. The same for the same arguments.
    """
    known = list(pairs().values())
    size = min(-(-games // len(known)), _MOST)
    which = np.repeat(np.arange(len(known)), REPETITIONS * size)
    p = np.concatenate([resampled(pair, REPETITIONS, seed) for pair in known], axis=1)
    drawn = about.games(which, np.repeat(p, size, axis=1), generator(seed, _GAMES))
    samples = cells(len(known), REPETITIONS, SAMPLES, generator(seed, _CELLS))
    return Bootstrap(outcomes(ordered(drawn)[0]), samples)

"""Intervals over few clusters: what belongs together is drawn together.

A bootstrap that draws whole clusters. Percentiles of few are too close together, and expanded here
(Hesterberg, "What Teachers Should Know About the Bootstrap", The American Statistician 69, 2015).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray


def cells(clusters: int, repetitions: int, count: int, random: np.random.Generator) -> NDArray[Any]:
    """``count`` bootstrap samples of ``clusters``, with replacement: shape (count, clusters).

    Each of them stands for one of its ``repetitions``, such as other errors of measurement:
    repetition r of cluster k has the number k * repetitions + r.

    >>> int(cells(3, 2, 1_000, np.random.default_rng(1)).max())
    5
    """
    drawn: NDArray[Any] = random.integers(clusters * repetitions, size=(count, clusters))
    return drawn


def expanded(values: NDArray[Any], clusters: int, confidence: float = 0.95) -> tuple[float, float]:
    """Percentiles of the ``values`` of bootstrap samples, NaN left out; NaN if all are.

    Further out than 2.5% and 97.5%: for means of normal clusters, as far apart as Student's t.
    Of 11 such clusters they miss the truth in 5.5% of studies, and plain percentiles in 9%; of
    exponential ones, which are skewed, in 9% and 13.5%.

    >>> low, high = expanded(np.linspace(0, 1, 1001), clusters=11)
    >>> round(low, 4), round(high, 4)
    (0.0097, 0.9903)
    """
    from scipy.special import ndtr, stdtrit

    wider = (clusters / (clusters - 1)) ** 0.5 * stdtrit(clusters - 1, (1 + confidence) / 2)
    known = values[~np.isnan(values)]
    if not len(known):
        return np.nan, np.nan
    low, high = np.quantile(known, [ndtr(-wider), ndtr(wider)])
    return float(low), float(high)

"""What a run says of how long it remembers."""

import numpy as np
from numpy.typing import NDArray

_BATCH = 5
_LONG = 20  # batches


def mser(values: NDArray[np.float64]) -> int:
    """How many values at the start of a series to leave out: MSER-5.

    Of all places in the first half the one at which the standard error of the mean of the rest, by
    means of five values each, is least (White, "An effective truncation heuristic for bias
    reduction in simulation output", Simulation 69, 1997; White, Cobb and Spratt 2000).

    >>> mser(np.array([9.0] * 10 + [1.0, 2.0] * 50))
    10
    """
    batches = len(values) // _BATCH
    if batches < 2:
        return 0
    means = values[: batches * _BATCH].reshape(batches, _BATCH).mean(1)
    means = means - means[-1]  # squares of small numbers: equal values leave no rounding
    left = np.arange(batches, 0, -1.0)
    sums, squares = (np.cumsum(x[::-1])[::-1] for x in (means, means**2))
    error = np.maximum(squares - sums**2 / left, 0.0) / left**2
    return _BATCH * int(error[: batches // 2].argmin())


def memory(values: NDArray[np.float64]) -> float:
    """How many values of a series count for one independent one: its integrated autocorrelation
    time, at least 1, from the means of 20 batches. Of waiting times in M/M/1 under heavy load that
    is the relaxation time. Too small where batches are not much longer.

    >>> memory(np.repeat([0.0, 1.0] * 20, 5))
    1.0
    """
    size = len(values) // _LONG
    if size == 0 or values.min() == values.max():
        return 1.0
    spread = float(values.var())
    means = values[: size * _LONG].reshape(_LONG, size).mean(1)
    return max(1.0, size * float(means.var(ddof=1)) / spread)

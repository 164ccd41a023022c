"""How large a deviation chance can explain: bounds that follow from a stated false-alarm rate.

FALSE_ALARM is the probability that a whole family of checks (one test function) fails although
everything is right. A family of n two-sided checks gives each the n-th part of it (Bonferroni).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

FALSE_ALARM = 1e-6


def z_bound(checks: int) -> float:
    """Largest |z| of a normal estimate with known standard error."""
    return float(-special.ndtri(FALSE_ALARM / checks / 2))


def t_bound(checks: int, parts: int) -> float:
    """Largest |t| of a mean of ``parts`` independent normal parts with estimated error."""
    return float(stats.t.isf(FALSE_ALARM / checks / 2, parts - 1))


def z_score(values: NDArray[Any], exact: float) -> float:
    """Standard errors between the mean of independent values and ``exact``."""
    error = values.std() / math.sqrt(len(values))
    return float((values.mean() - exact) / error)


def batch_score(values: NDArray[Any], exact: float, batches: int) -> float:
    """The same for a correlated series, by ``batches`` batch means; to compare with `t_bound`."""
    means = np.array([part.mean() for part in np.array_split(values, batches)])
    return float((means.mean() - exact) / (means.std(ddof=1) / math.sqrt(batches)))

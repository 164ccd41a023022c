"""Control variates: a mean, corrected by what is known."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.statistics.intervals import Estimate


def controlled(
    values: NDArray[np.float64], controls: list[NDArray[np.float64]]
) -> tuple[Estimate, NDArray[Any]]:
    """The mean of ``values`` had their ``controls``, of mean 0, been 0; and the controls' weights.

    Control variates by regression (Lavenberg and Welch 1981); each costs a degree of freedom.

    >>> controlled(np.array([1.0, 2.0, 3.0, 4.1]), [np.array([-1.0, 0.0, 1.0, 2.0])])[0].parts
    3
    """
    design = np.column_stack([np.ones(len(values)), *controls])
    weights = np.linalg.lstsq(design, values, rcond=None)[0]
    rest, parts = values - design @ weights, len(values) - len(controls)
    variance = float(rest @ rest) / (parts - 1) * float(np.linalg.inv(design.T @ design)[0, 0])
    return Estimate(float(weights[0]), variance**0.5, parts), weights[1:]

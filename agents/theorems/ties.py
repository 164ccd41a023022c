"""When two computed numbers count as equal.

Decisions at equality are part of the theory (docs/theory.md, section 4), and rounding must not
make them: numbers whose relative difference is below 1e-12 are treated as equal.
"""

from typing import Any

import numpy as np

RELATIVE = 1e-12


def close(a: Any, b: Any) -> Any:
    """Equal up to rounding, elementwise.

    >>> bool(close(0.1 + 0.2, 0.3))
    True
    """
    return np.abs(a - b) <= RELATIVE * np.maximum(np.abs(a), np.abs(b))


def at_most(a: Any, b: Any) -> Any:
    """Less than or equal up to rounding, elementwise; for non-negative numbers."""
    return a <= b * (1 + RELATIVE)

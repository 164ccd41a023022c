"""One comparison of simulation and theory, and what its margin means."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from sim.engine import simulate
from sim.records import Columns
from sim.scenario import Scenario

MISS = 0.01  # probability of missing a deviation of one margin
CRITICAL = float(-ndtri(MISS))  # standard errors between estimate and margin
_RELATIVE = 1e-12  # for metrics without variance


@dataclass(frozen=True)
class Check:
    """One comparison; money, probability or passes, as the metric says.

    ``kind``: 'equivalence', 'user regret', 'provider regret', 'misalignment', 'throttling gain' or
    'engines'. ``detail`` names the worst alternative. ``critical`` is the multiple of the standard
    error that must fit between the estimate and the margin. ``exact`` of a regret is its upper
    limit, 0. ``n``: tasks behind the estimate.
    """

    case: str
    statement: str
    kind: str
    metric: str
    estimate: float
    standard_error: float
    n: int
    exact: float
    margin: float
    critical: float
    detail: str = ""

    @property
    def z(self) -> float | None:
        """Standard errors from the exact value; None without variance, and for regrets."""
        if self.one_sided or not self.standard_error:
            return None
        return (self.estimate - self.exact) / self.standard_error

    @property
    def one_sided(self) -> bool:
        """Whether theory gives an upper limit only."""
        return self.kind.endswith("regret")

    @property
    def passed(self) -> bool:
        """Whether simulation and theory agree within the margin."""
        distance = self.estimate - self.exact
        if not self.one_sided:
            distance = abs(distance)
            if not self.standard_error:
                return distance <= _RELATIVE * max(abs(self.exact), self.margin)
        return distance + self.critical * self.standard_error <= self.margin


def tasks_that_differ(scenario: Scenario, engines: Sequence[str]) -> int:
    """How many tasks, with their passes, are in any bit other by ``engines`` than by SimPy."""
    slow = simulate(scenario, engine="simpy", passes=True)
    differ = np.zeros(scenario.tasks, dtype=bool)
    for engine in engines:
        fast = simulate(scenario, engine=engine, passes=True)
        if len(slow.passes["task"]) != len(fast.passes["task"]):
            return scenario.tasks
        differ |= _rows_that_differ(slow.tasks, fast.tasks)
        differ[slow.passes["task"][_rows_that_differ(slow.passes, fast.passes)]] = True
    return int(differ.sum())


def _rows_that_differ(one: Columns, other: Columns) -> NDArray[np.bool_]:
    apart = [one[name] != other[name] for name in one]
    found: NDArray[np.bool_] = np.logical_or.reduce(apart)
    return found

"""Which tasks of a run count where queues start empty, and how many it takes."""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sim.checks import Numbers
from sim.records import Columns
from sim.results import Result
from sim.scenario import Scenario

EMPTY = 200  # tasks at the start of a run that are not counted: some relaxation times
TAIL = 50  # tasks at its end that are not counted
WARM_UP = 5  # relaxation times until a system has forgotten that it was empty
LENGTH = 400  # relaxation times of a run, so that its means are about normal
SHORT = 20  # the fewest that a run should have
LONGEST = 400_000  # tasks of a run


@dataclass(frozen=True)
class Window:
    """The tasks of a run that count: ``count`` of them, in the order in which they came.

    ``skip`` tasks come before, while the system forgets that it was empty, and ``tail`` after, so
    that the last ones meet the traffic that there is. ``until``: count those alone that come within
    so many seconds.

    >>> Window(50, skip=10, tail=5).tasks
    65
    """

    count: int
    skip: int = 0
    tail: int = 0
    until: float = float("inf")

    @property
    def tasks(self) -> int:
        """All tasks of the run."""
        return self.skip + self.count + self.tail

    def on(self, scenario: Scenario) -> Scenario:
        """``scenario`` with as many tasks."""
        return replace(scenario, tasks=self.tasks)

    def counts(self, tasks: Columns) -> NDArray[np.bool_]:
        """Which tasks of a whole run count."""
        place = np.arange(len(tasks["task"]))
        inside = (place >= self.skip) & (place < self.skip + self.count)
        return np.asarray(inside & (tasks["arrived"] < self.until))

    def of(self, result: Result) -> Result:
        """The part of a whole run that counts; its passes, too, if it has them."""
        which = self.counts(result.tasks)
        if which.all():
            return result
        passes = result.passes
        if len(passes["task"]):
            seen = np.repeat(which, result.tasks["passes"])
            passes = {name: column[seen] for name, column in passes.items()}
        return replace(
            result,
            tasks={name: column[which] for name, column in result.tasks.items()},
            solved=result.solved[which],
            passes=passes,
            value=_part(result.value, which),
            value_of_time=_part(result.value_of_time, which),
        )


def _part(numbers: Numbers, which: NDArray[np.bool_]) -> Numbers:
    return numbers[which] if isinstance(numbers, np.ndarray) else numbers


def window(tasks: float, least: int, length: int = LENGTH) -> Window:
    """The part of a run that counts, where relaxation takes so many ``tasks``: `WARM_UP` relaxation
    times later, at least ``least`` tasks, and ``length`` relaxation times if they are not too many.
    """
    whole = min(tasks, LONGEST / SHORT)
    count = max(least, math.ceil(min(length * whole, LONGEST)))
    return Window(count, skip=math.ceil(WARM_UP * whole), tail=math.ceil(whole))

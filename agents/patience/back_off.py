"""Exponential back-off with jitter."""

import math
from dataclasses import dataclass

from sim.checks import AT_LEAST_ONE, COUNT, NON_NEGATIVE, check, refuse
from sim.policies import Mind, Refuse, View
from sim.records import Task


@dataclass(frozen=True)
class BackOff:
    """After refusal n of a task ask again within ``first`` x ``factor``^(n - 1) seconds.

    When in that time is drawn uniformly ("full jitter": M. Brooker, "Exponential Backoff And
    Jitter", AWS Architecture Blog, 2015), and it starts only after the seconds that the provider
    asks for, if it does. At refusal ``attempts`` the task is given up.

    >>> BackOff(first=1.0, factor=2.0, attempts=5)
    BackOff(first=1.0, factor=2.0, attempts=5)
    """

    first: float
    factor: float = 2.0
    attempts: int = 5

    def __post_init__(self) -> None:
        check("first back-off", self.first, NON_NEGATIVE)
        check("factor of back-off", self.factor, AT_LEAST_ONE)
        check("attempts", self.attempts, COUNT)
        if self.attempts * math.log(self.factor) > 600:  # e^600: years beyond any horizon
            refuse("attempts", self.attempts, "so few that factor^attempts is a number")

    def again(self, mind: Mind, task: Task, refusal: Refuse, view: View) -> float:
        """Later and later, and then no more."""
        if task.refusals >= self.attempts:
            return math.inf
        told = refusal.retry_after if refusal.retry_after < math.inf else 0.0
        spread = self.first * self.factor ** (task.refusals - 1)
        return told + spread * view.luck.words[0] or spread  # not at once

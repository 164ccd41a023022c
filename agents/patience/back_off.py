"""Exponential back-off with jitter."""

import math
from dataclasses import dataclass

from agents.patience.scalar import ScalarPersistence
from sim.checks import AT_LEAST_ONE, COUNT, NON_NEGATIVE, check, refuse
from sim.scalars import Own, Scalar


@dataclass(frozen=True)
class BackOff(ScalarPersistence):
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

    def scalar(self) -> Scalar:
        """The rule, which looks at its luck."""
        return Scalar(back_off, (self.first, self.factor, self.attempts), random=True)


def back_off(now: float, model: int, told: float, refusals: int, luck: float, own: Own) -> float:
    """Later and later, and then no more."""
    if refusals >= own[2]:
        return math.inf
    spread = own[0] * math.pow(own[1], refusals - 1.0)
    seconds = (told if told < math.inf else 0.0) + spread * luck
    return seconds if seconds > 0.0 else spread  # not at once

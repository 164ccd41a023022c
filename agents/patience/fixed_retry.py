"""Ask again every few seconds."""

import math
from dataclasses import dataclass

from agents.patience.scalar import ScalarPersistence
from sim.checks import COUNT, POSITIVE, check
from sim.scalars import Own, Scalar


@dataclass(frozen=True)
class FixedRetry(ScalarPersistence):
    """After each refusal of a task ask again ``seconds`` later; give up at refusal ``attempts``.

    The naive client, deaf to what the provider says of when to return. Many of them make a retry
    storm: "retry amplification" in Beyer et al., Site Reliability Engineering (2016), chapter 22.

    >>> FixedRetry(seconds=1.0, attempts=60)
    FixedRetry(seconds=1.0, attempts=60)
    """

    seconds: float = 1.0
    attempts: int = 60

    def __post_init__(self) -> None:
        check("retry", self.seconds, POSITIVE)
        check("attempts", self.attempts, COUNT)

    def scalar(self) -> Scalar:
        """The rule with its seconds and attempts."""
        return Scalar(fixed_retry, (self.seconds, self.attempts))


def fixed_retry(now: float, model: int, told: float, refusals: int, luck: float, own: Own) -> float:
    """Always after the same time, until it has been often enough."""
    return math.inf if refusals >= own[1] else own[0]

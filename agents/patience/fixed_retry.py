"""Ask again every few seconds."""

from dataclasses import dataclass

from sim.checks import COUNT, POSITIVE, check
from sim.policies import Mind, Refuse, View
from sim.records import Task


@dataclass(frozen=True)
class FixedRetry:
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

    def again(self, mind: Mind, task: Task, refusal: Refuse, view: View) -> float:
        """Always after the same time, until it has been often enough."""
        return float("inf") if task.refusals >= self.attempts else self.seconds

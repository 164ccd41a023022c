"""Who is turned away goes away."""

from dataclasses import dataclass

from sim.policies import Mind, Refuse, View
from sim.records import Task


@dataclass(frozen=True)
class GoesAway:
    """Give the task up at the first refusal: the lost customer of Erlang's loss systems.

    >>> GoesAway()
    GoesAway()
    """

    def again(self, mind: Mind, task: Task, refusal: Refuse, view: View) -> float:
        """Never."""
        return float("inf")

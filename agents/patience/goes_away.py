"""Who is turned away goes away."""

from dataclasses import dataclass

from sim.policies import Refuse, Retry, View
from sim.records import Task


@dataclass(frozen=True)
class GoesAway:
    """Give the task up at the first refusal: the lost customer of Erlang's loss systems.

    >>> GoesAway()
    GoesAway()
    """

    def init(self) -> None:
        """Nothing to remember."""

    def again(self, state: None, task: Task, refusal: Refuse, view: View) -> tuple[Retry, None]:
        """Never."""
        return Retry(float("inf")), None

"""The standard model for everybody while the asked one is overloaded."""

from dataclasses import dataclass

from agents.throttling.gate import Gate
from sim.checks import COUNT, check
from sim.policies import WELCOME, Admit, View
from sim.records import Task


@dataclass(frozen=True)
class Downgrade(Gate):
    """Send a prompt to M1 while ``limit`` passes or more wait at the model that it asks for.

    Graceful degradation, the "brownout" of Klein, Maggio, Årzén and Hernández-Rodriguez (ICSE
    2014). The task is at M1 then: its next prompt asks for M1 too, unless the routing cascades.

    >>> Downgrade(limit=20)
    Downgrade(limit=20)
    """

    limit: int

    def __post_init__(self) -> None:
        check("downgrade", self.limit, COUNT)

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit, None]:
        """Always, here or there."""
        overloaded = task.model > 1 and view.queued(task.model) >= self.limit
        return (Admit(model=1) if overloaded else WELCOME), None

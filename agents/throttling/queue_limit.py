"""Admission control by the length of the queue."""

from dataclasses import dataclass

from agents.throttling.gate import Gate
from sim.checks import COUNT, check
from sim.policies import WELCOME, Admit, Refuse, View
from sim.records import Task


@dataclass(frozen=True)
class QueueLimit(Gate):
    """Turn a prompt away while ``limit`` passes or more wait at the model that it asks for.

    The limit on an observable queue of Naor, "The regulation of queue size by levying tolls",
    Econometrica 1969. A model with n slots is then a queue of n + limit places. When there will be
    room again is not promised: who is refused goes away, unless persistence says otherwise.

    >>> QueueLimit(limit=20)
    QueueLimit(limit=20)
    """

    limit: int

    def __post_init__(self) -> None:
        check("queue limit", self.limit, COUNT)

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit | Refuse, None]:
        """If there is room in the queue."""
        return (WELCOME if view.queued(task.model) < self.limit else Refuse()), None

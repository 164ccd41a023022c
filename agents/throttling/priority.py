"""Some go first."""

from dataclasses import dataclass

from agents.throttling.gate import Gate
from sim.checks import Rule, check, refuse
from sim.policies import WELCOME, Admit, View
from sim.records import Task

_GROUP = Rule("the number of a class of users, from 0", lambda x: isinstance(x, int) and x >= 0)
_FIRST = Admit(priority=-1)


@dataclass(frozen=True)
class Priority(Gate):
    """Prompts of the classes ``first`` (numbers from 0) go before all others in every queue.

    The priority tier of a paid plan; non-preemptive priority of Cobham, "Priority assignment in
    waiting line problems", Operations Research 1954: nobody in service is interrupted.

    >>> Priority((1,))
    Priority(first=(1,))
    """

    first: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.first:
            refuse("priority", self.first, "at least one class of users")
        for group in self.first:
            check("priority", group, _GROUP)

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit, None]:
        """Always."""
        return (_FIRST if task.group in self.first else WELCOME), None

"""Some go first."""

from dataclasses import dataclass

from agents.throttling.gate import Gate
from sim.checks import Rule, check, refuse
from sim.scalars import ADMIT, Answer, Memory, Own, Scalar

_GROUP = Rule("the number of a class of users, from 0", lambda x: isinstance(x, int) and x >= 0)


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

    def scalar(self) -> Scalar:
        """The rule; its parameters are the classes that go first."""
        return Scalar(priority, self.first)


def priority(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    """Always."""
    for first in own:
        if group == first:
            return ADMIT, 0.0, 0, -1
    return ADMIT, 0.0, 0, 0

"""No throttle."""

from dataclasses import dataclass

from sim.policies import WELCOME, Admit, View
from sim.records import Reply, Task


@dataclass(frozen=True)
class NoThrottle:
    """Let everything in and hold nothing back.

    >>> NoThrottle().table(2)
    (0.0, 0.0)
    """

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit, None]:
        """Always."""
        return WELCOME, None

    def hold(self, state: None, reply: Reply, view: View) -> tuple[float, None]:
        """Never."""
        return 0.0, None

    def table(self, models: int) -> tuple[float, ...]:
        """No delay at any model."""
        return (0.0,) * models

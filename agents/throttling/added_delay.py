"""The paper's throttle: every answer is held back for a while."""

from dataclasses import dataclass

from sim.checks import NON_NEGATIVE, check, refuse
from sim.policies import WELCOME, Admit, View
from sim.records import Reply, Task


@dataclass(frozen=True)
class AddedDelay:
    """Hold each answer of model i back for ``seconds[i - 1]``; the slot is free meanwhile.

    To the user this is a latency cost t_hat_i = t_i + w x seconds (docs/theory.md, section 6).

    >>> AddedDelay((0.5, 2.0)).table(2)
    (0.5, 2.0)
    """

    seconds: tuple[float, ...]

    def __post_init__(self) -> None:
        for i, seconds in enumerate(self.seconds, start=1):
            check(f"added delay {i}", seconds, NON_NEGATIVE)

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit, None]:
        """Always."""
        return WELCOME, None

    def hold(self, state: None, reply: Reply, view: View) -> tuple[float, None]:
        """The delay of the model that answered."""
        return self.seconds[reply.model - 1], None

    def table(self, models: int) -> tuple[float, ...]:
        """The delays; InputError unless there is one per model."""
        if len(self.seconds) != models:
            refuse("added delay", self.seconds, f"{models} numbers, one per model")
        return self.seconds

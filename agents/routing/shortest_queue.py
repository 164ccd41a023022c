"""A router that looks at the queues."""

from dataclasses import dataclass

from sim.checks import POSITIVE, SLOTS, check, refuse
from sim.policies import View
from sim.records import Task


@dataclass(frozen=True)
class ShortestQueue:
    """Send a prompt where it is likely to be solved soonest: join the less delayed model.

    ``work`` are the seconds that model i needs per solved task, 1 / (mu_i p_i); ``slots`` how many
    passes it serves at once. With n_i passes present a prompt is expected to take work_i x
    max(1, (n_i + 1) / slots_i) seconds; the model with the fewest is chosen, the lower one of equal
    ones. The estimate holds for slots that serve first come, first served; a shared processor or a
    batch takes other times, which it does not know. A re-prompt goes one model up if that is the
    less delayed one; nobody is sent down. For equal models this is to join the shortest queue
    (Winston, "Optimality of the shortest line discipline", Journal of Applied Probability 1977).

    >>> ShortestQueue(work=(2.0, 5.0), slots=(1, 2))
    ShortestQueue(work=(2.0, 5.0), slots=(1, 2))
    """

    work: tuple[float, ...]
    slots: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.work) != len(self.slots):
            refuse("work", self.work, f"{len(self.slots)} numbers, one per model, as slots has")
        for work, slots in zip(self.work, self.slots, strict=True):
            check("work", work, POSITIVE)
            check("slots", slots, SLOTS)

    def first(self, state: None, task: Task, view: View) -> tuple[int, None]:
        """The least delayed model."""
        return min(range(1, len(self.work) + 1), key=lambda i: self._delay(i, view)), None

    def escalation(self, state: None, task: Task, view: View) -> tuple[float, None]:
        """1 if the next model is the less delayed one now, else 0."""
        here, above = (self._delay(i, view) for i in (task.model, task.model + 1))
        return float(above < here), None

    def _delay(self, model: int, view: View) -> float:
        present = view.queued(model) + view.in_service(model)
        return self.work[model - 1] * max(1.0, (present + 1) / self.slots[model - 1])

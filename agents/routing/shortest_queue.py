"""A router that looks at the queues."""

from dataclasses import dataclass

from agents.routing.scalar import ScalarRouting
from sim.checks import POSITIVE, SLOTS, check, refuse
from sim.scalars import Counts, Memory, Own, Scalar


@dataclass(frozen=True)
class ShortestQueue(ScalarRouting):
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

    def size(self) -> int:
        """As many as there are numbers of work."""
        return len(self.work)

    def pair(self) -> tuple[Scalar, Scalar]:
        """The rules; their parameters are the work of all models, and then the slots."""
        own = (*self.work, *self.slots)
        return Scalar(least_delayed, own), Scalar(up_if_less_delayed, own)


def least_delayed(
    now: float, group: int, queued: Counts, serving: Counts, luck: float, own: Own, memory: Memory
) -> int:
    """The least delayed model, the lower one of equal ones."""
    best, least = 1, delay(1, queued, serving, own)
    for model in range(2, len(own) // 2 + 1):
        seconds = delay(model, queued, serving, own)
        if seconds < least:
            best, least = model, seconds
    return best


def up_if_less_delayed(
    now: float, model: int, queued: Counts, serving: Counts, luck: float, own: Own, memory: Memory
) -> float:
    """1 if the next model is the less delayed one now, else 0."""
    above = delay(model + 1, queued, serving, own)
    return 1.0 if above < delay(model, queued, serving, own) else 0.0


def delay(model: int, queued: Counts, serving: Counts, own: Own) -> float:
    """Seconds until a prompt that joins ``model`` is expected to be solved."""
    present = queued[model] + serving[model]
    work, slots = own[model - 1], own[len(own) // 2 + model - 1]
    return work * max(1.0, (present + 1) / slots)

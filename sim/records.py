"""What the simulation remembers of a task while it is on its way."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from numpy.typing import NDArray

from sim import rule

Columns = dict[str, NDArray[Any]]


class Outcome(IntEnum):
    """How a task stands; only COMPLETED is solved. Values are below every model number."""

    COMPLETED = rule.COMPLETED
    ABANDONED = rule.ABANDONED
    RENEGED = rule.RENEGED
    REFUSED = rule.REFUSED
    IN_SYSTEM = rule.IN_SYSTEM
    BALKED = rule.BALKED
    CANCELLED = rule.CANCELLED


_RARE = (Outcome.BALKED, Outcome.CANCELLED)  # are counted where they occur
_NOT_YET = float("nan")


class Pass:
    """One model call: waiting, service and throttle delay in seconds."""

    __slots__ = ("model", "number", "service", "success", "task", "throttle_delay", "waiting")

    def __init__(
        self, task: int, number: int, model: int, waiting: float, service: float, success: bool
    ) -> None:
        self.task = task
        self.number = number
        self.model = model
        self.waiting = waiting
        self.service = service
        self.throttle_delay = 0.0
        self.success = success


class Task:
    """One task on its way through the service; policies may read it, only the engine writes.

    ``model`` is the model that the next (or running) pass asks for, ``priority`` its rank in the
    queue (lower goes first), ``passes`` how many are finished, ``history`` those passes (written
    down only if anybody may look at them), ``refusals`` how often it was turned away, ``arrived``
    and ``ended`` are seconds, ``group`` is the number of its class of users.
    """

    __slots__ = (
        "arrived",
        "ended",
        "group",
        "history",
        "id",
        "model",
        "outcome",
        "passes",
        "priority",
        "refusals",
        "service",
        "service_cost",
        "throttle_delay",
        "user",
        "waiting",
    )

    def __init__(self, task_id: int, user: int, group: int, arrived: float) -> None:
        self.id = task_id
        self.user = user
        self.group = group
        self.arrived = arrived
        self.ended = _NOT_YET
        self.model = 0
        self.passes = 0
        self.priority = 0
        self.refusals = 0
        self.outcome = rule.IN_SYSTEM
        self.history: list[Pass] = []
        self.waiting = 0.0
        self.service = 0.0
        self.throttle_delay = 0.0
        self.service_cost = 0.0


def by_outcome(numbers: Mapping[int, int]) -> dict[str, int]:
    """Numbers of tasks by the name of their outcome, in the order of `Outcome`."""
    return {
        kind.name.lower(): numbers.get(kind, 0)
        for kind in Outcome
        if kind not in _RARE or numbers.get(kind, 0)
    }

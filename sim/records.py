"""What the simulation remembers of a task while it is on its way."""

from enum import IntEnum
from typing import Any, NamedTuple

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


_NOT_YET = float("nan")


class Reply:
    """One served pass as it can be seen: waiting, service and throttle delay in seconds.

    ``group`` is the number of the user's class. ``accepted``: whether the user took the answer for
    right; None until they have judged it.
    """

    __slots__ = (
        "accepted", "group", "model", "number", "service", "task", "throttle_delay", "waiting"
    )  # fmt: skip

    def __init__(
        self, task: int, number: int, model: int, waiting: float, service: float, group: int = 0
    ) -> None:
        self.task = task
        self.group = group
        self.number = number
        self.model = model
        self.waiting = waiting
        self.service = service
        self.throttle_delay = 0.0
        self.accepted: bool | None = None


class Refused(NamedTuple):
    """A prompt of ``task`` was turned away; ``retry_after`` seconds are asked for."""

    task: "Task"
    retry_after: float


class Ended(NamedTuple):
    """A task is over: its ``outcome`` is an `Outcome`, its numbers are final."""

    task: "Task"


class Task:
    """One task on its way through the service; policies may read it, only the engine writes.

    ``model`` is the model that the next (or running) pass asks for, ``priority`` its rank in the
    queue (lower goes first), ``passes`` how many are finished, ``history`` those passes (written
    down only if anybody may look at them), ``refusals`` how often it was turned away, ``arrived``
    and ``ended`` are seconds, ``group`` is the number of its class of users, ``size`` its work as a
    multiple of the usual one, ``signal`` what can be seen of its difficulty, ``provider`` the place
    of the provider that it went to, from 0.
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
        "provider",
        "refusals",
        "service",
        "service_cost",
        "signal",
        "size",
        "throttle_delay",
        "user",
        "waiting",
    )

    def __init__(
        self, task_id: int, user: int, group: int, arrived: float, size: float = 1.0
    ) -> None:
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
        self.size = size
        self.signal: Any = None
        self.provider = 0
        self.history: list[Reply] = []
        self.waiting = 0.0
        self.service = 0.0
        self.throttle_delay = 0.0
        self.service_cost = 0.0

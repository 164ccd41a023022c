"""How a model serves the passes that meet at it.

Each is a frozen dataclass that makes the server of one model. Service times are those of one slot.
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

import simpy

from sim.checks import FINITE_SLOTS, NON_NEGATIVE, SLOTS, Rule, check, refuse
from sim.records import Task
from sim.servers.server import ModelServer, Server
from sim.servers.sharing import SharingServer, stretch

Speed = tuple[float, float, float]


class Station(NamedTuple):
    """A server in numbers, for the kernel: at most ``room`` passes are served at once.

    ``speed``: the a, b and c of `sim.servers.sharing.stretch` if they share it, None: each has a
    slot. ``by_class``: who waits goes by class of users first.
    """

    room: float
    speed: Speed | None = None
    by_class: bool = False


class Discipline(Protocol):
    """Makes servers; to be inherited from.

    ``numbers(slots) -> Station``, if there is one, says the same to the kernel.
    """

    allowed_slots: ClassVar[Rule] = SLOTS

    def server(self, env: simpy.Environment, slots: float) -> Server:
        """A new, empty server of one model."""
        ...

    def rank(self, task: Task) -> int:
        """The task's place in the queue: lower goes first. By default what the throttle said."""
        return task.priority

    def capacity(self, slots: float) -> float:
        """Seconds of service that a model with many waiting passes gives per second."""
        return slots

    def alone(self, slots: float) -> float:
        """Seconds that a second of service takes a pass that has the model to itself."""
        return 1.0


@dataclass(frozen=True)
class FCFS(Discipline):
    """First come, first served by equal slots, or by infinitely many: nobody waits.

    >>> env = simpy.Environment()
    >>> server = FCFS().server(env, slots=2)
    >>> passes = [server.request(seconds) for seconds in (5, 2, 2)]
    >>> env.run()
    >>> [service.started for service in passes]
    [0, 0, 2]
    """

    def server(self, env: simpy.Environment, slots: float) -> Server:
        """One event per pass."""
        return ModelServer(env, slots)

    def numbers(self, slots: float) -> Station:
        """A slot each."""
        return Station(slots)


@dataclass(frozen=True)
class PriorityClasses(Discipline):
    """Classes of users in the order of the `Population`, none interrupted (Cobham 1954).

    Who waits goes by class, within it first come, first served. A throttle's `Admit.priority` adds
    to the number of the class: with 1, a task waits among those of the next class.
    """

    def server(self, env: simpy.Environment, slots: float) -> Server:
        """The server of `FCFS`: the line looks at the ranks."""
        return ModelServer(env, slots)

    def rank(self, task: Task) -> int:
        """The number of the class, plus what the throttle said."""
        return task.group + task.priority

    def numbers(self, slots: float) -> Station:
        """A slot each, classes in their order."""
        return Station(slots, by_class=True)


@dataclass(frozen=True)
class ProcessorSharing(Discipline):
    """One processor as fast as ``slots`` slots together, shared equally by all in service.

    Of j passes each is served at speed slots / j, for j < slots above 1. At most ``cap`` are in
    service (continuous batching), the others wait, first come, first served. Without a cap the mean
    time at a station is 1 / (slots mu - Lambda) for every distribution of service times
    (Kleinrock 1967; Sakata, Noguchi, Oizumi 1971).

    >>> env = simpy.Environment()
    >>> server = ProcessorSharing().server(env, slots=1)
    >>> short, long = server.request(1), server.request(3)
    >>> env.run()
    >>> short.seconds, long.seconds
    (2.0, 4.0)
    """

    cap: float = float("inf")
    allowed_slots: ClassVar[Rule] = FINITE_SLOTS

    def __post_init__(self) -> None:
        check("cap", self.cap, SLOTS)

    def server(self, env: simpy.Environment, slots: float) -> Server:
        """Served by virtual time."""
        check("slots", slots, FINITE_SLOTS)
        return _shared(env, self.numbers(slots))

    def numbers(self, slots: float) -> Station:
        """All slots work together."""
        return Station(self.cap, (0.0, 1.0, slots))

    def alone(self, slots: float) -> float:
        """All slots work for one pass."""
        return 1.0 / slots


@dataclass(frozen=True)
class Batching(Discipline):
    """One batch of up to ``slots`` passes, whose every step takes ``a`` + ``b`` x its size.

    As on a processor that loads the weights once per step (``a``) and then works for each pass in
    the batch (``b``): of j passes each proceeds at speed (a + b) / (a + b j), alone at its own. A
    pass joins and leaves between two steps, which are short beside it. Only b / a matters: b = 0 is
    `FCFS`, a = 0 a `ProcessorSharing` of one slot capped at ``slots``.

    >>> Batching(a=3.0, b=1.0).capacity(slots=5)  # 5 passes at half their speed
    2.5
    """

    a: float
    b: float
    allowed_slots: ClassVar[Rule] = FINITE_SLOTS

    def __post_init__(self) -> None:
        check("a of the batch", self.a, NON_NEGATIVE)
        check("b of the batch", self.b, NON_NEGATIVE)
        if not 0.0 < self.a + self.b < float("inf"):
            refuse("a + b of the batch", self.a + self.b, "a finite number greater than 0")

    def server(self, env: simpy.Environment, slots: float) -> Server:
        """Served by virtual time."""
        check("slots", slots, FINITE_SLOTS)
        return _shared(env, self.numbers(slots))

    def capacity(self, slots: float) -> float:
        """A full batch's passes x their speed."""
        return slots / stretch(slots, *self._speed)

    @property
    def _speed(self) -> Speed:
        return self.a, self.b, self.a + self.b

    def numbers(self, slots: float) -> Station:
        """One batch."""
        return Station(slots, self._speed)


def _shared(env: simpy.Environment, station: Station) -> SharingServer:
    assert station.speed is not None
    return SharingServer(env, station.room, station.speed)

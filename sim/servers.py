"""Where passes wait and are served; the first come, first served server."""

from bisect import insort
from collections import deque
from collections.abc import Callable
from operator import attrgetter

import simpy
from simpy.events import NORMAL

from sim.checks import SLOTS, check
from sim.process import Sure

_priority = attrgetter("priority")


class Service(Sure):
    """One pass at a server: it may wait, is then served, and is an event when served.

    ``seconds`` is the service that it needs from a server of its own and, once served, the time
    that it spent in service. ``started`` is None while it waits; ``waiting`` is known once it has
    started or left.
    """

    started: float | None = None
    waiting = 0.0

    def __init__(
        self,
        env: simpy.Environment,
        now: float,
        seconds: float,
        priority: int,
        callbacks: list[Callable[[simpy.Event], None]],
    ) -> None:
        # what Event.__init__ does, without the call
        self.env = env
        self.callbacks = callbacks
        self.seconds = seconds
        self.priority = priority
        self.joined = now

    def start(self, now: float) -> None:
        """Begin service."""
        self.started = now
        self.waiting = now - self.joined


class Server:
    """A waiting line, and ``busy`` passes in service; what service means is for subclasses to say.

    In the line lower priority numbers go before higher ones, equal ones first come, first served;
    nobody who is being served is interrupted.
    """

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._queue: deque[Service] = deque()
        self.busy = 0

    @property
    def queued(self) -> int:
        """Passes that wait."""
        return len(self._queue)

    def request(self, seconds: float, priority: int = 0) -> Service:
        """Take in a pass that needs ``seconds`` of service: serve it, or let it wait."""
        raise NotImplementedError

    def leave(self, service: Service) -> None:
        """Take a pass that has not started out of the queue."""
        self._queue.remove(service)
        service.waiting = self._env.now - service.joined

    def _join(self, service: Service) -> None:
        if not self._queue or self._queue[-1].priority <= service.priority:
            self._queue.append(service)
        else:
            insort(self._queue, service, key=_priority)


class ModelServer(Server):
    """First come, first served by ``slots`` equal slots (a whole number, or infinity).

    One event per pass: the end of service is known when it starts, and a freed slot starts its next
    pass before the user of the finished one does anything.
    """

    def __init__(self, env: simpy.Environment, slots: float) -> None:
        super().__init__(env)
        check("slots", slots, SLOTS)
        self._slots = slots

    def request(self, seconds: float, priority: int = 0) -> Service:
        """Serve the pass if a slot is free, else let it wait for one."""
        env, now = self._env, self._env.now
        service = Service(env, now, seconds, priority, [self._release])
        if self.busy < self._slots:
            self.busy += 1
            service.started = now
            env.schedule(service, NORMAL, seconds)
        else:
            self._join(service)
        return service

    def _release(self, _: simpy.Event) -> None:
        if self._queue:
            service = self._queue.popleft()
            service.start(self._env.now)
            self._env.schedule(service, NORMAL, service.seconds)
        else:
            self.busy -= 1

"""Where passes wait and are served; the first come, first served server."""

from bisect import insort
from collections import deque
from collections.abc import Callable
from operator import attrgetter

import simpy

from sim.checks import SLOTS, check

_priority = attrgetter("priority")


class Service(simpy.Event):
    """One pass at a server: it may wait, is then served, and triggers when served.

    ``seconds`` is the service that it needs from a server of its own and, once served, the time
    that it spent in service. ``started`` is None while it waits; ``waiting`` is known once it has
    started or left.
    """

    def __init__(
        self,
        env: simpy.Environment,
        seconds: float,
        priority: int,
        callbacks: list[Callable[[simpy.Event], None]],
    ) -> None:
        # what Event.__init__ does, without the call
        self.env = env
        self.callbacks = callbacks
        self.seconds = seconds
        self.priority = priority
        self.started: float | None = None
        self.waiting = 0.0
        self.joined = env.now

    def start(self) -> None:
        """Begin service now."""
        now = self.env.now
        self.started = now
        self.waiting = now - self.joined

    def end(self, delay: float = 0.0) -> None:
        """Trigger after ``delay`` seconds."""
        self._ok = True
        self._value = None
        self.env.schedule(self, delay=delay)


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
        service = Service(self._env, seconds, priority, [self._release])
        if self.busy < self._slots:
            self.busy += 1
            service.start()
            service.end(delay=seconds)
        else:
            self._join(service)
        return service

    def _release(self, _: simpy.Event) -> None:
        if self._queue:
            service = self._queue.popleft()
            service.start()
            service.end(delay=service.seconds)
        else:
            self.busy -= 1

"""Where passes wait and are served; the first come, first served server."""

from bisect import insort
from collections import deque
from operator import attrgetter

import simpy

from sim.checks import SLOTS, check

_priority = attrgetter("priority")


class Service(simpy.Event):
    """One pass at a server: it may wait, is then served, and is an event when served.

    ``seconds`` is the service that it needs from a server of its own and, once served, the time
    that it spent in service. ``started`` is None while it waits; ``waiting`` is known once it has
    started or left.
    """

    started: float | None = None
    waiting = 0.0

    def __init__(self, env: simpy.Environment, seconds: float, priority: int) -> None:
        super().__init__(env)
        self.seconds = seconds
        self.priority = priority
        self.joined = env.now

    def start(self) -> None:
        """Begin service."""
        self.started = self.env.now
        self.waiting = self.started - self.joined

    def serve(self, now: float) -> None:
        """Begin service and end it ``seconds`` from now: a `simpy.Timeout` that is set now."""
        self.started = now
        self.waiting = now - self.joined
        self._ok, self._value = True, None
        self.env.schedule(self, delay=self.seconds)


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

    def leave(self, service: Service) -> bool:
        """Take a pass out of the queue or, if it has started, out of service.

        False if its service is over, and it only has not been told.
        """
        if service.started is not None:
            return self._abort(service)
        self._queue.remove(service)
        service.waiting = self._env.now - service.joined
        return True

    def _abort(self, service: Service) -> bool:
        """Stop serving a pass, whose event then does not happen, unless that is over."""
        raise NotImplementedError

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
        service = Service(self._env, seconds, priority)
        service.callbacks.append(self._release)  # before the user of the pass hears of its end
        if self.busy < self._slots:
            self.busy += 1
            service.serve(service.joined)
        else:
            self._join(service)
        return service

    def _release(self, _: simpy.Event) -> None:
        if self._queue:
            self._queue.popleft().serve(self._env.now)
        else:
            self.busy -= 1

    def _abort(self, service: Service) -> bool:
        service.callbacks.clear()
        self._release(service)
        return True

"""Where passes are served."""

from collections import deque
from collections.abc import Callable

import simpy

from sim.checks import SLOTS, check


class Service(simpy.Event):
    """One pass at a server: it may wait, is then served for ``seconds``, and triggers when served.

    One event per pass: the server itself schedules the end of service, so that a freed slot starts
    its next pass before the user of the finished one does anything. ``started`` is None while it
    waits; ``waiting`` is known once it has started or left.
    """

    def __init__(
        self,
        env: simpy.Environment,
        seconds: float,
        priority: int,
        after: Callable[[simpy.Event], None],
    ) -> None:
        # what Event.__init__ does, without the call
        self.env = env
        self.callbacks = [after]
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
        self._ok = True
        self._value = None
        self.env.schedule(self, delay=self.seconds)


class ModelServer:
    """First come, first served by ``slots`` equal slots (a whole number, or infinity).

    Lower priority numbers go before higher ones; nobody who is being served is interrupted.
    """

    def __init__(self, env: simpy.Environment, slots: float) -> None:
        check("slots", slots, SLOTS)
        self._env = env
        self._slots = slots
        self._queue: deque[Service] = deque()
        self.busy = 0

    @property
    def queued(self) -> int:
        """Passes that wait."""
        return len(self._queue)

    def request(self, seconds: float, priority: int = 0) -> Service:
        """Join the queue with a pass that takes ``seconds`` of service."""
        service = Service(self._env, seconds, priority, self._release)
        if self.busy < self._slots:
            self.busy += 1
            service.start()
        else:
            self._join(service)
        return service

    def leave(self, service: Service) -> None:
        """Take a pass that has not started out of the queue."""
        self._queue.remove(service)
        service.waiting = self._env.now - service.joined

    def _join(self, service: Service) -> None:
        place = len(self._queue)
        while place and self._queue[place - 1].priority > service.priority:
            place -= 1
        self._queue.insert(place, service)

    def _release(self, _: simpy.Event) -> None:
        if self._queue:
            self._queue.popleft().start()
        else:
            self.busy -= 1

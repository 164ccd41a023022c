"""Where passes are served."""

from collections import deque
from typing import Any

import simpy

from sim.checks import SLOTS, check


class Service(simpy.Event):
    """One pass at a server: it may wait, is then served for ``seconds``, and triggers when served.

    One event per pass: the server itself schedules the end of service, so that a freed slot starts
    its next pass before the user of the finished one does anything.
    """

    def __init__(self, env: simpy.Environment, seconds: float) -> None:
        super().__init__(env)
        self.seconds = seconds
        self.joined = env.now
        self.started: float | None = None

    @property
    def waiting(self) -> float:
        """Seconds from joining to the start of service (or until now)."""
        return (self.env.now if self.started is None else self.started) - self.joined

    def start(self) -> None:
        """Begin service now."""
        self.started = self.env.now
        self._ok = True
        self._value = None
        self.env.schedule(self, delay=self.seconds)


class ModelServer:
    """First come, first served by ``slots`` equal slots (a whole number, or infinity)."""

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

    def request(self, seconds: float) -> Service:
        """Join the queue with a pass that takes ``seconds`` of service."""
        service = Service(self._env, seconds)
        service.callbacks.append(self._release)
        if self.busy < self._slots:
            self.busy += 1
            service.start()
        else:
            self._queue.append(service)
        return service

    def leave(self, service: Service) -> None:
        """Take a pass that has not started out of the queue."""
        self._queue.remove(service)

    def _release(self, _: Any) -> None:
        if self._queue:
            self._queue.popleft().start()
        else:
            self.busy -= 1

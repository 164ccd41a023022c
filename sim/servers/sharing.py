"""A server that serves several passes at once and is the slower for each of them."""

from heapq import heapify, heappop, heappush
from itertools import count

import simpy

from sim.servers.server import Server, Service


def stretch(j: float, a: float, b: float, c: float) -> float:
    """How many seconds one second of service takes while ``j`` passes are served: (a + b j) / c.

    The kernel compiles this function, too.
    """
    return (a + b * j) / c


class SharingServer(Server):
    """Serves up to ``room`` passes at once, all at the same speed; the others wait.

    ``speed`` has the a, b and c of `stretch`, which must not fall as j rises. Virtual time V, the
    service that a pass present since the start of the busy period has attained, grows at rate
    1 / stretch(j). A pass that needs x seconds and starts at V ends when V has grown by x, whoever
    comes and goes: ends are kept in a heap by V and only the first of them is planned in time.
    Passes that end together leave together, in the order in which they started, and those who wait
    start before the leaving ones do anything.
    """

    def __init__(
        self, env: simpy.Environment, room: float, speed: tuple[float, float, float]
    ) -> None:
        super().__init__(env)
        self._room = room
        self._speed = speed
        self._served: list[tuple[float, int, Service]] = []  # V at the end, number, pass
        self._number = count()
        self._attained = 0.0  # V at time _since
        self._since = 0.0
        self._next: simpy.Event | None = None  # the end that is planned

    def request(self, seconds: float, priority: int = 0) -> Service:
        """Serve the pass if there is room, else let it wait."""
        service = Service(self._env, seconds, priority)
        if self.busy < self._room:
            self._catch_up()
            self._start(service)
            self._plan()
        else:
            self._join(service)
        return service

    def _catch_up(self) -> None:
        """Bring V to the present; it starts again from 0 with every busy period."""
        now = self._env.now
        if self.busy:
            self._attained += (now - self._since) / stretch(self.busy, *self._speed)
        else:
            self._attained = 0.0
        self._since = now

    def _start(self, service: Service) -> None:
        service.start()
        self.busy += 1
        heappush(self._served, (self._attained + service.seconds, next(self._number), service))

    def _plan(self) -> None:
        """Plan the first end. What was planned before comes no later, and is then ignored."""
        work = self._served[0][0] - self._attained
        delay = work * stretch(self.busy, *self._speed)
        self._next = self._env.timeout(max(delay, 0.0))  # rounding may leave V just above the end
        self._next.callbacks = [self._release]

    def _release(self, event: simpy.Event) -> None:
        if event is not self._next:
            return
        now = self._since = self._env.now
        self._attained = self._served[0][0]
        leaving = []
        while self._served and self._served[0][0] <= self._attained:
            leaving.append(heappop(self._served)[2])
        self._let_in(len(leaving))
        for service in leaving:
            assert service.started is not None
            service.seconds = now - service.started
            service.succeed()

    def _let_in(self, left: int) -> None:
        """So many passes have left: others start, and the next end is planned."""
        self.busy -= left
        while self._queue and self.busy < self._room:
            self._start(self._queue.popleft())
        if self._served:
            self._plan()
        else:
            self._next = None

    def _abort(self, service: Service) -> bool:
        if service.triggered:
            return False
        self._catch_up()
        self._served = [entry for entry in self._served if entry[2] is not service]
        heapify(self._served)
        self._let_in(1)
        return True

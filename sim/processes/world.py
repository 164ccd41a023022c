"""Everything that runs: providers, users and their tasks, on one SimPy environment."""

import math
from collections.abc import Callable, Generator
from typing import Any

import simpy

from sim.arrivals.streams import Arrival
from sim.checks import NON_NEGATIVE, POSITIVE, answered, refuse_answer
from sim.draws import Draws, Luck, Purpose
from sim.processes.provider import Provider
from sim.processes.task import user_process
from sim.processes.users import User, Users
from sim.records import Task
from sim.results import Log
from sim.scenario import Scenario

_PROGRESS = 1000  # tasks between two reports of progress
Process = Generator[simpy.Event, Any, None]


class World:
    """A scenario on ``env``, which may have processes of its own, too.

    ``providers`` has one of each offer. ``progress`` is told now and then how many tasks have come.

    >>> from agents import Cascade
    >>> from sim import Game, Offer
    >>> env, log = simpy.Environment(), Log(keep_passes=False)
    >>> game = Game.of((0.4, 0.7), (1, 2), (0.1, 0.3), value=5, penalty=1)
    >>> world = World(env, Scenario(game, Offer(Cascade(1)), tasks=9), Draws(seed=1), log)
    >>> env.run(until=world.start())
    """

    def __init__(
        self,
        env: simpy.Environment,
        scenario: Scenario,
        draws: Draws,
        log: Log,
        progress: Callable[[int], None] = lambda arrived: None,
    ) -> None:
        self._env = env
        self._scenario = scenario
        self._draws = draws
        self._log = log
        self._progress = progress
        self._luck = Luck(draws)
        self._users = Users(scenario, draws, self._luck)
        self._truth: Any = getattr(scenario.work, "truth", None)
        self._signal: Any = getattr(scenario.work, "signal", None)
        self._planned = 0  # tasks
        self.failure: BaseException | None = None
        self.providers = tuple(
            Provider(env, scenario, offer, table, draws, self._luck, log)
            for offer, table in zip(scenario.offers, scenario.tables, strict=True)
        )
        self._views = tuple(provider.view for provider in self.providers)

    def start(self) -> simpy.Process:
        """Let tasks come from now on; the process is over when the last one has come."""
        process = self._env.process(self._arrivals())
        process.callbacks.append(self._note)
        return process

    def _note(self, process: simpy.Event) -> None:
        """Keep the exception that ends a process, if one does."""
        if not process.ok:
            self.failure = process.value

    def _arrivals(self) -> Process:
        """Tasks come, each with a process of its own, until there were enough."""
        coming = self._users.arrivals()
        planned = self._plan(next(coming, None))
        while planned is not None:
            event, arrival = planned
            yield event
            planned = self._plan(next(coming, None))  # before the task asks for its first pass
            self._start(arrival)

    def _plan(self, arrival: Arrival | None) -> tuple[simpy.Event, Arrival] | None:
        """The event of an arrival, scheduled; None if there is none, or were enough."""
        if arrival is None or self._planned == self._scenario.tasks:
            return None
        if type(arrival) is not Arrival or type(arrival.gap) is not float or arrival.size != 1.0:
            self._check(arrival)  # else it is as most are
        elif not 0.0 <= arrival.gap < math.inf:
            self._check(arrival)
        if self._planned % _PROGRESS == 0:
            self._progress(self._planned)
        self._planned += 1
        return self._env.timeout(arrival.gap), arrival

    def _check(self, arrival: Any) -> None:
        """Refuse what is no arrival, or comes before the one before, or is no work."""
        arrivals = self._scenario.arrivals
        if not isinstance(arrival, Arrival):
            refuse_answer(arrivals, "arrivals", arrival, "an Arrival(gap, task, user, ...)")
        answered(arrivals, "arrivals", arrival.gap, NON_NEGATIVE)
        answered(arrivals, "arrivals", arrival.size, POSITIVE)

    def _start(self, arrival: Arrival) -> None:
        """The task of an arrival begins, unless its user has left."""
        env, user = self._env, self._users.user(arrival.user, arrival.group)
        if not user.loyal and env.now < user.away:
            return
        task = Task(arrival.task, arrival.user, arrival.group, env.now, arrival.size)
        truth = None
        if self._truth is not None:
            truth = self._truth(self._luck.of(task.id, 0, Purpose.DIFFICULTY))
            task.signal = self._signal(truth) if self._signal else None
        if len(self._views) > 1:
            task.provider = user.chooses(task, self._views)
        self._log.arrive(task)
        provider = self.providers[task.provider]
        life = user_process(env, task, user, provider, self._draws, truth)
        if self._users.brings_more:
            life = self._followed(life, task, user)
        env.process(life).callbacks.append(self._note)

    def _followed(self, life: Process, task: Task, user: User) -> Process:
        """A task and, some time after its end, the next one that it brings about."""
        yield from life
        following = self._plan(self._users.next_task(task))
        if following is None or user.away == math.inf:
            return
        event, arrival = following
        yield event
        while self._env.now < user.away:
            yield self._env.timeout(user.away - self._env.now)
        self._start(arrival)

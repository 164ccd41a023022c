"""The provider: routes, cascades, throttles, serves and meters."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.checks import NON_NEGATIVE, UNIT, refuse_answer
from sim.draws import SERVICE, SUCCESS, Draws, Purpose, Words
from sim.policies import Admit, Learner, Refuse, Retry
from sim.processes.users import User
from sim.records import Pass, Task
from sim.results import Log
from sim.scenario import Scenario
from sim.servers.server import Server, Service

_NEVER = float("inf")


class SystemView:
    """The read-only `sim.policies.View` of one running system."""

    def __init__(self, env: simpy.Environment, servers: list[Server]) -> None:
        self._env = env
        self._servers = servers

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return float(self._env.now)

    def queued(self, model: int) -> int:
        """Passes that wait at ``model``."""
        return self._servers[model - 1].queued

    def in_service(self, model: int) -> int:
        """Passes that ``model`` is serving."""
        return self._servers[model - 1].busy


class Provider:
    """Asks the scenario's routing and throttle, keeps their states, and runs the model servers."""

    def __init__(self, env: simpy.Environment, scenario: Scenario, draws: Draws, log: Log) -> None:
        self._env = env
        self._log = log
        models = scenario.at_work.models
        self._p = [float(m.p) for m in models]
        self._models = range(1, len(self._p) + 1)
        self._allowed = f"a model from 1 to {len(self._p)}"
        self._cost = [float(m.c) for m in models]
        self._means = scenario.service_means()
        self._seconds = scenario.service_time.seconds
        self._second_word = scenario.service_time.words == 2
        self._draws = draws
        disciplines = scenario.disciplines
        self._ranks = [discipline.rank for discipline in disciplines]
        self._servers = [
            discipline.server(env, slots)
            for discipline, slots in zip(disciplines, scenario.slots, strict=True)
        ]
        self.view = SystemView(env, self._servers)
        self._routing = scenario.routing
        self._throttle = scenario.throttle
        self._routing_state = scenario.routing.init()
        self._throttle_state = scenario.throttle.init()
        # a policy that is a table is not asked, and learns nothing
        table = scenario.table
        self._route = table.route
        self.gated = table.hold is None
        self._holds = table.hold or ()
        self._routing_learner = _learner(self._routing if self._route is None else None)
        self._throttle_learner = _learner(self._throttle if self.gated else None)
        self._watched = log.keep_passes or not scenario.unwatched

    def first(self, task: Task) -> int:
        """The model that the task starts at."""
        if self._route is not None:
            return self._route.initial
        model, self._routing_state = self._routing.first(self._routing_state, task, self.view)
        if model not in self._models:
            refuse_answer(self._routing, "first", model, self._allowed)
        return model

    def escalation(self, task: Task) -> float:
        """Probability that the next pass goes one model up; 0 at the last model."""
        if task.model == len(self._p):
            return 0.0
        if self._route is not None:
            return self._route.escalation[task.model - 1]
        s, self._routing_state = self._routing.escalation(self._routing_state, task, self.view)
        if not 0.0 <= s <= 1.0:
            refuse_answer(self._routing, "escalation", s, UNIT.allowed)
        return s

    def admit(self, task: Task) -> Admit | Refuse:
        """The throttle's word on the task's next prompt."""
        entry, self._throttle_state = self._throttle.admit(self._throttle_state, task, self.view)
        return entry

    def request(self, task: Task, luck: Words) -> Service:
        """Queue the task's next pass at its model."""
        second = 0.0
        if self._second_word:
            number = task.passes + 1
            second = self._draws.words(task.id, number, Purpose.SECOND_NORMAL)[0]
        model = task.model - 1
        seconds = self._seconds(self._means[model], luck[SERVICE], second)
        return self._servers[model].request(seconds, self._ranks[model](task))

    def gate(
        self, task: Task, entry: Admit | Refuse, user: User
    ) -> Generator[simpy.Event, Any, tuple[float, bool]]:
        """Wait as the throttle says, retry after refusals: seconds spent, and whether let in."""
        asked = self._env.now
        while isinstance(entry, Refuse):
            if user.obeys and not entry.retry_after > 0.0:  # 0 could go on for ever
                refuse_answer(self._throttle, "admit", entry, "a retry after more than 0 seconds")
            task.refusals += 1
            seconds = self._absence(user.returns(task, entry, self.view), task)
            if seconds == _NEVER:
                task.throttle_delay += self._env.now - asked
                return self._env.now - asked, False
            yield self._env.timeout(seconds)
            entry = self.admit(task)
        if not 0.0 <= entry.delay < _NEVER:
            refuse_answer(self._throttle, "admit", entry, f"a delay: {NON_NEGATIVE.allowed}")
        if entry.delay > 0.0:
            yield self._env.timeout(entry.delay)
        if entry.model is not None:
            if entry.model not in self._models:
                refuse_answer(self._throttle, "admit", entry.model, self._allowed)
            task.model = entry.model
        task.priority = entry.priority
        delay = self._env.now - asked
        task.throttle_delay += delay
        return delay, True

    def _absence(self, retry: Retry, task: Task) -> float:
        if retry.spread == 0.0:
            return retry.after
        number = task.passes + 1
        u = self._draws.words(task.id, number, Purpose.BACK_OFF, task.refusals)[0]
        return retry.after + retry.spread * u

    def withdraw(self, task: Task, service: Service) -> None:
        """Take a pass that still waits out of the queue of the task's model."""
        self._servers[task.model - 1].leave(service)
        task.waiting += service.waiting

    def reply(
        self, task: Task, service: Service, luck: Words, entry_delay: float
    ) -> tuple[bool, float]:
        """Meter a served pass: whether it is solved, and how long the answer is held back."""
        model = task.model - 1
        solved = luck[SUCCESS] < self._p[model]
        task.passes += 1
        task.waiting += service.waiting
        task.service += service.seconds
        task.service_cost += self._cost[model]
        if self._watched:
            hold = self._show(task, service, solved, entry_delay)
        else:
            hold = self._holds[model]
        task.throttle_delay += hold
        return solved, hold

    def _show(self, task: Task, service: Service, solved: bool, entry_delay: float) -> float:
        """Write a pass down for all who look at passes; how long the answer is held back."""
        waiting, seconds = service.waiting, service.seconds
        record = Pass(task.id, task.passes, task.model, waiting, seconds, solved)
        hold = self._hold(record) if self.gated else self._holds[task.model - 1]
        record.throttle_delay = entry_delay + hold
        task.history.append(record)
        if self._routing_learner is not None:
            self._routing_state = self._routing_learner.learn(self._routing_state, record)
        if self._throttle_learner is not None:
            self._throttle_state = self._throttle_learner.learn(self._throttle_state, record)
        return hold

    def _hold(self, record: Pass) -> float:
        hold, self._throttle_state = self._throttle.hold(self._throttle_state, record, self.view)
        if not 0.0 <= hold < _NEVER:
            refuse_answer(self._throttle, "hold", hold, NON_NEGATIVE.allowed)
        return hold

    def farewell(self, task: Task, outcome: int) -> None:
        """The task leaves the system."""
        task.outcome = outcome
        task.ended = self._env.now
        self._log.leave(task)


def _learner(policy: object) -> Learner | None:
    return policy if isinstance(policy, Learner) else None

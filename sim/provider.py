"""The provider: routes, cascades, throttles, serves and meters."""

from typing import TYPE_CHECKING

import simpy

from sim.draws import SERVICE, SUCCESS, Draws, Purpose
from sim.policies import Admit, Refuse
from sim.records import Pass, Task
from sim.servers import ModelServer, Service

if TYPE_CHECKING:
    from sim.scenario import Scenario


class SystemView:
    """The read-only `sim.policies.View` of one running system."""

    def __init__(self, env: simpy.Environment, servers: list[ModelServer]) -> None:
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

    def __init__(self, env: simpy.Environment, scenario: "Scenario", draws: Draws) -> None:
        self.models = scenario.game.models
        self._means = scenario.service_means()
        self._service_time = scenario.service_time
        self._draws = draws
        self._servers = [ModelServer(env, slots) for slots in scenario.slots]
        self.view = SystemView(env, self._servers)
        self._routing = scenario.routing
        self._throttle = scenario.throttle
        self._routing_state = scenario.routing.init()
        self._throttle_state = scenario.throttle.init()
        self._learners = [p for p in (self._routing, self._throttle) if hasattr(p, "learn")]

    def first(self, task: Task) -> int:
        """The model that the task starts at."""
        model, self._routing_state = self._routing.first(self._routing_state, task, self.view)
        return model

    def escalation(self, task: Task) -> float:
        """Probability that the next pass goes one model up; 0 at the last model."""
        if task.model == len(self.models):
            return 0.0
        s, self._routing_state = self._routing.escalation(self._routing_state, task, self.view)
        return s

    def admit(self, task: Task) -> Admit | Refuse:
        """The throttle's word on the task's next prompt."""
        entry, self._throttle_state = self._throttle.admit(self._throttle_state, task, self.view)
        return entry

    def request(self, task: Task, luck: list[float]) -> Service:
        """Queue the task's next pass at its model."""
        number = len(task.history) + 1

        def second() -> float:
            return self._draws.words(task.id, number, Purpose.SECOND_NORMAL)[0]

        mean = self._means[task.model - 1]
        seconds = self._service_time.seconds(mean, luck[SERVICE], second)
        return self._servers[task.model - 1].request(seconds)

    def withdraw(self, task: Task, service: Service) -> None:
        """Take a pass that still waits out of the queue of the task's model."""
        self._servers[task.model - 1].leave(service)

    def reply(self, task: Task, service: Service, luck: list[float]) -> Pass:
        """The record of a served pass: solved or not, and how long the answer is held back."""
        solved = luck[SUCCESS] < self.models[task.model - 1].p
        record = Pass(
            task.id, len(task.history) + 1, task.model, service.waiting, service.seconds, solved
        )
        record.throttle_delay, self._throttle_state = self._throttle.hold(
            self._throttle_state, record, self.view
        )
        return record

    def book(self, task: Task, record: Pass) -> None:
        """Meter a finished pass, and show it to the policies that learn."""
        task.served(record, self.models[record.model - 1].c)
        if self._learners:
            self._learn(record)

    def _learn(self, record: Pass) -> None:
        if self._routing in self._learners:
            self._routing_state = self._routing.learn(self._routing_state, record)
        if self._throttle in self._learners:
            self._throttle_state = self._throttle.learn(self._throttle_state, record)

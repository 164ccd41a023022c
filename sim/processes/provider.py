"""The provider: routes, cascades, throttles, serves and meters."""

from collections.abc import Generator
from typing import Any

import numpy as np
import simpy

from sim.checks import (
    DURATION,
    NON_NEGATIVE,
    TOO_MANY_REFUSALS,
    UNIT,
    InputError,
    Rule,
    answered,
    chosen,
    refuse_answer,
)
from sim.draws import SERVICE, SUCCESS, Draws, Luck, Purpose, Words
from sim.policies import WELCOME, Admit, Limits, Refuse, State
from sim.processes.users import User
from sim.records import Ended, Reply, Task
from sim.results import Log
from sim.rule import CANCELLED, RENEGED, endless
from sim.scenario import Offer, Scenario
from sim.servers.disciplines import Discipline
from sim.servers.server import Server, Service
from sim.tables import Table

_NEVER = float("inf")
_SERVED = 1  # no outcome


class SystemView:
    """The read-only `sim.policies.View` of one running provider."""

    def __init__(self, env: simpy.Environment, servers: list[Server], luck: Luck) -> None:
        self._env = env
        self._servers = servers
        self._luck = luck

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return float(self._env.now)

    @property
    def luck(self) -> Luck:
        """The random numbers of the question that is being asked."""
        return self._luck

    def queued(self, model: int) -> int:
        """Passes that wait at ``model``."""
        return self._servers[model - 1].queued

    def in_service(self, model: int) -> int:
        """Passes that ``model`` is serving."""
        return self._servers[model - 1].busy


class _Asked:
    """A routing or a throttle with its present state."""

    def __init__(self, policy: Any) -> None:
        self.policy = policy
        self._state: State = policy.init() if hasattr(policy, "init") else None
        self._learn: Any = getattr(policy, "learn", None)

    def answer(self, method: str, *question: Any) -> Any:
        """What ``method`` answers; the next state is kept."""
        answer = getattr(self.policy, method)(self._state, *question)
        if type(answer) is not tuple or len(answer) != 2:
            self.refuse(method, answer, "an answer and the next state")
        decision, self._state = answer
        return decision

    def number(self, rule: Rule, method: str, *question: Any) -> float:
        """The same where the answer is to be a number for which ``rule`` holds."""
        return answered(self.policy, method, self.answer(method, *question), rule)

    def learn(self, event: Reply | Ended) -> None:
        """Show what happened, if the policy learns."""
        if self._learn is not None:
            self._state = self._learn(self._state, event)

    def refuse(self, method: str, answer: object, allowed: str) -> None:
        """Raise the InputError for an answer."""
        refuse_answer(self.policy, method, answer, allowed)


class Provider:
    """Asks an offer's routing and throttle, keeps their states, and runs the model servers."""

    def __init__(
        self,
        env: simpy.Environment,
        scenario: Scenario,
        offer: Offer,
        table: Table,
        draws: Draws,
        luck: Luck,
        log: Log,
    ) -> None:
        self._env = env
        self._log = log
        self._draws = draws
        self._work = scenario.work
        models = offer.at_work(scenario.game).models
        self._p = [float(m.p) for m in models]
        self._models = range(1, len(self._p) + 1)
        self._cost = [float(m.c) for m in models]
        self._means = scenario.service_means(offer)
        self._seconds = offer.service_time.seconds
        self._second_word = offer.service_time.words == 2
        self._ranks = [  # None: what the throttle said, which need not be asked for
            None if type(discipline).rank is Discipline.rank else discipline.rank
            for discipline in offer.disciplines
        ]
        self._servers = [
            discipline.server(env, slots)
            for discipline, slots in zip(offer.disciplines, offer.slots, strict=True)
        ]
        self._tasks, self._refusals = scenario.tasks, 0  # of users who obey
        self._luck = luck
        self.view = SystemView(env, self._servers, luck)
        # a policy that is a table is not asked, and learns nothing
        self._route = table.route
        self.gated = table.hold is None
        self._holds = table.hold or ()
        self._routing, self._throttle = _Asked(offer.routing), _Asked(offer.throttle)
        asked = (self._routing, table.route is None), (self._throttle, self.gated)
        self._learners = [policy for policy, is_asked in asked if is_asked]
        self._watched = log.keep_passes or not scenario.unwatched

    def first(self, task: Task) -> int:
        """The model that the task starts at."""
        if self._route is not None:
            return self._route.initial
        self._luck.of(task.id, 0, Purpose.ROUTE)
        model = self._routing.answer("first", task, self.view)
        return chosen(self._routing.policy, "first", model, self._models, "a model")

    def escalation(self, task: Task) -> float:
        """Probability that the next pass goes one model up; 0 at the last model."""
        if task.model == len(self._p):
            return 0.0
        if self._route is not None:
            return self._route.escalation[task.model - 1]
        self._luck.of(task.id, task.passes, Purpose.ESCALATE)
        return self._routing.number(UNIT, "escalation", task, self.view)

    def admit(self, task: Task) -> Admit | Refuse:
        """The throttle's word on the task's next prompt."""
        self._luck.of(task.id, task.passes + 1, Purpose.ADMIT, task.refusals)
        entry: Admit | Refuse = self._throttle.answer("admit", task, self.view)
        if not isinstance(entry, Admit | Refuse):
            self._throttle.refuse("admit", entry, "Admit(...) or Refuse(...)")
        if entry is not WELCOME:
            self._check(entry)
        return entry

    def _check(self, entry: Admit | Refuse) -> None:
        """Refuse an entry whose numbers are none."""
        admits = isinstance(entry, Admit)
        seconds = entry.delay if isinstance(entry, Admit) else entry.retry_after
        rule = NON_NEGATIVE if admits else DURATION
        if not isinstance(seconds, int | float | np.number) or not rule.holds(seconds):
            self._throttle.refuse("admit", entry, rule.allowed)
        if isinstance(entry, Admit) and not isinstance(entry.priority, int | np.integer):
            self._throttle.refuse("admit", entry, "a whole number as priority")

    def gate(
        self, task: Task, entry: Admit | Refuse, user: User
    ) -> Generator[simpy.Event, Any, Admit | None]:
        """Wait as the throttle says, retry after refusals; None if the user gives up instead."""
        asked = self._env.now
        while isinstance(entry, Refuse):
            if user.obeys and not entry.retry_after > 0.0:  # 0 could go on for ever
                self._throttle.refuse("admit", entry, "a retry after more than 0 seconds")
            task.refusals += 1
            self._refusals += user.obeys
            if endless(self._refusals, self._tasks):
                raise InputError(TOO_MANY_REFUSALS)
            seconds = user.returns(task, entry, self.view)
            if seconds == _NEVER:
                task.throttle_delay += self._env.now - asked
                return None
            yield self._env.timeout(seconds)
            entry = self.admit(task)
        if entry.delay > 0.0:
            yield self._env.timeout(entry.delay)
        if entry.model is not None:
            throttle = self._throttle.policy
            task.model = chosen(throttle, "admit", entry.model, self._models, "a model")
        task.priority = entry.priority
        task.throttle_delay += self._env.now - asked
        return entry

    def request(self, task: Task, luck: Words) -> Service:
        """Queue the task's next pass at its model."""
        second = 0.0
        if self._second_word:
            number = task.passes + 1
            second = self._draws.words(task.id, number, Purpose.SECOND_NORMAL)[0]
        model = task.model - 1
        seconds = task.size * self._seconds(self._means[model], luck[SERVICE], second)
        rank = self._ranks[model]
        return self._servers[model].request(seconds, rank(task) if rank else task.priority)

    def serve(
        self, task: Task, service: Service, limits: Limits
    ) -> Generator[simpy.Event, Any, int]:
        """Wait for the end of a pass, no longer than its user does; the outcome of who leaves."""
        if service.started is None and limits.waiting < min(limits.sojourn, _NEVER):
            yield service | self._env.timeout(limits.waiting)
            if service.started is None:
                return self._withdraw(task, service)
        if limits.sojourn < _NEVER and not service.processed:
            left = service.joined + limits.sojourn - self._env.now
            yield service | self._env.timeout(max(left, 0.0))
            if not service.processed and (outcome := self._withdraw(task, service)) <= 0:
                return outcome
        yield service
        return _SERVED

    def _withdraw(self, task: Task, service: Service) -> int:
        """Take a pass out of the queue, or out of service: then it has cost all that it costs."""
        if not self._servers[task.model - 1].leave(service):
            return _SERVED
        task.waiting += service.waiting
        if service.started is None:
            return RENEGED
        task.service += self._env.now - service.started
        task.service_cost += self._cost[task.model - 1]
        return CANCELLED

    def reply(
        self, task: Task, service: Service, truth: Any, luck: Words, entry_delay: float
    ) -> tuple[Reply | None, bool, float]:
        """Meter a served pass: what can be seen of it, whether it is right, and for how long the
        answer is held back (seconds). The reply is None if nobody ever looks at passes.
        """
        model = task.model - 1
        p = self._p[model] if self._work is None else self._success(task, truth)
        solved = luck[SUCCESS] < p
        task.passes += 1
        task.waiting += service.waiting
        task.service += service.seconds
        task.service_cost += self._cost[model]
        reply = None
        if self._watched:
            waited, served = service.waiting, service.seconds
            reply = Reply(task.id, task.passes, task.model, waited, served, task.group)
            hold = self._hold(task, reply)
            reply.throttle_delay = entry_delay + hold
            self._log.book(reply, solved)
        else:
            hold = self._holds[model]
        task.throttle_delay += hold
        return reply, solved, hold

    def _success(self, task: Task, truth: Any) -> float:
        """Probability that a pass solves a task that is not like all others."""
        work: Any = self._work
        p = work.success(truth, task.model, self._p[task.model - 1], task.passes)
        return answered(work, "success", p, UNIT)

    def _hold(self, task: Task, reply: Reply) -> float:
        if not self.gated:
            return self._holds[reply.model - 1]
        self._luck.of(task.id, task.passes, Purpose.HOLD)
        return self._throttle.number(NON_NEGATIVE, "hold", reply, self.view)

    def learn(self, event: Reply | Ended) -> None:
        """Show the policies that learn what came of their decisions."""
        for policy in self._learners:
            policy.learn(event)

    def farewell(self, task: Task, outcome: int, solved: bool) -> None:
        """The task leaves the system."""
        task.outcome = outcome
        task.ended = self._env.now
        self._log.leave(task, solved)
        if self._learners:
            self.learn(Ended(task))

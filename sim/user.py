"""One task, as its user lives it."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.draws import ABANDON, CASCADE, Draws
from sim.policies import Abandonment, Patience, Refuse, State
from sim.provider import Provider
from sim.records import Outcome, Pass, Task
from sim.servers import Service

COMPLETED, ABANDONED, RENEGED, REFUSED = (
    int(o) for o in (Outcome.COMPLETED, Outcome.ABANDONED, Outcome.RENEGED, Outcome.REFUSED)
)


def next_state(model: int, solved: bool, q: float, s: float, abandon: float, cascade: float) -> int:
    """The one rule of the game: what follows a pass at ``model``.

    Solved: the task is completed. Failed: with probability ``q`` the user gives up, otherwise
    re-prompts, and with probability ``s`` the provider sends the re-prompt one model up.
    ``abandon`` and ``cascade`` are the uniforms that decide. Returns an outcome (at most 0) or the
    number of the next model.

    >>> next_state(1, False, q=0.1, s=0.25, abandon=0.5, cascade=0.2)
    2
    """
    if solved:
        return COMPLETED
    if abandon < q:
        return ABANDONED
    if cascade < s:
        return model + 1
    return model


class User:
    """Someone with a rule for giving up, and with patience; remembers from task to task."""

    def __init__(self, abandonment: Abandonment, patience: Patience | None) -> None:
        self._abandonment = abandonment
        self._patience = patience
        self._state: State = abandonment.init()
        self._patience_state: State = patience.init() if patience else None
        self._learn = getattr(abandonment, "learn", None)

    def quits(self, task: Task, provider: Provider) -> float:
        """Probability of giving up after the failed pass that ends the task's history."""
        q, self._state = self._abandonment.probability(self._state, task.history, provider.view)
        return q

    def patience(self, task: Task, provider: Provider) -> float:
        """Seconds that the user will wait in the queue."""
        if self._patience is None:
            return float("inf")
        seconds, self._patience_state = self._patience.seconds(
            self._patience_state, task, provider.view
        )
        return seconds

    def saw(self, record: Pass) -> None:
        """Learn from an own pass."""
        if self._learn:
            self._state = self._learn(self._state, record)


def user_process(
    env: simpy.Environment, task: Task, user: User, provider: Provider, draws: Draws
) -> Generator[simpy.Event, Any, None]:
    """Prompt, wait, and then be satisfied, re-prompt or quit: the SimPy process of one task."""
    task.model = provider.first(task)
    while True:
        luck = draws.words(task.id, len(task.history) + 1)
        asked = env.now
        if not (yield from _enter(env, task, provider)):
            task.throttle_delay += env.now - asked
            state = REFUSED
            break
        entry_delay = env.now - asked
        service = provider.request(task, luck)
        yield from _wait(env, service, user.patience(task, provider))
        if service.started is None:
            provider.withdraw(task, service)
            task.waiting += service.waiting
            task.throttle_delay += entry_delay
            state = RENEGED
            break
        reply = provider.reply(task, service, luck)
        if reply.throttle_delay > 0.0:
            yield env.timeout(reply.throttle_delay)
        reply.throttle_delay += entry_delay
        provider.book(task, reply)
        user.saw(reply)
        q = s = 0.0
        if not reply.success:
            q = user.quits(task, provider)
            s = provider.escalation(task)
        state = next_state(task.model, reply.success, q, s, luck[ABANDON], luck[CASCADE])
        if state <= 0:
            break
        task.model = state
    task.leave(Outcome(state), env.now)


def _enter(
    env: simpy.Environment, task: Task, provider: Provider
) -> Generator[simpy.Event, Any, bool]:
    """Ask the throttle until it lets the prompt in (True) or refuses it for good (False)."""
    entry = provider.admit(task)
    while isinstance(entry, Refuse):
        if entry.retry_after == float("inf"):
            return False
        yield env.timeout(entry.retry_after)
        entry = provider.admit(task)
    if entry.delay > 0.0:
        yield env.timeout(entry.delay)
    if entry.model is not None:
        task.model = entry.model
    return True


def _wait(
    env: simpy.Environment, service: Service, patience: float
) -> Generator[simpy.Event, Any, None]:
    """Wait until served, or until patience ends in the queue (then ``service`` never started)."""
    if service.started is None and patience < float("inf"):
        yield service | env.timeout(patience)
        if service.started is None or service.processed:
            return
    yield service

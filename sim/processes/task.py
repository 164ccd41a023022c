"""One task, as its user lives it."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.draws import ABANDON, CASCADE, Draws
from sim.policies import WELCOME
from sim.processes.provider import Provider
from sim.processes.users import User
from sim.records import Task
from sim.rule import REFUSED, RENEGED, next_state

_FOREVER = float("inf")


def user_process(
    env: simpy.Environment, task: Task, user: User, provider: Provider, draws: Draws
) -> Generator[simpy.Event, Any, None]:
    """Prompt, wait, and then be satisfied, re-prompt or quit: the SimPy process of one task."""
    state = provider.first(task)
    while state > 0:
        task.model = state
        luck = draws.words(task.id, task.passes + 1)
        entry_delay = 0.0
        if provider.gated and (entry := provider.admit(task)) is not WELCOME:
            entry_delay, admitted = yield from provider.gate(task, entry, user)
            if not admitted:
                state = REFUSED
                break
        service = provider.request(task, luck)
        if user.impatient and service.started is None:
            patience = user.patience(task, provider.view)
            if patience < _FOREVER:
                yield service | env.timeout(patience)
                if service.started is None:
                    provider.withdraw(task, service)
                    state = RENEGED
                    break
        yield service
        solved, hold = provider.reply(task, service, luck, entry_delay)
        if hold > 0.0:
            yield env.timeout(hold)
        if user.learns:
            user.saw(task.history[-1])
        q = s = 0.0
        if not solved:
            q = user.quits(task, provider.view)
            s = provider.escalation(task)
        state = next_state(task.model, solved, q, s, luck[ABANDON], luck[CASCADE])
    provider.farewell(task, state)

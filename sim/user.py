"""One task, as its user lives it."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.draws import ABANDON, CASCADE, Draws
from sim.people import User
from sim.policies import WELCOME
from sim.provider import Provider
from sim.records import ABANDONED, COMPLETED, REFUSED, RENEGED, Task
from sim.servers import Service

Process = Generator[simpy.Event, Any, None]


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


def user_process(
    env: simpy.Environment, task: Task, user: User, provider: Provider, draws: Draws
) -> Process:
    """Prompt, wait, and then be satisfied, re-prompt or quit: the SimPy process of one task."""
    state = provider.first(task)
    while state > 0:
        task.model = state
        luck = draws.words(task.id, len(task.history) + 1)
        entry_delay = 0.0
        entry = provider.admit(task)
        if entry is not WELCOME:
            entry_delay, admitted = yield from provider.gate(task, entry, user)
            if not admitted:
                state = REFUSED
                break
        service = provider.request(task, luck)
        if service.started is None:
            yield from _queue(env, service, user.patience(task, provider.view))
            if service.started is None:
                provider.withdraw(task, service)
                state = RENEGED
                break
        if not service.processed:
            yield service
        reply, hold = provider.reply(task, service, luck, entry_delay)
        if hold > 0.0:
            yield env.timeout(hold)
        user.saw(reply)
        q = s = 0.0
        if not reply.success:
            q = user.quits(task, provider.view)
            s = provider.escalation(task)
        state = next_state(task.model, reply.success, q, s, luck[ABANDON], luck[CASCADE])
    provider.farewell(task, state)


def _queue(env: simpy.Environment, service: Service, patience: float) -> Process:
    """Wait to be served, or until patience ends; whoever is being served by then stays."""
    if patience == float("inf"):
        yield service
    else:
        yield service | env.timeout(patience)

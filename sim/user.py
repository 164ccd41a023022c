"""One task, as its user lives it."""

import simpy

from sim.draws import ABANDON, CASCADE, Draws
from sim.people import User
from sim.policies import WELCOME
from sim.process import Process
from sim.provider import Provider
from sim.records import ABANDONED, COMPLETED, REFUSED, RENEGED, Task

_FOREVER = float("inf")


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

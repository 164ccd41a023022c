"""One task, as its user lives it."""

from collections.abc import Generator
from typing import Any

import simpy

from sim.draws import ABANDON, CASCADE, Draws
from sim.policies import WELCOME
from sim.processes.provider import Provider
from sim.processes.users import User
from sim.records import Ended, Task
from sim.rule import BALKED, COMPLETED, REFUSED, next_state


def _entrance(task: Task, user: User, provider: Provider) -> Generator[simpy.Event, Any, int]:
    """Pass the throttle, and decide to begin; the outcome of a task that does not get in."""
    entry = WELCOME
    task.priority = 0
    if provider.gated and (word := provider.admit(task)) is not WELCOME:
        admitted = yield from provider.gate(task, word, user)
        if admitted is None:
            return REFUSED
        entry = admitted
    if user.hesitates and task.passes == 0 and not user.joins(task, entry, provider.view):
        return BALKED
    return task.model


def user_process(
    env: simpy.Environment, task: Task, user: User, provider: Provider, draws: Draws, truth: Any
) -> Generator[simpy.Event, Any, None]:
    """Prompt, wait, and then be satisfied, re-prompt or quit: the SimPy process of one task."""
    solved = False
    state = provider.first(task)
    while state > 0:
        task.model = state
        luck = draws.words(task.id, task.passes + 1)
        entry_delay = 0.0
        if provider.gated or user.hesitates:
            asked = env.now
            state = yield from _entrance(task, user, provider)
            if state <= 0:
                break
            entry_delay = env.now - asked
        service = provider.request(task, luck)
        if user.impatient:
            state = yield from provider.serve(task, service, user.limits(task, provider.view))
            if state <= 0:
                break
        else:
            yield service
        reply, solved, hold = provider.reply(task, service, truth, luck, entry_delay)
        if hold > 0.0:
            yield env.timeout(hold)
        accepted = user.accepts(task, solved) if user.doubts else solved
        if reply is not None:
            reply.accepted = accepted
            task.history.append(reply)
            provider.learn(reply)
            if user.learns:
                user.learn(reply)
        q = s = 0.0
        if not accepted:
            q = user.quits(task, provider.view)
            s = provider.escalation(task)
        state = next_state(task.model, accepted, q, s, luck[ABANDON], luck[CASCADE])
    provider.farewell(task, state, solved and state == COMPLETED)
    if user.learns:
        user.learn(Ended(task))
    if not user.loyal:
        user.parts(task, provider.view)

"""Who comes when, in the kernel: strangers, and the members of a population."""

from typing import Any

import numpy as np

from sim.arrivals import streams
from sim.compiled.agenda import first, put, time_of
from sim.compiled.jit import apart, inlined
from sim.compiled.memory import BLOCK, FREE, More, Rules, State
from sim.compiled.philox import philox
from sim.draws import Purpose

_stream_gap = inlined(streams.gap)
_ARRIVAL, _PASS, _JOIN = int(Purpose.ARRIVAL), int(Purpose.PASS), int(Purpose.JOIN)


@inlined
def gap(rules: Rules, task: int) -> float:
    """Seconds before the task of a stranger."""
    u, v, _, _ = philox(rules.seed, rules.replication, task, 0, _ARRIVAL)
    return _stream_gap(u, v, rules.bursts, rules.size)


@inlined
def words(rules: Rules, row: Any, task: int) -> float:
    """Draw the words of a pass; returns the one of its service."""
    u, row.success, row.abandon, row.cascade = philox(
        rules.seed, rules.replication, task, row.number, _PASS
    )
    return u


@inlined
def new_row(rules: Rules, state: State, task: int, now: float) -> int:
    """A row for a task that will come."""
    counts = state.counts
    counts[FREE] -= 1
    index = state.free[np.uint32(counts[FREE])]
    state.coming[np.uint32(task & BLOCK - 1)] = index
    row = state.rows[np.uint32(index)]
    row.task, row.arrived = task, now
    row.waiting = row.service = row.held = row.cost = 0.0
    row.model, row.number, row.last = rules.initial, 1, -1
    state.left[np.uint32(task & len(state.left) - 1)].model = 1
    return index


@apart
def draw_members(rules: Rules, state: State, more: More, begin: int, end: int) -> None:
    """The next tasks, of strangers or of members, where there is more than tables."""
    now = state.last_arrival[0]
    for task in range(begin, end):
        user, group, number = task, 0, task
        if len(more.users) == 0:
            now += gap(rules, task)
        else:
            user, moment, _ = first(more.sources)
            at = time_of(moment)
            now += at - more.last_source[0]
            more.last_source[0] = at
            group, number = more.users[user].group, more.users[user].next
            more.users[user].next = number + 1
            plan_source(rules, more, user, at)
        index = new_row(rules, state, task, now)
        its = more.rows[index]
        its.id, its.user, its.group, its.refusals, its.rank = number, user, group, 0, 0
        its.entrance, its.phase = 0.0, 0
        state.rows[index].seconds = words(rules, state.rows[index], number)
        _forget(rules, more, index)
    state.last_arrival[0] = now


@inlined
def plan_source(rules: Rules, more: More, user: int, now: float) -> None:
    """Draw when the next task of a member comes; of those at the same moment the lower number."""
    source = more.users[user]
    u, _, _, _ = philox(rules.seed, rules.replication, source.next, 0, _ARRIVAL)
    put(more.sources, user, now + _stream_gap(u, 0.0, source.rate, 1.0), source.next, 0, 0)


@inlined
def _forget(rules: Rules, more: More, index: int) -> None:
    """What is remembered of a task begins anew."""
    width = more.by_row[1]
    first = more.by_row[0] + index * width
    for k in range(first, first + width):
        more.memory[k] = 0.0
    if len(more.users) == 0:
        born(rules, more, index, more.rows[index].user, 0)


@inlined
def born(rules: Rules, more: More, owner: int, user: int, group: int) -> None:
    """The first number that a new user may have in mind: a uniform one."""
    person = more.people[group]
    if person.born:
        rule = more.asked[person.probability]
        u, _, _, _ = philox(rules.seed, rules.replication, user, 0, _JOIN)
        more.memory[rule.place + owner * rule.stride] = u

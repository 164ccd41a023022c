"""The compiled twin of the SimPy engine: the same trajectory, event by event, bit for bit.

What decides the trajectory is kept as in `sim.rule`, `sim.servers` and `sim.processes`:

- events go by (time, sequence number), the number given when an event is scheduled;
- an arrival first schedules the next one, then its task asks for its first pass;
- a freed slot starts its next pass before the task of the finished one does anything;
- every floating-point operation is the same one, and logarithms come from the same libm.

Most scenarios are the paper's game: policies that are tables, first come, first served. What others
have beyond that is in ``more`` (`sim.compiled.memory.More`), and what happens there in
`sim.compiled.steps`. Where ``more`` is None, the compiler leaves out all that is asked about it, so
that nobody pays for what they do not use.

A task's words do not depend on what else happens. Those of arrivals and first passes are drawn for
a block of tasks at once, so that no event waits for them. Tasks leave in any order, and are given
out in the order in which they came. A run may stop and go on (`play`): the caller makes room,
takes away what is written down, and shows progress.
"""

from typing import Any

import numpy as np

from sim import rule, scalars, summary
from sim.arrivals import streams
from sim.compiled import (
    agenda,
    arrivals,
    asking,
    events,
    jit,
    leaving,
    ledger,
    lines,
    memory,
    philox,
    service,
    sharing,
    steps,
    times,
)  # fmt: skip
from sim.compiled.agenda import NEVER, bits, first, give_back, take, time_of
from sim.compiled.arrivals import born, draw_members, gap, new_row, plan_source, words
from sim.compiled.events import COMES, HELD, SERVED, later
from sim.compiled.jit import apart, before, inlined
from sim.compiled.ledger import book, close, forget, give_out, leave, note, of_class, write
from sim.compiled.lines import join, release
from sim.compiled.memory import (
    ARRIVAL_SEQUENCE,
    BLOCK,
    CLOSED,
    DONE,
    DRAWN,
    FREE,
    FULL,
    GOES_ON,
    HEAD,
    PAUSED,
    POOL,
    SEQUENCE,
    STATUS,
    TASK,
    WRITTEN,
    Floats,
    Ints,
    More,
    Output,
    Rules,
    State,
)  # fmt: skip
from sim.compiled.philox import philox as _philox
from sim.compiled.steps import step
from sim.compiled.times import seconds_of
from sim.servers import service_times
from sim.servers import sharing as sharing_server

_next_state = inlined(rule.next_state)
_add = inlined(summary.add)
_entry = jit.entry(
    agenda, arrivals, asking, events, jit, leaving, ledger, lines, memory, philox, service, sharing,
    steps, times, rule, scalars, service_times, sharing_server, streams, summary,
)  # fmt: skip


@_entry
def drawn(seed: Any, replication: Any, task: int, number: int, purpose: int, attempt: int) -> Any:
    """The uniforms of attempt 0, and the first one of ``attempt``; for tests."""
    one = philox.word(seed, replication, task, number, purpose, attempt)
    return _philox(seed, replication, task, number, purpose), one


@inlined
def _draw(rules: Rules, models: Any, task: int, row: Any) -> None:
    """The words of a pass, and its seconds of service."""
    row.seconds = seconds_of(rules, models, task, row, words(rules, row, task))


@inlined
def _next(models: Any, row: Any) -> int:
    """What follows a pass where rules are tables."""
    at = models[np.uint32(row.model)]
    solved = row.success < at.p
    return _next_state(row.model, solved, at.q, at.s, row.abandon, row.cascade)


@apart
def _draw_block(rules: Rules, state: State, more: More, begin: int, end: int) -> None:
    """Arrivals and first passes of tasks, in empty rows."""
    if more is not None:
        draw_members(rules, state, more, begin, end)
    else:
        now = state.last_arrival[0]
        for task in range(begin, end):
            now += gap(rules, task)
            index = new_row(rules, state, task, now)
            _draw(rules, state.models, task, state.rows[np.uint32(index)])
        state.last_arrival[0] = now


@apart
def _reserve(rules: Rules, state: State, output: Output, more: More, pause: int) -> int:
    """Draw the next tasks, once all that are drawn have come; GOES_ON, or why it cannot be done."""
    counts = state.counts
    count = counts[TASK]
    blocked = give_out(rules, state, output, more, count)
    if counts[SEQUENCE] >= pause:
        return PAUSED
    if blocked:
        return WRITTEN
    more_tasks = min(BLOCK, rules.tasks - count)
    if more_tasks > min(counts[HEAD] + len(state.left) - count, counts[FREE]):
        return FULL
    if more_tasks:
        _draw_block(rules, state, more, count, count + more_tasks)
        counts[DRAWN] = count + more_tasks
    return GOES_ON


@_entry
def play(rules: Rules, state: State, output: Output, more: More, pause: int) -> int:
    """Go on until all is over, soon after event ``pause``, or until there is no room.

    Says which it is: DONE, PAUSED, FULL, WRITTEN, FAULT or ENDLESS. One long loop: its numbers stay
    in registers.
    """
    models, rows, schedule, counts = state.models, state.rows, state.agenda, state.counts
    coming = state.coming
    count, drawn, status = counts[TASK], counts[DRAWN], DONE if counts[CLOSED] else GOES_ON
    arrival, arrival_sequence = np.inf, counts[ARRIVAL_SEQUENCE]
    if count < drawn:
        arrival = rows[coming[count & BLOCK - 1]].arrived
    event = first(schedule)
    while status == GOES_ON:
        if count == drawn:
            counts[TASK] = count
            status = _reserve(rules, state, output, more, pause)
            drawn = counts[DRAWN]
            if status != GOES_ON:
                break
            if drawn > count:
                arrival = rows[coming[np.uint32(count & BLOCK - 1)]].arrived
            else:  # all have come
                arrival, arrival_sequence = np.inf, NEVER
        if len(output.pool) and counts[POOL] < 0:
            status = FULL
            break
        leaf, moment, place = event
        if before(moment, place, bits(arrival), arrival_sequence):
            now, index = time_of(moment), schedule.events[np.uint32(leaf)].row
            if now >= rules.horizon:
                status = DONE
                break
            what = schedule.events[np.uint32(leaf)].kind
            if more is not None:
                step(rules, state, output, more, now, index, leaf, what)
                event, status = first(schedule), state.counts[STATUS]
                continue
            row = rows[np.uint32(index)]
            over = True  # the event of the leaf, until another one takes its place
            if what == SERVED:
                starts = release(models, rows, now, row.model)
                if starts >= 0:
                    at = now + rows[np.uint32(starts)].seconds
                    event = later(state, leaf, at, starts, SERVED)
                    over = False
                hold = book(models, state, output, row, 0.0)
                if hold > 0.0:
                    free = leaf if over else take(schedule)
                    event = later(state, free, now + hold, index, HELD)
                    continue
            following = _next(models, row)
            if following <= 0:
                leave(rules, state, more, now, index, row, following)
                if over:
                    event = give_back(schedule, leaf)
                continue
            row.model = following
            row.number += 1
            _draw(rules, models, row.task, row)
        elif count == rules.tasks or arrival >= rules.horizon:
            status = DONE
            break
        else:
            now, index, over = arrival, coming[np.uint32(count & BLOCK - 1)], False
            count += 1
            if count < drawn:
                arrival = rows[np.uint32(coming[np.uint32(count & BLOCK - 1)])].arrived
            arrival_sequence = counts[SEQUENCE]
            counts[SEQUENCE] = arrival_sequence + 1
            if more is not None:
                step(rules, state, output, more, now, index, np.int64(-1), np.int64(COMES))
                event, status = first(schedule), state.counts[STATUS]
                continue
            row = rows[np.uint32(index)]
        if join(models, rows, now, index, row):
            free = leaf if over else take(schedule)
            event = later(state, free, now + row.seconds, index, SERVED)
        elif over:
            event = give_back(schedule, leaf)
    counts[TASK], counts[ARRIVAL_SEQUENCE] = count, arrival_sequence
    if status == DONE:
        if counts[CLOSED] == 0:
            close(rules, state, more)
            counts[CLOSED] = 1
        if give_out(rules, state, output, more, count):
            status = WRITTEN
    return status


@_entry
def start(rules: Rules, state: State, more: More) -> None:
    """Draw the first task of every member of a population, and what they have in mind at first."""
    for model in range(1, len(more.stations)):
        if more.stations[model].shared:
            more.stations[model].leaf = take(state.agenda)
    for user in range(len(more.users)):
        take(more.sources)
        plan_source(rules, more, user, 0.0)
        born(rules, more, user, user, more.users[user].group)


@_entry
def gaps(rules: Rules, first: int, into: Floats) -> None:
    """Seconds before the arrivals from ``first`` on."""
    for k in range(len(into)):
        into[k] = gap(rules, first + k)


@_entry
def sample(
    rules: Rules, state: State, arrived: Floats, first: int, begin: int, output: Output
) -> int:
    """Play the tasks from ``first`` on that arrive at ``arrived``, where nobody ever waits.

    Tasks do not meet, so that they are played one by one, in one row; the first ``begin`` of them
    are played already. Returns how many are played: all, unless there is no room for passes.
    """
    row, left, counts = state.rows[0], state.left[0], state.counts
    mine = of_class(output.totals, 0)
    for k in range(begin, len(arrived)):
        task, now = first + k, arrived[k]
        row.arrived, row.task, row.last = now, task, -1
        row.model, row.number = rules.initial, 0
        row.waited = row.waiting = row.service = row.held = row.cost = 0.0
        while row.model > 0:
            if len(output.pool) and counts[POOL] < 0:
                forget(state, output, row)
                return k
            row.number += 1
            _draw(rules, state.models, task, row)
            now = now + row.seconds
            hold = book(state.models, state, output, row, 0.0)
            if hold > 0.0:
                now = now + hold
            row.model = _next(state.models, row)
        note(rules, state, None, 0, row, 0, now, row.model)
        if not write(rules, state, output, None, mine, left, 0, task):
            forget(state, output, row)
            return k
    return len(arrived)


@_entry
def total(
    totals: summary.Totals, outcomes: Ints, delays: Floats, costs: Floats, passes: Ints
) -> None:
    """The totals of tasks that are written down, in order of arrival."""
    for task in range(len(outcomes)):
        _add(totals, task, outcomes[task], delays[task], costs[task], passes[task])

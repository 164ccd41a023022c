"""The compiled twin of the SimPy engine: the same trajectory, event by event, bit for bit.

What decides the trajectory is kept as in `sim.rule`, `sim.servers.server` and `sim.engine`:

- events go by (time, sequence number), the number given when an event is scheduled;
- an arrival first schedules the next one, then its task asks for its first pass;
- a freed slot starts its next pass before the task of the finished one does anything;
- every floating-point operation is the same one, and logarithms come from the same libm.

A task's words do not depend on what else happens. Those of arrivals and first passes are drawn for
a block of tasks at once, so that no event waits for them.

The row of task n is number n modulo the number of rows; it is free again when its task and all
before it have left, which is also the order in which results are given out. A run may stop and go
on (`play`): the caller makes more rows when they are full, and shows progress.
"""

import math
from typing import Any

import numpy as np

from sim import rule, summary
from sim.compiled import agenda, jit, memory, philox
from sim.compiled.agenda import NEVER, bits, first, give_back, put, take, time_of
from sim.compiled.jit import apart, before, inlined
from sim.compiled.memory import (  # fmt: skip
    ARRIVAL_SEQUENCE,
    DONE,
    EXPONENTIAL,
    FULL,
    HEAD,
    LOGNORMAL,
    PAUSED,
    SEQUENCE,
    TASK,
    Floats,
    Ints,
    Output,
    Rules,
    State,
)
from sim.rule import IN_SYSTEM
from sim.servers import service_times

_philox = philox.philox
_next_state = inlined(rule.next_state)
_exponential = inlined(service_times.exponential)
_lognormal = inlined(service_times.lognormal)
_add = inlined(summary.add)
_entry = jit.entry(agenda, jit, memory, philox, rule, service_times, summary)

_PASS, _ARRIVAL, _SECOND_NORMAL = 0, 1, 2  # sim.draws.Purpose
_BLOCK = 64  # tasks that are drawn ahead


@_entry
def words(seed: Any, replication: Any, task: int, number: int, purpose: int) -> Any:
    """The uniforms, for tests."""
    return _philox(seed, replication, task, number, purpose)


@inlined
def _gap(rules: Rules, task: int) -> float:
    """`sim.arrivals.streams.Poisson.gaps`."""
    u, _, _, _ = _philox(rules.seed, rules.replication, task, 0, _ARRIVAL)
    return -math.log(1.0 - u) / rules.rate


@apart
def _lognormal_seconds(rules: Rules, mean: float, task: int, number: int, u: float) -> float:
    second, _, _, _ = _philox(rules.seed, rules.replication, task, number, _SECOND_NORMAL)
    return _lognormal(mean, u, second, rules.variance)


@inlined
def _draw(rules: Rules, models: Any, task: int, row: Any) -> None:
    """The words of a pass, and its seconds of service."""
    u, row.success, row.abandon, row.cascade = _philox(
        rules.seed, rules.replication, task, row.number, _PASS
    )
    seconds = models[np.uint32(row.model)].mean
    if rules.kind == EXPONENTIAL:
        seconds = _exponential(seconds, u)
    elif rules.kind == LOGNORMAL:
        seconds = _lognormal_seconds(rules, seconds, task, row.number, u)
    row.seconds = seconds


@inlined
def _next(models: Any, row: Any) -> int:
    """What follows a pass."""
    at = models[np.uint32(row.model)]
    solved = row.success < at.p
    return _next_state(row.model, solved, at.q, at.s, row.abandon, row.cascade)


@apart
def _draw_block(rules: Rules, state: State, begin: int, end: int) -> None:
    """Arrivals and first passes of tasks, in empty rows."""
    mask = len(state.rows) - 1
    now = state.last_arrival[0]
    for task in range(begin, end):
        row = state.rows[np.uint32(task & mask)]
        now += _gap(rules, task)
        row.arrived = now
        row.waiting = row.service = row.held = row.cost = 0.0
        row.model, row.number = rules.initial, 1
        _draw(rules, state.models, task, row)
    state.last_arrival[0] = now


@inlined
def _join(state: State, now: float, task: int, row: Any) -> bool:
    """The task asks for its pass: whether it is served at once."""
    at = state.models[np.uint32(row.model)]
    if at.busy < at.slots:
        at.busy += 1
        row.waited = 0.0
        return True
    row.at = now
    row.link = -1
    if at.first < 0:
        at.first = task
    else:
        state.rows[np.uint32(at.last & len(state.rows) - 1)].link = task
    at.last = task
    return False


@inlined
def _release(state: State, now: float, model: int) -> int:
    """A slot is freed: the task that starts there, or -1."""
    at = state.models[np.uint32(model)]
    task = at.first
    if task < 0:
        at.busy -= 1
    else:
        row = state.rows[np.uint32(task & len(state.rows) - 1)]
        at.first = row.link
        row.waited = now - row.at
    return task


@inlined
def _book(models: Any, output: Output, task: int, row: Any) -> float:
    """Meter a served pass: seconds for which its answer is held back."""
    at = models[np.uint32(row.model)]
    if len(output.offsets):
        place = output.offsets[task] + row.number - 1
        output.passes[0, place] = row.waited
        output.passes[1, place] = row.seconds
        output.passes[2, place] = at.hold
        output.kinds[0, place] = row.number
        output.kinds[1, place] = row.model
        output.kinds[2, place] = row.success < at.p
    row.waiting += row.waited
    row.service += row.seconds
    row.held += at.hold
    row.cost += at.cost
    return at.hold


@inlined
def _give_out(rules: Rules, output: Output, task: int, row: Any) -> None:
    """Write down, and add to the totals, a task that has left or whom the end has found."""
    outcome, ended = row.model, row.at
    if outcome > 0:
        outcome, ended = IN_SYSTEM, np.nan
    if output.tasks.shape[1]:
        output.tasks[0, task] = row.arrived
        output.tasks[1, task] = ended
        output.tasks[2, task] = row.waiting
        output.tasks[3, task] = row.service
        output.tasks[4, task] = row.held
        output.tasks[5, task] = row.cost
        output.ends[0, task] = outcome
        output.ends[1, task] = row.number
    if len(output.totals.histogram):
        delay = rules.value_of_time * (row.waiting + row.service + row.held)
        _add(output.totals, task, outcome, delay, row.cost, row.number)


@apart
def _give_out_done(rules: Rules, state: State, output: Output, head: int, count: int) -> int:
    """Give out tasks that have left, in order of arrival; returns the first that has not."""
    mask = len(state.rows) - 1
    while head < count:
        row = state.rows[np.uint32(head & mask)]
        if row.model > 0:
            break
        _give_out(rules, output, head, row)
        head += 1
    return head


@apart
def _close(rules: Rules, state: State, output: Output) -> None:
    """Give out the tasks that the end found in the system, and count them by model."""
    models, rows, schedule, counts, _ = state
    mask = len(rows) - 1
    for model in range(1, len(models)):
        task = models[model].first
        while task >= 0:
            rows[task & mask].number -= 1  # asked for, not served
            task = rows[task & mask].link
    for leaf in range(schedule.pool[agenda.LEAVES]):
        event = schedule.events[leaf]
        if event.sequence < NEVER and not event.held:
            rows[event.task & mask].number -= 1
    for task in range(counts[HEAD], counts[TASK]):
        row = rows[task & mask]
        if row.model > 0:
            models[row.model].present += 1
        _give_out(rules, output, task, row)


@_entry
def play(rules: Rules, state: State, output: Output, pause: int) -> int:
    """Go on until all is over, soon after event ``pause``, or until a row for a task is missing.

    One long loop: its numbers stay in registers.
    """
    models, rows, schedule, counts, _ = state
    mask = len(rows) - 1
    count, head, sequence = counts[TASK], counts[HEAD], counts[SEQUENCE]
    arrival, arrival_sequence = np.inf, counts[ARRIVAL_SEQUENCE]
    drawn, status = count, DONE
    event = first(schedule)
    while True:
        if count == drawn:
            head = _give_out_done(rules, state, output, head, count)
            drawn = min(count + _BLOCK, rules.tasks, head + mask + 1)
            if sequence >= pause or drawn == count < rules.tasks:
                status = PAUSED if sequence >= pause else FULL
                break
            if drawn > count:
                _draw_block(rules, state, count, drawn)
                arrival = rows[np.uint32(count & mask)].arrived
            else:  # all have come
                arrival, arrival_sequence = np.inf, NEVER
        leaf, moment, place = event
        if before(moment, place, bits(arrival), arrival_sequence):
            now, task = time_of(moment), schedule.events[np.uint32(leaf)].task
            if now >= rules.horizon:
                break
            row = rows[np.uint32(task & mask)]
            over = True  # the event of the leaf, until another one takes its place
            if not schedule.events[np.uint32(leaf)].held:
                starts = _release(state, now, row.model)
                if starts >= 0:
                    at = now + rows[np.uint32(starts & mask)].seconds
                    event = put(schedule, leaf, at, sequence, starts, 0)
                    sequence += 1
                    over = False
                hold = _book(models, output, task, row)
                if hold > 0.0:
                    event = put(
                        schedule, leaf if over else take(schedule), now + hold, sequence, task, 1
                    )
                    sequence += 1
                    continue
            row.model = _next(models, row)
            if row.model <= 0:
                row.at = now
                if over:
                    event = give_back(schedule, leaf)
                continue
            row.number += 1
            _draw(rules, models, task, row)
        elif count == rules.tasks:
            break
        else:
            now, task, over = arrival, count, False
            if now >= rules.horizon:
                break
            row = rows[np.uint32(task & mask)]
            count += 1
            arrival = rows[np.uint32(count & mask)].arrived
            arrival_sequence = sequence
            sequence += 1
        if _join(state, now, task, row):
            at = now + row.seconds
            event = put(schedule, leaf if over else take(schedule), at, sequence, task, 0)
            sequence += 1
        elif over:
            event = give_back(schedule, leaf)
    counts[TASK], counts[HEAD], counts[SEQUENCE] = count, head, sequence
    counts[ARRIVAL_SEQUENCE] = arrival_sequence
    if status == DONE:
        _close(rules, state, output)
    return status


@_entry
def gaps(rules: Rules, first: int, into: Floats) -> None:
    """Seconds before the arrivals from ``first`` on."""
    for k in range(len(into)):
        into[k] = _gap(rules, first + k)


@_entry
def sample(
    rules: Rules, models: Any, rows: Any, arrived: Floats, first: int, output: Output
) -> None:
    """Play the tasks from ``first`` on that arrive at ``arrived``, where nobody ever waits.

    Tasks do not meet, so that they are played one by one, in one row.
    """
    row = rows[0]
    for k in range(len(arrived)):
        task, now = first + k, arrived[k]
        row.arrived = now
        row.model, row.number = rules.initial, 0
        row.waited = row.waiting = row.service = row.held = row.cost = 0.0
        while row.model > 0:
            row.number += 1
            _draw(rules, models, task, row)
            now = now + row.seconds
            hold = _book(models, output, task, row)
            if hold > 0.0:
                now = now + hold
            row.model = _next(models, row)
        row.at = now
        _give_out(rules, output, task, row)


@_entry
def total(
    totals: summary.Totals, outcomes: Ints, delays: Floats, costs: Floats, passes: Ints
) -> None:
    """The totals of tasks that are written down, in order of arrival."""
    for task in range(len(outcomes)):
        _add(totals, task, outcomes[task], delays[task], costs[task], passes[task])

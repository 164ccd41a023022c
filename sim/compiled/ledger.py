"""What the kernel books and writes down: passes, and tasks in the order in which they came."""

from typing import Any

import numpy as np

from sim import summary
from sim.compiled.agenda import LEAVES, NEVER
from sim.compiled.events import HELD
from sim.compiled.jit import apart, inlined
from sim.compiled.memory import (  # fmt: skip
    DRAWN,
    FREE,
    HEAD,
    PASSES,
    POOL,
    TASK,
    TASKS,
    More,
    Output,
    Rules,
    State,
)
from sim.rule import IN_SYSTEM

_add = inlined(summary.add)


@inlined
def book(models: Any, state: State, output: Output, row: Any, entrance: float) -> float:
    """Meter a served pass: seconds for which its answer is held back."""
    at = models[np.uint32(row.model)]
    if len(output.pool):
        _note(state, output, row, row.success < at.p, entrance + at.hold)
    row.waiting += row.waited
    row.service += row.seconds
    row.held += at.hold
    row.cost += at.cost
    return at.hold


@apart
def _note(state: State, output: Output, row: Any, success: bool, held: float) -> None:
    """Keep the pass until its task is written down."""
    place = state.counts[POOL]
    record = output.pool[place]
    state.counts[POOL] = record.before
    record.waiting, record.service, record.held = row.waited, row.seconds, held
    record.number, record.model, record.success = row.number, row.model, success
    record.before = row.last
    row.last = place


@inlined
def leave(
    rules: Rules, state: State, more: More, now: float, index: int, row: Any, outcome: int
) -> None:
    """A task leaves the system, and its row is free."""
    counts = state.counts
    note(rules, state, more, index, row, row.task & len(state.left) - 1, now, outcome)
    state.free[np.uint32(counts[FREE])] = index
    counts[FREE] += 1
    row.model = outcome


@inlined
def note(
    rules: Rules, state: State, more: More, index: int, row: Any, place: int, ended: float,
    outcome: int,
) -> None:  # fmt: skip
    """Keep what is left of a task until it is given out."""
    left = state.left[np.uint32(place)]
    left.delay = _value_of_time(rules, more, index) * (row.waiting + row.service + row.held)
    left.cost, left.model, left.number = row.cost, outcome, row.number
    if len(state.left_rows):
        its = state.left_rows[np.uint32(place)]
        its.arrived, its.ended = row.arrived, ended
        its.waiting, its.service, its.held, its.last = row.waiting, row.service, row.held, row.last
    if more is not None:
        _note_who(state.left_rows, more.rows[index], place)


@inlined
def _value_of_time(rules: Rules, more: More, index: int) -> float:
    if more is None:
        value = rules.value_of_time
    else:
        value = more.people[more.rows[index].group].value_of_time
    return value


@inlined
def _note_who(left_rows: Any, more_row: Any, place: int) -> None:
    its = left_rows[np.uint32(place)]
    its.id, its.group, its.refusals = more_row.id, more_row.group, more_row.refusals


@apart
def give_out(rules: Rules, state: State, output: Output, more: More, until: int) -> bool:
    """Write down those who have left and before whom all have left; whether there was no room."""
    counts, mask, head = state.counts, len(state.left) - 1, state.counts[HEAD]
    mine = of_class(output.totals, 0)
    blocked = False
    while head < until and not blocked:
        place = np.uint32(head & mask)
        left = state.left[place]
        if left.model > 0:
            break
        if write(rules, state, output, more, mine, left, place, head):
            head += 1
        else:
            blocked = True
    counts[HEAD] = head
    return blocked


@inlined
def write(
    rules: Rules, state: State, output: Output, more: More, mine: summary.Totals, left: Any,
    place: int, task: int,
) -> bool:  # fmt: skip
    """Write down a task and its passes, and add it to the totals, where there is room.

    ``mine`` are the totals of the only class, where there is nothing more.
    """
    counts = state.counts
    if output.tasks.shape[1]:
        if counts[TASKS] == output.tasks.shape[1]:
            return False
        its = state.left_rows[place]
        if len(output.pool) and not _write_passes(counts, output, left.number, its.last):
            return False
        _write(counts, output, more, left, its)
    if output.totals.histogram.shape[1]:
        if more is None:
            _add(mine, task, left.model, left.delay, left.cost, left.number)
        else:
            _add_to_class(output.totals, left, state.left_rows[place].group)
    return True


@apart
def forget(state: State, output: Output, row: Any) -> None:
    """Give back the records of the passes of a task that is to be played again."""
    place = row.last
    while place >= 0:
        record = output.pool[place]
        place, record.before, state.counts[POOL] = record.before, state.counts[POOL], place
    row.last = -1


@inlined
def of_class(totals: summary.Totals, group: int) -> summary.Totals:
    """The totals of one class of users."""
    counts, place, origin, batches, products, extremes, histogram = totals
    return summary.Totals(
        counts[group], place[group], origin[group], batches[group], products[group],
        extremes[group], histogram[group],
    )  # fmt: skip


@apart
def _add_to_class(totals: summary.Totals, left: Any, group: int) -> None:
    """The tasks of a class are numbered as they come."""
    mine = of_class(totals, group)
    _add(mine, mine.counts.sum(), left.model, left.delay, left.cost, left.number)


@inlined
def _write(counts: Any, output: Output, more: More, left: Any, its: Any) -> None:
    column = counts[TASKS]
    tasks, ends = output.tasks, output.ends
    tasks[0, column], tasks[1, column] = its.arrived, its.ended
    tasks[2, column], tasks[3, column] = its.waiting, its.service
    tasks[4, column], tasks[5, column] = its.held, left.cost
    ends[0, column], ends[1, column] = left.model, left.number
    if more is not None:
        more.who[0, column], more.who[1, column] = its.id, its.group
        more.who[2, column] = its.refusals
    counts[TASKS] = column + 1


@apart
def _write_passes(counts: Any, output: Output, number: int, last: int) -> bool:
    """Write down the passes of a task, from the last one; whether there was room."""
    begin = counts[PASSES]
    end = begin + number
    if end > output.passes.shape[1]:
        return False
    place = last
    while place >= 0:
        end -= 1
        record = output.pool[place]
        output.passes[0, end] = record.waiting
        output.passes[1, end] = record.service
        output.passes[2, end] = record.held
        output.kinds[0, end] = record.number
        output.kinds[1, end] = record.model
        output.kinds[2, end] = record.success
        following = record.before
        record.before = counts[POOL]
        counts[POOL] = place
        place = following
    counts[PASSES] = begin + number
    return True


@apart
def close(rules: Rules, state: State, more: More) -> None:
    """The end has come: note the tasks that it finds in the system, and count them by model."""
    models, rows, schedule, counts = state.models, state.rows, state.agenda, state.counts
    for task in range(counts[TASK], counts[DRAWN]):
        rows[state.coming[task % len(state.coming)]].model = 0
    for leaf in range(schedule.pool[LEAVES]):
        event = schedule.events[leaf]
        if event.sequence < NEVER and event.kind == HELD:
            rows[event.row].number += 1
    for index in range(len(rows)):
        row = rows[index]
        if row.model > 0:
            models[row.model].present += 1
            row.number -= 1  # asked for, not served
            place = row.task & len(state.left) - 1
            note(rules, state, more, index, row, place, np.nan, IN_SYSTEM)

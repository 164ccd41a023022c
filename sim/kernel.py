"""The compiled twin of the SimPy engine: the same trajectory, event by event, bit for bit.

What decides the trajectory is kept as in `sim.user`, `sim.servers` and `sim.engine`:

- events go by (time, sequence number), the number given when an event is scheduled;
- an arrival first schedules the next one, then its task asks for its first pass;
- a freed slot starts its next pass before the task of the finished one does anything;
- every floating-point operation is the same one, and logarithms come from the same libm.

A task's words do not depend on what else happens. Those of its next pass are drawn when it asks for
this one, those of arrivals and first passes a block of tasks ahead, so that nothing waits for them;
what follows a pass is decided then (`sim.user.next_state`) and carried out when the pass ends.

The row of task n is number n modulo the number of rows; it is free again when its task and all
before it have left, which is also the order in which results are given out. A run may stop and go
on (`play`): the caller makes more rows when they are full, and shows progress.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import agenda, jit, philox, service_times, summary, user
from sim.agenda import NEVER, Agenda, bits, give_back, put, take, time_of
from sim.jit import before, inlined

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_philox = philox.philox
_next_state = inlined(user.next_state)
_exponential = inlined(service_times.exponential)
_lognormal = inlined(service_times.lognormal)
_add = inlined(summary.add)
_entry = jit.entry(agenda, jit, philox, service_times, summary, user)

DETERMINISTIC, EXPONENTIAL, LOGNORMAL = range(3)
DONE, PAUSED, FULL = range(3)
_PASS, _ARRIVAL, _SECOND_NORMAL = 0, 1, 2  # sim.draws.Purpose
_BLOCK = 64  # tasks that are drawn ahead
# counts
TASK, HEAD, SEQUENCE, ARRIVAL_SEQUENCE = range(4)

# A model: its numbers, passes in service, and the waiting line, a linked list (-1: empty)
MODEL = np.dtype(
    [(name, np.float64) for name in ("p", "mean", "cost", "q", "s", "hold")]
    + [(name, np.int64) for name in ("slots", "busy", "first", "last", "present")]
)
# A task. Its pass: model, number, seconds of service and of waiting, what follows, and the pass
# after it. What passes have added up to. When it joined a line (or left), and who is behind it. One
# that has left has its outcome as its model.
ROW = np.dtype(
    {
        "names": [
            "arrived", "at", "seconds", "waited", "waiting", "service", "held", "cost",
            "next_seconds", "next_following", "model", "number", "following", "link",
        ],
        "formats": 9 * [np.float64] + 5 * [np.int64],
        "itemsize": 128,
    }
)  # fmt: skip


class Rules(NamedTuple):
    """A scenario in numbers."""

    seed: Any  # uint64
    replication: Any  # uint64
    tasks: int
    rate: float
    horizon: float  # NaN: none; an event may come at infinity
    kind: int  # of service
    variance: float  # of the logarithm of lognormal service
    initial: int
    value_of_time: float


class State(NamedTuple):
    """Where a run stands. Models are numbered from 1."""

    models: Any
    rows: Any
    agenda: Agenda
    counts: Ints
    last_arrival: Floats  # that is drawn: one number


class Output(NamedTuple):
    """What is written down; arrays without columns, or of length 0, are not."""

    tasks: Floats  # TASK_ROWS
    ends: Ints  # outcome, passes
    offsets: Ints  # where the passes of each task begin
    passes: Floats  # waiting, service, throttle delay
    kinds: Ints  # pass, model, success
    totals: summary.Totals


@_entry
def words(seed: Any, replication: Any, task: int, number: int, purpose: int) -> Any:
    """The uniforms, for tests."""
    return _philox(seed, replication, task, number, purpose)


@inlined
def _gap(rules: Rules, task: int) -> float:
    """`sim.arrivals.Poisson.gaps`."""
    u, _, _, _ = _philox(rules.seed, rules.replication, task, 0, _ARRIVAL)
    return -math.log(1.0 - u) / rules.rate


@inlined
def _pass(rules: Rules, models: Any, task: int, number: int, model: int) -> tuple[float, int]:
    """Seconds of service of a pass, and what follows it."""
    u, success, abandon, cascade = _philox(rules.seed, rules.replication, task, number, _PASS)
    at = models[np.uint32(model)]
    seconds = at.mean
    if rules.kind == EXPONENTIAL:
        seconds = _exponential(seconds, u)
    elif rules.kind == LOGNORMAL:
        second, _, _, _ = _philox(rules.seed, rules.replication, task, number, _SECOND_NORMAL)
        seconds = _lognormal(seconds, u, second, rules.variance)
    return seconds, _next_state(model, success < at.p, at.q, at.s, abandon, cascade)


@inlined
def _draw(rules: Rules, state: State, first: int, end: int) -> None:
    """Arrivals and first passes of tasks, in empty rows."""
    mask = len(state.rows) - 1
    now = state.last_arrival[0]
    for task in range(first, end):
        row = state.rows[np.uint32(task & mask)]
        now += _gap(rules, task)
        row.arrived = now
        row.next_seconds, row.next_following = _pass(rules, state.models, task, 1, rules.initial)
        row.number = 0
        row.waiting = row.service = row.held = row.cost = 0.0
    state.last_arrival[0] = now


@inlined
def _ask(rules: Rules, state: State, row: Any, now: float, task: int, model: int) -> bool:
    """The task asks for its next pass at ``model``: whether it is served at once."""
    number, following = row.number + 1, row.next_following
    row.model, row.number, row.seconds, row.following = model, number, row.next_seconds, following
    if following > 0:
        row.next_seconds, row.next_following = _pass(
            rules, state.models, task, number + 1, following
        )
    at = state.models[np.uint32(model)]
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
        output.kinds[2, place] = row.following == 0
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
        outcome, ended = -4, np.nan
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


@inlined
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
    """Go on until all is over, task ``pause`` is to arrive, or a row for it is missing.

    One long loop: its numbers stay in registers.
    """
    models, rows, schedule, counts, _ = state
    mask = len(rows) - 1
    count, head, sequence = counts[TASK], counts[HEAD], counts[SEQUENCE]
    arrival, arrival_sequence = np.inf, counts[ARRIVAL_SEQUENCE]
    drawn, status = count, DONE
    while True:
        if count == drawn:
            while head < count and rows[np.uint32(head & mask)].model <= 0:
                _give_out(rules, output, head, rows[np.uint32(head & mask)])
                head += 1
            drawn = min(drawn + _BLOCK, rules.tasks, pause, head + mask + 1)
            if drawn > count:
                _draw(rules, state, count, drawn)
                arrival = rows[np.uint32(count & mask)].arrived
            elif count < rules.tasks:
                status = PAUSED if count == pause else FULL
                break
            else:
                arrival, arrival_sequence, drawn = np.inf, NEVER, -1
        leaf = schedule.winners[1]
        event = schedule.events[np.uint32(leaf)]
        if before(event.time, event.sequence, bits(arrival), arrival_sequence):
            now, task = time_of(event), event.task
            if now >= rules.horizon:
                break
            row = rows[np.uint32(task & mask)]
            over = True  # the event of the leaf, until another one takes its place
            if not event.held:
                starts = _release(state, now, row.model)
                if starts >= 0:
                    at = now + rows[np.uint32(starts & mask)].seconds
                    put(schedule, leaf, at, sequence, starts, 0)
                    sequence += 1
                    over = False
                hold = _book(models, output, task, row)
                if hold > 0.0:
                    put(schedule, leaf if over else take(schedule), now + hold, sequence, task, 1)
                    sequence += 1
                    continue
            model = row.following
            if model <= 0:
                row.model = model
                row.at = now
                if over:
                    give_back(schedule, leaf)
                continue
        elif count == rules.tasks:
            break
        else:
            now, task, model, over = arrival, count, rules.initial, False
            if now >= rules.horizon:
                break
            row = rows[np.uint32(task & mask)]
            count += 1
            arrival = rows[np.uint32(count & mask)].arrived
            arrival_sequence = sequence
            sequence += 1
        if _ask(rules, state, row, now, task, model):
            at = now + row.seconds
            put(schedule, leaf if over else take(schedule), at, sequence, task, 0)
            sequence += 1
        elif over:
            give_back(schedule, leaf)
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
        task, model, now = first + k, rules.initial, arrived[k]
        row.arrived = now
        row.number = 0
        row.waited = row.waiting = row.service = row.held = row.cost = 0.0
        while model > 0:
            row.model = model
            row.number += 1
            row.seconds, row.following = _pass(rules, models, task, row.number, model)
            now = now + row.seconds
            hold = _book(models, output, task, row)
            if hold > 0.0:
                now = now + hold
            model = row.following
        row.at = now
        row.model = model
        _give_out(rules, output, task, row)


@_entry
def total(
    totals: summary.Totals, outcomes: Ints, delays: Floats, costs: Floats, passes: Ints
) -> None:
    """The totals of tasks that are written down, in order of arrival."""
    for task in range(len(outcomes)):
        _add(totals, task, outcomes[task], delays[task], costs[task], passes[task])

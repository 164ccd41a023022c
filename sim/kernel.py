"""The compiled twin of the SimPy engine: the same trajectory, event by event, bit for bit.

What decides the trajectory is kept as in `sim.user`, `sim.servers` and `sim.engine`:

- events go by (time, sequence number), the number given when an event is scheduled;
- an arrival first schedules the next one, then its task asks for its first pass;
- a freed slot starts its next pass before the task of the finished one does anything;
- every floating-point operation is the same one, and logarithms come from the same libm.

A task's four words are known when it asks for a pass, so that what follows the pass is decided then
(`sim.user.next_state`) and carried out when the pass ends. The state of task n is row n modulo the
number of rows; a row is free again when its task and all before it have left, which is also the
order in which results are given out. The functions may stop and go on (`play`): the caller makes
more rows when they are full, and shows progress.

Compiled code is cached beside this file. Numba does not notice changes of functions that come from
other files: after a change of `next_state`, `exponential`, `lognormal` or `add` save this file.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

from sim import service_times, summary, user

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_options: dict[str, Any] = {
    "cache": True,
    "nogil": True,
    "error_model": "numpy",
    # nothing is allocated here, and counting references to arrays took most of the time
    "_nrt": False,
    "forceinline": True,
}
_compiled = njit(**_options)
_next_state = _compiled(user.next_state)
_exponential = _compiled(service_times.exponential)
_lognormal = _compiled(service_times.lognormal)
_add = _compiled(summary.add)

DETERMINISTIC, EXPONENTIAL, LOGNORMAL = range(3)
DONE, PAUSED, FULL = range(3)
_PASS, _ARRIVAL, _SECOND_NORMAL = 0, 1, 2  # sim.draws.Purpose

# a row of a task's numbers; one that has left has its end in JOINED
ARRIVED, JOINED, SECONDS, WAITED, WAITING, SERVICE, HELD, COST = range(8)
# a row of a task's marks; one that has left has its outcome in MODEL
MODEL, NUMBER, NEXT, LINK = range(4)
# counts
TASK, HEAD, SEQUENCE, ARRIVAL_SEQUENCE, EVENTS = range(5)


class Rules(NamedTuple):
    """A scenario in numbers; arrays have one entry per model."""

    seed: Any  # uint64
    replication: Any  # uint64
    tasks: int
    rate: float
    horizon: float
    kind: int  # of service
    variance: float  # of the logarithm of lognormal service
    initial: int
    p: Floats
    means: Floats
    costs: Floats
    q: Floats
    s: Floats
    holds: Floats
    slots: Ints
    value_of_time: float


class State(NamedTuple):
    """Where a run stands. Waiting lines are linked lists from ``first`` to ``last`` (-1: empty)."""

    next_arrival: Floats  # one number
    counts: Ints
    busy: Ints
    first: Ints
    last: Ints
    rows: Floats
    marks: Ints
    times: Floats  # the heap of events: time, sequence number, 2 x task + (1 if held back)
    sequences: Ints
    whos: Ints


class Output(NamedTuple):
    """What is written down; arrays without columns, or of length 0, are not."""

    tasks: Floats  # TASK_ROWS
    ends: Ints  # outcome, passes
    offsets: Ints  # where the passes of each task begin
    passes: Floats  # waiting, service, throttle delay
    kinds: Ints  # pass, model, success
    totals: summary.Totals


@intrinsic
def _multiply(typing_context: Any, a: Any, b: Any) -> Any:
    """High and low 64 bits of a product: one instruction, unlike four products of halves."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        wide, narrow = ir.IntType(128), ir.IntType(64)
        x, y = (builder.zext(each, wide) for each in arguments)
        product = builder.mul(x, y)
        high = builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), narrow)
        low = builder.trunc(product, narrow)
        return context.make_tuple(builder, signature.return_type, (high, low))

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), codegen


_product: Any = _multiply  # numba passes the typing context


@_compiled
def _philox(
    seed: Any, replication: Any, task: Any, number: Any, purpose: Any
) -> tuple[float, float, float, float]:
    """The four uniforms of `sim.draws.Draws.words`, attempt 0 (Salmon et al. 2011)."""
    a, b, c, d = np.uint64(task), np.uint64(number), np.uint64(purpose), np.uint64(0)
    key, other = seed, replication
    for _ in range(10):
        high_a, low_a = _product(np.uint64(0xD2E7470EE14C6C93), a)
        high_c, low_c = _product(np.uint64(0xCA5A826395121157), c)
        a, b, c, d = high_c ^ b ^ key, low_c, high_a ^ d ^ other, low_a
        key = key + np.uint64(0x9E3779B97F4A7C15)
        other = other + np.uint64(0xBB67AE8584CAA73B)
    return _uniform(a), _uniform(b), _uniform(c), _uniform(d)


@_compiled
def _uniform(word: Any) -> float:
    return np.int64(word >> np.uint64(11)) * 2.0**-53


@_compiled
def words(seed: Any, replication: Any, task: int, number: int, purpose: int) -> Any:
    """`_philox`, to be called from outside."""
    return _philox(seed, replication, task, number, purpose)


@_compiled
def _gap(rules: Rules, task: int) -> float:
    """`sim.arrivals.Poisson.gaps`."""
    u, _, _, _ = _philox(rules.seed, rules.replication, task, 0, _ARRIVAL)
    return -math.log(1.0 - u) / rules.rate


@_compiled
def _pass(rules: Rules, task: int, number: int, model: int) -> tuple[float, int]:
    """Seconds of service of a pass, and what follows it."""
    u, success, abandon, cascade = _philox(rules.seed, rules.replication, task, number, _PASS)
    i = model - 1
    seconds = rules.means[i]
    if rules.kind == EXPONENTIAL:
        seconds = _exponential(seconds, u)
    elif rules.kind == LOGNORMAL:
        second, _, _, _ = _philox(rules.seed, rules.replication, task, number, _SECOND_NORMAL)
        seconds = _lognormal(seconds, u, second, rules.variance)
    solved = success < rules.p[i]
    return seconds, _next_state(model, solved, rules.q[i], rules.s[i], abandon, cascade)


@_compiled
def _earlier(state: State, i: int, time: float, sequence: int) -> bool:
    """Whether event i of the heap is before (time, sequence)."""
    other = state.times[i]
    return other < time or (other == time and state.sequences[i] < sequence)


@_compiled
def _put(state: State, i: int, time: float, sequence: int, who: int) -> None:
    state.times[i] = time
    state.sequences[i] = sequence
    state.whos[i] = who


@_compiled
def _sift_up(state: State, i: int, time: float, sequence: int, who: int) -> None:
    """Put an event where place i is free and all below it are later."""
    while i > 0:
        parent = (i - 1) >> 1
        if _earlier(state, parent, time, sequence):
            break
        _put(state, i, state.times[parent], state.sequences[parent], state.whos[parent])
        i = parent
    _put(state, i, time, sequence, who)


@_compiled
def _sift_down(state: State, size: int, time: float, sequence: int, who: int) -> None:
    """Put an event into a heap of ``size`` whose first place is free."""
    i = 0
    while True:
        child = 2 * i + 1
        if child >= size:
            break
        right = child + 1
        if right < size and _earlier(state, right, state.times[child], state.sequences[child]):
            child = right
        if not _earlier(state, child, time, sequence):
            break
        _put(state, i, state.times[child], state.sequences[child], state.whos[child])
        i = child
    _put(state, i, time, sequence, who)


@_compiled
def _ask(rules: Rules, state: State, mask: int, now: float, task: int, model: int) -> bool:
    """The task asks for its next pass at ``model``: whether it is served at once."""
    slot = task & mask
    number = state.marks[slot, NUMBER] + 1
    seconds, state.marks[slot, NEXT] = _pass(rules, task, number, model)
    state.marks[slot, NUMBER] = number
    state.marks[slot, MODEL] = model
    state.rows[slot, SECONDS] = seconds
    i = model - 1
    if state.busy[i] < rules.slots[i]:
        state.busy[i] += 1
        state.rows[slot, WAITED] = 0.0
        return True
    state.rows[slot, JOINED] = now
    state.marks[slot, LINK] = -1
    if state.first[i] < 0:
        state.first[i] = task
    else:
        state.marks[state.last[i] & mask, LINK] = task
    state.last[i] = task
    return False


@_compiled
def _release(state: State, mask: int, now: float, i: int) -> int:
    """A slot of model i is freed: the task that starts there, or -1."""
    task = state.first[i]
    if task < 0:
        state.busy[i] -= 1
    else:
        slot = task & mask
        state.first[i] = state.marks[slot, LINK]
        state.rows[slot, WAITED] = now - state.rows[slot, JOINED]
    return task


@_compiled
def _book(rules: Rules, state: State, output: Output, task: int, slot: int) -> float:
    """Meter a served pass: seconds for which its answer is held back."""
    rows = state.rows
    i = state.marks[slot, MODEL] - 1
    hold = rules.holds[i]
    if len(output.offsets):
        at = output.offsets[task] + state.marks[slot, NUMBER] - 1
        output.passes[0, at] = rows[slot, WAITED]
        output.passes[1, at] = rows[slot, SECONDS]
        output.passes[2, at] = hold
        output.kinds[0, at] = state.marks[slot, NUMBER]
        output.kinds[1, at] = i + 1
        output.kinds[2, at] = state.marks[slot, NEXT] == 0
    rows[slot, WAITING] += rows[slot, WAITED]
    rows[slot, SERVICE] += rows[slot, SECONDS]
    rows[slot, HELD] += hold
    rows[slot, COST] += rules.costs[i]
    return hold


@_compiled
def _give_out(rules: Rules, state: State, output: Output, slot: int, task: int) -> None:
    """Write down, and add to the totals, a task that has left or whom the end has found."""
    rows = state.rows
    outcome, served = state.marks[slot, MODEL], state.marks[slot, NUMBER]
    ended = rows[slot, JOINED]
    if outcome > 0:
        outcome, ended = -4, np.nan
    waiting, service, held = rows[slot, WAITING], rows[slot, SERVICE], rows[slot, HELD]
    if output.tasks.shape[1]:
        output.tasks[0, task] = rows[slot, ARRIVED]
        output.tasks[1, task] = ended
        output.tasks[2, task] = waiting
        output.tasks[3, task] = service
        output.tasks[4, task] = held
        output.tasks[5, task] = rows[slot, COST]
        output.ends[0, task] = outcome
        output.ends[1, task] = served
    if len(output.totals.histogram):
        delay = rules.value_of_time * (waiting + service + held)
        _add(output.totals, task, outcome, delay, rows[slot, COST], served)


@_compiled
def start(rules: Rules, state: State) -> None:
    """The first arrival is scheduled."""
    state.next_arrival[0] = 0.0 + _gap(rules, 0)
    state.counts[SEQUENCE] = 1


@_compiled
def play(rules: Rules, state: State, output: Output, pause: int) -> int:
    """Go on until all is over, task ``pause`` is to arrive, or a row for it is missing."""
    mask = len(state.rows) - 1
    counts = state.counts
    next_arrival = state.next_arrival[0]
    task_count, head, sequence = counts[TASK], counts[HEAD], counts[SEQUENCE]
    arrival_sequence, size = counts[ARRIVAL_SEQUENCE], counts[EVENTS]
    limited, status = rules.horizon < np.inf, DONE  # an event may come at infinity
    while True:
        arrives = task_count < rules.tasks
        if size and not (arrives and not _earlier(state, 0, next_arrival, arrival_sequence)):
            now, who = state.times[0], state.whos[0]
            if limited and now >= rules.horizon:
                break
            task = who >> 1
            slot = task & mask
            vacant = True  # the first place of the heap, until another event takes it
            if not who & 1:
                i = state.marks[slot, MODEL] - 1
                starts = _release(state, mask, now, i)
                if starts >= 0:
                    at = now + state.rows[starts & mask, SECONDS]
                    _sift_down(state, size, at, sequence, starts << 1)
                    sequence += 1
                    vacant = False
                hold = _book(rules, state, output, task, slot)
                if hold > 0.0:
                    if vacant:
                        _sift_down(state, size, now + hold, sequence, who | 1)
                    else:
                        _sift_up(state, size, now + hold, sequence, who | 1)
                        size += 1
                    sequence += 1
                    continue
            model = state.marks[slot, NEXT]
            if model > 0 and _ask(rules, state, mask, now, task, model):
                at = now + state.rows[slot, SECONDS]
                if vacant:
                    _sift_down(state, size, at, sequence, task << 1)
                else:
                    _sift_up(state, size, at, sequence, task << 1)
                    size += 1
                sequence += 1
                continue
            if vacant:
                size -= 1
                if size:
                    _sift_down(
                        state, size, state.times[size], state.sequences[size], state.whos[size]
                    )
            if model <= 0:
                state.marks[slot, MODEL] = model
                state.rows[slot, JOINED] = now
                while head < task_count and state.marks[head & mask, MODEL] <= 0:
                    _give_out(rules, state, output, head & mask, head)
                    head += 1
        elif arrives:
            now, task = next_arrival, task_count
            if limited and now >= rules.horizon:
                break
            if task - head > mask:
                status = FULL
                break
            if task >= pause:
                status = PAUSED
                break
            task_count += 1
            next_arrival = now + _gap(rules, task_count)
            arrival_sequence = sequence
            sequence += 1
            slot = task & mask
            for k in range(8):
                state.rows[slot, k] = 0.0
            state.rows[slot, ARRIVED] = now
            state.marks[slot, NUMBER] = 0
            if _ask(rules, state, mask, now, task, rules.initial):
                at = now + state.rows[slot, SECONDS]
                _sift_up(state, size, at, sequence, task << 1)
                size += 1
                sequence += 1
        else:
            break
    state.next_arrival[0] = next_arrival
    counts[TASK], counts[HEAD], counts[SEQUENCE] = task_count, head, sequence
    counts[ARRIVAL_SEQUENCE], counts[EVENTS] = arrival_sequence, size
    return status


@_compiled
def close(rules: Rules, state: State, output: Output, present: Ints) -> None:
    """Give out the tasks that the horizon found in the system, and count them by model."""
    mask = len(state.rows) - 1
    for i in range(len(present)):
        task = state.first[i]
        while task >= 0:
            state.marks[task & mask, NUMBER] -= 1  # asked for, not served
            task = state.marks[task & mask, LINK]
    for i in range(state.counts[EVENTS]):
        if not state.whos[i] & 1:
            state.marks[state.whos[i] >> 1 & mask, NUMBER] -= 1
    for task in range(state.counts[HEAD], state.counts[TASK]):
        slot = task & mask
        if state.marks[slot, MODEL] > 0:
            present[state.marks[slot, MODEL] - 1] += 1
        _give_out(rules, state, output, slot, task)
    state.counts[HEAD] = state.counts[TASK]


@_compiled
def gaps(rules: Rules, first: int, into: Floats) -> None:
    """Seconds before the arrivals from ``first`` on."""
    for k in range(len(into)):
        into[k] = _gap(rules, first + k)


@_compiled
def sample(rules: Rules, arrived: Floats, first: int, state: State, output: Output) -> None:
    """Play the tasks from ``first`` on that arrive at ``arrived``, where nobody ever waits.

    Tasks do not meet, so that they are played one by one, in the one row of ``state``.
    """
    rows, marks = state.rows, state.marks
    for k in range(len(arrived)):
        task = first + k
        for j in range(8):
            rows[0, j] = 0.0
        now = arrived[k]
        rows[0, ARRIVED] = now
        model, number = rules.initial, 0
        while model > 0:
            number += 1
            rows[0, SECONDS], following = _pass(rules, task, number, model)
            marks[0, MODEL], marks[0, NUMBER], marks[0, NEXT] = model, number, following
            now = now + rows[0, SECONDS]
            hold = _book(rules, state, output, task, 0)
            if hold > 0.0:
                now = now + hold
            model = following
        rows[0, JOINED] = now
        marks[0, MODEL] = model
        _give_out(rules, state, output, 0, task)


@_compiled
def total(
    totals: summary.Totals, outcomes: Ints, delays: Floats, costs: Floats, passes: Ints
) -> None:
    """The totals of tasks that are written down, in order of arrival."""
    for task in range(len(outcomes)):
        _add(totals, task, outcomes[task], delays[task], costs[task], passes[task])

"""How a task gets its pass where lines go by rank and models may be shared, in the kernel."""

import numpy as np

from sim.compiled.agenda import take
from sim.compiled.events import SERVED, later
from sim.compiled.jit import inlined
from sim.compiled.lines import append, remove
from sim.compiled.memory import More, State
from sim.compiled.sharing import share

PASS = 0  # what a task waits for that is not impatient: the end of its pass; see `leaving`


@inlined
def request(state: State, more: More, now: float, index: int, spare: int) -> bool:
    """A task asks for a pass; whether the leaf ``spare`` (-1: none) is now that of its end."""
    row, its = state.rows[np.uint32(index)], more.rows[np.uint32(index)]
    model = row.model
    station = more.stations[np.uint32(model)]
    its.joined = now
    its.started = its.over = 0
    its.phase = PASS
    if station.by_class:
        its.rank += its.group
    if more.serving[model] >= station.room:
        append(more.lines, state.rows, more.rows, model, index)
        more.queued[model] += 1
        return False
    if station.shared:
        share(state, more, now, model, index)
        return False
    more.serving[model] += 1
    _serve(state, more, now, index, spare if spare >= 0 else take(state.agenda))
    return spare >= 0


@inlined
def release(state: State, more: More, now: float, model: int, leaf: int) -> bool:
    """A slot is freed: whether the next pass starts there, and ``leaf`` is that of its end."""
    lines = more.lines
    if lines.used[model] == 0:
        more.serving[model] -= 1
        return False
    index = lines.first[model, 0]
    remove(lines, state.rows, more.rows, model, index)
    more.queued[model] -= 1
    _serve(state, more, now, index, leaf)
    return True


@inlined
def _serve(state: State, more: More, now: float, index: int, leaf: int) -> None:
    row, its = state.rows[np.uint32(index)], more.rows[np.uint32(index)]
    row.waited = now - its.joined
    row.at = now
    its.started, its.server = 1, leaf
    later(state, leaf, now + row.seconds, index, SERVED)

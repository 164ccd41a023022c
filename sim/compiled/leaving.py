"""People who leave a queue, or a model that works on their pass: `Provider.serve`, in the kernel.

SimPy's process waits for the end of its pass or of its patience, whichever comes first, and goes on
at an event of its own that is scheduled then. So does the kernel: other events of the same moment
may come between.
"""

import numpy as np

from sim.compiled import asking
from sim.compiled.agenda import give_back, take
from sim.compiled.events import WAITED, WAKES, later
from sim.compiled.jit import inlined
from sim.compiled.lines import remove
from sim.compiled.memory import More, Rules, State
from sim.compiled.service import PASS, release
from sim.compiled.sharing import abort
from sim.rule import CANCELLED, RENEGED

# what a task waits for: the end of its pass (PASS, 0); that, or the end of its patience with the
# line, or with all of it; to go on, after either of these
_LINE, _ALL, _AFTER_LINE, _AFTER_ALL = range(1, 5)
GOES_ON, WAITS = 1, 2  # no outcomes


@inlined
def bear(rules: Rules, state: State, more: More, now: float, index: int) -> None:
    """The user of a pass that was just asked for says for how long."""
    its = more.rows[index]
    waiting, sojourn = asking.limits(rules, state, more, now, index)
    its.sojourn = its.joined + sojourn
    if its.started == 0 and waiting < sojourn:
        _set_clock(state, more, index, now + waiting, _LINE)
    elif sojourn < np.inf:
        _set_clock(state, more, index, now + max(its.sojourn - now, 0.0), _ALL)


@inlined
def served(state: State, more: More, now: float, index: int, leaf: int) -> bool:
    """A pass is over: whether its task goes on at once. ``leaf`` is -1 if it is used already."""
    its = more.rows[index]
    its.over = 1
    if its.phase == PASS:
        return True
    if its.phase <= _ALL:
        its.phase += 2
        later(state, its.timer, now, index, WAKES)
    if leaf >= 0:
        give_back(state.agenda, leaf)
    return False


@inlined
def waited(state: State, more: More, now: float, index: int) -> None:
    """The user's patience is over."""
    its = more.rows[index]
    its.phase += 2
    later(state, its.timer, now, index, WAKES)


@inlined
def wakes(state: State, more: More, now: float, index: int) -> int:
    """The task goes on, waits for its pass, or leaves: GOES_ON, WAITS or its outcome."""
    its = more.rows[index]
    phase, its.phase = its.phase, PASS
    give_back(state.agenda, its.timer)
    if phase == _AFTER_LINE:
        if its.started == 0:
            return _leave_line(state, more, now, index)
        if its.over == 0 and its.sojourn < np.inf:
            _set_clock(state, more, index, now + max(its.sojourn - now, 0.0), _ALL)
        return GOES_ON if its.over else WAITS
    if its.over:
        return GOES_ON
    if its.started == 0:
        return _leave_line(state, more, now, index)
    return _leave_service(state, more, now, index)


@inlined
def _set_clock(state: State, more: More, index: int, at: float, phase: int) -> None:
    its = more.rows[index]
    its.phase, its.timer = phase, take(state.agenda)
    later(state, its.timer, at, index, WAITED)


@inlined
def _leave_line(state: State, more: More, now: float, index: int) -> int:
    row, its = state.rows[index], more.rows[index]
    remove(more.lines, state.rows, more.rows, row.model, index)
    more.queued[row.model] -= 1
    row.waiting += now - its.joined
    return RENEGED


@inlined
def _leave_service(state: State, more: More, now: float, index: int) -> int:
    """Unless the service is over, and the task has not been told."""
    row, its = state.rows[index], more.rows[index]
    if its.started == 2:
        return WAITS
    if more.stations[row.model].shared:
        abort(state, more, now, row.model, index)
    elif not release(state, more, now, row.model, its.server):
        give_back(state.agenda, its.server)
    row.waiting += row.waited
    row.service += now - row.at
    row.cost += state.models[row.model].cost
    return CANCELLED

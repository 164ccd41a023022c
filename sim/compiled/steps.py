"""What happens at an event where there is more than the paper's game.

`sim.processes.task.user_process` and the provider's part of it, in the kernel.
"""

import numpy as np

from sim import rule
from sim.compiled import asking, leaving, sharing
from sim.compiled.agenda import give_back
from sim.compiled.arrivals import words
from sim.compiled.asking import FAILED
from sim.compiled.events import (
    ASKS,
    COMES,
    ENTERS,
    GOES_AGAIN,
    GONE,
    HELD,
    SERVED,
    SHARED,
    WAITED,
    WAKES,
    given,
    later,
)  # fmt: skip
from sim.compiled.jit import inlined
from sim.compiled.ledger import book, leave
from sim.compiled.memory import ENDLESS, FAULT, REFUSALS, STATUS, More, Output, Rules, State
from sim.compiled.service import release, request
from sim.compiled.times import seconds_of
from sim.rule import BALKED, REFUSED

_endless = inlined(rule.endless)


@inlined  # all that it is given would be copied for a call
def step(
    rules: Rules, state: State, output: Output, more: More, now: float, index: int, leaf: int,
    what: int,
) -> None:  # fmt: skip
    """The event ``what`` of the task in row ``index``, or, if SHARED, of that model.

    Its ``leaf`` is free now, -1: it has none.
    """
    if what == SHARED:
        sharing.end(state, more, now, index)
        return
    if what == WAITED:
        leaving.waited(state, more, now, index)
        return
    row = state.rows[np.uint32(index)]
    if what == SERVED and release(state, more, now, row.model, leaf):
        leaf = -1  # the next pass has it
    if what in (SERVED, GONE):
        if not leaving.served(state, more, now, index, leaf):
            return
    elif what == WAKES:
        leaf = -1
        outcome = leaving.wakes(state, more, now, index)
        if outcome == leaving.WAITS:
            return
        if outcome != leaving.GOES_ON:
            row.number -= 1
            leave(rules, state, more, now, index, row, outcome)
            return
    if what in (SERVED, GONE, WAKES):
        hold = book(state.models, state, output, row, more.rows[np.uint32(index)].entrance)
        if hold > 0.0:
            later(state, given(state, leaf), now + hold, index, HELD)
            return
        what = HELD
    if what == HELD:
        following = asking.following(rules, state, more, now, index)
        if following <= 0:
            leave(rules, state, more, now, index, row, following)
            _give_back(state, leaf)
            return
        row.model = following
        row.number += 1
        row.seconds = words(rules, row, more.rows[np.uint32(index)].id)
        what = GOES_AGAIN
    _enter(rules, state, more, now, index, leaf, what)


@inlined
def _enter(
    rules: Rules, state: State, more: More, now: float, index: int, leaf: int, what: int
) -> None:
    """Pass the throttle, and ask for a pass."""
    row, its = state.rows[np.uint32(index)], more.rows[np.uint32(index)]
    if what in (COMES, GOES_AGAIN):
        its.asked = now
        its.rank = 0
        if what == COMES and more.first >= 0:
            row.model = _first(rules, state, more, now, index)
    if what != ENTERS and more.gates > 0:
        code, seconds = asking.admit(rules, state, more, now, index)
        if code == FAILED:
            state.counts[STATUS] = FAULT
            return
        if code == asking.REFUSED:
            _refuse(rules, state, more, now, index, leaf, seconds)
            return
        if seconds > 0.0:
            later(state, given(state, leaf), now + seconds, index, ENTERS)
            return
    if its.entry > 0:
        row.model = its.entry
    its.entrance = now - its.asked
    row.held += its.entrance
    if not (more.eager or row.number > 1 or asking.joins(rules, state, more, now, index)):
        _go(rules, state, more, now, index, leaf, BALKED)
        return
    row.seconds = seconds_of(rules, state.models, its.id, row, row.seconds)
    if not request(state, more, now, index, leaf):
        _give_back(state, leaf)
    if not more.patient:
        leaving.bear(rules, state, more, now, index)


@inlined
def _first(rules: Rules, state: State, more: More, now: float, index: int) -> int:
    model = asking.first(rules, state, more, now, index)
    if model == 0:
        state.counts[STATUS] = FAULT
        return rules.initial
    return model


@inlined
def _refuse(
    rules: Rules, state: State, more: More, now: float, index: int, leaf: int, told: float
) -> None:
    """The user comes again, or gives the task up."""
    row, its, counts = state.rows[index], more.rows[index], state.counts
    its.refusals += 1
    failed, seconds = asking.again(rules, state, more, now, index, told)
    if failed:
        counts[STATUS] = FAULT
    if more.people[its.group].again < 0:
        counts[REFUSALS] += 1
        if _endless(counts[REFUSALS], rules.tasks):
            counts[STATUS] = ENDLESS
    if seconds < np.inf:
        later(state, given(state, leaf), now + seconds, index, ASKS)
        return
    row.held += now - its.asked
    _go(rules, state, more, now, index, leaf, REFUSED)


@inlined
def _go(
    rules: Rules, state: State, more: More, now: float, index: int, leaf: int, outcome: int
) -> None:
    """A task leaves before the pass that it was about to ask for."""
    row = state.rows[index]
    row.number -= 1
    leave(rules, state, more, now, index, row, outcome)
    _give_back(state, leaf)


@inlined
def _give_back(state: State, leaf: int) -> None:
    if leaf >= 0:
        give_back(state.agenda, leaf)

"""How the kernel asks rules that are not tables (`sim.scalars`): it knows their addresses only."""

from typing import Any

import numpy as np
from numba import types

from sim import rule
from sim.compiled.jit import caller, inlined
from sim.compiled.memory import BY_ROW, BY_USER, FAULT, STATUS, More, Rules, State
from sim.compiled.philox import word
from sim.draws import Purpose
from sim.scalars import ADMIT

_next_state = inlined(rule.next_state)

_ROW = types.Array(types.float64, 1, "C")
_COUNTS = types.Array(types.int64, 1, "C")
_F, _I = types.float64, types.int64
SIGNATURES = {
    "admit": types.Tuple((_I, _F, _I, _I))(_F, _I, _I, _I, _F, _ROW, _ROW),
    "first": _I(_F, _I, _COUNTS, _COUNTS, _F, _ROW, _ROW),
    "escalation": _F(_F, _I, _COUNTS, _COUNTS, _F, _ROW, _ROW),
    "probability": _F(_F, _I, _I, _F, _ROW, _ROW),
    "limits": types.UniTuple(_F, 2)(_F, _I, _I, _F, _ROW),
    "again": _F(_F, _I, _F, _I, _F, _ROW),
    "joins": _F(_F, _I, _I, _ROW),
}
_admit, _first, _escalation = map(caller, map(SIGNATURES.get, ("admit", "first", "escalation")))
_probability, _limits = map(caller, map(SIGNATURES.get, ("probability", "limits")))
_again, _joins = map(caller, map(SIGNATURES.get, ("again", "joins")))

ADMITTED, REFUSED, FAILED = range(3)
_OF_ADMIT, _OF_ROUTE, _OF_ESCALATION, _OF_PATIENCE, _OF_BACK_OFF = (
    int(purpose)
    for purpose in (
        Purpose.ADMIT, Purpose.ROUTE, Purpose.ESCALATE, Purpose.PATIENCE, Purpose.BACK_OFF
    )
)  # fmt: skip
_OF_BALK = int(Purpose.BALK)


@inlined
def _own(more: More, rule: Any) -> Any:
    """The parameters of a rule, as part of an array."""
    return more.own, rule.own, rule.owns


@inlined
def _memory(more: More, rule: Any, index: int, user: int) -> Any:
    """The numbers that the rule remembers and may change."""
    first = rule.place
    if rule.of == BY_USER:
        first += user * rule.stride
    elif rule.of == BY_ROW:
        first += index * rule.stride
    return more.memory, first, rule.width


@inlined
def _luck(rules: Rules, rule: Any, task: int, number: int, purpose: int, attempt: int) -> float:
    if rule.part < 0:
        return 0.0
    attempt += rule.part << 32
    return word(rules.seed, rules.replication, task, number, purpose, attempt)


@inlined
def admit(rules: Rules, state: State, more: More, now: float, index: int) -> tuple[int, float]:
    """What the throttle says, and seconds: until it is entered, or asked again."""
    row, its = state.rows[index], more.rows[index]
    its.entry = its.rank = 0
    delay = 0.0
    for k in range(more.gates):
        rule = more.asked[k]
        if rule.group >= 0 and rule.group != its.group:
            continue
        luck = _luck(rules, rule, its.id, row.number, _OF_ADMIT, its.refusals)
        failed, (code, seconds, model, rank) = _admit(
            rule.address,
            (
                now, row.model, its.group, more.queued[row.model], luck,
                _own(more, rule), _memory(more, rule, index, its.user),
            ),
        )  # fmt: skip
        if failed or not seconds >= 0.0 or not 0 <= model < len(state.models):
            return FAILED, 0.0
        if code != ADMIT:
            return REFUSED, seconds
        if seconds == np.inf:
            return FAILED, 0.0
        delay += seconds
        if model > 0:
            its.entry = model
        if rank != 0:
            its.rank = rank
    return ADMITTED, delay


@inlined
def again(
    rules: Rules, state: State, more: More, now: float, index: int, told: float
) -> tuple[bool, float]:
    """Whether the rule has failed, and seconds until the user asks again (infinity: never)."""
    row, its = state.rows[index], more.rows[index]
    person = more.people[its.group]
    seconds, failed = told, False
    if person.again >= 0:
        rule = more.asked[person.again]
        luck = _luck(rules, rule, its.id, row.number, _OF_BACK_OFF, its.refusals)
        failed, seconds = _again(
            rule.address, (now, row.model, told, its.refusals, luck, _own(more, rule))
        )
    return failed or not seconds > 0.0, seconds


@inlined
def joins(rules: Rules, state: State, more: More, now: float, index: int) -> bool:
    """Whether the user of a task that the throttle has let in begins."""
    row, its = state.rows[index], more.rows[index]
    person = more.people[its.group]
    if person.joins < 0:
        return True
    rule = more.asked[person.joins]
    failed, chance = _joins(
        rule.address, (now, row.model, more.queued[row.model], _own(more, rule))
    )
    if failed or not 0.0 <= chance <= 1.0:
        state.counts[STATUS] = FAULT
        return True
    return word(rules.seed, rules.replication, its.id, 0, _OF_BALK, 1) < chance


@inlined
def first(rules: Rules, state: State, more: More, now: float, index: int) -> int:
    """The model that a task starts at; 0: the rule has failed."""
    its, rule = more.rows[index], more.asked[more.first]
    luck = _luck(rules, rule, its.id, 0, _OF_ROUTE, 0)
    failed, model = _first(
        rule.address,
        (
            now, its.group, more.queued, more.serving, luck,
            _own(more, rule), _memory(more, rule, index, its.user),
        ),
    )  # fmt: skip
    return 0 if failed or not 0 < model < len(state.models) else model


@inlined
def following(rules: Rules, state: State, more: More, now: float, index: int) -> int:
    """What follows a pass."""
    row, its = state.rows[index], more.rows[index]
    at = state.models[np.uint32(row.model)]
    solved, q, s = row.success < at.p, 0.0, at.s
    if not solved:
        person = more.people[its.group]
        q = more.q[its.group, row.model]
        if person.probability >= 0:
            q = _ask_probability(state, more, now, index)
        if more.escalation >= 0 and row.model < len(state.models) - 1:
            s = _ask_escalation(rules, state, more, now, index)
    return _next_state(row.model, solved, q, s, row.abandon, row.cascade)


@inlined
def _ask_probability(state: State, more: More, now: float, index: int) -> float:
    row, its = state.rows[index], more.rows[index]
    rule = more.asked[more.people[its.group].probability]
    failed, q = _probability(
        rule.address,
        (
            now, row.model, row.number, now - row.arrived,
            _own(more, rule), _memory(more, rule, index, its.user),
        ),
    )  # fmt: skip
    if failed or not 0.0 <= q <= 1.0:
        state.counts[STATUS] = FAULT
    return q


@inlined
def _ask_escalation(rules: Rules, state: State, more: More, now: float, index: int) -> float:
    row, its, rule = state.rows[index], more.rows[index], more.asked[more.escalation]
    luck = _luck(rules, rule, its.id, row.number, _OF_ESCALATION, 0)
    failed, s = _escalation(
        rule.address,
        (
            now, row.model, more.queued, more.serving, luck,
            _own(more, rule), _memory(more, rule, index, its.user),
        ),
    )  # fmt: skip
    if failed or not 0.0 <= s <= 1.0:
        state.counts[STATUS] = FAULT
    return s


@inlined
def limits(rules: Rules, state: State, more: More, now: float, index: int) -> tuple[float, float]:
    """How long the user waits for a pass, and stays for it in all (seconds)."""
    row, its = state.rows[index], more.rows[index]
    person = more.people[its.group]
    if person.limits < 0:
        return np.inf, np.inf
    rule = more.asked[person.limits]
    luck = _luck(rules, rule, its.id, row.number, _OF_PATIENCE, 0)
    failed, (waiting, sojourn) = _limits(
        rule.address, (now, row.model, more.queued[row.model], luck, _own(more, rule))
    )
    if failed or not waiting >= 0.0 or not sojourn >= 0.0:
        state.counts[STATUS] = FAULT
        return np.inf, np.inf
    return waiting, sojourn

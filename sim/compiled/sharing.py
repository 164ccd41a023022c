"""Passes that share a model, in the kernel: `sim.servers.sharing.SharingServer`.

Where a run stands is in the model's `memory.STATION`; the passes in service are a binary heap by
the service attained at their end, then by the order in which they started.
"""

from typing import Any

import numpy as np

from sim.compiled.agenda import NEVER, put, take
from sim.compiled.events import GONE, SHARED, later
from sim.compiled.jit import inlined
from sim.compiled.lines import remove
from sim.compiled.memory import Heap, More, State
from sim.servers import sharing

_stretch = inlined(sharing.stretch)


@inlined
def _stretched(station: Any, serving: int) -> float:
    return _stretch(serving, station.a, station.b, station.c)


@inlined
def _catch_up(station: Any, serving: int, now: float) -> None:
    """Bring the attained service to the present; it starts again with every busy period."""
    if serving:
        station.attained += (now - station.since) / _stretched(station, serving)
    else:
        station.attained = 0.0
    station.since = now


@inlined
def _start(state: State, more: More, now: float, model: int, index: int) -> None:
    station, row, its = more.stations[model], state.rows[index], more.rows[index]
    row.waited = now - its.joined
    row.at = now
    its.started = 1
    more.serving[model] += 1
    push(more.heap, model, station.served, station.attained + row.seconds, station.number, index)
    station.served += 1
    station.number += 1


@inlined
def _plan(state: State, more: More, now: float, model: int) -> None:
    """Plan the first end, instead of what was planned before."""
    station = more.stations[model]
    work = more.heap.ends[model, 0] - station.attained
    delay = work * _stretched(station, more.serving[model])
    later(state, station.leaf, now + max(delay, 0.0), model, SHARED)


@inlined
def _let_in(state: State, more: More, now: float, model: int, left: int) -> None:
    """So many have left: others start, and the next end is planned."""
    station, lines = more.stations[model], more.lines
    more.serving[model] -= left
    while lines.used[model] and more.serving[model] < station.room:
        index = lines.first[model, 0]
        remove(lines, state.rows, more.rows, model, index)
        more.queued[model] -= 1
        _start(state, more, now, model, index)
    if station.served:
        _plan(state, more, now, model)
    else:
        put(state.agenda, station.leaf, np.inf, NEVER, model, SHARED)


@inlined
def share(state: State, more: More, now: float, model: int, index: int) -> None:
    """A pass begins where there is room."""
    _catch_up(more.stations[model], more.serving[model], now)
    _start(state, more, now, model, index)
    _plan(state, more, now, model)


@inlined
def end(state: State, more: More, now: float, model: int) -> None:
    """The planned end: who has attained the service that they need leaves."""
    station, heap = more.stations[model], more.heap
    station.since = now
    station.attained = heap.ends[model, 0]
    gone, last = -1, -1
    left = 0
    while station.served and heap.ends[model, 0] <= station.attained:
        index = heap.rows[model, 0]
        station.served -= 1
        pop(heap, model, 0, station.served)
        if last < 0:
            gone = index
        else:
            state.rows[last].link = index
        last = index
        left += 1
    _let_in(state, more, now, model, left)
    for _ in range(left):
        row = state.rows[gone]
        row.seconds = now - row.at
        more.rows[gone].started = 2  # is over, and has not been told
        later(state, take(state.agenda), now, gone, GONE)
        gone = row.link


@inlined
def abort(state: State, more: More, now: float, model: int, index: int) -> None:
    """A pass leaves before its end."""
    station, heap = more.stations[model], more.heap
    _catch_up(station, more.serving[model], now)
    place = 0
    while heap.rows[model, place] != index:
        place += 1
    station.served -= 1
    pop(heap, model, place, station.served)
    _let_in(state, more, now, model, 1)


@inlined
def _first(heap: Heap, model: int, place: int, end: float, number: int) -> bool:
    """Whether the pass at ``place`` goes before one that ends at ``end``."""
    other = heap.ends[model, place]
    return other < end or (other == end and heap.numbers[model, place] < number)


@inlined
def _write(heap: Heap, model: int, place: int, end: float, number: int, index: int) -> None:
    heap.ends[model, place], heap.numbers[model, place] = end, number
    heap.rows[model, place] = index


@inlined
def push(heap: Heap, model: int, size: int, end: float, number: int, index: int) -> None:
    """Add a pass to ``size`` others."""
    _rise(heap, model, size, end, number, index)


@inlined
def _rise(heap: Heap, model: int, place: int, end: float, number: int, index: int) -> None:
    while place > 0 and not _first(heap, model, (place - 1) >> 1, end, number):
        above = (place - 1) >> 1
        _write(
            heap, model, place, heap.ends[model, above], heap.numbers[model, above],
            heap.rows[model, above],
        )  # fmt: skip
        place = above
    _write(heap, model, place, end, number, index)


@inlined
def pop(heap: Heap, model: int, place: int, size: int) -> None:
    """Take out the pass at ``place``; ``size`` others stay."""
    end, number, index = heap.ends[model, size], heap.numbers[model, size], heap.rows[model, size]
    while 2 * place + 1 < size:
        below = 2 * place + 1
        if below + 1 < size and _first(
            heap, model, below + 1, heap.ends[model, below], heap.numbers[model, below]
        ):
            below += 1
        if not _first(heap, model, below, end, number):
            break
        _write(
            heap, model, place, heap.ends[model, below], heap.numbers[model, below],
            heap.rows[model, below],
        )  # fmt: skip
        place = below
    if place < size:
        _rise(heap, model, place, end, number, index)

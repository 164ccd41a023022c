"""Waiting lines, in the kernel: one of a model's own, and lines by rank (`sim.servers.server`)."""

from typing import Any

import numpy as np

from sim.compiled.jit import inlined
from sim.compiled.memory import Lines


@inlined
def join(models: Any, rows: Any, now: float, index: int, row: Any) -> bool:
    """A task asks for its pass at a model with one line: whether it is served at once."""
    at = models[np.uint32(row.model)]
    if at.busy < at.slots:
        at.busy += 1
        row.waited = 0.0
        return True
    row.at = now
    row.link = -1
    if at.first < 0:
        at.first = index
    else:
        rows[np.uint32(at.last)].link = index
    at.last = index
    return False


@inlined
def release(models: Any, rows: Any, now: float, model: int) -> int:
    """A slot of such a model is freed: the row of the task that starts there, or -1."""
    at = models[np.uint32(model)]
    index = at.first
    if index < 0:
        at.busy -= 1
    else:
        row = rows[np.uint32(index)]
        at.first = row.link
        row.waited = now - row.at
    return index


# --- lines by rank: doubly linked, because people leave them


@inlined
def append(lines: Lines, rows: Any, more_rows: Any, model: int, index: int) -> None:
    """Behind all who have the same rank."""
    rank, used = more_rows[index].rank, lines.used[model]
    ranks, last = lines.ranks[model], lines.last[model]
    place = used
    while place > 0 and ranks[place - 1] > rank:
        place -= 1
    if place > 0 and ranks[place - 1] == rank:
        before = last[place - 1]
        rows[before].link = index
        last[place - 1] = index
    else:
        before = -1
        for k in range(used, place, -1):
            _move(lines, model, k - 1, k)
        lines.used[model] = used + 1
        ranks[place], lines.first[model, place], last[place] = rank, index, index
    rows[index].link = -1
    more_rows[index].before = before


@inlined
def remove(lines: Lines, rows: Any, more_rows: Any, model: int, index: int) -> None:
    """Someone goes: to be served, or away."""
    before, behind = more_rows[index].before, rows[index].link
    if before >= 0:
        rows[before].link = behind
    if behind >= 0:
        more_rows[behind].before = before
    if before >= 0 and behind >= 0:
        return
    place, rank = 0, more_rows[index].rank
    while lines.ranks[model, place] != rank:
        place += 1
    if before < 0:
        lines.first[model, place] = behind
    if behind < 0:
        lines.last[model, place] = before
    if before < 0 and behind < 0:
        lines.used[model] -= 1
        for k in range(place, lines.used[model]):
            _move(lines, model, k + 1, k)


@inlined
def _move(lines: Lines, model: int, here: int, there: int) -> None:
    lines.ranks[model, there] = lines.ranks[model, here]
    lines.first[model, there] = lines.first[model, here]
    lines.last[model, there] = lines.last[model, here]

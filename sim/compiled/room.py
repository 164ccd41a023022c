"""Room for what the kernel keeps and writes down: made, enlarged, taken away."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled.agenda import Agenda
from sim.compiled.memory import (
    BLOCK,
    COUNTS,
    DRAWN,
    FREE,
    HEAD,
    LEFT,
    LEFT_ROW,
    PASS,
    PASSES,
    POOL,
    ROW,
    SEQUENCE,
    TASKS,
    Heap,
    Lines,
    More,
    Output,
    State,
)  # fmt: skip
from sim.compiled.setup import power_of_two
from sim.records import Columns
from sim.results import PASS_COLUMNS, TASK_COLUMNS
from sim.summary import Totals

_PASSES = 4  # room for so many passes of a task, to begin with


class Chunk(NamedTuple):
    """Columns of some tasks, in the order in which they came, and of their passes if asked for."""

    tasks: Columns
    passes: Columns


def state(models: Any, rows: int, more: More | None, frames: bool) -> State:
    """Nobody has come yet; there is room for ``rows`` tasks."""
    keeps = frames or more is not None
    counts = np.zeros(COUNTS, np.int64)
    counts[SEQUENCE] = 1  # the first arrival has 0
    counts[FREE] = rows
    free = np.arange(rows)[::-1].copy()
    return State(
        models,
        np.zeros(rows, ROW),
        free,
        Agenda.empty(_leaves(rows, models, more)),
        np.zeros(BLOCK, np.int64),
        np.zeros(rows, LEFT),
        np.zeros(rows if keeps else 0, LEFT_ROW),
        counts,
        np.zeros(1),
    )


def _leaves(rows: int, models: Any, more: More | None) -> int:
    """A power of 2: events of tasks, up to two each, and of shared models."""
    return power_of_two(rows if more is None else 2 * rows + len(models))


def output(tasks: int, passes: bool, totals: Totals | None = None) -> Output:
    """Room to write down so many tasks at a time."""
    if totals is None:
        nothing: Any = (column[np.newaxis] for column in Totals.empty(0))
        totals = Totals(*nothing)
        totals = totals._replace(histogram=np.zeros((1, 0), np.int64))  # nothing is added up
    room = _PASSES * tasks if passes else 0
    return Output(
        np.empty((6, tasks)), np.empty((2, tasks), np.int64), np.empty((3, room)),
        np.empty((3, room), np.int64), _records(64 if passes else 0, -1), totals,
    )  # fmt: skip


def with_who(more: More, output: Output) -> More:
    """With room for whose the tasks are."""
    return more._replace(who=np.empty((3, output.tasks.shape[1]), np.int64))


def take(counts: NDArray[np.int64], output: Output, more: More | None) -> Chunk:
    """What is written down, copied."""
    n, m = int(counts[TASKS]), int(counts[PASSES])
    names = ("arrived", "ended", "waiting", "service", "throttle_delay", "service_cost")
    tasks = dict(zip(names, output.tasks[:, :n].copy(), strict=True))
    tasks |= zip(("outcome", "passes"), output.ends[:, :n].copy(), strict=True)
    if more is None:
        last = int(counts[HEAD])
        who = np.zeros((3, n), np.int64)
        who[0] = np.arange(last - n, last)
    else:
        who = more.who[:, :n].copy()
    tasks |= zip(("task", "group", "refusals"), who, strict=True)
    counted = tasks["passes"] if len(output.pool) else np.zeros(n, np.int64)
    passes: Columns = {"task": np.repeat(tasks["task"], counted)}
    passes |= zip(
        ("waiting", "service", "throttle_delay"), output.passes[:, :m].copy(), strict=True
    )
    passes |= zip(("pass", "model", "success"), output.kinds[:, :m].copy(), strict=True)
    passes["success"] = passes["success"].astype(np.bool_)
    return Chunk(
        {name: tasks[name] for name in TASK_COLUMNS}, {name: passes[name] for name in PASS_COLUMNS}
    )


def join(chunks: list[Chunk]) -> Chunk:
    """All of them as one."""
    if len(chunks) == 1:
        return chunks[0]
    return Chunk(*(
        {name: np.concatenate([getattr(chunk, kind)[name] for chunk in chunks]) for name in columns}
        for kind, columns in (("tasks", TASK_COLUMNS), ("passes", PASS_COLUMNS))
    ))  # fmt: skip


# --- more of it


def wider(output: Output) -> Output:
    """Four times the room for passes; nothing is written down now."""
    room = 4 * output.passes.shape[1]
    return output._replace(passes=np.empty((3, room)), kinds=np.empty((3, room), np.int64))


def more_records(output: Output, counts: NDArray[np.int64]) -> Output:
    """Four times the records of passes."""
    old = len(output.pool)
    pool = np.concatenate([output.pool, _records(3 * old, int(counts[POOL]), old)])
    counts[POOL] = old
    return output._replace(pool=pool)


def _records(number: int, behind: int, first: int = 0) -> Any:
    """Free records, each of which names the next one, and the last one ``behind``."""
    records = np.zeros(number, PASS)
    records["before"] = np.arange(first + 1, first + number + 1)
    records["before"][-1:] = behind
    return records


def more_rows(state: State, more: More | None) -> tuple[State, More | None]:
    """Four times the tasks on their way."""
    old = len(state.rows)
    new = 4 * old
    free = np.empty(new, np.int64)
    free[: new - old] = np.arange(old, new)[::-1]
    count = int(state.counts[FREE])
    free[new - old : new - old + count] = state.free[:count]
    state.counts[FREE] = new - old + count
    agenda = state.agenda.enlarged(_leaves(new, state.models, more))
    state = state._replace(rows=_padded(state.rows, new), free=free, agenda=agenda)
    return state, more and _more_of(more, new)


def _more_of(more: More, rows: int) -> More:
    ranks, first, last = (_padded(part, rows) for part in more.lines[:3])
    lines = Lines(ranks, first, last, more.lines.used)
    return more._replace(
        rows=_padded(more.rows, rows),
        memory=_padded(more.memory, int(more.by_row[0] + rows * more.by_row[1])),
        lines=lines,
        heap=Heap(*(_padded(part, rows) for part in more.heap)),
    )


def _padded(part: Any, length: int) -> Any:
    """With zeros behind, along the last axis."""
    whole = np.zeros((*part.shape[:-1], length), part.dtype)
    whole[..., : part.shape[-1]] = part
    return whole


def more_left(state: State) -> State:
    """Four times the tasks that have left, or not, since the first one that has not."""
    tasks = np.arange(state.counts[HEAD], state.counts[DRAWN])
    left, rows = (_spread(part, tasks) for part in (state.left, state.left_rows))
    return state._replace(left=left, left_rows=rows)


def _spread(part: Any, tasks: NDArray[np.int64]) -> Any:
    whole = np.zeros(4 * len(part), part.dtype)
    if len(part):
        whole[tasks % len(whole)] = part[tasks % len(part)]
    return whole

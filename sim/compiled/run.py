"""How the kernel is loaded, watched, enlarged and read."""

import math
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.checks import TOO_MANY_REFUSALS, InputError
from sim.compiled import kernel, memory, room, scope, setup
from sim.compiled.memory import More, Output, Rules
from sim.compiled.room import Chunk
from sim.compiled.setup import ENDLESS_SLOTS
from sim.records import Columns
from sim.scenario import Scenario
from sim.summary import NEVER, Totals

_T = TypeVar("_T")
_ROWS = 256  # to begin with
_PAUSE = 3_000_000  # events between two reports of progress: Ctrl-C waits for them
_CHUNK = 100_000  # tasks that are written down at a time, or that a thread plays
_Progress = Callable[[int], None]


def load(scenario: Scenario) -> None:
    """Load what plays ``scenario``; the first time on a machine it is compiled, in a minute."""
    if not scope.is_plain(scenario):
        _load("general")
    elif _alone(setup.rules(scenario, 0), setup.models(scenario)):
        _load("alone")
    else:
        _load("plain")


@cache
def _load(part: str) -> None:
    from sim.compiled import warm

    warm.load(part)


def play(
    scenario: Scenario, replication: int, passes: bool, progress: _Progress
) -> Generator[Chunk, None, tuple[int, ...]]:
    """The columns of a run, chunk by chunk; returns who is still at each model at the end."""
    rules, models = setup.rules(scenario, replication), setup.models(scenario)
    more = setup.more(scenario, _ROWS)
    tasks = min(_CHUNK, rules.tasks)
    if more is None and _alone(rules, models):
        yield from _play_alone(rules, models, passes, progress)
        return (0,) * (len(models) - 1)
    run = _Run(rules, models, more, room.output(tasks, passes))
    for _ in run.play(progress):
        yield room.take(run.state.counts, run.output, run.more)
    return tuple(run.state.models["present"][1:].tolist())


def play_whole(
    scenario: Scenario, replication: int, passes: bool, progress: _Progress
) -> tuple[Chunk, tuple[int, ...]]:
    """The whole columns of a run, and who is still at each model at the end."""
    run, chunks = play(scenario, replication, passes, progress), []
    while True:
        try:
            chunks.append(next(run))
        except StopIteration as end:
            return room.join(chunks), end.value


def stream(scenario: Scenario, replication: int, progress: _Progress) -> Totals:
    """The totals of the tasks by class, none of which is written down."""
    rules, models = setup.rules(scenario, replication), setup.models(scenario)
    more, output = setup.more(scenario, _ROWS), room.output(0, False, setup.totals(scenario))
    if more is None and _alone(rules, models):
        _stream_alone(rules, models, output, progress)
    else:
        for _ in _Run(rules, models, more, output).play(progress):
            pass
    return output.totals


def total(totals: Totals, tasks: Columns, value_of_time: float) -> None:
    """Add tasks that are written down, in order of arrival, by the rule of `stream`.

    They come after those that ``totals`` have.
    """
    _load("totals")
    delay = value_of_time * (tasks["waiting"] + tasks["service"] + tasks["throttle_delay"])
    next_batch, before = totals.place[2:], totals.counts.sum()
    next_batch -= before  # the kernel numbers tasks from 0
    kernel.total(totals, tasks["outcome"], delay, tasks["service_cost"], tasks["passes"])
    np.minimum(next_batch + before, NEVER, out=next_batch)


class _Run:
    """One run, with room that grows."""

    def __init__(self, rules: Rules, models: Any, more: More | None, output: Output) -> None:
        self._rules = rules
        self.state = room.state(models, _ROWS, more, output.tasks.shape[1] > 0)
        self.output = output
        self.more = more and room.with_who(more, output)
        if self.more is not None:
            kernel.start(rules, self.state, self.more)

    def play(self, progress: _Progress) -> Iterator[None]:
        """To the end; stops whenever what is written down must be taken, and at the end."""
        counts = self.state.counts
        progress(0)
        while True:
            pause = int(counts[memory.SEQUENCE]) + _PAUSE
            status = kernel.play(self._rules, self.state, self.output, self.more, pause)
            if status == memory.PAUSED:
                progress(int(counts[memory.TASK]))
            elif status == memory.FULL:
                self._enlarge()
            elif status == memory.WRITTEN and not counts[memory.TASKS]:
                self.output = room.wider(self.output)  # for all the passes of a single task
            elif status in (memory.DONE, memory.WRITTEN):
                yield
                counts[memory.TASKS] = counts[memory.PASSES] = 0
                if status == memory.DONE:
                    return
            else:
                raise scope.RuleError if status == memory.FAULT else InputError(TOO_MANY_REFUSALS)

    def _enlarge(self) -> None:
        """More room for what has run out."""
        counts = self.state.counts
        if len(self.output.pool) and counts[memory.POOL] < 0:
            self.output = room.more_records(self.output, counts)
        elif counts[memory.FREE] < memory.BLOCK:
            self.state, self.more = room.more_rows(self.state, self.more)
        else:
            self.state = room.more_left(self.state)


# --- where tasks do not meet: chunks of them, in threads unless they are added up in order


def _alone(rules: Rules, models: Any) -> bool:
    return math.isnan(rules.horizon) and bool((models["slots"][1:] == ENDLESS_SLOTS).all())


def _play_alone(rules: Rules, models: Any, passes: bool, progress: _Progress) -> Iterator[Chunk]:
    def play(job: tuple[int, NDArray[np.float64]]) -> list[Chunk]:
        return list(_sample(rules, models, passes, *job))

    firsts = range(0, rules.tasks, _CHUNK)
    if len(firsts) == 1:  # not worth a thread
        progress(0)
        yield from play((0, np.cumsum(_gaps(rules, 0))))
        return
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        gaps = _ahead(pool, partial(_gaps, rules), firsts)
        jobs = zip(firsts, _running_sums(gaps), strict=True)
        for first, chunks in zip(firsts, _ahead(pool, play, jobs), strict=True):
            progress(first)
            yield from chunks
    finally:
        pool.shutdown(cancel_futures=True)  # who interrupts waits for the running chunks only


def _stream_alone(rules: Rules, models: Any, output: Output, progress: _Progress) -> None:
    state = room.state(models, 1, None, False)
    firsts = range(0, rules.tasks, _CHUNK)
    gaps = map(partial(_gaps, rules), firsts)
    for first, arrived in zip(firsts, _running_sums(gaps), strict=True):
        progress(first)
        kernel.sample(rules, state, arrived, first, 0, output)


def _sample(
    rules: Rules, models: Any, passes: bool, first: int, arrived: NDArray[np.float64]
) -> Iterator[Chunk]:
    """Chunks of tasks from ``first`` on: more than one if they have many passes."""
    state, output, played = room.state(models, 1, None, True), room.output(len(arrived), passes), 0
    counts = state.counts
    while True:
        played = kernel.sample(rules, state, arrived, first, played, output)
        if played == len(arrived) or counts[memory.TASKS]:
            counts[memory.HEAD] = first + played
            yield room.take(counts, output, None)
            counts[memory.TASKS] = counts[memory.PASSES] = 0
        if played == len(arrived):
            return
        output = room.wider(room.more_records(output, counts))


def _ahead(pool: ThreadPoolExecutor, do: Callable[[Any], _T], items: Iterable[Any]) -> Iterator[_T]:
    """Results in order, of which a few are worked at before they are asked for."""
    most = 2 * (os.cpu_count() or 1)
    pending: deque[Any] = deque()
    for item in items:
        pending.append(pool.submit(do, item))
        if len(pending) > most:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()


def _gaps(rules: Rules, first: int) -> NDArray[np.float64]:
    gaps = np.empty(min(_CHUNK, rules.tasks - first))
    kernel.gaps(rules, first, gaps)
    return gaps


def _running_sums(chunks: Iterable[NDArray[np.float64]]) -> Iterator[NDArray[np.float64]]:
    """Sums from the first number of the first chunk on, added one after the other."""
    now = 0.0
    for chunk in chunks:
        chunk[0] += now
        sums = np.cumsum(chunk)
        now = float(sums[-1])
        yield sums

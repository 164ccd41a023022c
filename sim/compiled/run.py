"""What the kernel can play, and how it is set up, watched, enlarged and read."""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.arrivals.streams import Poisson
from sim.records import Columns
from sim.results import PASS_COLUMNS, TASK_COLUMNS
from sim.scenario import Scenario
from sim.servers.disciplines import FCFS, PriorityClasses
from sim.servers.service_times import Deterministic, Exponential, Lognormal
from sim.summary import Totals

if TYPE_CHECKING:
    from sim.compiled import memory

SCOPE = (
    "policies that are tables, Poisson arrivals of strangers, no patience, first come, first "
    "served or infinite slots, and deterministic, exponential or lognormal service"
)
_ENDLESS = 2**62  # slots
_ROWS = 256  # to begin with
_PAUSE = 3_000_000  # events between two reports of progress: Ctrl-C waits for them
_CHUNK = 100_000  # tasks that a thread plays at a time where tasks do not meet
_KINDS = (Deterministic, Exponential, Lognormal)  # the kernel's kinds of service, in its order
_Progress = Callable[[int], None]


def covers(scenario: Scenario) -> bool:
    """Whether the kernel can play ``scenario``: see `SCOPE`. Subclasses may do other things."""
    return (
        scenario.table.complete
        and scenario.plain
        and type(scenario.arrivals) is Poisson
        and type(scenario.offer.service_time) in _KINDS
        and all(type(rule) in (FCFS, PriorityClasses) for rule in scenario.offer.disciplines)
    )


@cache
def load() -> None:
    """Load the kernel; the first time on a machine, compile it, which takes some ten seconds."""
    from sim.compiled import memory

    rules = memory.Rules(np.uint64(0), np.uint64(0), 1, 1.0, 1.0, 0, 0.0, 1, 1.0)
    models = np.ones(2, memory.MODEL)
    _play_events(rules, models, _output(1), lambda arrived: None)
    _play_alone(rules, models, _output(1), lambda arrived: None)


def play(
    scenario: Scenario, replication: int, passes: bool, progress: _Progress
) -> tuple[Columns, Columns, tuple[int, ...]]:
    """Columns of tasks and, if asked for, of passes; and who is still at each model."""
    rules, models = _rules(scenario, replication), _models(scenario)
    output = _output(rules.tasks)
    if not passes:
        present = _run(rules, models, output, progress)
        return (*_columns(output), present)
    _run(rules, models, output, lambda played: progress(played // 2))
    # the passes of each task are known now, and with them the place of every pass
    counts = output.ends[1, : int((output.ends[1] >= 0).sum())]
    offsets = np.concatenate([[0], np.cumsum(counts)])
    output = _output(rules.tasks, offsets)
    half = rules.tasks // 2
    present = _run(rules, models, output, lambda played: progress(half + played // 2))
    return (*_columns(output), present)


def stream(scenario: Scenario, replication: int, progress: _Progress) -> Totals:
    """The totals of the tasks, none of which is written down."""
    rules, models = _rules(scenario, replication), _models(scenario)
    totals = Totals.empty(rules.tasks)
    _run(rules, models, _output(0, totals=totals), progress)
    return totals


def total(totals: Totals, tasks: Columns, value_of_time: float) -> None:
    """Add tasks that are written down, in order of arrival, by the rule of `stream`."""
    from sim.compiled import kernel

    delay = value_of_time * (tasks["waiting"] + tasks["service"] + tasks["throttle_delay"])
    kernel.total(totals, tasks["outcome"], delay, tasks["service_cost"], tasks["passes"])


def _rules(scenario: Scenario, replication: int) -> "memory.Rules":
    from sim.compiled import memory

    route, _, _ = scenario.table.whole()
    arrivals: Any = scenario.arrivals
    service: Any = scenario.offer.service_time
    horizon = float(scenario.horizon)
    return memory.Rules(
        seed=np.uint64(scenario.seed),
        replication=np.uint64(replication),
        tasks=int(scenario.tasks),
        rate=float(arrivals.rate),
        horizon=horizon if horizon < math.inf else math.nan,
        kind=_KINDS.index(type(service)),
        variance=service.variance if isinstance(service, Lognormal) else 0.0,
        initial=int(route.initial),
        value_of_time=float(scenario.value_of_time),
    )


def _models(scenario: Scenario) -> Any:
    """Rows of `memory.MODEL`, that of model i at place i."""
    from sim.compiled import memory

    n = len(scenario.game.models)
    route, abandonment, hold = scenario.table.whole()
    models = np.zeros(n + 1, memory.MODEL)
    models["p"][1:] = [float(m.p) for m in scenario.at_work.models]
    models["mean"][1:] = scenario.service_means()
    models["cost"][1:] = [float(m.c) for m in scenario.at_work.models]
    models["q"][1:] = abandonment
    models["s"][1:n] = route.escalation
    models["hold"][1:] = hold
    models["slots"][1:] = [int(min(slots, _ENDLESS)) for slots in scenario.offer.slots]
    return models


def _output(
    tasks: int, offsets: NDArray[np.int64] | None = None, totals: Totals | None = None
) -> "memory.Output":
    from sim.compiled import memory

    if totals is None:
        totals = Totals.empty(0)._replace(histogram=np.zeros(0, np.int64))
    if offsets is None:
        offsets = np.zeros(0, np.int64)
    passes = int(offsets[-1]) if len(offsets) else 0
    return memory.Output(
        np.empty((6, tasks)),
        np.full((2, tasks), -1),  # passes below 0: has not arrived
        offsets,
        np.empty((3, passes)),
        np.empty((3, passes), np.int64),
        totals,
    )


def _run(
    rules: "memory.Rules", models: Any, output: "memory.Output", progress: _Progress
) -> tuple[int, ...]:
    if (models["slots"][1:] < _ENDLESS).any() or rules.horizon < math.inf:
        return _play_events(rules, models, output, progress)
    _play_alone(rules, models, output, progress)
    return (0,) * (len(models) - 1)


def _play_events(
    rules: "memory.Rules", models: Any, output: "memory.Output", progress: _Progress
) -> tuple[int, ...]:
    from sim.compiled import kernel, memory

    state = _empty(models, _ROWS)
    progress(0)
    while True:
        pause = int(state.counts[memory.SEQUENCE]) + _PAUSE
        status = kernel.play(rules, state, output, pause)
        if status == memory.DONE:
            return tuple(state.models["present"][1:].tolist())
        if status == memory.FULL:
            state = _enlarged(state)
        else:
            progress(int(state.counts[memory.TASK]))


def _play_alone(
    rules: "memory.Rules", models: Any, output: "memory.Output", progress: _Progress
) -> None:
    """Where nobody waits: chunks of tasks, in threads unless they are added up in order."""
    from sim.compiled import kernel, memory

    def play(first: int, arrived: NDArray[np.float64]) -> None:
        kernel.sample(rules, models, np.zeros(1, memory.ROW), arrived, first, output)

    firsts = range(0, rules.tasks, _CHUNK)
    if len(output.totals.histogram):
        gaps = map(partial(_gaps, rules), firsts)
        for first, arrived in zip(firsts, _running_sums(gaps), strict=True):
            progress(first)
            play(first, arrived)
        return
    pool = ThreadPoolExecutor(os.cpu_count())
    try:
        drawn = pool.map(partial(_gaps, rules), firsts)
        jobs = [
            pool.submit(play, first, arrived)
            for first, arrived in zip(firsts, _running_sums(drawn), strict=True)
        ]
        for first, job in zip(firsts, jobs, strict=True):
            progress(first)
            job.result()
    finally:
        pool.shutdown(cancel_futures=True)  # who interrupts waits for the running chunks only


def _gaps(rules: "memory.Rules", first: int) -> NDArray[np.float64]:
    from sim.compiled import kernel

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


def _empty(models: Any, rows: int) -> "memory.State":
    """Nobody has arrived yet."""
    from sim.compiled import memory
    from sim.compiled.agenda import Agenda

    models = models.copy()
    models["first"] = models["last"] = -1
    counts = np.zeros(4, np.int64)
    counts[memory.SEQUENCE] = 1  # the first arrival has 0
    return memory.State(models, np.zeros(rows, memory.ROW), Agenda.empty(rows), counts, np.zeros(1))


def _enlarged(state: "memory.State") -> "memory.State":
    """The same state with four times as many rows."""
    from sim.compiled import memory

    old = len(state.rows)
    rows = np.zeros(4 * old, memory.ROW)
    tasks = np.arange(state.counts[memory.HEAD], state.counts[memory.TASK])
    rows[tasks % (4 * old)] = state.rows[tasks % old]
    return state._replace(rows=rows, agenda=state.agenda.enlarged(4 * old))


def _columns(output: "memory.Output") -> tuple[Columns, Columns]:
    """The columns of `sim.records`."""
    n = int((output.ends[1] >= 0).sum())  # a horizon may have come first
    zeros = np.zeros(n, np.int64)
    tasks = {"task": np.arange(n), "group": zeros, "refusals": zeros.copy()}
    names = ("arrived", "ended", "waiting", "service", "throttle_delay", "service_cost")
    tasks |= {name: row[:n] for name, row in zip(names, output.tasks, strict=True)}
    tasks |= {name: row[:n] for name, row in zip(("outcome", "passes"), output.ends, strict=True)}
    counts = tasks["passes"] if len(output.offsets) else zeros
    passes = {"task": np.repeat(tasks["task"], counts)}
    passes |= zip(("waiting", "service", "throttle_delay"), output.passes, strict=True)
    passes |= zip(("pass", "model", "success"), output.kinds, strict=True)
    passes["success"] = passes["success"].astype(np.bool_)
    return (
        {name: tasks[name] for name in TASK_COLUMNS},
        {name: passes[name] for name in PASS_COLUMNS},
    )

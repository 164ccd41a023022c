"""What the kernel can play, and how it is set up, watched, enlarged and read."""

import math
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.arrivals import Poisson
from sim.disciplines import FCFS, PriorityClasses
from sim.records import PASS_COLUMNS, TASK_COLUMNS, Columns
from sim.scenario import Scenario
from sim.service_times import Deterministic, Exponential, Lognormal
from sim.summary import Totals
from sim.tables import tabular

if TYPE_CHECKING:
    from sim import kernel

SCOPE = (
    "policies that are tables, Poisson arrivals of strangers, no patience, first come, first "
    "served or infinite slots, and deterministic, exponential or lognormal service"
)
_ROWS = 256  # to begin with
_PAUSE = 1_000_000  # tasks between two reports of progress
_CHUNK = 100_000  # tasks that a thread plays at a time where tasks do not meet
_KINDS = (Deterministic, Exponential, Lognormal)  # the kernel's kinds of service, in its order
_Progress = Callable[[int], None]


def covers(scenario: Scenario) -> bool:
    """Whether the kernel can play ``scenario``: see `SCOPE`. Subclasses may do other things."""
    return (
        tabular(scenario.routing, scenario.abandonment, scenario.throttle)
        and scenario.patience is None
        and type(scenario.arrivals) is Poisson
        and type(scenario.service_time) in _KINDS
        and all(type(each) in (FCFS, PriorityClasses) for each in scenario.disciplines)
    )


@cache
def load() -> None:
    """Load the kernel; the first time on a machine, compile it, which takes some ten seconds."""
    from sim import kernel

    one = np.ones(1)
    rules = kernel.Rules(
        np.uint64(0), np.uint64(0), 1, 1.0, 1.0, 0, 0.0, 1, one, one, one, one, one, one,
        np.ones(1, np.int64), 1.0,
    )  # fmt: skip
    _play_events(rules, _output(1), lambda arrived: None)
    _play_alone(rules, _output(1), lambda arrived: None)


def play(
    scenario: Scenario, replication: int, passes: bool, progress: _Progress
) -> tuple[Columns, Columns, tuple[int, ...]]:
    """Columns of tasks and, if asked for, of passes; and who is still at each model."""
    rules = _rules(scenario, replication)
    output = _output(rules.tasks)
    present = _run(rules, output, progress)
    if passes:
        # the passes of each task are known now, and with them the place of every pass
        counts = output.ends[1, : int((output.ends[1] >= 0).sum())]
        offsets = np.concatenate([[0], np.cumsum(counts)])
        output = _output(rules.tasks, offsets)
        present = _run(rules, output, progress)
    return (*_columns(output), present)


def stream(scenario: Scenario, replication: int, progress: _Progress) -> Totals:
    """The totals of the tasks, none of which is written down."""
    rules = _rules(scenario, replication)
    totals = Totals.empty(rules.tasks)
    _run(rules, _output(0, totals=totals), progress)
    return totals


def total(totals: Totals, tasks: Columns, value_of_time: float) -> None:
    """Add tasks that are written down, in order of arrival, by the rule of `stream`."""
    from sim import kernel

    delay = value_of_time * (tasks["waiting"] + tasks["service"] + tasks["throttle_delay"])
    kernel.total(totals, tasks["outcome"], delay, tasks["service_cost"], tasks["passes"])


def _rules(scenario: Scenario, replication: int) -> "kernel.Rules":
    from sim import kernel

    n = len(scenario.game.models)
    policies: Any = scenario
    route = policies.routing.table(n)
    service: Any = scenario.service_time
    models = scenario.at_work.models
    slots = [2**62 if each == math.inf else int(min(each, 2**62)) for each in scenario.slots]
    return kernel.Rules(
        seed=np.uint64(scenario.seed),
        replication=np.uint64(replication),
        tasks=scenario.tasks,
        rate=float(policies.arrivals.rate),
        horizon=float(scenario.horizon),
        kind=_KINDS.index(type(service)),
        variance=service.variance if isinstance(service, Lognormal) else 0.0,
        initial=int(route.initial),
        p=np.array([float(m.p) for m in models]),
        means=np.array(scenario.service_means(), float),
        costs=np.array([float(m.c) for m in models]),
        q=np.array(policies.abandonment.table(n), float),
        s=np.array((*route.escalation, 0.0), float),
        holds=np.array(policies.throttle.table(n), float),
        slots=np.array(slots, np.int64),
        value_of_time=float(scenario.value_of_time),
    )


def _output(
    tasks: int, offsets: NDArray[np.int64] | None = None, totals: Totals | None = None
) -> "kernel.Output":
    from sim import kernel

    if totals is None:
        totals = Totals.empty(0)._replace(histogram=np.zeros(0, np.int64))
    if offsets is None:
        offsets = np.zeros(0, np.int64)
    passes = int(offsets[-1]) if len(offsets) else 0
    return kernel.Output(
        np.empty((6, tasks)),
        np.full((2, tasks), -1),  # passes below 0: has not arrived
        offsets,
        np.empty((3, passes)),
        np.empty((3, passes), np.int64),
        totals,
    )


def _run(rules: "kernel.Rules", output: "kernel.Output", progress: _Progress) -> tuple[int, ...]:
    meet = bool((rules.slots < 2**62).any()) or rules.horizon < math.inf
    if meet:
        return _play_events(rules, output, progress)
    _play_alone(rules, output, progress)
    return (0,) * len(rules.p)


def _play_events(
    rules: "kernel.Rules", output: "kernel.Output", progress: _Progress
) -> tuple[int, ...]:
    from sim import kernel

    state = _empty(len(rules.p), _ROWS)
    kernel.start(rules, state)
    progress(0)
    pause = _PAUSE
    while True:
        status = kernel.play(rules, state, output, pause)
        if status == kernel.DONE:
            break
        if status == kernel.FULL:
            state = _enlarged(state)
        else:
            progress(pause)
            pause += _PAUSE
    present = np.zeros(len(rules.p), np.int64)
    kernel.close(rules, state, output, present)
    return tuple(present.tolist())


def _play_alone(rules: "kernel.Rules", output: "kernel.Output", progress: _Progress) -> None:
    """Where nobody waits: chunks of tasks, in threads unless they are added up in order."""
    from sim import kernel

    firsts = range(0, rules.tasks, _CHUNK)
    if len(output.totals.histogram):
        gaps = map(partial(_gaps, rules), firsts)
        for first, arrived in zip(firsts, _running_sums(gaps), strict=True):
            progress(first)
            kernel.sample(rules, arrived, first, _empty(len(rules.p), 1), output)
        return
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        drawn = pool.map(partial(_gaps, rules), firsts)
        jobs = [
            pool.submit(kernel.sample, rules, arrived, first, _empty(len(rules.p), 1), output)
            for first, arrived in zip(firsts, _running_sums(drawn), strict=True)
        ]
        for first, job in zip(firsts, jobs, strict=True):
            progress(first)
            job.result()


def _gaps(rules: "kernel.Rules", first: int) -> NDArray[np.float64]:
    from sim import kernel

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


def _empty(models: int, rows: int) -> "kernel.State":
    from sim import kernel

    return kernel.State(
        next_arrival=np.zeros(1),
        counts=np.zeros(5, np.int64),
        busy=np.zeros(models, np.int64),
        first=np.full(models, -1),
        last=np.full(models, -1),
        rows=np.zeros((rows, 8)),
        marks=np.zeros((rows, 4), np.int64),
        times=np.zeros(rows),
        sequences=np.zeros(rows, np.int64),
        whos=np.zeros(rows, np.int64),
    )


def _enlarged(state: "kernel.State") -> "kernel.State":
    """The same state with four times as many rows."""
    from sim import kernel

    old = len(state.rows)
    new = _empty(len(state.busy), 4 * old)
    tasks = np.arange(state.counts[kernel.HEAD], state.counts[kernel.TASK])
    new.rows[tasks % (4 * old)] = state.rows[tasks % old]
    new.marks[tasks % (4 * old)] = state.marks[tasks % old]
    for name in ("times", "sequences", "whos"):
        getattr(new, name)[:old] = getattr(state, name)
    kept = ("next_arrival", "counts", "busy", "first", "last")
    return new._replace(**{name: getattr(state, name) for name in kept})


def _columns(output: "kernel.Output") -> tuple[Columns, Columns]:
    """The columns of `sim.records`."""
    n = int((output.ends[1] >= 0).sum())  # a horizon may have come first
    zeros = np.zeros(n, np.int64)
    tasks = {"task": np.arange(n), "group": zeros, "refusals": zeros}
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

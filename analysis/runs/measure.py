"""Scenarios, each played in many replications, and what is measured in every run.

Every run is a pure function of its scenario and replication: random numbers are keyed by (seed,
replication, task). Scenarios with the same seed share them: the same task has the same luck in each
of them.
"""

from collections.abc import Callable, Hashable, Mapping, MutableMapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from analysis.runs.jobs import later, run_jobs
from sim.checks import COUNT, check
from sim.engine import choose, simulate, stream
from sim.results import Result
from sim.scenario import Scenario
from sim.summary import Summary

if TYPE_CHECKING:
    import pandas as pd

Key = TypeVar("Key", bound=Hashable)
Row = Mapping[str, Any]
What = Callable[[Result], Row] | Callable[[Summary], Row]
Known = Callable[[Scenario, Result], Row]
Prepare = Callable[[Scenario, int], Scenario]
_Job = tuple[Scenario, int, str]  # and its replication and engine


def measure(
    cells: Mapping[Key, Scenario],
    what: What,
    replications: int | range,
    executor: Executor | None = None,
    tell: Callable[[int], None] | None = None,
    store: MutableMapping[tuple[Key, int], Row] | None = None,
    *,
    names: Sequence[str] = ("cell",),
    engine: str = "auto",
    passes: bool = False,
    summary: bool = False,
    known: Known | None = None,
    prepare: Prepare | None = None,
    planned: int = 0,
) -> "pd.DataFrame":
    """Play every scenario in every replication, and measure ``what`` in each run.

    Arguments:
        cells: the scenarios by their keys: tuples if there are several ``names``.
        what: takes the result of a run and gives a row: names and values. It is called in the
            worker, so that only rows come back, and must be picklable if workers are processes.
        replications: how many, from 0 on, or which.
        executor: where the runs are played; None: here.
        tell: is told how many of the runs are done.
        store: rows by (key, replication). Runs whose rows are there are not played; the rows of
            the others are put there as they come. An interrupted study goes on where it was.
        names: the columns of the keys.
        engine: as in `sim.engine.simulate`; 'auto' counts the tasks of all runs that are to come.
        passes: whether the results have their passes, too.
        summary: whether ``what`` takes the `sim.summary.Summary` of a run instead, which the kernel
            makes without writing down the tasks; for long runs.
        known: more of the row, for which the scenario must be known, too: control variates.
        prepare: makes the scenario that is really played from that of the cell and the replication,
            in the worker: users who find their response anew each time, inputs that are estimates.
        planned: runs that are to come, if these are only some of them; 'auto' counts their tasks.

    Returns a tidy frame, one row per run in the order of cells and replications: the columns
    ``names``, replication, and those of ``what``. It is the same for any executor.

    Raises InputError without a replication, or if the engine cannot play a scenario; and whatever
    ``what`` raises.

    >>> from agents import Cascade
    >>> from sim import Game, Offer
    >>> game = Game.of((0.4, 0.7), (1, 2), (0.1, 0.3), value=5, penalty=1)
    >>> cells = {i: Scenario(game, Offer(Cascade(i)), tasks=100) for i in (1, 2)}
    >>> solved = lambda result: {"success": result.metrics()["success"].mean()}
    >>> measure(cells, solved, 2, names=("initial",)).to_dict("list")
    {'initial': [1, 1, 2, 2], 'replication': [0, 1, 0, 1], 'success': [1.0, 1.0, 1.0, 1.0]}
    """
    import pandas as pd

    numbers = _numbers(replications)
    rows = {} if store is None else store
    # neighbours go to one worker: take turns, so that no worker gets all runs of a long cell
    missing = [(key, r) for r in numbers for key in cells if (key, r) not in rows]
    engines = {
        key: choose(cell, "compiled" if summary else engine, runs=max(planned, len(missing)))
        for key, cell in cells.items()
    }
    run_jobs(
        partial(_measured, what=what, passes=passes, summary=summary, known=known, prepare=prepare),
        [(cells[key], r, engines[key]) for key, r in missing],
        executor,
        later(tell, len(cells) * len(numbers) - len(missing)),
        lambda place, row: rows.__setitem__(missing[place], row),
    )
    return pd.DataFrame([
        {**_named(key, names), "replication": r, **rows[key, r]} for key in cells for r in numbers
    ])  # fmt: skip


def _numbers(replications: int | range) -> range:
    if isinstance(replications, range):
        check("replications", len(replications), COUNT)
        return replications
    check("replications", replications, COUNT)
    return range(replications)


def _named(key: Hashable, names: Sequence[str]) -> Row:
    values = key if isinstance(key, tuple) else (key,)
    return dict(zip(names, values, strict=True))


def _measured(
    job: _Job, what: Any, passes: bool, summary: bool, known: Known | None, prepare: Prepare | None
) -> Row:
    scenario, replication, engine = job
    scenario = prepare(scenario, replication) if prepare else scenario
    run: Result | Summary = (
        stream(scenario, replication=replication)
        if summary
        else simulate(scenario, replication=replication, engine=engine, passes=passes)
    )
    row: Row = what(run)
    return {**row, **known(scenario, run)} if known and isinstance(run, Result) else row

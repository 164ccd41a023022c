"""The congestion part of the validation study: queues, simulated beside exact.

The unit is a run: the error is that of the mean of `RUNS` independent ones, so that correlation
between the tasks of a run does no harm. Checks and their error rates are those of
`analysis.validation.check`, but for the margins (`analysis.validation.cases.queue_case`), which are
wider, because what waits varies more. The number of tasks is fixed per case, and so that the margin
has room for both errors. What the kernel can play it plays, 25 times as long and at a fifth of
the margin; some tasks are then played as SimPy processes, too, and must come out the same.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np

from analysis.runs.jobs import run_jobs
from analysis.runs.window import TAIL
from analysis.statistics.moments import Moments
from analysis.validation.cases.queue_case import RUNS, QueueCase, Values
from analysis.validation.check import CRITICAL, Check, tasks_that_differ
from analysis.validation.checks.play import Settings
from sim.engine import simulate

_LEAST = 100  # tasks of a run, however low the precision
Run = tuple[QueueCase, int]  # and its number


def runs_of(cases: Sequence[QueueCase]) -> int:
    """Runs behind the checks of ``cases``: what progress is told."""
    return RUNS * len(cases)


def check_queues(
    cases: Sequence[QueueCase],
    settings: Settings | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Check]:
    """All checks of ``cases``, in order; the same for any executor. ``progress``: runs done."""
    settings = settings or Settings()
    # neighbours go to one worker: take turns, so that no worker gets all runs of a long case
    jobs = [(case, run) for run in range(RUNS) for case in cases]
    played = run_jobs(partial(play, settings=settings), jobs, executor, progress)
    return [
        check
        for k, case in enumerate(cases)
        for check in _checks(case, played[k :: len(cases)], settings)
    ]


def play(job: Run, settings: Settings) -> Values:
    """What one run measures."""
    case, run = job
    values = [
        case.measure(case, _simulated(case, run * case.repeats + k, settings))
        for k in range(case.repeats)
    ]
    return {name: float(np.mean([each[name] for each in values])) for name in values[0]}


def _simulated(case: QueueCase, replication: int, settings: Settings) -> Any:
    tasks = case.empty + counted(case, settings) + TAIL
    scenario = case.scenario.replace(tasks=tasks, seed=settings.seed)
    return simulate(scenario, replication=replication, engine=case.engine, passes=True)


def counted(case: QueueCase, settings: Settings) -> int:
    """Tasks of a run that count; they grow with the square of the precision."""
    return max(_LEAST, int(case.tasks * settings.precision**2))


def _checks(case: QueueCase, runs: list[Values], settings: Settings) -> list[Check]:
    """Equivalence of every metric, and the largest regret of the users."""
    checks = [
        _check(case, "equivalence", name, name, exact, runs, settings)
        for name, exact in case.exact.items()
    ]
    regrets = [
        _check(case, "user regret", "user_utility", name, 0.0, runs, settings)
        for name in case.regrets
    ]
    worst = sorted(regrets, key=lambda c: c.estimate + c.critical * c.standard_error)
    return checks + worst[-1:] + ([_engines(case, settings)] if case.engine != "simpy" else [])


def _engines(case: QueueCase, settings: Settings) -> Check:
    """The same tasks as SimPy processes: none may differ in any bit."""
    scenario = case.scenario.replace(tasks=settings.simpy_tasks, seed=settings.seed)
    differ = tasks_that_differ(scenario, (case.engine,))
    return Check(
        case=case.name,
        statement=case.statement,
        kind="engines",
        metric="tasks that differ",
        estimate=float(differ),
        standard_error=0.0,
        n=settings.simpy_tasks,
        exact=0.0,
        margin=0.0,
        critical=CRITICAL,
    )


def _check(
    case: QueueCase, kind: str, metric: str, value: str, exact: float,
    runs: list[Values], settings: Settings,
) -> Check:  # fmt: skip
    found = Moments.of(np.array([run[value] for run in runs])).estimate()
    return Check(
        case=case.name,
        statement=case.statement,
        kind=kind,
        metric=metric,
        estimate=found.mean,
        standard_error=found.standard_error,
        n=RUNS * case.repeats * counted(case, settings),
        exact=exact,
        margin=case.margin * case.scales[value] / settings.precision,
        critical=CRITICAL,
        detail=value if value != metric else "",
    )

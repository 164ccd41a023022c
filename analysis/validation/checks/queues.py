"""The congestion part of the validation study: queues, simulated beside exact.

The unit is a run: the error is that of the mean of `RUNS` independent ones, so that correlation
between the tasks of a run does no harm. Checks and their error rates are those of
`analysis.validation.check`, but for the margins (`analysis.validation.cases.queue_case`), which are
wider, because what waits varies more. The number of tasks is fixed per case, and so that the margin
has room for both errors. What the kernel can play it plays, 9 or 25 times as long and at a third
or a fifth of the margin; some tasks are then played as SimPy processes, too, and must come out the
same.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial

import pandas as pd

from analysis.runs.jobs import later
from analysis.runs.measure import measure
from analysis.runs.window import TAIL
from analysis.statistics.moments import Moments
from analysis.validation.cases.queue_case import RUNS, QueueCase
from analysis.validation.check import CRITICAL, Check, tasks_that_differ
from analysis.validation.checks.play import Settings
from sim.scenario import Scenario

_LEAST = 100  # tasks of a run, however low the precision


def runs_of(cases: Sequence[QueueCase]) -> int:
    """Runs behind the checks of ``cases``: what progress is told."""
    return sum(RUNS * case.repeats for case in cases)


def check_queues(
    cases: Sequence[QueueCase],
    settings: Settings | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[Check]:
    """All checks of ``cases``, in order; the same for any executor. ``progress``: runs done."""
    settings = settings or Settings()
    checks: list[Check] = []
    for k, case in enumerate(cases):
        tell = later(progress, runs_of(cases[:k]))
        checks += _checks(case, measured(case, settings, executor, tell), settings)
    return checks


def measured(
    case: QueueCase,
    settings: Settings,
    executor: Executor | None = None,
    tell: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """What each of `RUNS` runs measures, one row per run: the mean of its repeats."""
    frame = measure(
        {case.name: scenario(case, settings)},
        partial(case.measure, case),
        RUNS * case.repeats,
        executor,
        tell,
        engine=case.engine,
        passes=case.game is not None,
    )
    values = frame.drop(columns=["cell", "replication"])
    whole = values.to_numpy().reshape(RUNS, case.repeats, -1)
    return pd.DataFrame(whole.mean(axis=1), columns=values.columns)


def scenario(case: QueueCase, settings: Settings) -> Scenario:
    """What is played in a run of a case: tasks that count, and those before and after them."""
    tasks = case.empty + counted(case, settings) + TAIL
    return case.scenario.replace(tasks=tasks, seed=settings.seed)


def counted(case: QueueCase, settings: Settings) -> int:
    """Tasks of a run that count; they grow with the square of the precision."""
    return max(_LEAST, int(case.tasks * settings.precision**2))


def _checks(case: QueueCase, runs: pd.DataFrame, settings: Settings) -> list[Check]:
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
    few = case.scenario.replace(tasks=settings.simpy_tasks, seed=settings.seed)
    differ = tasks_that_differ(few, (case.engine,))
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
    runs: pd.DataFrame, settings: Settings,
) -> Check:  # fmt: skip
    found = Moments.of(runs[value].to_numpy()).estimate()
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

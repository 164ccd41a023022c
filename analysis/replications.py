"""Many runs, on any executor, with the same bytes whatever the workers, batches and order.

Every run is a pure function of its job, random numbers are keyed by (seed, replication, task), and
results are put together in the order of the jobs. Scenarios with the same seed share their random
numbers: the same task has the same luck in each of them.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from analysis.intervals import Estimate
from sim.checks import COUNT, check
from sim.engine import choose, simulate
from sim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

J = TypeVar("J")
R = TypeVar("R")
_BATCHES_PER_WORKER = 8  # enough to even out long and short jobs


@dataclass(frozen=True)
class Moments:
    """Number, mean, sum of squared deviations, least and largest of some values.

    Moments of parts merge into those of the whole (Chan, Golub, LeVeque 1983).
    """

    n: int
    mean: float
    m2: float
    low: float
    high: float

    @classmethod
    def of(cls, values: NDArray[Any]) -> "Moments":
        """The moments of an array of at least one number.

        >>> import numpy as np
        >>> Moments.of(np.array([1.0, 2.0, 3.0])).m2
        2.0
        """
        mean = float(values.mean())
        deviations = values - mean
        m2 = float((deviations * deviations).sum())
        return cls(len(values), mean, m2, float(values.min()), float(values.max()))

    def __add__(self, other: "Moments") -> "Moments":
        n = self.n + other.n
        step = other.mean - self.mean
        return Moments(
            n,
            self.mean + step * other.n / n,
            self.m2 + other.m2 + step * step * self.n * other.n / n,
            min(self.low, other.low),
            max(self.high, other.high),
        )

    @property
    def sd(self) -> float:
        """Standard deviation of one value; 0 when all are equal."""
        return 0.0 if self.low == self.high else float((self.m2 / (self.n - 1)) ** 0.5)

    def estimate(self) -> Estimate:
        """The mean with its standard error; equal values are exact."""
        mean = self.low if self.low == self.high else self.mean
        return Estimate(mean, self.sd / self.n**0.5, self.n)


def run_jobs(
    work: Callable[[J], R],
    jobs: Sequence[J],
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[R]:
    """``[work(job) for job in jobs]``, on ``executor``; None runs here, one after the other.

    Jobs are sent in batches of neighbours. ``work`` and jobs must be picklable if the executor's
    workers are processes. ``progress`` is told the number of jobs done.
    """
    tell = progress or (lambda done: None)
    if executor is None:
        return list(_one_by_one(work, jobs, tell))
    size = max(1, len(jobs) // (_BATCHES_PER_WORKER * _workers(executor)))
    batches = [jobs[i : i + size] for i in range(0, len(jobs), size)]
    futures: list[Future[list[R]]] = [executor.submit(_batch, work, part) for part in batches]
    try:
        done = 0
        for future in as_completed(futures):
            done += len(future.result())
            tell(done)
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    return [result for future in futures for result in future.result()]


@contextmanager
def processes(workers: int | None = None) -> Iterator[Executor]:
    """The default executor: spawned processes, one per core."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=context) as pool:
        yield pool


def replicate(
    scenarios: Mapping[str, Scenario],
    replications: int,
    executor: Executor | None = None,
    engine: str = "auto",
    progress: Callable[[int], None] | None = None,
) -> "pd.DataFrame":
    """Means of every metric in every replication of every scenario.

    A tidy frame: scenario, replication, metric, value (units as in `sim.records.Result.metrics`),
    n (tasks behind the mean). Replication r of every scenario shares its random numbers if the
    seeds agree. Intervals: `analysis.intervals.estimate` over replications.
    """
    import pandas as pd

    check("replications", replications, COUNT)
    engines = [choose(s, engine, runs=replications) for s in scenarios.values()]
    players = list(zip(scenarios.values(), engines, strict=True))
    jobs = [(s, r, player) for s, player in players for r in range(replications)]
    results = run_jobs(_means, jobs, executor, progress)
    keys = [(name, r) for name in scenarios for r in range(replications)]
    rows = [
        (name, r, metric, value, n)
        for (name, r), (n, means) in zip(keys, results, strict=True)
        for metric, value in means.items()
    ]
    return pd.DataFrame(rows, columns=["scenario", "replication", "metric", "value", "n"])


def _means(job: tuple[Scenario, int, str]) -> tuple[int, dict[str, float]]:
    scenario, replication, engine = job
    metrics = simulate(scenario, replication=replication, engine=engine).metrics()
    n = len(metrics["success"])
    return n, {name: float(values.mean()) if n else np.nan for name, values in metrics.items()}


def _one_by_one(
    work: Callable[[J], R], jobs: Sequence[J], tell: Callable[[int], None]
) -> Iterator[R]:
    for done, job in enumerate(jobs, start=1):
        yield work(job)
        tell(done)


def _batch(work: Callable[[J], R], jobs: Sequence[J]) -> list[R]:
    return [work(job) for job in jobs]


def _workers(executor: Executor) -> int:
    return int(getattr(executor, "_max_workers", None) or os.cpu_count() or 1)

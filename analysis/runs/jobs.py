"""Many jobs, on any executor, with the same results whatever the workers, batches and order.

Every run is a pure function of its job, and results are put together in the order of the jobs.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TypeVar

J = TypeVar("J")
R = TypeVar("R")
_BATCHES_PER_WORKER = 8  # enough to even out long and short jobs


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

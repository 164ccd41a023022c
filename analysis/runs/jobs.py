"""Many jobs, on any executor, with the same results whatever the workers, batches and order.

Every run is a pure function of its job, and results are put together in the order of the jobs.
"""

import multiprocessing
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import closing, contextmanager
from typing import TypeVar

J = TypeVar("J")
R = TypeVar("R")
_BATCHES_PER_WORKER = 8  # enough to even out long and short jobs


def run_jobs(
    work: Callable[[J], R],
    jobs: Sequence[J],
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
    keep: Callable[[int, R], None] | None = None,
) -> list[R]:
    """``[work(job) for job in jobs]``, on ``executor``; None runs here, one after the other.

    Jobs are sent in batches of neighbours. ``work`` and jobs must be picklable if the executor's
    workers are processes. ``progress`` is told the number of jobs done; ``keep`` is given each
    job's place and result as it is done, in any order.
    """
    results: dict[int, R] = {}
    with closing(_as_done(work, jobs, executor)) as done:
        for place, result in done:
            results[place] = result
            if keep is not None:
                keep(place, result)
            if progress is not None:
                progress(len(results))
    return [results[place] for place in range(len(jobs))]


def later(progress: Callable[[int], None] | None, before: int) -> Callable[[int], None]:
    """What to tell ``progress`` by when ``before`` jobs were done already.

    >>> later(print, 40)(2)
    42
    """
    return lambda done: progress(before + done) if progress is not None else None


@contextmanager
def processes(workers: int | None = None) -> Iterator[Executor]:
    """The default executor: spawned processes, one per core."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=context) as pool:
        yield pool


def _as_done(
    work: Callable[[J], R], jobs: Sequence[J], executor: Executor | None
) -> Generator[tuple[int, R]]:
    """Every job's place and result, as they come; what has not begun is cancelled at an error."""
    if executor is None:
        yield from enumerate(map(work, jobs))
        return
    size = max(1, len(jobs) // (_BATCHES_PER_WORKER * _workers(executor)))
    futures: dict[Future[list[R]], int] = {
        executor.submit(_batch, work, jobs[first : first + size]): first
        for first in range(0, len(jobs), size)
    }
    try:
        for future in as_completed(futures):
            yield from enumerate(future.result(), start=futures[future])
    finally:
        for future in futures:
            future.cancel()


def _batch(work: Callable[[J], R], jobs: Sequence[J]) -> list[R]:
    return [work(job) for job in jobs]


def _workers(executor: Executor) -> int:
    return int(getattr(executor, "_max_workers", None) or os.cpu_count() or 1)

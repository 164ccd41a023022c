"""What the commands share while they work: files, workers, progress for people who wait."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.report.files import check_replaceable, check_writable, plain, to_json, whole_file

if TYPE_CHECKING:
    from concurrent.futures import Executor

__all__ = [
    "check_replaceable",
    "check_writable",
    "plain",
    "pool",
    "progress",
    "to_json",
    "whole_file",
]


def pool(workers: int | None, out: Path | None = None) -> "AbstractContextManager[Executor | None]":
    """An executor of ``workers`` processes (None: one per core), or None to stay in this one.

    An ``out`` that cannot be written is refused now, before any work is done.
    """
    from analysis.runs.jobs import processes

    if out is not None:
        check_writable(out)
    return nullcontext(None) if workers == 1 else processes(workers)


@contextmanager
def progress(total: int, description: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on the terminal; yields a function that takes the number done so far."""
    from rich.console import Console

    from scenarios.terminal.bar import bar

    with bar(Console(stderr=True)) as shown:
        task = shown.add_task(description, total=None)  # it swings until something is done
        yield lambda done: shown.update(task, completed=done, total=total)

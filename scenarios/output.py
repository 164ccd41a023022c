"""Files that are whole or absent, JSON without NaN, and progress for people who wait."""

import json
import math
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim.checks import refuse


@contextmanager
def whole_file(path: Path, field: str = "out") -> Iterator[Path]:
    """A temporary path beside ``path`` that replaces it when the block ends without an error."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as error:
        refuse(field, str(path), f"a place that can be written ({error.strerror})")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        if path.is_dir():
            refuse(field, str(path), "a file, not a directory")
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_writable(path: Path, field: str = "out") -> None:
    """Refuse a directory that cannot be made or written, before any work is done."""
    with whole_file(path / ".probe", field) as probe:
        probe.touch()
    (path / ".probe").unlink()


def plain(value: Any) -> Any:
    """The value for JSON: NaN and infinity as None, numpy numbers as Python's."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def to_json(value: Any) -> str:
    """JSON text in full precision."""
    return json.dumps(plain(value), indent=2, allow_nan=False)


@contextmanager
def progress(total: int, description: str) -> Iterator[Callable[[int], None]]:
    """A progress bar on the terminal; yields a function that takes the number done so far."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(description, total=total)
        yield lambda done: bar.update(task, completed=done)

"""Files that are whole or absent, and JSON without NaN."""

import json
import math
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sim.checks import refuse

_FILES = (".csv", ".html", ".json", ".parquet", ".pdf", ".png", ".svg")


@contextmanager
def whole_file(path: Path, field: str = "out") -> Iterator[Path]:
    """A temporary path beside ``path`` that replaces it when the block ends without an error.

    A link is followed. Refused are a directory, a device (which a rename would replace by a file)
    and any place where the system does not let the file be written, a full disk included.
    """
    check_replaceable(path, field)
    target = path.resolve()
    with _refusing(path, field):
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        with _refusing(path, field):
            yield temporary
            umask = os.umask(0)
            os.umask(umask)
            temporary.chmod(0o666 & ~umask)
            temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def check_replaceable(path: Path, field: str = "out") -> None:
    """Refuse what exists and is no regular file, before any work is done."""
    with _refusing(path, field):
        if path.exists() and not path.is_file():
            refuse(field, str(path), "a regular file, not a directory or a device")


def check_writable(path: Path, field: str = "out") -> None:
    """Refuse a directory that cannot be made or written, before any work is done.

    Refused is also a new one with the name of a file, such as figure.pdf: many files go into it.
    """
    if path.suffix.lower() in _FILES and not path.is_dir():
        refuse(field, str(path), f"a folder: many files go into it, not one {path.suffix} alone")
    with _refusing(path, field):
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass


@contextmanager
def _refusing(path: Path, field: str) -> Iterator[None]:
    """An error of the operating system becomes a refusal of ``path``."""
    try:
        yield
    except OSError as error:
        refuse(field, str(path), f"a place that can be written ({error.strerror or error})")


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

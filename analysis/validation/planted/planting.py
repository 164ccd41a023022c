"""How an error is planted, and the check that must see it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Patch = tuple[str, str, Any]  # module, attribute (dotted for a class's), replacement


@dataclass(frozen=True)
class Planted:
    """An error, and the check that must catch it."""

    name: str
    patches: tuple[Patch, ...]
    case: str
    kind: str

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Run the block with the error in place."""
        places = [
            (_owner(module, path), path.split(".")[-1], new) for module, path, new in self.patches
        ]
        saved = [getattr(owner, name) for owner, name, _ in places]
        try:
            for owner, name, new in places:
                setattr(owner, name, new)
            yield
        finally:
            for (owner, name, _), old in zip(places, saved, strict=True):
                setattr(owner, name, old)


def _owner(module: str, path: str) -> Any:
    owner: Any = import_module(module)
    for name in path.split(".")[:-1]:
        owner = getattr(owner, name)
    return owner

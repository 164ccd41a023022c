"""What the rooms of `agents` export."""

from dataclasses import is_dataclass
from types import ModuleType

import agents

ROOMS = (agents.abandonment, agents.joining, agents.patience, agents.routing, agents.throttling)


def behaviours(*rooms: ModuleType) -> dict[str, type]:
    """The behaviours of ``rooms`` by name; not their bases, which are no dataclasses."""
    names = [(room, name) for room in rooms or ROOMS for name in room.__all__]
    return {name: getattr(room, name) for room, name in names if is_dataclass(getattr(room, name))}

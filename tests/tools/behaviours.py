"""What the rooms of `agents` export."""

from dataclasses import is_dataclass
from types import ModuleType

import agents

ROOMS = (agents.abandonment, agents.patience, agents.routing, agents.throttling)


def behaviours(*rooms: ModuleType) -> dict[str, type]:
    """The behaviours of ``rooms`` by name; not their bases, which are no dataclasses."""
    exported = {name: getattr(room, name) for room in rooms or ROOMS for name in room.__all__}
    return {name: member for name, member in exported.items() if is_dataclass(member)}

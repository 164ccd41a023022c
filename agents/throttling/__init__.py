"""What the provider puts in the way: one file per strategy."""

from agents.throttling.added_delay import AddedDelay
from agents.throttling.none import NoThrottle

__all__ = ["AddedDelay", "NoThrottle"]

"""Whether users begin at all: one file per behaviour."""

from agents.joining.joins import Joins
from agents.joining.scalar import ScalarJoining

__all__ = ["Joins", "ScalarJoining"]

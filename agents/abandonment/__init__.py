"""When users give up: one file per behaviour."""

from agents.abandonment.best_response import BestResponse
from agents.abandonment.scalar import ScalarAbandonment
from agents.abandonment.stationary import Stationary

__all__ = ["BestResponse", "ScalarAbandonment", "Stationary"]

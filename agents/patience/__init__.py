"""How long users wait in a queue, and what they do when they are turned away."""

from agents.patience.back_off import BackOff
from agents.patience.fixed import FixedPatience
from agents.patience.fixed_retry import FixedRetry
from agents.patience.goes_away import GoesAway
from agents.patience.scalar import ScalarPatience, ScalarPersistence
from agents.patience.while_worth import WhileWorth

__all__ = [
    "BackOff",
    "FixedPatience",
    "FixedRetry",
    "GoesAway",
    "ScalarPatience",
    "ScalarPersistence",
    "WhileWorth",
]

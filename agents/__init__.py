"""Who decides in queuit: users, providers and throttles, the rational ones included."""

from agents.abandonment import BestResponse, Stationary
from agents.congestion.game import CongestedEquilibrium, CongestedGame
from agents.congestion.provider import CongestedOptimum, congested_optimum
from agents.congestion.users import congested_equilibrium
from agents.patience import BackOff, FixedPatience, FixedRetry, GoesAway
from agents.routing import Cascade, ShortestQueue, Stackelberg, Static
from agents.theorems.effective import effective
from agents.theorems.equilibrium import Equilibrium
from agents.theorems.responses import best_response
from agents.theorems.stackelberg import stackelberg
from agents.throttling import (
    AddedDelay,
    Cap,
    Downgrade,
    Effort,
    Layers,
    LoadDelay,
    NoThrottle,
    Optimal,
    PeakMeter,
    Priority,
    QueueLimit,
    RateLimit,
    SlowService,
)

__all__ = [
    "AddedDelay",
    "BackOff",
    "BestResponse",
    "Cap",
    "Cascade",
    "CongestedEquilibrium",
    "CongestedGame",
    "CongestedOptimum",
    "Downgrade",
    "Effort",
    "Equilibrium",
    "FixedPatience",
    "FixedRetry",
    "GoesAway",
    "Layers",
    "LoadDelay",
    "NoThrottle",
    "Optimal",
    "PeakMeter",
    "Priority",
    "QueueLimit",
    "RateLimit",
    "ShortestQueue",
    "SlowService",
    "Stackelberg",
    "Static",
    "Stationary",
    "best_response",
    "congested_equilibrium",
    "congested_optimum",
    "effective",
    "stackelberg",
]

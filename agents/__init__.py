"""Who decides in queuit: users, providers and throttles, the rational ones included."""

from agents.abandonment import BestResponse, Stationary
from agents.abandonment.best_response import best_response
from agents.congested_game import CongestedEquilibrium, CongestedGame
from agents.congestion import congested_equilibrium
from agents.equilibrium import Equilibrium
from agents.patience import BackOff, FixedPatience, FixedRetry, GoesAway
from agents.routing import Cascade, ShortestQueue, Stackelberg, Static
from agents.routing.congested import CongestedOptimum, congested_optimum
from agents.routing.stackelberg import stackelberg
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
from agents.throttling.effective import effective

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

"""Who decides in queuit: users, providers and throttles, the rational ones included."""

from agents.abandonment import BestResponse, Stationary, best_response
from agents.equilibrium import Equilibrium
from agents.routing import Cascade, Stackelberg, Static, stackelberg
from agents.throttling import AddedDelay, NoThrottle

__all__ = [
    "AddedDelay",
    "BestResponse",
    "Cascade",
    "Equilibrium",
    "NoThrottle",
    "Stackelberg",
    "Static",
    "Stationary",
    "best_response",
    "stackelberg",
]

"""Who decides in queuit: users, providers and throttles, the rational ones included."""

from agents.abandonment import BestResponse, Stationary
from agents.abandonment.best_response import best_response
from agents.equilibrium import Equilibrium
from agents.routing import Cascade, Stackelberg, Static
from agents.routing.stackelberg import stackelberg
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

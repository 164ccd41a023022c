"""Who decides in queuit: users, providers and throttles, the rational ones included.

The behaviours are those that the folders export: a new one is added there alone.
"""
# ruff: noqa: F403

from agents import abandonment, joining, patience, routing, throttling
from agents.abandonment import *
from agents.congestion.game import CongestedEquilibrium, CongestedGame
from agents.congestion.provider import CongestedOptimum, congested_optimum
from agents.congestion.users import congested_equilibrium
from agents.joining import *
from agents.patience import *
from agents.routing import *
from agents.theorems.effective import effective
from agents.theorems.equilibrium import Equilibrium
from agents.theorems.participation import Voluntary, begins, voluntary_stackelberg
from agents.theorems.responses import best_response
from agents.theorems.stackelberg import stackelberg
from agents.throttling import *

__all__ = [
    "CongestedEquilibrium",
    "CongestedGame",
    "CongestedOptimum",
    "Equilibrium",
    "Voluntary",
    "begins",
    "best_response",
    "congested_equilibrium",
    "congested_optimum",
    "effective",
    "stackelberg",
    "voluntary_stackelberg",
]
__all__ += abandonment.__all__
__all__ += joining.__all__
__all__ += patience.__all__
__all__ += routing.__all__
__all__ += throttling.__all__

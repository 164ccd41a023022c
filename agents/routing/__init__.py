"""Which model serves whom: one file per behaviour."""

from agents.routing.cascade import Cascade
from agents.routing.scalar import ScalarRouting
from agents.routing.shortest_queue import ShortestQueue
from agents.routing.stackelberg import Stackelberg
from agents.routing.static import Static

__all__ = ["Cascade", "ScalarRouting", "ShortestQueue", "Stackelberg", "Static"]

"""What the provider puts in the way: one file per strategy."""

from agents.throttling.added_delay import AddedDelay
from agents.throttling.cap import Cap
from agents.throttling.downgrade import Downgrade
from agents.throttling.effort import Effort
from agents.throttling.gate import Gate
from agents.throttling.layers import Layers
from agents.throttling.load_delay import LoadDelay
from agents.throttling.none import NoThrottle
from agents.throttling.optimal import Optimal
from agents.throttling.peak_meter import PeakMeter
from agents.throttling.per_class import PerClass
from agents.throttling.priority import Priority
from agents.throttling.queue_limit import QueueLimit
from agents.throttling.rate_limit import RateLimit
from agents.throttling.slow_service import SlowService

__all__ = [
    "AddedDelay",
    "Cap",
    "Downgrade",
    "Effort",
    "Gate",
    "Layers",
    "LoadDelay",
    "NoThrottle",
    "Optimal",
    "PeakMeter",
    "PerClass",
    "Priority",
    "QueueLimit",
    "RateLimit",
    "SlowService",
]

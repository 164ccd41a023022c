"""Every class that a stored scenario may name."""

_POLICIES = (
    "AddedDelay", "BackOff", "BestResponse", "Cap", "Cascade", "Downgrade", "Effort",
    "FixedPatience", "FixedRetry", "GoesAway", "Layers", "LoadDelay", "NoThrottle", "Optimal",
    "PeakMeter", "Priority", "QueueLimit", "RateLimit", "ShortestQueue", "SlowService",
    "Stackelberg", "Static", "Stationary",
)  # fmt: skip
_PARTS = (
    "Batching", "Bursts", "Deterministic", "Exponential", "FCFS", "Game", "Lognormal",
    "Mixture", "Model", "Poisson", "Population", "PriorityClasses", "ProcessorSharing",
    "UserClass",
)  # fmt: skip


def policy_classes() -> dict[str, type]:
    """Every class that a stored scenario may name."""
    import agents
    import sim

    policies = {name: getattr(agents, name) for name in _POLICIES}
    return policies | {name: getattr(sim, name) for name in _PARTS}

"""Every class that a stored scenario may name."""

from dataclasses import is_dataclass


def policy_classes() -> dict[str, type]:
    """Every dataclass that `agents` or `sim` exports: a scenario is stored as a tree of them."""
    import agents
    import sim

    exported = (getattr(package, name) for package in (agents, sim) for name in package.__all__)
    return {c.__name__: c for c in exported if isinstance(c, type) and is_dataclass(c)}

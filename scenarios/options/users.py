"""What users do when they are refused."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.policies import Persistence


_BACK_OFF: dict[str, Callable[[str], Any]] = {"first": float, "factor": float, "attempts": int}


def persistence(text: str, worth: float = float("inf")) -> "Persistence | None":
    """What refused users do: wait while it is worth it (rational), obey (None), leave, or back off
    FIRST[:FACTOR[:ATTEMPTS]]. ``worth``: seconds that a solved task is worth, the longest wait of
    rational users who have not measured anything yet.

    >>> persistence("60:2:5")  # seconds at first, twice as long each time, at most five times
    BackOff(first=60.0, factor=2.0, attempts=5)
    """
    from agents import BackOff, GoesAway, WhileWorth
    from sim.checks import refuse

    if text == "rational":
        return WhileWorth((worth,))
    if text in ("obey", "leave"):
        return GoesAway() if text == "leave" else None
    parts = text.split(":")
    try:
        if len(parts) > len(_BACK_OFF):
            raise ValueError
        pairs = zip(_BACK_OFF.items(), parts, strict=False)
        numbers = {name: number(part) for (name, number), part in pairs}
    except ValueError:
        refuse(
            "refused",
            text,
            "rational, obey, leave or FIRST[:FACTOR[:ATTEMPTS]] (seconds of back-off)",
        )
    return BackOff(**numbers)

"""What the throttles at the entrance have in common."""

import math
from typing import Any

from sim.policies import View
from sim.records import Reply


class Gate:
    """A throttle that decides at the entrance: answers are not held back."""

    def hold(self, state: Any, reply: Reply, view: View) -> tuple[float, Any]:
        """Never."""
        return 0.0, state


def until(now: float, then: float) -> float:
    """Seconds from ``now`` to ``then``, rounded so that now + seconds is never before ``then``.

    Who is told to come back in so many seconds must not be a rounding error too early: the next
    refusal would be for next to no time, and so on without end.

    >>> now, then = 0.2, 0.9
    >>> now + (then - now) < then, now + until(now, then) < then
    (True, False)
    """
    seconds = then - now
    while now + seconds < then:
        seconds = math.nextafter(seconds, math.inf)
    return seconds

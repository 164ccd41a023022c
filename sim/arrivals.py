"""When tasks arrive."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import Protocol

from sim.checks import POSITIVE, check
from sim.draws import Draws, Purpose

_BLOCK = 1024  # gaps drawn at once


class Arrivals(Protocol):
    """A stream of tasks."""

    def gaps(self, draws: Draws) -> Iterator[float]:
        """Seconds from each arrival to the next, from time 0 on; may be endless."""
        ...


@dataclass(frozen=True)
class Poisson:
    """Tasks arrive independently at ``rate`` per second.

    >>> from itertools import islice
    >>> gaps = list(islice(Poisson(rate=2.0).gaps(Draws(seed=1)), 10_000))
    >>> round(sum(gaps) / len(gaps), 2)
    0.5
    """

    rate: float

    def __post_init__(self) -> None:
        check("arrival rate", self.rate, POSITIVE)

    def gaps(self, draws: Draws) -> Iterator[float]:
        """Exponential gaps; the gap before a task belongs to that task."""

        def block(first: int) -> list[float]:
            words = draws.block(first, _BLOCK, 0, Purpose.ARRIVAL)
            return [-math.log(1.0 - u) / self.rate for u in words[:, 0].tolist()]

        return chain.from_iterable(map(block, count(0, _BLOCK)))

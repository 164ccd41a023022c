"""When tasks arrive."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import Protocol

from sim.checks import AT_LEAST_ONE, POSITIVE, check
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
        rate = float(self.rate)

        def block(first: int) -> list[float]:
            words = draws.block(first, _BLOCK, 0, Purpose.ARRIVAL)
            return [-math.log(1.0 - u) / rate for u in words[:, 0].tolist()]

        return chain.from_iterable(map(block, count(0, _BLOCK)))


@dataclass(frozen=True)
class Bursts:
    """Tasks arrive in bursts, ``rate`` per second in all and ``size`` per burst on average.

    Bursts come independently, each at one moment, with geometrically many tasks: prompts of agents
    that fan out, or retries that fire together. Counts over a long time vary 2 ``size`` - 1 times
    as much as those of `Poisson`, which is ``size`` 1. At one server with exponential service the
    mean time in the system is ``size`` times that of Poisson arrivals (Burke 1975).

    >>> from itertools import islice
    >>> gaps = list(islice(Bursts(rate=2.0, size=4.0).gaps(Draws(seed=1)), 10_000))
    >>> sum(gap == 0.0 for gap in gaps) / len(gaps)  # 3 of 4 tasks come with the one before
    0.7523
    """

    rate: float
    size: float

    def __post_init__(self) -> None:
        check("arrival rate", self.rate, POSITIVE)
        check("burst size", self.size, AT_LEAST_ONE)

    def gaps(self, draws: Draws) -> Iterator[float]:
        """The first word of a task is its gap if it opens a burst, the second whether it does."""
        bursts = self.rate / self.size  # per second
        for first in count(0, _BLOCK):
            for u, v in draws.block(first, _BLOCK, 0, Purpose.ARRIVAL)[:, :2].tolist():
                yield -math.log(1.0 - u) / bursts if v * self.size < 1.0 else 0.0

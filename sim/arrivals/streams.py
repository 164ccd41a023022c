"""When tasks arrive."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import NamedTuple, Protocol

from sim.checks import AT_LEAST_ONE, POSITIVE, check, speaks_for
from sim.draws import Draws, Purpose

_BLOCK = 1024  # gaps drawn at once


class Arrival(NamedTuple):
    """A task that comes ``gap`` seconds after the one before (the first: after time 0).

    ``task`` its number, ``user`` whose it is, ``group`` that user's class, ``size`` its work as a
    multiple of the usual one.
    """

    gap: float
    task: int
    user: int
    group: int = 0
    size: float = 1.0


class Arrivals(Protocol):
    """A stream of tasks.

    Where all tasks are alike and of strangers, ``gaps(draws) -> Iterator[float]`` may say the gaps
    alone, for engines that play many tasks at once. Where the end of a task brings about the next
    one of its user (sessions, closed systems) there is ``again(task, luck) -> Arrival | None``,
    whose gap begins at that end.
    """

    def arrivals(self, draws: Draws) -> Iterator[Arrival]:
        """The tasks in the order in which they come, from time 0 on; may be endless."""
        ...


def gap(u: float, v: float, bursts: float, size: float) -> float:
    """Seconds before a task: its first word ``u`` is the gap if it opens one of the ``bursts`` per
    second, which the second, ``v``, decides; bursts have ``size`` tasks on average.

    The kernel compiles this function, too.
    """
    return -math.log(1.0 - u) / bursts if v * size < 1.0 else 0.0


def of_strangers(arrivals: Arrivals) -> bool:
    """Whether the gaps of ``arrivals`` say all: tasks are alike, and each of another user."""
    return speaks_for(arrivals, "gaps", "arrivals") and not hasattr(arrivals, "again")


def strangers(gaps: Iterator[float]) -> Iterator[Arrival]:
    """Tasks 0, 1, 2, ... of a user each, with ``gaps`` between them (seconds)."""
    return map(Arrival, gaps, count(), count())


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

    def arrivals(self, draws: Draws) -> Iterator[Arrival]:
        """A task per gap."""
        return strangers(self.gaps(draws))

    def gaps(self, draws: Draws) -> Iterator[float]:
        """Exponential gaps; the gap before a task belongs to that task."""
        rate = float(self.rate)

        def block(first: int) -> list[float]:
            words = draws.block(first, _BLOCK, 0, Purpose.ARRIVAL)
            return [gap(u, 0.0, rate, 1.0) for u in words[:, 0].tolist()]

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

    def arrivals(self, draws: Draws) -> Iterator[Arrival]:
        """A task per gap."""
        return strangers(self.gaps(draws))

    def gaps(self, draws: Draws) -> Iterator[float]:
        """As `gap` says."""
        bursts, size = float(self.rate) / float(self.size), float(self.size)
        for first in count(0, _BLOCK):
            for u, v in draws.block(first, _BLOCK, 0, Purpose.ARRIVAL)[:, :2].tolist():
                yield gap(u, v, bursts, size)

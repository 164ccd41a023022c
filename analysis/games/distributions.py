"""Distributions of games: what a share of games, or a mean over games, is taken of."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from analysis.games.catalogue import pairs
from sim.game import Game

Bounds = tuple[float, float]
Generator = np.random.Generator
_STREAMS = 2**63  # replications from here on draw games; those below play them


@dataclass(frozen=True)
class PaperBox:
    """The paper's range: p, t and c of two models uniform on (0, 1), each sorted.

    Nothing is said of V and P: log-uniform between bounds (money).
    """

    name: ClassVar[str] = "paper's range"
    value: Bounds = (0.1, 10.0)
    penalty: Bounds = (0.1, 10.0)

    def draw(self, games: int, random: Generator) -> Game:
        """Independent games, as arrays."""
        p, t, c = (tuple(np.sort(random.random((2, games)), axis=0)) for _ in range(3))
        value = _log_uniform(random, self.value, games)
        return Game.of(p, t, c, value, _log_uniform(random, self.penalty, games))

    def __str__(self) -> str:
        return (
            "success probabilities, latency costs and service costs of two models uniform on "
            "(0, 1), each pair sorted; value V of a solved task log-uniform from {:g} to {:g}, "
            "penalty P of an unsolved one from {:g} to {:g}"
        ).format(*self.value, *self.penalty)


@dataclass(frozen=True)
class RealPairs:
    """A measured pair of models, each as likely.

    No source tells V and P (dollars) or the value of time (dollars per second): log-uniform.
    """

    name: ClassVar[str] = "real pairs"
    value: Bounds = (0.1, 10.0)
    penalty: Bounds = (0.01, 10.0)
    value_of_time: Bounds = (0.001, 0.1)

    def draw(self, games: int, random: Generator) -> Game:
        """Independent games, as arrays."""
        which = random.integers(len(pairs()), size=games)
        p = np.array([pair.p for pair in pairs().values()]).T
        return self.games(which, p[:, which], random)

    def games(self, which: Any, p: Any, random: Generator) -> Game:
        """Games of the pairs with the places ``which``, at success per pass ``p``: (2, games)."""
        seconds, c = (
            tuple(np.array([getattr(pair, name) for pair in pairs().values()]).T[:, which])
            for name in ("seconds", "dollars")
        )
        games = len(which)
        second = _log_uniform(random, self.value_of_time, games)
        value = _log_uniform(random, self.value, games)
        penalty = _log_uniform(random, self.penalty, games)
        return Game.of(tuple(p), tuple(second * each for each in seconds), c, value, penalty)

    def __str__(self) -> str:
        return (
            "one of {} measured pairs of a standard and a reasoning model, each as likely; V "
            "log-uniform from {:g} to {:g} dollars, P from {:g} to {:g} dollars, the value of time "
            "from {:g} to {:g} dollars per second"
        ).format(len(pairs()), *self.value, *self.penalty, *self.value_of_time)


DISTRIBUTIONS: tuple[PaperBox | RealPairs, ...] = (PaperBox(), RealPairs())


def draw(games: int, seed: int, stream: int) -> Game:
    """Games of the distribution ``stream`` of `DISTRIBUTIONS`, by a generator of its own.

    >>> draw(3, seed=1, stream=0).shape
    (3,)
    """
    return DISTRIBUTIONS[stream].draw(games, generator(seed, stream))


def generator(seed: int, stream: int, place: int = 0) -> Generator:
    """The generator of a ``stream``; that of each ``place``, below 2^64, has numbers of its own."""
    key = seed | (_STREAMS + stream) << 64
    return np.random.Generator(np.random.Philox(key=key, counter=place << 128))


def _log_uniform(random: Generator, bounds: Bounds, games: int) -> Any:
    low, high = bounds
    return np.exp(random.uniform(math.log(low), math.log(high), games))

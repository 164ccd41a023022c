"""Keyed random numbers: luck belongs to the task, not to the order of events.

Every uniform is a function of (seed, replication; task, pass, purpose, attempt), through the
counter-based generator Philox4x64-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as
easy as 1, 2, 3", SC 2011). The same task therefore has the same luck under every policy, engine
and number of workers.
"""

from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.checks import SEED, check

# tasks drawn at once for each pass: fewer reach a later one
_SIZES: tuple[int, ...] = (1024, 1024, 512, 256, 64, 16)
_CACHED = 128  # chunks kept for the event engine: at most about 25 MB
_REMEMBERED = 48  # blocks of passes kept for the next policy: about 30 MB with 20,000 tasks each
_PERIOD = 2**256  # of the counter
# where neighbouring numbers come far apart in time
_FEW: tuple[int, ...] = (4, 4, 2, 1)
_FEW_CACHED = 2**15


class Purpose(IntEnum):
    """What a block of four words is drawn for; numbers are part of the format and never reused."""

    PASS = 0
    ARRIVAL = 1
    SECOND_NORMAL = 2
    PATIENCE = 3
    TOKENS = 4
    DIFFICULTY = 5
    ROUTE = 6
    BACK_OFF = 7
    JOIN = 8
    LEARNER = 9


_PASS = int(Purpose.PASS)  # an enum is slow to hash

# The words of a pass's block.
SERVICE, SUCCESS, ABANDON, CASCADE = range(4)


class Draws:
    """The uniforms of one replication, in [0, 1), multiples of 2^-53.

    ``few``: tasks come in an order in which neighbouring numbers are seldom near each other; this
    changes what is drawn ahead, never what is drawn.

    >>> draws = Draws(seed=1)
    >>> draws.words(task=7, number=1) == Draws(seed=1).words(task=7, number=1)
    True
    """

    def __init__(self, seed: int, replication: int = 0, few: bool = False) -> None:
        check("seed", seed, SEED)
        check("replication", replication, SEED)
        self._key = int(seed) | int(replication) << 64
        self._generator = np.random.Philox(key=self._key)
        self._drawn = 0  # blocks, modulo 2^256
        self._chunk: Callable[[int, int, int, int], list[list[float]]]
        self._sizes, cached = (_FEW, _FEW_CACHED) if few else (_SIZES, _CACHED)
        self._chunk = lru_cache(maxsize=cached)(self._draw_chunk)

    def words(
        self, task: int, number: int, purpose: int = _PASS, attempt: int = 0
    ) -> list[float]:
        """The four uniforms of pass ``number`` of ``task`` for ``purpose``; do not modify."""
        place = task % self._size(number)
        return self._chunk(task - place, number, purpose, attempt)[place]

    def block(
        self, first: int, count: int, number: int, purpose: int = Purpose.PASS, attempt: int = 0
    ) -> NDArray[np.float64]:
        """Words of tasks ``first`` to ``first + count - 1``: shape (count, 4)."""
        # to move the one generator is five times as fast as to make another one
        counter = first | number << 64 | purpose << 128 | attempt << 192
        self._generator.advance((counter - 1 - self._drawn) % _PERIOD)
        self._drawn = (counter - 1 + count) % _PERIOD
        return _uniforms(self._generator, count)

    def passes(self, first: int, count: int, number: int) -> NDArray[np.float64]:
        """`block` for pass ``number``, remembered for the next policy that plays these tasks.

        Read-only. Few tasks reach late passes, which are drawn anew so that early ones stay.
        """
        draw = _draw_once if number <= _REMEMBERED else _draw
        return draw(self._key, first | number << 64, count)

    def _size(self, number: int) -> int:
        return self._sizes[number] if number < len(self._sizes) else self._sizes[-1]

    def _draw_chunk(
        self, first: int, number: int, purpose: int, attempt: int
    ) -> list[list[float]]:
        block = self.block(first, self._size(number), number, purpose, attempt)
        drawn: list[list[float]] = block.tolist()
        return drawn


def _draw(key: int, counter: int, count: int) -> NDArray[np.float64]:
    # numpy increments the counter before it draws
    return _uniforms(np.random.Philox(key=key, counter=(counter - 1) % _PERIOD), count)


def _uniforms(generator: np.random.Philox, count: int) -> NDArray[np.float64]:
    words = generator.random_raw(4 * count).reshape(count, 4)
    return (words >> np.uint64(11)) * 2.0**-53


@lru_cache(maxsize=_REMEMBERED)
def _draw_once(key: int, counter: int, count: int) -> NDArray[np.float64]:
    words = _draw(key, counter, count)
    words.flags.writeable = False  # shared
    return words

"""Keyed random numbers: luck belongs to the task, not to the order of events.

Every uniform is a function of (seed, replication; task, pass, purpose, attempt), through the
counter-based generator Philox4x64-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as
easy as 1, 2, 3", SC 2011). The same task therefore has the same luck under every policy, engine
and number of workers.
"""

from collections.abc import Callable
from enum import IntEnum
from functools import lru_cache
from struct import Struct

import numpy as np
from numpy.typing import NDArray

from sim.checks import SEED, check

# tasks drawn at once, and how many such chunks the event engine keeps: at most about 25 MB
_SIZE, _CACHED = 1024, 512
# ... where neighbouring numbers come far apart in time
_FEW, _FEW_CACHED = 16, 2**15
_REMEMBERED = 48  # blocks of passes kept for the next policy: about 30 MB with 20,000 tasks each
_PERIOD = 2**256  # of the counter
_WIDTH = 32  # bytes of a row of words
_PART = 2**32  # attempts from here on are those of the next part
_DIGIT = 8  # bits of the place of a part in its policy
_STREAM = 2**63  # high words from here on are those of generators
_row = Struct("4d").unpack_from


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
    VERIFY = 10
    CHOICE = 11
    LOYALTY = 12
    ESCALATE = 13
    ADMIT = 14
    HOLD = 15
    GIVE_UP = 16
    BALK = 17
    RETURN = 18
    NEXT_TASK = 19


_PASS = int(Purpose.PASS)  # an enum is slow to hash

Words = tuple[float, ...]
# the words of a pass's block
SERVICE, SUCCESS, ABANDON, CASCADE = range(4)


class Draws:
    """The uniforms of one replication, in [0, 1), multiples of 2^-53.

    ``few``: tasks come in an order in which neighbouring numbers are seldom near each other; this
    changes what is drawn ahead, never what is drawn. For one thread.

    >>> draws = Draws(seed=1)
    >>> draws.words(task=7, number=1) == Draws(seed=1).words(task=7, number=1)
    True
    """

    def __init__(self, seed: int, replication: int = 0, few: bool = False) -> None:
        check("seed", seed, SEED)
        check("replication", replication, SEED)
        self.key = int(seed) | int(replication) << 64
        self._generator = np.random.Philox(key=self.key)
        self._drawn = 0  # blocks, modulo 2^256
        self._chunk: Callable[[int, int, int, int], bytes]
        self._size, cached = (_FEW, _FEW_CACHED) if few else (_SIZE, _CACHED)
        self._chunk = lru_cache(maxsize=cached)(self._draw_chunk)

    def words(self, task: int, number: int, purpose: int = _PASS, attempt: int = 0) -> Words:
        """The four uniforms of pass ``number`` of ``task`` for ``purpose``."""
        place = task % self._size
        # most words are never asked for: they stay bytes
        chunk = self._chunk(task - place, number, purpose, attempt)
        return _row(chunk, _WIDTH * place)

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
        return draw(self.key, first | number << 64, count)

    def _draw_chunk(self, first: int, number: int, purpose: int, attempt: int) -> bytes:
        return self.block(first, self._size, number, purpose, attempt).tobytes()


class Luck:
    """The random numbers of one question, drawn when looked at, and always the same.

    They belong to (task, pass, purpose of the question, attempt), or to a user: whoever looks has
    common random numbers with every other policy, and who does not look costs nothing.

    >>> luck = Luck(Draws(seed=1)).of(7, 1, Purpose.ROUTE)
    >>> luck.words == Draws(seed=1).words(7, 1, Purpose.ROUTE)
    True
    """

    __slots__ = ("_attempt", "_draws", "_number", "_part", "_purpose", "_task")

    def __init__(self, draws: Draws) -> None:
        self._draws = draws
        self.of(0, 0, 0)

    def of(self, task: int, number: int, purpose: int, attempt: int = 0) -> "Luck":
        """This object, for another question; for engines."""
        self._task, self._number, self._purpose, self._attempt = task, number, purpose, attempt
        self._part = 0
        return self

    @property
    def words(self) -> Words:
        """Four uniforms in [0, 1)."""
        attempt = self._attempt + self._part * _PART
        return self._draws.words(self._task, self._number, self._purpose, attempt)

    def part(self, place: int) -> "Luck":
        """Luck of its own for part ``place``, below 255, of a policy that asks its parts."""
        inner = Luck(self._draws).of(self._task, self._number, self._purpose, self._attempt)
        inner._part = part_of(self._part, place + 1)
        return inner

    def generator(self) -> np.random.Generator:
        """A stream of its own, for draws of unknown length such as those of a gamma variable."""
        # the low word of the counter is the stream's; the high one lies above all of `words`
        key = self._purpose | (self._attempt + self._part * _PART) << 8 | _STREAM
        counter = self._task << 64 | self._number << 128 | key << 192
        return np.random.Generator(np.random.Philox(key=self._draws.key, counter=counter))


def part_of(outer: int, inner: int) -> int:
    """The number of part ``inner`` of part ``outer``; both may be parts of parts, 0 is the whole.

    >>> part_of(1, part_of(2, 3)) == part_of(part_of(1, 2), 3) == 0x010203
    True
    """
    digits = -(-inner.bit_length() // _DIGIT)
    return outer << digits * _DIGIT | inner


def _draw(key: int, counter: int, count: int) -> NDArray[np.float64]:
    # numpy increments the counter before it draws
    return _uniforms(np.random.Philox(key=key, counter=(counter - 1) % _PERIOD), count)


def _uniforms(generator: np.random.Philox, count: int) -> NDArray[np.float64]:
    words = generator.random_raw(4 * count).reshape(count, 4)
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


@lru_cache(maxsize=_REMEMBERED)
def _draw_once(key: int, counter: int, count: int) -> NDArray[np.float64]:
    words = _draw(key, counter, count)
    words.flags.writeable = False  # shared
    return words

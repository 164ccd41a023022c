"""The events to come, in the kernel: a tournament, of which the first event is the winner.

Every event has a leaf of a binary tree. Every other node k names the leaf that is first in the
subtree below it, between the nodes 2k and 2k + 1; node 1 names the first of all (Knuth, The Art of
Computer Programming 3, 5.2.3: tree selection). A heap does fewer comparisons, but each decides
where to go next, which the processor guesses wrongly half of the time. Here the way is known, from
the leaf to the root, and the comparisons decide what is carried along, which needs no guess.

Times are kept as the integers with the same 64 bits: for numbers from 0 to infinity these have the
same order. Indices are unsigned so that no code asks whether they are negative.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled.jit import before, choose, inlined

NEVER = 2**63 - 1  # later than every sequence number
FREE, LEAVES = range(2)
_EVENT = np.dtype([(name, np.int64) for name in ("time", "sequence", "row", "kind")])


class Agenda(NamedTuple):
    """``events`` by leaf, where a free one names the next free one as its row; ``winners`` by
    node; ``pool`` the first free leaf, and how many leaves there are.
    """

    events: Any
    winners: NDArray[np.int64]
    pool: NDArray[np.int64]

    @classmethod
    def empty(cls, most: int) -> "Agenda":
        """No event yet; there may be ``most``, a power of 2."""
        events = np.zeros(most, _EVENT)
        events["time"], events["sequence"] = np.array([np.inf]).view(np.int64), NEVER
        events["row"] = np.arange(1, most + 1)
        return cls(events, np.zeros(2 * most, np.int64), np.array([0, 1]))

    def enlarged(self, most: int) -> "Agenda":
        """The same events, where there may be more."""
        new = Agenda.empty(most)
        for old, copy in zip(self, new, strict=True):
            copy[: len(old)] = old
        return new


@inlined
def bits(time: float) -> Any:
    """A time as an integer."""
    return np.float64(time).view(np.int64)


@inlined
def time_of(integer: int) -> Any:
    """The time with these `bits`."""
    return np.int64(integer).view(np.float64)


@inlined
def first(agenda: Agenda) -> tuple[int, int, int]:
    """The first of all events: its leaf, `bits` of its time, and its sequence number."""
    leaf = agenda.winners[1]
    event = agenda.events[leaf]
    return leaf, event.time, event.sequence


@inlined
def take(agenda: Agenda) -> int:
    """A free leaf."""
    pool = agenda.pool
    leaf = pool[FREE]
    if leaf == pool[LEAVES]:
        _grow(agenda)
    pool[FREE] = agenda.events[np.uint32(leaf)].row
    return leaf


@inlined
def put(
    agenda: Agenda, leaf: int, at: float, sequence: int, row: int, kind: int
) -> tuple[int, int, int]:
    """Write an event at a leaf that is taken or whose event is over; returns the first of all."""
    events, winners = agenda.events, agenda.winners
    event, time = events[np.uint32(leaf)], bits(at)
    event.time, event.sequence, event.row, event.kind = time, sequence, row, kind
    node = agenda.pool[LEAVES] + leaf
    while node > 1:
        rival = winners[np.uint32(node ^ 1)]
        other = events[np.uint32(rival)]
        first = before(other.time, other.sequence, time, sequence)
        time = choose(first, other.time, time)
        sequence = choose(first, other.sequence, sequence)
        leaf = choose(first, rival, leaf)
        node >>= 1
        winners[np.uint32(node)] = leaf
    return leaf, time, sequence


@inlined
def give_back(agenda: Agenda, leaf: int) -> tuple[int, int, int]:
    """Free a leaf; returns the first of all."""
    next_free = agenda.pool[FREE]
    agenda.pool[FREE] = leaf
    return put(agenda, leaf, np.inf, NEVER, next_free, 0)


@inlined
def _grow(agenda: Agenda) -> None:
    """Twice as many leaves."""
    events, winners, pool = agenda
    pool[LEAVES] *= 2
    leaves = pool[LEAVES]
    for leaf in range(leaves):
        winners[leaves + leaf] = leaf
    for node in range(leaves - 1, 0, -1):
        a, b = winners[2 * node], winners[2 * node + 1]
        x, y = events[a], events[b]
        winners[node] = a if before(x.time, x.sequence, y.time, y.sequence) else b

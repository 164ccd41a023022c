"""What events are of, and how they are numbered."""

from sim.compiled.agenda import put, take
from sim.compiled.jit import inlined
from sim.compiled.memory import SEQUENCE, State

# What happens to the task of a row: its service by a slot ends; an answer that was held back is
# given. Then, beyond the paper's game: it asks the throttle again; the throttle lets it in; service
# that it shared is over; it has waited long enough; it goes on. And of a model: the next end of the
# passes that share it.
SERVED, HELD, ASKS, ENTERS, GONE, WAITED, WAKES, SHARED = range(8)
COMES, GOES_AGAIN = -1, -2  # of a task, and of its next pass; these are no events


@inlined
def later(state: State, leaf: int, at: float, row: int, kind: int) -> tuple[int, int, int]:
    """Schedule an event at a leaf; returns the first of all. Numbers go by when this is done."""
    sequence = state.counts[SEQUENCE]
    state.counts[SEQUENCE] = sequence + 1
    return put(state.agenda, leaf, at, sequence, row, kind)


@inlined
def given(state: State, leaf: int) -> int:
    """``leaf``, or a free one if that is -1."""
    return leaf if leaf >= 0 else take(state.agenda)

"""What the kernel keeps: a scenario in numbers, the state of a run, and what is written down."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import summary
from sim.compiled.agenda import Agenda

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DETERMINISTIC, EXPONENTIAL, LOGNORMAL = range(3)
# how `play` stands: it goes on; all is over; it tells how far it is; there is no room left; what is
# written down must be taken away; a rule has failed; refusals grow without end
GOES_ON, DONE, PAUSED, FULL, WRITTEN, FAULT, ENDLESS = range(7)
# counts
(
    TASK,  # tasks that have come
    DRAWN,  # tasks whose first words are drawn
    HEAD,  # tasks that are given out: all of them have left
    SEQUENCE,  # the number of the next event
    ARRIVAL_SEQUENCE,  # that of the next arrival
    FREE,  # rows that are free
    POOL,  # the first free record of a pass
    TASKS,  # written down since it was last taken away
    PASSES,
    REFUSALS,  # of users who come back when they are told to
    STATUS,  # FAULT or ENDLESS once that is so, else GOES_ON
    CLOSED,  # 1: the end has come
    COUNTS,
) = range(13)
BLOCK = 64  # tasks that are drawn ahead

# A model: its numbers, passes in service, and the waiting line, a linked list (-1: empty)
MODEL = np.dtype(
    [(name, np.float64) for name in ("p", "mean", "cost", "q", "s", "hold")]
    + [(name, np.int64) for name in ("slots", "busy", "first", "last", "present")]
)
# A task on its way. Its pass: model, number, words, seconds of service and of waiting. What passes
# have added up to. When it joined a line, and who is behind it. The record of its last pass. One
# that has left has its outcome as its model.
ROW = np.dtype(
    [
        (name, np.float64)
        for name in (
            "arrived", "at", "seconds", "waited", "waiting", "service", "held", "cost",
            "success", "abandon", "cascade",
        )
    ]
    + [(name, np.int64) for name in ("model", "number", "link", "task", "last")]
)  # fmt: skip
# A task that has left, until all before it have left, too (before that its model is above 0), and
# what else is written down of it
LEFT = np.dtype(
    [(name, np.float64) for name in ("delay", "cost")]
    + [(name, np.int64) for name in ("model", "number")]
)
LEFT_ROW = np.dtype(
    [(name, np.float64) for name in ("arrived", "ended", "waiting", "service", "held")]
    + [(name, np.int64) for name in ("last", "id", "group", "refusals")]
)
# A pass, and the one before it of the same task (-1: none), or the next free record
PASS = np.dtype(
    [(name, np.float64) for name in ("waiting", "service", "held")]
    + [(name, np.int64) for name in ("number", "model", "success", "before")]
)


class Rules(NamedTuple):
    """A scenario in numbers."""

    seed: Any  # uint64
    replication: Any  # uint64
    tasks: int
    bursts: float  # per second
    size: float  # tasks of a burst
    horizon: float  # NaN: none; an event may come at infinity
    kind: int  # of service
    variance: float  # of the logarithm of lognormal service
    initial: int
    value_of_time: float


class State(NamedTuple):
    """Where a run stands. Models are numbered from 1; rows are named by their place."""

    models: Any
    rows: Any
    free: Ints  # a stack of rows
    agenda: Agenda
    coming: Ints  # the rows of the next tasks
    left: Any  # that of task n is at n modulo the length
    left_rows: Any  # the same; without any, tasks are not written down, but added up
    counts: Ints
    last_arrival: Floats  # that is drawn: one number


class Output(NamedTuple):
    """What is written down until it is taken away; arrays without columns are not.

    The passes of tasks on their way are in ``pool``.
    """

    tasks: Floats  # arrived, ended, waiting, service, throttle delay, service cost
    ends: Ints  # outcome, passes
    passes: Floats  # waiting, service, throttle delay
    kinds: Ints  # pass, model, success
    pool: Any
    totals: summary.Totals  # with an axis before the others: one place per class


# --- what the paper's game has no need of: see `sim.compiled.steps`

TOGETHER, BY_USER, BY_ROW = range(3)  # whose memory
# A rule: where its code is, its part of the luck (-1: none), its parameters, its memory, and of a
# throttle's the class that it is asked about (-1: all)
RULE = np.dtype(
    [
        (name, np.int64)
        for name in ("address", "part", "own", "owns", "of", "place", "width", "stride", "group")
    ]
)
# A class of users: their rules (-1: a table, or none), and what a second is worth
PERSON = np.dtype(
    [(name, np.int64) for name in ("probability", "limits", "again", "joins", "born")]
    + [("value_of_time", np.float64)]
)
# How a model serves: whether its passes share it, how many at most, the stretch (a + b j) / c of j
# of them; service attained, since when, the number of the next pass and how many are served; the
# leaf of the end that is planned; whether classes go by their order
STATION = np.dtype(
    [(name, np.float64) for name in ("a", "b", "c", "attained", "since")]
    + [(name, np.int64) for name in ("shared", "room", "number", "served", "leaf", "by_class")]
)
# More of a task on its way: when it asked, seconds at the entrance, when it joined a line and when
# it may leave; its number, user, class and refusals; where the throttle sends it and its rank; who
# is before it in line; what it waits for, whether its pass has started and is over; its leaves
MORE_ROW = np.dtype(
    [(name, np.float64) for name in ("asked", "entrance", "joined", "sojourn")]
    + [
        (name, np.int64)
        for name in (
            "id", "user", "group", "refusals", "entry", "rank", "before",
            "phase", "started", "over", "server", "timer",
        )
    ]
)  # fmt: skip
SOURCE = np.dtype([("rate", np.float64), ("next", np.int64), ("group", np.int64)])


class Lines(NamedTuple):
    """Who waits: per model, lines by rank, the first to be served first; (-1: nobody)."""

    ranks: Ints  # (models, lines)
    first: Ints
    last: Ints
    used: Ints  # lines per model; none of them is empty


class Heap(NamedTuple):
    """Passes that share a model, by the service attained at their end: shape (models, rows)."""

    ends: Floats
    numbers: Ints
    rows: Ints


class More(NamedTuple):
    """What a scenario has beyond the paper's game."""

    asked: Any  # rules
    own: Floats
    gates: int  # the first so many rules are the throttle's
    first: int  # rules of the routing, -1: a table
    escalation: int
    patient: bool  # whether nobody ever leaves a line
    eager: bool  # whether everybody begins
    people: Any
    q: Floats  # by class and model
    memory: Floats  # of all together, then of every user, then of every row
    by_row: Ints  # where the last part begins, and how many numbers there are for a row
    stations: Any
    queued: Ints
    serving: Ints
    lines: Lines
    heap: Heap
    rows: Any
    sources: Agenda  # of a population: the next task of each user
    users: Any
    last_source: Floats  # the time of the last task that is drawn: one number
    who: Ints  # of tasks that are written down: number, class, refusals

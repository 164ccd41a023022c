"""What the kernel keeps: a scenario in numbers, the state of a run, and what is written down."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import summary
from sim.compiled.agenda import Agenda

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DETERMINISTIC, EXPONENTIAL, LOGNORMAL = range(3)
DONE, PAUSED, FULL = range(3)
# counts
TASK, HEAD, SEQUENCE, ARRIVAL_SEQUENCE = range(4)

# A model: its numbers, passes in service, and the waiting line, a linked list (-1: empty)
MODEL = np.dtype(
    [(name, np.float64) for name in ("p", "mean", "cost", "q", "s", "hold")]
    + [(name, np.int64) for name in ("slots", "busy", "first", "last", "present")]
)
# A task. Its pass: model, number, words, seconds of service and of waiting. What passes have added
# up to. When it joined a line (or left), and who is behind it. One that has left has its outcome as
# its model.
ROW = np.dtype(
    {
        "names": [
            "arrived", "at", "seconds", "waited", "waiting", "service", "held", "cost",
            "success", "abandon", "cascade", "model", "number", "link",
        ],
        "formats": 11 * [np.float64] + 3 * [np.int64],
        "itemsize": 128,
    }
)  # fmt: skip


class Rules(NamedTuple):
    """A scenario in numbers."""

    seed: Any  # uint64
    replication: Any  # uint64
    tasks: int
    rate: float
    horizon: float  # NaN: none; an event may come at infinity
    kind: int  # of service
    variance: float  # of the logarithm of lognormal service
    initial: int
    value_of_time: float


class State(NamedTuple):
    """Where a run stands. Models are numbered from 1."""

    models: Any
    rows: Any
    agenda: Agenda
    counts: Ints
    last_arrival: Floats  # that is drawn: one number


class Output(NamedTuple):
    """What is written down; arrays without columns, or of length 0, are not."""

    tasks: Floats  # arrived, ended, waiting, service, throttle delay, service cost
    ends: Ints  # outcome, passes
    offsets: Ints  # where the passes of each task begin
    passes: Floats  # waiting, service, throttle delay
    kinds: Ints  # pass, model, success
    totals: summary.Totals

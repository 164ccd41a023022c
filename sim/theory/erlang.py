"""Many slots: what Erlang knew of loads and of the share that finds no slot free.

The load ``offered`` (erlang: arrival rate x mean service) may be an array. Exact theory, which the
engines never import.
"""

import math
from typing import Any

import numpy as np

_VANISHED = 1e-250
_MANY = 100  # slots: from here on the recursion is slower than its closed form


def erlang_b(slots: int, offered: Any) -> Any:
    """Probability that an arrival finds all ``slots`` busy and is lost: M/M/n/n, or M/G/n/n.

    ``offered``: load in erlang, arrival rate x mean service. Erlang (1917), by the recursion
    B_0 = 1, B_j = A B_{j-1} / (j + A B_{j-1}), whose terms are all positive; of many slots as the
    Poisson probability of n over that of at most n.

    >>> round(erlang_b(2, 1.0), 12)
    0.2
    """
    if slots > _MANY:
        return erlang_b_of_many(float(slots), offered)
    return _erlang_b_from(0, 1.0 + 0.0 * offered, slots, offered)


def _erlang_b_from(known: int, blocked: Any, slots: int, offered: Any) -> Any:
    """By the recursion, from B_known on."""
    for j in range(known + 1, slots + 1):
        blocked = offered * blocked / (j + offered * blocked)
    return blocked


def erlang_b_of_many(slots: float, offered: Any) -> Any:
    """By the incomplete gamma function, and Loader's (2000) form of the Poisson probability.

    At loads so far above ``slots`` that both vanish the recursion forgets where it began.
    """
    from scipy.special import gammaincc

    beside = (offered - slots) / slots
    at_most = gammaincc(slots + 1.0, offered)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        deviance = slots * (beside - np.log1p(beside))  # infinite without load
        exactly = np.exp(-deviance - 1 / 12 / slots + 1 / 360 / slots / slots / slots)
        blocked = exactly / at_most / math.sqrt(2 * math.pi * slots)
    if np.all(at_most > _VANISHED):
        return blocked
    overload = np.maximum(offered, slots)
    start = max(0, int(min(slots, 2**62)) - 10_000)
    far = _erlang_b_from(start, 1.0 - start / overload, min(start + 10_000, int(slots)), overload)
    return np.where(at_most > _VANISHED, blocked, far)[()]


def erlang_c(slots: int, offered: Any) -> Any:
    """Probability that an arrival has to wait in M/M/n; 1 at a load of ``slots`` or more.

    C = n B / (n - A (1 - B)) with Erlang's B.

    >>> round(float(erlang_c(2, 1.0)), 12)
    0.333333333333
    """
    return share_that_waits(slots, np.minimum(offered, slots))


def share_that_waits(slots: int, offered: Any) -> Any:
    """Erlang C of a load of at most ``slots``."""
    blocked = erlang_b(slots, offered)
    return slots * blocked / (slots - offered * (1.0 - blocked))

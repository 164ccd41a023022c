"""Loss and delay of a Poisson stream at a token bucket and at a cap.

A user is here a Poisson source of single prompts (every task is one prompt, because p is close to 1
or q = 1); re-prompts and retries come in bursts, and then the formulas are approximations.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim.checks import COUNT, NON_NEGATIVE, POSITIVE, check
from sim.theory import erlang

_NEGLIGIBLE = 40.0  # e^-40 is lost beside 1 in double precision


def erlang_b(servers: int, load: float) -> float:
    """Share of a Poisson stream that finds all ``servers`` busy and is lost.

    ``load`` A = arrival rate x mean holding time, whose distribution does not matter (Erlang 1917;
    Sevastyanov 1957): `sim.theory.erlang.erlang_b`, of checked numbers.

    >>> round(erlang_b(5, 3.0), 6)
    0.110054
    """
    check("servers", servers, COUNT)
    check("load", load, NON_NEGATIVE)
    return float(erlang.erlang_b(servers, load))


def md1k_loss(places: int, load: float) -> float:
    """Share of a Poisson stream that an M/D/1 queue with ``places``, the server's included, loses.

    1 - 1/(pi_0 + A), with ``load`` A = arrival rate x service time and pi_0 the probability that a
    departure leaves nobody behind (the M/G/1/K queue: Cooper, "Introduction to Queueing Theory").

    >>> round(md1k_loss(1, 2.0), 6)  # one place: Erlang's A / (1 + A)
    0.666667
    """
    check("places", places, COUNT)
    check("load", load, POSITIVE)
    if places > 1 and load > _NEGLIGIBLE:  # pi_0 < e^-load
        return 1 - 1 / load
    left_behind = _left_behind(places, load)
    return float(1 - 1 / (left_behind[0] / left_behind.sum() + load))


def _left_behind(places: int, load: float) -> NDArray[np.float64]:
    """Weights of the numbers 0 ... places - 1 that a departure of M/D/1 leaves behind.

    Crossings of the cut between j and j + 1 balance: d_(j+1) P(A = 0) = d_0 P(A > j) + sum over
    i = 1 ... j of d_i P(A > j + 1 - i), A the arrivals during a service. No term is negative.
    """
    from scipy.special import pdtrc

    more = pdtrc(np.arange(places), load)  # P(A > j)
    weights = np.zeros(places)
    weights[0] = 1.0
    for j in range(places - 1):
        up = weights[0] * more[j] + weights[1 : j + 1] @ more[j:0:-1]
        weights[j + 1] = up * math.exp(load)
        if weights[j + 1] > 1e100:
            weights /= weights[j + 1]
    return weights


def token_loss(rate: float, limit: float, burst: int) -> float:
    """Share of a user's prompts, ``rate`` per second, that a `RateLimit` refuses for good.

    ``limit`` and ``burst`` are those of the bucket. The missing tokens are an M/D/1 queue with
    ``burst`` places: every prompt adds one, and one is made good per 1/limit seconds.

    >>> round(token_loss(rate=1.0, limit=1.0, burst=3), 6)
    0.176343
    """
    check("limit", limit, POSITIVE)
    return md1k_loss(burst, rate / limit)


def token_delay(rate: float, limit: float, burst: int) -> float:
    """Mean seconds for which a `RateLimit` that makes prompts wait keeps one back; may be infinite.

    Those who wait are the queue beyond ``burst`` of M/D/1: E[(N - burst)^+] / rate by Little's law,
    with E[N] = A + A^2 / (2 (1 - A)) (Pollaczek and Khinchine), A = rate / limit.

    >>> round(token_delay(rate=0.5, limit=1.0, burst=1), 6)  # the M/D/1 queue's waiting
    0.5
    """
    check("rate", rate, POSITIVE)
    check("limit", limit, POSITIVE)
    check("burst", burst, COUNT)
    load = rate / limit
    if load >= 1:
        return math.inf
    weights = _left_behind(burst, load)
    shares = weights * (1 - load) / weights[0]
    beyond = load + load**2 / (2 * (1 - load)) - burst + (burst - np.arange(burst)) @ shares
    return max(float(beyond), 0.0) / rate


def cap_excess(rate: float, limit: int, window: float) -> float:
    """Share of a user's prompts, ``rate`` per second, beyond a `Cap`: refused, or sent to M1.

    Each prompt that counts holds one of ``limit`` places for ``window`` seconds: Erlang's loss.

    >>> round(cap_excess(rate=3.0, limit=5, window=1.0), 6)
    0.110054
    """
    return erlang_b(limit, rate * window)

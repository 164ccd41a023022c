"""Open networks of stations: loads, and the product form of Jackson."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.checks import NON_NEGATIVE, check, refuse
from sim.theory.stations import Station


def traffic(arrivals: Any, routing: Any) -> NDArray[np.float64]:
    """Loads Lambda = gamma + Lambda R of an open network.

    ``arrivals`` gamma from outside per station; ``routing`` R[j, k]: probability that a pass at j
    is followed by one at k. Shape (stations,).

    >>> traffic([0.3], [[0.5]]).tolist()
    [0.6]
    """
    R = np.asarray(routing, float)
    check("arrivals", np.asarray(arrivals, float), NON_NEGATIVE)
    check("routing", R, NON_NEGATIVE)
    if max(abs(np.linalg.eigvals(R))) >= 1:
        refuse("routing", routing, "such that everybody leaves in the end")
    return np.linalg.solve((np.eye(len(R)) - R).T, np.asarray(arrivals, float))


@dataclass(frozen=True)
class Network:
    """An open Jackson (BCMP) network in equilibrium, one entry per station.

    ``loads`` passes per second, ``utilisation`` busy share of the capacity, ``sojourns`` mean
    seconds of one pass, ``numbers`` mean number present. By product form each station is, at every
    moment, as if it were alone with Poisson arrivals, although feedback makes them bursty.
    """

    loads: tuple[float, ...]
    utilisation: tuple[float, ...]
    sojourns: tuple[float, ...]
    numbers: tuple[float, ...]


def jackson(arrivals: Any, routing: Any, stations: tuple[Station, ...]) -> Network:
    """The open network of ``stations`` with the `traffic` of ``arrivals`` and ``routing``.

    >>> jackson([0.3], [[0.5]], (Station(1, 1.0),)).numbers
    (1.5,)
    """
    loads = [float(load) for load in traffic(arrivals, routing)]
    pairs = list(zip(loads, stations, strict=True))
    sojourns = tuple(station.sojourn(load) for load, station in pairs)
    return Network(
        loads=tuple(loads),
        utilisation=tuple(load / station.capacity for load, station in pairs),
        sojourns=sojourns,
        numbers=tuple(load * w for load, w in zip(loads, sojourns, strict=True)),
    )

"""Relaxation times against the spectrum of the queue, and a queue that is played."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.linalg import eigh_tridiagonal

from agents import Cascade
from analysis.statistics.warm_up import memory
from analysis.theory.relaxation import arrival_rate, capacities, relaxation
from sim import (
    Batching,
    Bursts,
    Exponential,
    Game,
    Lognormal,
    Offer,
    Poisson,
    Population,
    ProcessorSharing,
    Scenario,
    UserClass,
)

GAME = Game.of((0.4, 0.7), (1, 2), (0.1, 0.3), value=5, penalty=1)


def station(rate: float, slots: float = 1, **changes: Any) -> Scenario:
    """Tasks that all make one pass at M1, of one second."""
    offer = Offer(Cascade(1), slots=(slots, math.inf), service_time=Exponential())
    return Scenario(GAME, offer, arrivals=Poisson(rate)).replace(**changes)


def both(rate: float, slots: tuple[float, float], **changes: Any) -> Scenario:
    """With queues at M2, too, where a pass takes two seconds."""
    return station(rate).replace(slots=slots, **changes)


def spectral(rate: float, slots: int) -> float:
    """1 / the least rate at which M/M/n forgets: of its generator, cut off at 3,000 customers."""
    k = np.arange(3000)
    death, birth = np.minimum(k, slots), np.full(3000, rate)
    birth[-1] = 0.0
    diagonal, beside = -(birth + death), np.sqrt(birth[:-1] * death[1:])
    first, _ = eigh_tridiagonal(
        diagonal, beside, eigvals_only=True, select="i", select_range=(2998, 2999)
    )
    return float(-1 / first)


@pytest.mark.parametrize(
    ("slots", "load"),
    [(1, 0.3), (1, 0.5), (1, 0.9), (2, 0.1), (2, 0.9), (8, 0.1), (8, 0.5), (8, 0.9), (50, 0.8)],
)
def test_one_pass_each_is_the_spectrum_of_the_queue(slots: int, load: float) -> None:
    """To 2%: exact for one slot but for the cut-off, near for more."""
    rate = load * slots
    found = relaxation(station(rate, slots), (1.0, 0.0)) / rate
    assert found == pytest.approx(spectral(rate, slots), rel=0.02)


def test_a_queue_that_is_played_remembers_as_long() -> None:
    """M/M/1 waits at load .81: correlations add up to 1 + 2 sum = 92.1 tasks (Daley 1968), the
    relaxation time is 81. Over 400 runs the standard error of the mean is 2; far from load .7.
    """
    rng, rho = np.random.default_rng(5), 0.81
    daley = rho * (2 + 5 * rho - 4 * rho**2 + rho**3) / (1 - rho) ** 4
    daley /= rho * (2 - rho) / (1 - rho) ** 2
    steps = rng.exponential(size=(400, 22_000)) - rng.exponential(1 / rho, size=(400, 22_000))
    walk = np.cumsum(steps, axis=1)
    waits = (walk - np.minimum(np.minimum.accumulate(walk, axis=1), 0.0))[:, 2000:]
    found = np.array([memory(x) for x in waits])
    error = float(found.std() / 20)
    assert error < 3.0
    assert abs(found.mean() - daley) < 5 * error + 0.02 * daley
    assert relaxation(station(rho), (1.0, 0.0)) == pytest.approx(daley, rel=0.15)
    assert relaxation(station(0.7), (1.0, 0.0)) < daley / 2


def test_at_the_capacity_nothing_is_ever_forgotten() -> None:
    assert relaxation(station(1.0), (1.0, 0.0)) == math.inf
    assert relaxation(station(0.5), (2.5, 0.0)) == math.inf
    assert relaxation(station(0.99), (1.0, 0.0)) < math.inf


def test_nobody_waits_nothing_is_remembered() -> None:
    assert relaxation(station(0.5, math.inf), (1.0, 3.0)) == 0.0
    assert relaxation(station(0.5), (0.0, 1.0)) == 0.0  # nobody is at M1


def test_passes_that_come_again_and_long_tails_stretch_it() -> None:
    """Load .5 by two passes each takes twice the time of load .5, half as many tasks come in a
    second; of cv 3 five times as long.
    """
    once = relaxation(station(0.5), (1.0, 0.0))
    assert relaxation(station(0.25), (2.0, 0.0)) == pytest.approx(once)
    spread = station(0.5, service_time=Lognormal(3.0))
    assert relaxation(spread, (1.0, 0.0)) == pytest.approx(5 * once)
    even = station(0.5, service_time=Lognormal(0.5))
    assert relaxation(even, (1.0, 0.0)) == pytest.approx(once)


def test_the_slowest_model_counts() -> None:
    two = both(0.4, (1, 1))  # M2 serves one in two seconds
    assert relaxation(two, (1.0, 1.0)) == pytest.approx(2 * 0.4 / (0.5**0.5 - 0.4**0.5) ** 2)


def test_capacities_are_those_of_the_disciplines() -> None:
    assert capacities(station(0.5, 3)) == [3.0, math.inf]
    assert capacities(both(0.5, (3, 4))) == [3.0, 2.0]
    assert capacities(both(0.5, (3, 4), discipline=ProcessorSharing())) == [3.0, 2.0]
    assert capacities(both(0.5, (5, 5), discipline=Batching(3.0, 1.0))) == [2.5, 1.25]


def test_arrivals_of_every_kind_have_a_rate() -> None:
    assert arrival_rate(station(0.5)) == 0.5
    crowd = Population((UserClass("a", 5, 0.1, 5, 1), UserClass("b", 2, 0.2, 5, 1)))
    assert arrival_rate(station(0.5, arrivals=crowd)) == pytest.approx(0.9)
    assert arrival_rate(station(0.5, arrivals=Bursts(0.5, 4.0))) == 0.5

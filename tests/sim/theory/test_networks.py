"""Stations and networks of them, against Markov chains that are solved state by state."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import InputError
from sim.theory.networks import jackson, traffic
from sim.theory.stations import (
    Station,
    feedback,
    pollaczek_khinchine,
    retrial_orbit,
    shared_sojourn,
)
from tests.sim.theory.test_stations import Moves, stationary


@pytest.mark.parametrize("slots", [1, 2])
def test_a_network_with_feedback_is_a_product_of_stations(slots: int) -> None:
    """Two stations, users who come back, solved as one chain of both queues."""
    gamma, routing, mu, top = 0.4, ((0.3, 0.2), (0.0, 0.4)), (1.2, 0.5), 45

    def moves(state: tuple[int, int]) -> Moves[tuple[int, int]]:
        a, b = state
        end_a, end_b = mu[0] * min(a, slots), mu[1] * min(b, 2)
        return [
            ((a + 1, b), gamma * (a < top)),
            ((a - 1, b + 1), end_a * routing[0][1] * (b < top)),
            ((a - 1, b), end_a * (1 - sum(routing[0]))),
            ((a, b - 1), end_b * (1 - routing[1][1])),
        ]

    law = stationary((0, 0), moves)
    found = jackson([gamma, 0.0], routing, (Station(slots, mu[0]), Station(2, mu[1])))
    for i in (0, 1):
        number = sum(state[i] * probability for state, probability in law.items())
        assert found.numbers[i] == pytest.approx(number, rel=1e-6)
        assert found.sojourns[i] * found.loads[i] == pytest.approx(found.numbers[i], rel=1e-14)
    assert found.utilisation[0] == pytest.approx(found.loads[0] / (slots * mu[0]))


def test_traffic_is_arrivals_and_returns() -> None:
    loads = traffic([0.5, 0.1], [[0.2, 0.3], [0.1, 0.4]])
    back = np.array([0.5, 0.1]) + loads @ [[0.2, 0.3], [0.1, 0.4]]
    assert loads == pytest.approx(back, rel=1e-14)


stations = st.builds(
    Station,
    st.sampled_from([1, 2, 3, 7, 40]),
    st.floats(0.01, 100.0),
    st.sampled_from(["fcfs", "ps"]),
)


@given(stations, st.floats(0.0, 0.999), st.floats(0.0, 0.999))
def test_a_pass_takes_longer_when_there_is_more_load(station: Station, a: float, b: float) -> None:
    low, high = (station.capacity * x for x in sorted((a, b)))
    assert station.sojourn(low) <= station.sojourn(high) * (1 + 1e-12)
    assert station.sojourn(low) >= 1 / station.capacity
    assert station.sojourn(station.capacity) == math.inf
    assert station.sojourn(station.capacity * 1.5) == math.inf


def test_infinitely_many_slots_never_wait() -> None:
    assert Station(math.inf, 0.25).sojourn(1e9) == 4.0
    assert Station(2000, 0.25).sojourn(100.0) == pytest.approx(4.0, rel=1e-12)


@pytest.mark.parametrize("saturated", [1.0, 1.7])
def test_queues_without_bound_have_infinite_times(saturated: float) -> None:
    assert pollaczek_khinchine(saturated, 1.0, 1.0) == math.inf
    assert shared_sojourn(saturated, 1.0, 1.0) == math.inf
    assert retrial_orbit(saturated, 1.0, 1.0) == math.inf
    assert feedback(saturated / 2, 1.0, 0.5).number == math.inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0.5, 1.0), r"^slots = 0\.5 must be a whole number"),
        ((1, 0.0), r"^service rate = 0\.0 must be a finite number greater than 0$"),
        ((1, 1.0, "lifo"), r"^discipline = 'lifo' must be one of fcfs, ps$"),
        ((math.inf, 1.0, "ps"), r"^slots = inf must be finite under processor sharing$"),
    ],
)
def test_stations_that_cannot_be(arguments: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Station(*arguments)

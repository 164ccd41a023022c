"""Exact queueing theory against Markov chains that are solved state by state.

`stationary` explores a chain from a state and solves the balance equations: it shares nothing with
the closed forms. Infinite chains are cut where the probability beyond is below 1e-12 of the answer.
"""

import math
import re
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

import numpy as np
import pytest
from scipy import integrate, sparse
from scipy.sparse.linalg import spsolve

from sim import InputError
from sim.theory.erlang import erlang_b, erlang_c
from sim.theory.networks import traffic
from sim.theory.stations import (
    Station,
    erlang_a,
    feedback,
    finite_room,
    naor,
    pollaczek_khinchine,
    retrial_orbit,
    shared_sojourn,
)

S = TypeVar("S", bound=Hashable)
Moves = Iterable[tuple[S, float]]


def stationary(start: S, moves: Callable[[S], Moves[S]]) -> dict[S, float]:
    """Probabilities of all states that are reachable from ``start``; moves with rate 0 are none."""
    states, rows, columns, rates = {start: 0}, [], [], []
    todo = [start]
    while todo:
        state = todo.pop()
        for target, rate in moves(state):
            if rate > 0:
                if target not in states:
                    states[target] = len(states)
                    todo.append(target)
                rows += [states[target], states[state]]
                columns += [states[state]] * 2
                rates += [rate, -rate]
    n = len(states)
    balance = sparse.coo_array((rates, (rows, columns)), shape=(n, n)).tolil()
    balance[0, :] = 1.0
    law = spsolve(balance.tocsc(), np.eye(1, n)[0])
    return dict(zip(states, law.tolist(), strict=True))


def birth_death(births: Callable[[int], float], deaths: Callable[[int], float], top: int) -> Any:
    """Stationary law of a birth-death chain on 0, ..., top as an array."""

    def moves(n: int) -> Moves[int]:
        return [(n + 1, births(n) if n < top else 0.0), (n - 1, deaths(n) if n else 0.0)]

    law = stationary(0, moves)
    return np.array([law[n] for n in range(top + 1)])


def mean(law: Any) -> float:
    return float(law @ np.arange(len(law)))


MMN = [(1, 0.5), (1, 0.9), (2, 1.0), (3, 2.7), (10, 8.0), (50, 40.0)]


@pytest.mark.parametrize(("slots", "offered"), [*MMN, (4, 0.0), (3, 20.0)])
def test_erlang_b_is_the_full_state_of_a_loss_system(slots: int, offered: float) -> None:
    law = birth_death(lambda n: offered, lambda n: float(n), slots) if offered else [0.0]
    assert erlang_b(slots, offered) == pytest.approx(law[-1], rel=1e-10)


@pytest.mark.parametrize("slots", [101, 300, 5000, 30_000])
@pytest.mark.parametrize("load", [0.0, 0.5, 0.9, 0.999, 1.0, 1.01, 2.0, 50.0])
def test_erlang_b_of_many_slots_is_the_recursion_s(slots: int, load: float) -> None:
    by_steps = 1.0
    for j in range(1, slots + 1):
        by_steps = load * slots * by_steps / (j + load * slots * by_steps)
    found = erlang_b(slots, load * slots)
    assert found == pytest.approx(by_steps, rel=2e-10, abs=1e-250)
    assert erlang_b(slots, np.array([load * slots, 1.0]))[0] == found


def test_erlang_b_of_very_many_slots() -> None:
    """Jagerman (1974): at a load of n, 1 / B is sqrt(pi n / 2) + 2 / 3 + O(1 / sqrt(n))."""
    for slots in (10**6, 10**9, 10**12):
        expected = 1 / (math.sqrt(math.pi * slots / 2) + 2 / 3)
        assert erlang_b(slots, float(slots)) == pytest.approx(expected, rel=1 / slots + 1e-9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: feedback(0.3, 1, 1.5), "repeat = 1.5 must be at least 0 and less than 1"),
        (lambda: feedback(0.3, 1, 1), "repeat = 1 must be at least 0 and less than 1"),
        (lambda: retrial_orbit(-0.5, 1, 1), "arrival rate = -0.5 must be"),
        (lambda: traffic([0.3], [[1.0]]), "routing = [[1.0]] must be such that everybody leaves"),
        (lambda: traffic([-0.3], [[0.5]]), "arrivals = -0.3 must be"),
        (lambda: finite_room(0, 1, 1, 3), "arrival rate = 0 must be"),
        (lambda: finite_room(1, 1, 1, math.inf), "room = inf must be a whole number"),  # type: ignore[arg-type]
        (lambda: erlang_a(1, 1, math.inf, 1), "slots = inf must be a whole number"),  # type: ignore[arg-type]
        (lambda: naor(1, 1, 1, 0), "cost = 0 must be"),
    ],
)
def test_numbers_are_checked(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}"):
        make()


@pytest.mark.parametrize(("slots", "offered"), MMN)
def test_waiting_in_m_m_n(slots: int, offered: float) -> None:
    top = slots + math.ceil(40 / -math.log(offered / slots))
    law = birth_death(lambda n: offered * 2, lambda n: 2.0 * min(n, slots), top)
    assert erlang_c(slots, offered) == pytest.approx(law[slots:].sum(), rel=1e-9)
    sojourn = Station(slots, 2.0).sojourn(offered * 2)
    assert sojourn == pytest.approx(mean(law) / (offered * 2), rel=1e-9)


def test_erlang_takes_arrays_and_loads_beyond_the_slots() -> None:
    offered = np.array([0.5, 1.5, 2.0, 3.0])
    assert erlang_b(2, offered).tolist() == [erlang_b(2, x) for x in offered]
    assert erlang_c(2, offered) == pytest.approx([erlang_c(2, 0.5), erlang_c(2, 1.5), 1, 1])


@pytest.mark.parametrize(
    ("rates", "abandon", "digits"),
    [
        ((48, 1, 50, 0.5), 0.03091, 5e-6),
        ((0.8, 1, 1, 0.5), 0.255941, 5e-7),
        ((1.2, 1, 1, 0.5), 0.366204, 5e-7),
        ((4, 1, 5, 0.2), 0.049206, 5e-7),
        ((10, 1, 10, 1), 0.125110, 5e-7),
    ],
)
def test_erlang_a_textbook_values(
    rates: tuple[float, float, int, float], abandon: float, digits: float
) -> None:
    arrival, service, slots, theta = rates
    found = erlang_a(*rates)
    assert found.abandon == pytest.approx(abandon, abs=digits)
    law = birth_death(
        lambda n: arrival,
        lambda n: service * min(n, slots) + theta * max(0, n - slots),
        slots + 120,
    )
    waiting = law @ np.maximum(np.arange(len(law)) - slots, 0)
    busy = law @ np.minimum(np.arange(len(law)), slots)
    assert found.abandon == pytest.approx(theta * waiting / arrival, rel=1e-10)
    assert found.waiting == pytest.approx(waiting / arrival, rel=1e-10)
    assert found.utilisation == pytest.approx(busy / slots, rel=1e-10)


def test_the_call_centre_of_the_textbook() -> None:
    found = erlang_a(48, 1, 50, 0.5)  # per minute
    assert 60 * found.waiting == pytest.approx(3.709, abs=5e-4)
    assert found.utilisation == pytest.approx(0.9303, abs=5e-5)


def test_erlang_a_far_beyond_capacity_loses_the_excess() -> None:
    found = erlang_a(1000.0, 1.0, 10, 0.01)
    assert found.abandon == pytest.approx(0.99, abs=1e-9)
    assert found.utilisation == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize(
    ("arrival", "slots", "room"),
    [(0.5, 1, 1), (1.0, 1, 6), (3.0, 2, 5), (7.0, 8, 30), (90.0, 3, 4)],
)
def test_finite_room(arrival: float, slots: int, room: int) -> None:
    law = birth_death(lambda n: arrival, lambda n: 1.0 * min(n, slots), room)
    found = finite_room(arrival, 1.0, slots, room)
    assert found.blocked == pytest.approx(law[-1], rel=1e-10)
    assert found.number == pytest.approx(mean(law), rel=1e-10)
    assert found.sojourn == pytest.approx(mean(law) / (arrival * (1 - law[-1])), rel=1e-9)
    queue = law @ np.maximum(np.arange(room + 1) - slots, 0)
    assert found.waiting * arrival * (1 - law[-1]) == pytest.approx(queue, rel=1e-6, abs=1e-12)


def test_a_room_without_places_for_a_queue_is_the_loss_system() -> None:
    assert finite_room(3.0, 1.0, 4, 4).blocked == pytest.approx(erlang_b(4, 3.0), rel=1e-13)
    with pytest.raises(InputError, match=r"^room = 1 must be at least the slots, 2$"):
        finite_room(1.0, 1.0, 2, 1)


# M/H2/1: with probability HALF the rate is FAST, else SLOW
HALF, FAST, SLOW, ARRIVAL = 0.7, 2.0, 0.5, 0.6
MEAN = HALF / FAST + (1 - HALF) / SLOW
SQUARED_CV = 2 * (HALF / FAST**2 + (1 - HALF) / SLOW**2) / MEAN**2 - 1


def test_pollaczek_khinchine_for_a_hyperexponential_service() -> None:
    top = 250

    def moves(state: tuple[int, int]) -> Moves[tuple[int, int]]:
        n, phase = state
        arrival = ARRIVAL * (n < top)
        if n == 0:
            return [((1, 0), arrival * HALF), ((1, 1), arrival * (1 - HALF))]
        end = (FAST, SLOW)[phase]
        after = [(0, 0)] if n == 1 else [(n - 1, 0), (n - 1, 1)]
        shares = [1.0] if n == 1 else [HALF, 1 - HALF]
        return [
            ((n + 1, phase), arrival),
            *((state, end * share) for state, share in zip(after, shares, strict=True)),
        ]

    number = sum(n * share for (n, _), share in stationary((0, 0), moves).items())
    assert SQUARED_CV > 1.5
    found = pollaczek_khinchine(ARRIVAL, MEAN, SQUARED_CV)
    assert found == pytest.approx(number / ARRIVAL, rel=1e-9)


def test_pollaczek_khinchine_from_residual_service_times() -> None:
    """Lognormal service: who arrives waits rho times a mean residual service, over (1 - rho)."""
    sigma, rate = 0.8, 0.5

    def tail(x: float) -> float:
        return 0.5 * math.erfc(math.log(x) / sigma / math.sqrt(2)) if x > 0 else 1.0

    first = integrate.quad(tail, 0, 200, limit=500, epsabs=1e-13)[0]
    second = 2 * integrate.quad(lambda x: x * tail(x), 0, 400, limit=500, epsabs=1e-13)[0]
    rho = rate * first
    waiting = rho * (second / (2 * first)) / (1 - rho)
    found = pollaczek_khinchine(rate, first, second / first**2 - 1)
    assert found == pytest.approx(first + waiting, rel=1e-10)
    assert second / first**2 - 1 == pytest.approx(math.exp(sigma**2) - 1, rel=1e-6)


def test_processor_sharing_does_not_see_the_service_distribution() -> None:
    """M/H2/1-PS as a chain of the numbers of fast and slow tasks; Little's law for each kind."""
    top = 70

    def moves(state: tuple[int, int]) -> Moves[tuple[int, int]]:
        fast, slow = state
        room, n = float(fast + slow < top), max(fast + slow, 1)
        return [
            ((fast + 1, slow), room * ARRIVAL * HALF),
            ((fast, slow + 1), room * ARRIVAL * (1 - HALF)),
            ((fast - 1, slow), FAST * fast / n),
            ((fast, slow - 1), SLOW * slow / n),
        ]

    law = stationary((0, 0), moves)
    for kind, share, work in ((0, HALF, 1 / FAST), (1, 1 - HALF, 1 / SLOW)):
        number = sum(state[kind] * probability for state, probability in law.items())
        exact = shared_sojourn(ARRIVAL, work, MEAN)
        assert exact == pytest.approx(number / (ARRIVAL * share), rel=1e-5)


def test_processor_sharing_textbook_value() -> None:
    assert shared_sojourn(4, 1 / 9, 1 / 9) == pytest.approx(0.2, rel=1e-14)
    assert Station(1, 9.0, "ps").sojourn(4.0) == pytest.approx(0.2, rel=1e-14)
    law = birth_death(lambda n: 1.5, lambda n: 2.0, 150)
    assert Station(4, 0.5, "ps").sojourn(1.5) == pytest.approx(mean(law) / 1.5, rel=1e-10)


def test_bernoulli_feedback_textbook_value() -> None:
    found = feedback(0.3, 1.0, 0.5)
    assert (found.number, found.total) == pytest.approx((1.5, 5.0), rel=1e-14)
    law = birth_death(lambda n: 0.3, lambda n: 0.5, 150)
    assert found.number == pytest.approx(mean(law), rel=1e-10)


@pytest.mark.parametrize(("rates", "orbit"), [((0.5, 1.0, 1.0), 1.0), ((0.8, 1.0, 0.5), 9.6)])
def test_retrials_textbook_values(rates: tuple[float, float, float], orbit: float) -> None:
    arrival, service, theta = rates
    top = 400

    def moves(state: tuple[int, int]) -> Moves[tuple[int, int]]:
        waiting, busy = state
        if busy:
            return [((waiting + 1, 1), arrival * (waiting < top)), ((waiting, 0), service)]
        return [((waiting, 1), arrival), ((waiting - 1, 1), theta * waiting)]

    law = stationary((0, 0), moves)
    assert retrial_orbit(*rates) == pytest.approx(orbit, rel=1e-12)
    assert sum(n * share for (n, _), share in law.items()) == pytest.approx(orbit, rel=1e-9)


def best_thresholds(arrival: float, service: float, reward: float, cost: float) -> tuple[int, ...]:
    """By trying every n: the law of M/M/1/n gives the welfare and a toll collector's revenue."""
    nu = reward * service / cost
    welfare, revenue = [], []
    for n in range(1, math.floor(nu) + 1):
        law = birth_death(lambda _: arrival, lambda _: service, n)
        joined = arrival * (1 - law[-1])
        welfare.append(joined * reward - cost * mean(law))
        revenue.append(joined * (reward - cost * n / service))
    return math.floor(nu), int(np.argmax(welfare)) + 1, int(np.argmax(revenue)) + 1


@pytest.mark.parametrize(
    "queue",
    [(0.9, 1, 10, 1), (0.3, 1, 7.5, 1), (2.0, 1, 12.3, 1), (1.1, 2, 4, 0.4), (1, 1, 1.2, 1)],
)
def test_naor_by_trying_every_threshold(queue: tuple[float, float, float, float]) -> None:
    found = naor(*queue)
    assert (found.individual, found.social, found.revenue) == best_thresholds(*queue)


def test_naor_textbook_value() -> None:
    found = naor(0.9, 1, 10, 1)
    assert (found.individual, found.social, found.revenue) == (10, 4, 2)
    assert naor(5.0, 1.0, 0.5, 1.0).individual == 0

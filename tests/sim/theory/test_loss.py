"""Loss and delay at limits per user: formulas against independent oracles, and simulation."""

import math
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agents import Cap, GoesAway, QueueLimit, RateLimit, Static, Stationary
from sim import (
    Exponential,
    Game,
    Offer,
    Outcome,
    Person,
    Poisson,
    Population,
    Scenario,
    UserClass,
    simulate,
)
from sim.arrivals.population import USER
from sim.policies import Throttle
from sim.theory.loss import cap_excess, erlang_b, md1k_loss, token_delay, token_loss
from tests.tools.chance import t_bound, z_score

GAME = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), 2, 1)

# --- formulas against oracles -------------------------------------------------------------------


def birth_death_blocking(servers: int, places: int, load: float) -> float:
    """M/M/n/K: share of time that all ``places`` are taken, from the balance of neighbours."""
    weights = [1.0]
    for j in range(1, places + 1):
        weights.append(weights[-1] * load / min(j, servers))
    return weights[-1] / math.fsum(weights)


@pytest.mark.parametrize("servers", [1, 2, 5, 40, 160])
@pytest.mark.parametrize("load", [0.0, 0.01, 1.0, 4.9, 60.0])
def test_erlang_b_is_the_birth_and_death_process(servers: int, load: float) -> None:
    assert erlang_b(servers, load) == pytest.approx(
        birth_death_blocking(servers, servers, load), rel=1e-12
    )


def brun_garcia(places: int, load: float) -> float:
    """The closed form of M/D/1/K: O. Brun, J.-M. Garcia, J. Appl. Prob. 37 (2000)."""
    with localcontext() as context:
        context.prec = 120
        a = Decimal(load)
        n = places - 1
        b = sum(
            ((-1) ** k * (n - k) ** k * a**k * (a * (n - k)).exp() / math.factorial(k))
            for k in range(n + 1)
        )
        return float(1 - b / (1 + a * b))


@pytest.mark.parametrize("places", [1, 2, 3, 7, 30])
@pytest.mark.parametrize("load", [0.05, 0.5, 0.999, 1.0, 1.3, 5.0])
def test_the_loss_of_m_d_1_k_is_the_closed_form(places: int, load: float) -> None:
    assert md1k_loss(places, load) == pytest.approx(brun_garcia(places, load), rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("places", [1, 2, 9])
@pytest.mark.parametrize("load", [0.3, 1.0, 2.5])
def test_the_loss_of_m_d_1_k_is_that_of_the_embedded_chain(places: int, load: float) -> None:
    """Numbers left behind by departures: one row per state, solved as a linear system."""
    arrivals = [math.exp(-load) * load**k / math.factorial(k) for k in range(places)]
    chain = np.zeros((places, places))
    for i in range(places):
        base = max(i - 1, 0)
        for k in range(places - 1 - base):
            chain[i, base + k] = arrivals[k]
        chain[i, -1] += 1 - chain[i].sum()
    system = np.vstack([chain.T - np.eye(places), np.ones(places)])
    share = np.linalg.lstsq(system, np.append(np.zeros(places), 1.0), rcond=None)[0]
    served = 1 / (share[0] / load + 1)  # departures per service time: 1 / (1 + mean idle time)
    assert md1k_loss(places, load) == pytest.approx(1 - served / load, rel=1e-9)


def test_extreme_loads_are_no_trouble() -> None:
    assert md1k_loss(10, 3600.0) == pytest.approx(1 - 1 / 3600, rel=1e-12)
    assert md1k_loss(2, 39.9) == pytest.approx(md1k_loss(2, 40.1), rel=1e-3)
    assert md1k_loss(1000, 2.0) == pytest.approx(0.5, rel=1e-12)
    assert md1k_loss(1000, 0.5) == pytest.approx(0.0, abs=1e-15)
    assert token_delay(2.0, 1.0, 3) == math.inf
    assert token_delay(0.5, 1.0, 500) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("burst", [1, 2, 6])
@pytest.mark.parametrize("load", [0.3, 0.8])
def test_the_delay_at_a_bucket_is_the_excess_workload_of_m_d_1(burst: int, load: float) -> None:
    """E[(W - (burst - 1))^+], W the waiting of M/D/1 with P(W <= x) by Erlang's series (1909)."""
    with localcontext() as context:
        context.prec = 80
        a = Decimal(load)

        def below(x: Decimal) -> float:
            terms = ((a * (k - x)) ** k / math.factorial(k) * (-a * (k - x)).exp()
                     for k in range(int(x) + 1))  # fmt: skip
            return float((1 - a) * sum(terms, Decimal(0)))

        nodes, weights = np.polynomial.legendre.leggauss(8)  # smooth between whole numbers
        excess = math.fsum(
            weight / 2 * (1 - below(Decimal(unit) + Decimal(0.5 + node / 2)))
            for unit in range(burst - 1, burst + 60)
            for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True)
        )
    assert token_delay(load, 1.0, burst) == pytest.approx(excess, rel=1e-6)


# --- formulas against simulation ----------------------------------------------------------------

USERS, WARM_UP, END = 150, 30.0, 130.0


def crowd(throttle: Throttle, rate: float, **changes: Any) -> Scenario:
    """Users whose tasks are one prompt each, and who go away when they are refused."""
    population = Population((UserClass("all", USERS, rate, 2.0, 1.0),))
    plain = Scenario(
        GAME,
        Offer(Static(2), throttle),
        Person(Stationary(1.0), persistence=GoesAway()),
        population,
        tasks=int(USERS * rate * END * 1.2),
        horizon=END + 50,
    )
    return plain.replace(**changes)


def per_user(result: Any, values: NDArray[np.float64], exact: float) -> NDArray[np.float64]:
    """Per user the sum of values - exact over the tasks that come between WARM_UP and END.

    Its mean is 0 if exact is what a Poisson stream sees on average in the long run: users are
    independent, and their histories before WARM_UP are long.
    """
    tasks = result.tasks
    assert tasks["arrived"].max() > END
    counts = (tasks["arrived"] > WARM_UP) & (tasks["arrived"] <= END)
    user = tasks["task"][counts] // USER
    return np.bincount(user, (values - exact)[counts], USERS).astype(np.float64)


def refused(result: Any) -> NDArray[np.float64]:
    return np.asarray(result.tasks["outcome"] == Outcome.REFUSED, np.float64)


BUCKETS = ((1.0, 1.0, 1), (1.0, 0.8, 3), (0.5, 1.0, 2), (2.0, 1.0, 4))


@pytest.mark.parametrize(("rate", "limit", "burst"), BUCKETS)
def test_a_rate_limit_refuses_what_theory_says(rate: float, limit: float, burst: int) -> None:
    result = simulate(crowd(RateLimit(limit, burst), rate))
    exact = token_loss(rate, limit, burst)
    assert abs(z_score(per_user(result, refused(result), exact), 0.0)) < t_bound(4, USERS)


@pytest.mark.parametrize(("limit", "window"), [(1, 1.0), (3, 3.0), (5, 2.5), (8, 10.0)])
def test_a_cap_refuses_what_theory_says(limit: int, window: float) -> None:
    result = simulate(crowd(Cap(limit, window), 1.0))
    exact = cap_excess(1.0, limit, window)
    assert abs(z_score(per_user(result, refused(result), exact), 0.0)) < t_bound(4, USERS)


def test_a_cap_with_fallback_sends_on_what_theory_says() -> None:
    result = simulate(crowd(Cap(3, 3.0, fallback=True), 1.0))
    cheap = (result.tasks["service_cost"] == 0.1).astype(float)  # c_1
    exact = cap_excess(1.0, 3, 3.0)
    assert abs(z_score(per_user(result, cheap, exact), 0.0)) < t_bound(1, USERS)


@pytest.mark.parametrize(("rate", "limit", "burst"), [(0.5, 1.0, 1), (0.7, 1.0, 3)])
def test_a_rate_limit_that_makes_wait_delays_as_theory_says(
    rate: float, limit: float, burst: int
) -> None:
    result = simulate(crowd(RateLimit(limit, burst, wait=True), rate))
    exact = token_delay(rate, limit, burst)
    delays = result.tasks["throttle_delay"]
    assert abs(z_score(per_user(result, delays, exact), 0.0)) < t_bound(2, USERS)


def test_the_checks_would_notice_one_token_more_or_a_cap_that_starts_again() -> None:
    result = simulate(crowd(RateLimit(0.8, 4), 1.0))
    score = z_score(per_user(result, refused(result), token_loss(1.0, 0.8, 3)), 0.0)
    assert abs(score) > t_bound(1, USERS)
    result = simulate(crowd(Cap(3, 3.3), 1.0))  # as if windows were a tenth longer
    score = z_score(per_user(result, refused(result), cap_excess(1.0, 3, 3.0)), 0.0)
    assert abs(score) > t_bound(1, USERS)


@pytest.mark.parametrize(("slots", "limit"), [(1, 1), (2, 3)])
def test_a_queue_limit_makes_a_queue_of_so_many_places(slots: int, limit: int) -> None:
    parts = 200
    load = 1.1 * slots
    base = Scenario(
        GAME,
        Offer(Static(2), QueueLimit(limit), slots=(1, slots), service_time=Exponential()),
        Person(Stationary(1.0)),
        arrivals=Poisson(load / 0.5),
        tasks=50_000,
    )
    lost = refused(simulate(base))[2000:]
    means = np.array([part.mean() for part in np.array_split(lost, parts)])
    exact = birth_death_blocking(slots, slots + limit, load)
    assert abs(z_score(means, exact)) < t_bound(2, parts)
    wrong = birth_death_blocking(slots, slots + limit + 1, load)
    assert abs(z_score(means, wrong)) > t_bound(2, parts)

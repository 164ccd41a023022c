"""Queues against textbook formulas, written here a second time.

Estimates are means of 40 batches after the first tenth of the tasks, which only serves to fill the
empty system. Relaxation takes some tens of tasks at these loads, and batches hold about a thousand,
so that batch means are nearly independent. Bounds are Student's t with a false-alarm rate of 1e-6
for each case (`tests.tools.chance`); the skewness of the batch means, up to 0.6, may raise it
tenfold.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from agents import AddedDelay, Cascade, Static, Stationary
from sim import (
    Bursts,
    Deterministic,
    Exponential,
    Game,
    Limits,
    Lognormal,
    Offer,
    Outcome,
    Person,
    Poisson,
    Result,
    Scenario,
    Task,
    View,
    expectations,
    simulate,
    visits,
)
from sim.policies import Mind
from tests.tools.chance import batch_score, t_bound

BATCHES = 40


def warm(values: np.ndarray) -> np.ndarray:
    return values[len(values) // 10 :]


def erlang_b(slots: int, load: float) -> float:
    blocked = 1.0
    for j in range(1, slots + 1):
        blocked = load * blocked / (j + load * blocked)
    return blocked


def sojourn(arrival_rate: float, service_rate: float, slots: int) -> float:
    """W = 1/mu + ErlangC / (n mu - Lambda), the mean time in M/M/n."""
    load = arrival_rate / service_rate
    blocked = erlang_b(slots, load)
    waits = slots * blocked / (slots - load * (1 - blocked))
    return 1 / service_rate + waits / (slots * service_rate - arrival_rate)


def test_the_formula_knows_m_m_1_and_a_call_centre() -> None:
    assert sojourn(0.5, 1.0, 1) == pytest.approx(2.0)
    assert erlang_b(5, 3.0) == pytest.approx(
        (3**5 / 120) / sum(3**k / math.factorial(k) for k in range(6))
    )


def station(
    rate: float, service_rate: float, slots: float, tasks: int = 40_000, **changes: Any
) -> Result:
    """One model that everybody leaves after one pass."""
    game = Game.of((0.5,), (1 / service_rate,), (1.0,), 10, 1)
    scenario = Scenario(
        game,
        Offer(Static(1), slots=(slots,), service_time=Exponential()),
        Person(Stationary(1.0)),
        arrivals=Poisson(rate),
        tasks=tasks,
        seed=12,
    )
    return simulate(scenario.replace(**changes))


@pytest.mark.parametrize(("rate", "slots"), [(0.6, 1), (1.4, 2), (3.5, 5)])
def test_m_m_n_waits_as_erlang_says(rate: float, slots: int) -> None:
    waiting = warm(station(rate, 1.0, slots).tasks["waiting"])
    exact = sojourn(rate, 1.0, slots) - 1.0
    assert abs(batch_score(waiting, exact, BATCHES)) < t_bound(1, BATCHES)


def test_the_check_catches_a_server_that_is_a_tenth_too_slow() -> None:
    # M/M/1 at .6: the waiting time rises by a third, expected score about 15 against a bound of 5.8
    waiting = warm(station(0.6, 1 / 1.1, 1).tasks["waiting"])
    assert abs(batch_score(waiting, sojourn(0.6, 1.0, 1) - 1, BATCHES)) > t_bound(1, BATCHES)


@pytest.mark.parametrize(
    ("service_time", "squared_cv"), [(Deterministic(), 0.0), (Lognormal(0.5), 0.25)]
)
def test_m_g_1_waits_as_pollaczek_and_khinchine_say(service_time: Any, squared_cv: float) -> None:
    waiting = warm(station(0.6, 1.0, 1, service_time=service_time).tasks["waiting"])
    exact = 0.6 * (1 + squared_cv) / (2 * (1 - 0.6))
    assert abs(batch_score(waiting, exact, BATCHES)) < t_bound(1, BATCHES)


@pytest.mark.parametrize("size", [2.0, 4.0])
def test_bursts_make_a_single_server_slower_by_their_mean_size(size: float) -> None:
    """M^X/M/1 with geometric X: L = rho / (1 - rho) x (E[X^2] + E[X]) / (2 E[X]), that is E[X]."""
    result = station(0.5, 1.0, 1, tasks=120_000, arrivals=Bursts(0.5, size))
    exact = size * sojourn(0.5, 1.0, 1)
    sojourns = warm(result.tasks["waiting"] + result.tasks["service"])
    assert abs(batch_score(sojourns, exact, BATCHES)) < t_bound(1, BATCHES)
    assert abs(batch_score(sojourns, exact - 1.0, BATCHES)) > t_bound(1, BATCHES)


def test_infinitely_many_slots_serve_everybody_at_once() -> None:
    tasks = station(5.0, 1.0, float("inf"), tasks=20_000).tasks
    assert not tasks["waiting"].any()
    assert abs(batch_score(tasks["service"], 1.0, BATCHES)) < t_bound(1, BATCHES)


def test_m_m_1_with_bernoulli_feedback_takes_five_seconds() -> None:
    """lambda = .3, mu = 1, repeat .5: L = 1.5, so T = 5."""
    tasks = station(0.3, 1.0, 1, abandonment=Stationary(0.0)).tasks
    total = warm(tasks["ended"] - tasks["arrived"])
    assert abs(batch_score(total, 5.0, BATCHES)) < t_bound(1, BATCHES)


@dataclass(frozen=True)
class ExponentialPatience:
    """Patience with a mean of ``mean`` seconds."""

    mean: float

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        return Limits(-self.mean * math.log(1 - view.luck.words[0]))


def erlang_a(rate: float, service_rate: float, slots: int, theta: float) -> float:
    """P(abandon) from the stationary distribution of the birth-death chain."""
    weights = [1.0]
    for n in range(1, 400):
        weights.append(
            weights[-1] * rate / (min(n, slots) * service_rate + max(n - slots, 0) * theta)
        )
    queue = sum(w * max(n - slots, 0) for n, w in enumerate(weights))
    return theta * queue / (rate * sum(weights))


@pytest.mark.parametrize(
    ("rate", "slots", "theta", "printed"),
    [(0.8, 1, 0.5, 0.255941), (1.2, 1, 0.5, 0.366204), (4.0, 5, 0.2, 0.049206)],
)
def test_erlang_a_loses_the_impatient(
    rate: float, slots: int, theta: float, printed: float
) -> None:
    exact = erlang_a(rate, 1.0, slots, theta)
    assert exact == pytest.approx(printed, abs=5e-7)
    result = station(rate, 1.0, slots, tasks=25_000, patience=ExponentialPatience(1 / theta))
    reneged = warm(result.tasks["outcome"] == Outcome.RENEGED).astype(float)
    assert abs(batch_score(reneged, exact, BATCHES)) < t_bound(1, BATCHES)


# ---------------------------------------------------------------- both models


def network(**changes: Any) -> tuple[Scenario, tuple[float, float]]:
    """Two models with (1, 2) slots at load; a third of the users gives up after a failure.

    Returns the effective latency of each model too: passes form an open Jackson network.
    """
    game = Game.of((0.5, 0.8), (1 / 1.5, 1 / 0.6), (0.1, 0.5), value=8, penalty=1)
    scenario = Scenario(
        game,
        Offer(Cascade(1, 0.4), slots=(1, 2), service_time=Exponential()),
        Person(Stationary(0.3)),
        arrivals=Poisson(0.6),
        tasks=50_000,
        seed=8,
    )
    loads = [0.6 * v for v in visits(game, 1, 0.4, 0.3)]
    latency = sojourn(loads[0], 1.5, 1), sojourn(loads[1], 0.6, 2)
    return scenario.replace(**changes), latency


def test_passes_form_a_jackson_network() -> None:
    """5 checks: latency at each model, S, U and J; false alarm 1e-6."""
    scenario, latency = network()
    result = simulate(scenario, passes=True)
    passes = result.passes
    slow = Game.of((0.5, 0.8), latency, (0.1, 0.5), value=8, penalty=1)
    exact = expectations(slow, 1, 0.4, 0.3)
    metrics = result.metrics()
    found = [
        batch_score(warm((passes["waiting"] + passes["service"])[passes["model"] == i + 1]),
                    latency[i], BATCHES)
        for i in (0, 1)
    ] + [
        batch_score(warm(metrics[name]), getattr(exact, name), BATCHES)
        for name in ("success", "user_utility", "provider_cost")
    ]  # fmt: skip
    assert np.abs(found).max() < t_bound(5, BATCHES)


def test_the_network_check_catches_a_load_that_forgets_the_feedback() -> None:
    scenario, latency = network()
    passes = simulate(scenario, passes=True).passes
    first = passes["model"] == 1
    forgetful = sojourn(0.6, 1.5, 1)  # arrivals instead of visits
    assert forgetful < 0.85 * latency[0]  # at a standard error of about 1%
    values = warm((passes["waiting"] + passes["service"])[first])
    assert abs(batch_score(values, forgetful, BATCHES)) > t_bound(5, BATCHES)


def test_staying_users_with_added_delays_get_what_the_product_form_says() -> None:
    """p = (.5, .8), V = 8, lambda = .5, mu = (1.5, .6), n = (1, 2), s = .4, d = (.7, .4), q = 0:
    W = 1.27273, 1.70441, U = 4.43024, J = .3214286. 4 checks, false alarm 1e-6."""
    scenario, _ = network(
        abandonment=Stationary(0.0), throttle=AddedDelay((0.7, 0.4)), arrivals=Poisson(0.5)
    )
    loads = [0.5 * v for v in visits(scenario.game, 1, 0.4, 0.0)]
    W = sojourn(loads[0], 1.5, 1), sojourn(loads[1], 0.6, 2)
    assert pytest.approx((1.27273, 1.70441), abs=5e-6) == W
    slow = Game.of((0.5, 0.8), (W[0] + 0.7, W[1] + 0.4), (0.1, 0.5), value=8, penalty=1)
    exact = expectations(slow, 1, 0.4, 0.0)
    assert exact.user_utility == pytest.approx(4.43024, abs=5e-6)
    assert exact.provider_cost == pytest.approx(0.3214286, abs=5e-8)
    result = simulate(scenario, passes=True)
    passes, metrics = result.passes, result.metrics()
    times = passes["waiting"] + passes["service"]
    found = [batch_score(warm(times[passes["model"] == i + 1]), W[i], BATCHES) for i in (0, 1)]
    found += [
        batch_score(warm(metrics[name]), getattr(exact, name), BATCHES)
        for name in ("user_utility", "provider_cost")
    ]
    assert np.abs(found).max() < t_bound(4, BATCHES)

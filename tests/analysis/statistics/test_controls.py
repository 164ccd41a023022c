"""Control variates: their means are 0, they remove what theory says, and intervals stay true."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from agents import AddedDelay, Cascade, RateLimit, Stationary
from analysis.statistics.controls import Array, controlled, of_run
from analysis.statistics.intervals import Estimate, estimate
from sim import (
    Bursts,
    Exponential,
    Game,
    Lognormal,
    Offer,
    Person,
    Poisson,
    Population,
    PriorityClasses,
    ProcessorSharing,
    Result,
    Scenario,
    UserClass,
    simulate,
)
from sim.theory.markov import visits
from tests.tools.chance import FALSE_ALARM, t_bound, z_bound

GAME = Game.of((0.5, 0.8), (1, 1), (0.1, 0.3), value=8, penalty=1)
ALL = [
    *("arrivals", "service 1", "service 2", "success 1", "success 2"),
    *("abandonment 1", "abandonment 2", "cascade 1"),
]


def network(utilisation: float, tasks: int = 20_000) -> Scenario:
    """Four and two slots, one task per second, both models equally busy."""
    z = visits(GAME, 1, 0.3, 0.1)
    t = (utilisation * 4 / z[0], utilisation * 2 / z[1])
    game = Game.of((0.5, 0.8), t, (0.1, 0.3), value=8, penalty=1)
    offer = Offer(Cascade(1, 0.3), slots=(4, 2), service_time=Exponential())
    return Scenario(game, offer, Person(Stationary(0.1)), tasks=tasks)


def one_queue(utilisation: float) -> Scenario:
    """M/M/1: so few passes fail that none does."""
    game = Game.of((1 - 1e-12,), (1,), (0.1,), value=8, penalty=1)
    offer = Offer(Cascade(1), slots=(1,), service_time=Exponential())
    return Scenario(game, offer, arrivals=Poisson(utilisation), tasks=20_000)


def crowd() -> Scenario:
    """Two classes of users who give up differently, one goes first, both are throttled."""
    free = UserClass("free", 6, 0.06, 8, 1, Person(Stationary(0.3)))
    paid = UserClass("paid", 2, 0.2, 8, 1, Person(Stationary(0.05)))
    return network(0.7, 100).replace(
        arrivals=Population((free, paid)),
        throttle=RateLimit(rate=0.2, burst=2),
        discipline=PriorityClasses(),
        service_time=Lognormal(1.5),
    )


def played(scenario: Scenario, replications: int, engine: str = "compiled") -> Iterator[Result]:
    for r in range(replications):
        yield simulate(scenario, replication=r, engine=engine, passes=True)


def columns(rows: list[dict[str, float]]) -> dict[str, Array]:
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def scores(controls: dict[str, Array]) -> dict[str, float]:
    """Standard errors between 0 and the mean of each."""
    found = {name: estimate(values) for name, values in controls.items()}
    return {name: each.mean / each.standard_error for name, each in found.items()}


def seen(scenario: Scenario, replications: int) -> dict[str, Array]:
    """Mean delay and controls of every run."""
    return columns([
        {"delay": run.metrics()["delay"].mean(), **of_run(scenario, run)}
        for run in played(scenario, replications)
    ])  # fmt: skip


def left(runs: dict[str, Array], *without: str) -> float:
    """The share of the variance of mean delay that controls leave."""
    controls = [values for name, values in runs.items() if name not in ("delay", *without)]
    found, _ = controlled(runs["delay"], controls)
    return float(found.standard_error**2 / estimate(runs["delay"]).standard_error ** 2)


def band(share: float, replications: int) -> float:
    """Half the width of the interval of `left` at the false alarm 1e-6, if all is normal.

    Fisher: atanh r has standard deviation 1 / sqrt(R), and the share is 1 - r^2.
    """
    return float(z_bound(1) * 2 * (1 - share) ** 0.5 * share / replications**0.5)


# --- means


@pytest.mark.parametrize(
    ("scenario", "engine", "names"),
    [
        (network(0.8, 500), "compiled", ALL),
        (network(0.8, 500).replace(throttle=AddedDelay((1, 2))), "compiled", ALL),
        (crowd(), "simpy", ALL[:-1]),
    ],
    ids=["network", "delays", "classes and limits"],
)
def test_controls_have_mean_0(scenario: Scenario, engine: str, names: list[str]) -> None:
    """150 runs; false alarm 1e-6. The same finds users who give up with other probabilities."""
    runs, planted = [], []
    other: Any = {"abandonment": Stationary(0.15)}
    if isinstance(scenario.arrivals, Population):
        free, paid = scenario.arrivals.classes
        swapped = (replace(free, person=paid.person), replace(paid, person=free.person))
        other = {"arrivals": Population(swapped)}
    wrong = scenario.replace(**other)
    for run in played(scenario, 150, engine):
        runs.append(of_run(scenario, run))
        planted.append(of_run(wrong, run))
    found = scores(columns(runs))
    assert list(found) == names
    assert max(map(abs, found.values())) < t_bound(len(names), 150)
    assert abs(scores(columns(planted))["abandonment 1"]) > t_bound(len(names), 150)


def test_means_per_pass_are_no_controls() -> None:
    """Planted: over the random number of passes. 4000 runs of 3 tasks; false alarm 1e-6."""
    scenario = network(0.5, 3)
    sums, means = [], []
    for run in played(scenario, 4000):
        off = of_run(scenario, run)["success 1"]
        sums.append(off)
        means.append(off * scenario.tasks / max((run.passes["model"] == 1).sum(), 1))
    found = scores({"sums": np.array(sums), "means": np.array(means)})
    assert abs(found["sums"]) < t_bound(1, 4000) < abs(found["means"])


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({}, ()),
        ({"service_time": Offer(Cascade(1)).service_time}, ("service 1", "service 2")),
        ({"discipline": ProcessorSharing()}, ("service 1", "service 2")),
        ({"arrivals": Bursts(1.0, 2.0)}, ("arrivals", "service 1", "service 2")),
        ({"routing": Cascade(1, 1.0)}, ("cascade 1",)),
        ({"abandonment": Stationary(1.0)}, ("abandonment 1", "abandonment 2")),
        ({"throttle": RateLimit(1.0, 1)}, ("cascade 1",)),
        ({"horizon": 5.0}, ALL),
        ({"verifier": type("Always", (), {"accepts": lambda *_: 1.0})()}, ALL),
    ],
    ids=lambda each: str(*each) if isinstance(each, dict) else "",
)
def test_controls_are_there_where_their_conditions_hold(
    change: dict[str, Any], missing: tuple[str, ...]
) -> None:
    scenario = network(0.5, 30).replace(**change)
    found = of_run(scenario, simulate(scenario, passes=True))
    assert list(found) == [name for name in ALL if name not in missing]


# --- what they are worth


@pytest.mark.parametrize("utilisation", [0.5, 0.8])
def test_one_queue_keeps_the_share_that_theory_says(utilisation: float) -> None:
    """M/M/1: 2 rho / (1 + rho)^2. False alarm 1e-6; without service times it is noticed."""
    exact, runs = 2 * utilisation / (1 + utilisation) ** 2, seen(one_queue(utilisation), 400)
    assert abs(left(runs) - exact) < band(exact, 400)
    assert left(runs, "service 1") > exact + band(exact, 400)


@pytest.mark.parametrize(("utilisation", "share"), [(0.5, 0.31), (0.8, 0.46)])
def test_a_network_keeps_what_another_program_measured(utilisation: float, share: float) -> None:
    """That one: 500 replications, error .03. False alarm 1e-6."""
    found = left(seen(network(utilisation), 300))
    assert abs(found - share) < band(share, 300) + z_bound(1) * 0.03
    assert found < 0.7


# --- intervals


def coverage(
    replications: int, controls: int, repeats: int, per_control: int, forget: bool = False
) -> float:
    """How probable so many hits of a 95% interval are; ``forget`` the degrees of freedom.

    Of Student's t, which is exact; what skewness adds is judged in `test_intervals`.
    """
    rng, hits = np.random.default_rng(1), 0
    for _ in range(repeats):
        *known, rest = rng.normal(size=(controls + 1, replications))
        values: NDArray[Any] = 5.0 + 3.0 * known[0] - sum(known[1:], np.zeros(replications)) + rest
        found, _ = controlled(values, known, per_control)
        parts = replications if forget else found.parts
        found = Estimate(found.mean, found.standard_error, parts)
        low, high = found.interval()
        hits += low <= 5.0 <= high
    return float(stats.binomtest(hits, repeats, 0.95).pvalue)


def test_intervals_hold_and_too_many_degrees_of_freedom_are_caught() -> None:
    """95% of 4000 intervals, binomial; false alarm 1e-6 / 3 each."""
    assert coverage(10, 1, 4000, 10) > FALSE_ALARM / 3
    assert coverage(20, 2, 4000, 10) > FALSE_ALARM / 3
    assert coverage(12, 6, 4000, 2) > FALSE_ALARM / 3
    assert coverage(12, 6, 4000, 2, forget=True) < FALSE_ALARM / 3


def test_controls_sharpen_an_estimate() -> None:
    one, two, rest = np.random.default_rng(1).normal(size=(3, 200))
    found, weights = controlled(5.0 + 3.0 * one - 2.0 * two + rest, [one, two])
    assert weights == pytest.approx([3, -2], abs=0.5)
    assert found.standard_error == pytest.approx(200**-0.5, rel=0.2)


def test_without_controls_it_is_the_mean_and_its_standard_error() -> None:
    values = np.array([1.0, 2.0, 4.0, 4.5])
    for controls in ([], [values]):  # for which there are too few replications
        found, weights = controlled(values, controls)
        assert (found.mean, found.parts) == (values.mean(), 4)
        assert found.standard_error == pytest.approx(stats.sem(values))
        assert not weights.any()


def test_what_says_nothing_of_its_own_is_not_used() -> None:
    """A constant, a shadow, one lucky replication, and those beyond one per ten replications."""
    rng = np.random.default_rng(4)
    one, two, three, values = rng.normal(size=(4, 20))
    lucky = np.zeros(20)
    lucky[7] = 1.0
    controls = [np.full(20, 0.1), one, 2.0 * one, lucky, two, three]
    found, weights = controlled(values + one + two, controls)
    assert (weights != 0).tolist() == [False, True, False, False, True, False]
    assert found.parts == 18


def test_values_that_are_all_equal_are_certain() -> None:
    control = np.random.default_rng(4).normal(size=10)
    assert controlled(np.full(10, 0.1), [control])[0] == Estimate(0.1, 0.0, 10)


def test_no_mean_is_surer_than_its_last_digits() -> None:
    control = np.random.default_rng(4).normal(size=10)
    found, _ = controlled(3.0 + 2.0 * control, [control])
    assert abs(found.mean - 3.0) < found.standard_error < 1e-8

"""Summaries against the metrics that they summarise."""

import math
from typing import Any

import numpy as np
import pytest

from analysis.statistics.intervals import estimate
from sim import Totals, condense, simulate, stream
from sim.summary import BATCHES, METRICS, Summary, add
from tests.sim.compiled.test_kernel import network


@pytest.mark.parametrize("changes", [{}, {"horizon": 900.0}, {"tasks": 7}, {"value_of_time": 0.2}])
def test_moments_are_those_of_the_metrics(changes: dict[str, Any]) -> None:
    scenario = network(**changes)
    result, summary = simulate(scenario), stream(scenario)
    metrics = result.metrics()
    assert summary.counts() == result.counts()
    assert summary.n == len(metrics["delay"])
    for name, mean in summary.means().items():
        assert mean == pytest.approx(metrics[name].mean(), rel=1e-12), name
    expected = np.cov(np.array([metrics[name] for name in METRICS]))
    assert np.allclose(summary.covariance(), expected, rtol=1e-10, atol=1e-12)


def test_moments_of_nearly_equal_delays_keep_their_digits() -> None:
    totals = Totals.empty(1000)
    delays = 1e8 + np.random.default_rng(1).random(1000)
    for task, delay in enumerate(delays.tolist()):
        add(totals, task, 0, delay, 1.0, 1)
    found = Summary(totals, 1.0, 1.0, "", 0.0).covariance()[1, 1]
    assert found == pytest.approx(np.var(delays, ddof=1), rel=1e-7)


def test_what_is_equal_for_all_has_no_error_at_all() -> None:
    totals = Totals.empty(3001)
    for task in range(3001):
        add(totals, task, 0, 0.1, 0.3, 3)
    found = Summary(totals, 0.7, 1.1, "", 0.0)
    assert not found.covariance().any()
    assert set(found.standard_errors().values()) == {0.0}


def test_standard_errors_are_those_of_batch_means() -> None:
    scenario = network(tasks=30 * 50 + 7)
    metrics, errors = simulate(scenario).metrics(), stream(scenario).standard_errors()
    for name in METRICS:
        expected = estimate(metrics[name], BATCHES).standard_error
        assert errors[name] == pytest.approx(expected, rel=1e-9), name


def test_a_batch_that_a_horizon_has_cut_does_not_count() -> None:
    """Batches of 50 tasks, of which 17 whole and a part of another have left by then."""
    scenario = network(tasks=30 * 50, horizon=900.0)
    result, errors = simulate(scenario), stream(scenario).standard_errors()
    ended = np.isfinite(result.tasks["ended"])
    whole = [k for k in range(30) if ended[50 * k : 50 * (k + 1)].sum() == 50]
    assert 15 < len(whole) < 18 < len(ended) / 50 + 1
    delay = (result.tasks["ended"] - result.tasks["arrived"])[: 50 * len(whole)]
    means = delay.reshape(-1, 50).mean(axis=1)
    expected = means.std(ddof=1) / len(whole) ** 0.5
    assert errors["delay"] == pytest.approx(expected, rel=1e-9)


def test_quantiles_are_within_a_bin() -> None:
    scenario = network()
    delays, summary = np.sort(simulate(scenario).metrics()["delay"]), stream(scenario)
    for level in (0.0, 0.01, 0.5, 0.9, 0.99, 1.0):
        exact = float(delays[max(math.ceil(level * len(delays)) - 1, 0)])
        assert exact <= summary.quantile(level) <= exact * (1 + 1 / 64)


def test_delays_outside_of_the_histogram_count_at_its_ends() -> None:
    totals = Totals.empty(2)
    add(totals, 0, 0, 0.0, 1.0, 1)
    add(totals, 1, 0, 1e100, 1.0, 1)
    assert (totals.histogram[0], totals.histogram[-1]) == (1, 1)
    found = Summary(totals, 1.0, 1.0, "", 0.0)
    assert 0.0 <= found.quantile(0.5) <= 2.4e-10
    assert math.isnan(found.quantile(0.9))


def test_nobody_has_no_mean() -> None:
    scenario = network(horizon=1e-9)
    summary = condense(scenario, simulate(scenario))
    assert summary.n == 0
    assert all(map(math.isnan, summary.means().values()))
    assert all(map(math.isnan, summary.standard_errors().values()))
    assert math.isnan(summary.quantile(0.5))


def test_memory_does_not_grow_with_the_run() -> None:
    sizes = [sum(part.nbytes for part in stream(network(tasks=n)).totals) for n in (10, 10_000)]
    assert sizes[0] == sizes[1]

"""How long a run remembers: where to cut its start, and how many values count for one."""

import numpy as np
import pytest
from scipy import signal, stats

from analysis.statistics.warm_up import memory, mser
from tests.tools.chance import FALSE_ALARM


def by_definition(values: np.ndarray) -> int:
    """MSER-5, written from the definition: the least squared standard error of what is left."""
    batches = len(values) // 5
    means = [values[5 * i : 5 * i + 5].mean() for i in range(batches)]
    error = [np.var(means[d:]) / (batches - d) for d in range(batches // 2)]
    return 5 * int(np.argmin(error)) if error else 0


@pytest.mark.parametrize("size", [0, 4, 9, 10, 53, 400])
@pytest.mark.parametrize("level", [0.0, 1e6])
def test_the_cut_is_that_of_the_definition(size: int, level: float) -> None:
    """Wherever the values are: far from 0, too."""
    x = np.random.default_rng(size).normal(size=size) + 5 * np.exp(-np.arange(size) / 20)
    assert mser(x + level) == by_definition(x)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e9 + 0.1])
def test_nothing_is_cut_from_equal_values(value: float) -> None:
    assert mser(np.full(1000, value)) == 0


def test_a_start_that_is_off_is_cut_and_no_more_than_half() -> None:
    """A jump of 10 standard deviations at value 100: seen with certainty, within a batch."""
    noise = np.random.default_rng(1).normal(size=2000)
    assert 100 <= mser(noise + 10.0 * (np.arange(2000) < 100)) < 1000
    trend = np.arange(2000.0)
    assert mser(trend) == 995  # as late as it may be


def autoregression(runs: int, length: int, rho: float) -> np.ndarray:
    """Stationary series, a row each."""
    noise = np.random.default_rng(9).normal(size=(runs, length))
    noise[:, 0] /= np.sqrt(1 - rho * rho)
    series: np.ndarray = signal.lfilter([1], [1, -rho], noise)
    return series


@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_memory_is_the_integrated_autocorrelation(rho: float) -> None:
    """(1 + rho) / (1 - rho), from 300 series: t of their mean, false alarm 1e-6; batches of a
    hundred memories are off by under 1%. Neighbours taken for independent would have memory 1.
    """
    exact = (1 + rho) / (1 - rho)
    found = np.array([memory(x) for x in autoregression(300, int(2000 * exact), rho)])
    bound = stats.t.isf(FALSE_ALARM / 2, 299)
    error = stats.sem(found)
    assert abs(found.mean() - exact) < bound * error + 0.01 * exact
    assert abs(found.mean() - 1) > bound * error + 0.01 * exact


@pytest.mark.parametrize("x", [np.zeros(0), np.ones(19), np.full(400, 0.25)])
def test_memory_is_at_least_one(x: np.ndarray) -> None:
    assert memory(x) == 1.0
    assert memory(np.tile([0.0, 1.0], 200)) == 1.0  # neighbours that make up for each other

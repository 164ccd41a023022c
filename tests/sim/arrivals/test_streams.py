import math
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from sim import Arrivals, Bursts, Draws, InputError, Poisson, Purpose
from tests.tools.chance import FALSE_ALARM, z_bound, z_score
from tests.tools.strategies import money, seeds

N = 100_000


def gaps_of(arrivals: Arrivals, count: int = N, seed: int = 5) -> np.ndarray:
    return np.array([a.gap for a in islice(arrivals.arrivals(Draws(seed)), count)])


def gaps(rate: float, count: int = N, seed: int = 5) -> np.ndarray:
    return gaps_of(Poisson(rate), count, seed)


def test_gaps_are_exponential_and_independent() -> None:
    """A Kolmogorov-Smirnov test, a mean and a correlation; false alarm of the family 1e-6."""
    x = gaps(4.0)
    assert stats.kstest(x, stats.expon(scale=0.25).cdf).pvalue > FALSE_ALARM / 3
    assert abs(z_score(x, 0.25)) < z_bound(3)
    u = -np.expm1(-4.0 * x) - 0.5
    assert abs(12 * (u[1:] * u[:-1]).sum() / (N - 1) ** 0.5) < z_bound(3)


def test_the_check_catches_a_rate_that_is_five_percent_off() -> None:
    assert abs(z_score(gaps(4.2), 0.25)) > z_bound(3)  # expected z: 15 against 5.1


@given(seeds, money)
def test_the_rate_only_scales_time(seed: int, rate: float) -> None:
    one, other = gaps(1.0, 20, seed), gaps(rate, 20, seed)
    assert other == pytest.approx(one / rate, rel=1e-15)


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf"), "1", True])
def test_the_rate_is_positive(bad: float) -> None:
    with pytest.raises(InputError, match=r"^arrival rate = .* must be a finite number greater"):
        Poisson(bad)


def test_the_gap_before_a_task_is_made_of_its_own_word() -> None:
    draws = Draws(seed=5, replication=2)
    drawn = list(islice(Poisson(0.5).gaps(draws), 1500))
    for task in (0, 1, 1023, 1024, 1499):
        u = draws.words(task, 0, Purpose.ARRIVAL)[0]
        assert drawn[task] == -math.log(1.0 - u) / 0.5


# --- bursts

SIZE = 3.0
WINDOW = 50.0  # seconds: at rate 2 about 33 bursts of 3


def counts(size: float, windows: int = 4000) -> np.ndarray:
    """Tasks in windows of `WINDOW` seconds, at 2 tasks per second: independent and alike."""
    arrived = np.cumsum(gaps_of(Bursts(2.0, size), int(2.5 * WINDOW * windows)))
    assert arrived[-1] > WINDOW * windows
    return np.bincount((arrived // WINDOW).astype(int))[:windows]


def scores(size: float) -> tuple[float, float]:
    """Standard errors between a compound Poisson process with `SIZE` and the counts of ``size``:
    their mean rate T and their variance rate T E[X^2] / E[X] = rate T (2 `SIZE` - 1).
    """
    n, mean = counts(size), 2.0 * WINDOW
    return z_score(n, mean), z_score((n - mean) ** 2, mean * (2 * SIZE - 1))


def test_counts_are_those_of_a_compound_poisson_process() -> None:
    """Mean and index of dispersion; false alarm of the pair 1e-6."""
    assert max(map(abs, scores(SIZE))) < z_bound(2)


@pytest.mark.parametrize("size", [2.0, 4.5])
def test_the_check_catches_another_size(size: float) -> None:
    mean, variance = scores(size)
    assert abs(mean) < z_bound(2)  # the rate does not depend on it
    assert abs(variance) > z_bound(2)  # expected: 16 and more against 5


def test_sizes_are_geometric_and_epochs_poisson() -> None:
    """Chi-square of the sizes, Kolmogorov-Smirnov of the gaps between bursts; false alarm 1e-6."""
    drawn = gaps_of(Bursts(2.0, SIZE))
    opens = np.flatnonzero(drawn > 0)
    sizes = np.minimum(np.diff(opens), 20)
    found = np.bincount(sizes, minlength=21)[1:]
    law = stats.geom(1 / SIZE)
    share = np.append(law.pmf(np.arange(1, 20)), law.sf(19))
    assert stats.chisquare(found, share * len(sizes)).pvalue > FALSE_ALARM / 2
    assert stats.kstest(drawn[opens], stats.expon(scale=SIZE / 2).cdf).pvalue > FALSE_ALARM / 2


def test_bursts_of_one_are_poisson_to_the_byte() -> None:
    one, other = (gaps_of(a, 3000) for a in (Bursts(0.7, 1.0), Poisson(0.7)))
    assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("bad", [0, 0.99, -1, float("nan"), float("inf"), "2", True])
def test_a_burst_has_at_least_one_task(bad: float) -> None:
    with pytest.raises(InputError, match=r"^burst size = .* must be a finite number of at least 1"):
        Bursts(1.0, bad)


def test_the_rate_of_bursts_is_positive() -> None:
    with pytest.raises(InputError, match=r"^arrival rate = 0 must be a finite number greater"):
        Bursts(0, 2.0)

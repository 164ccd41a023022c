import math
from itertools import islice

import numpy as np
import pytest
from hypothesis import given
from scipy import stats

from sim import Draws, InputError, Poisson, Purpose
from tests.chance import FALSE_ALARM, z_bound, z_score
from tests.strategies import money, seeds

N = 100_000


def gaps(rate: float, count: int = N, seed: int = 5) -> np.ndarray:
    return np.array(list(islice(Poisson(rate).gaps(Draws(seed)), count)))


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

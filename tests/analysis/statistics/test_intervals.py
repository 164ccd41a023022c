import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal, stats

from analysis.statistics.intervals import Estimate, estimate, quantile_interval, skewness, wilson
from tests.tools.chance import FALSE_ALARM


@st.composite
def values(draw: st.DrawFn, least: int = 2) -> np.ndarray:
    thousandths = st.integers(-(10**9), 10**9)
    return np.array(draw(st.lists(thousandths, min_size=least, max_size=50))) / 1000


@given(values(), st.floats(0.5, 0.999))
def test_the_interval_is_that_of_scipy(x: np.ndarray, confidence: float) -> None:
    found = estimate(x)
    if x.min() == x.max():
        assert found.interval(confidence) == (x[0], x[0])
        return
    exact = stats.t.interval(confidence, len(x) - 1, loc=x.mean(), scale=stats.sem(x))
    assert found.interval(confidence) == pytest.approx(exact, rel=1e-9, abs=1e-9)


@given(values(), st.floats(-10, 10))
def test_z_counts_standard_errors(x: np.ndarray, exact: float) -> None:
    found = estimate(x)
    z = found.z(exact)
    if x.min() == x.max():
        assert z is None
    else:
        assert z == pytest.approx((x.mean() - exact) / stats.sem(x), rel=1e-9)


@pytest.mark.parametrize("size", [2, 3, 1000])
def test_equal_values_have_no_error(size: int) -> None:
    found = estimate(np.full(size, 0.1))
    assert found == Estimate(0.1, 0.0, size)
    assert found.interval() == (0.1, 0.1)
    assert found.z(0.2) is None


def test_a_single_value_has_an_unknown_error() -> None:
    found = estimate(np.array([3.0]))
    assert found.mean == 3.0
    assert math.isnan(found.standard_error)
    assert found.z(1.0) is None
    assert all(math.isnan(limit) for limit in found.interval())


def test_no_values_have_no_mean() -> None:
    found = estimate(np.array([]))
    assert math.isnan(found.mean)
    assert math.isnan(found.standard_error)
    assert found.parts == 0


@pytest.mark.parametrize(("size", "batches"), [(7, 10), (3, 1)])
def test_fewer_than_two_batches_have_an_unknown_error(size: int, batches: int) -> None:
    x = np.arange(float(size))
    found = estimate(x, batches)
    assert found.mean == x.mean()
    assert math.isnan(found.standard_error)


@given(values(4).filter(lambda x: x.min() < x.max()), st.integers(2, 4))
def test_batch_means_by_hand(x: np.ndarray, batches: int) -> None:
    size = len(x) // batches
    means = [x[i * size : (i + 1) * size].mean() for i in range(batches)]
    found = estimate(x, batches)
    assert found.mean == x.mean()  # what does not fill a batch counts here
    assert found.parts == batches
    assert found.standard_error == pytest.approx(stats.sem(means), rel=1e-9, abs=1e-12)


def autoregression(runs: int, length: int, rho: float = 0.9) -> np.ndarray:
    noise = np.random.default_rng(9).normal(size=(runs, length))
    noise[:, 0] /= math.sqrt(1 - rho * rho)  # starts in the steady state
    series: np.ndarray = signal.lfilter([1], [1, -rho], noise)
    return series


def test_batch_means_cover_the_mean_of_an_autoregression() -> None:
    """1000 series of 20 batches of 500: coverage of 95% intervals, false alarm 1e-6 (binomial).

    Batches of 500 are nearly independent: their correlation is below 1e-2, coverage above 94.5%.
    """
    series = autoregression(1000, 10_000)
    hits = sum(low <= 0 <= high for low, high in (estimate(x, 20).interval() for x in series))
    assert hits >= stats.binom.ppf(FALSE_ALARM / 2, 1000, 0.945)
    assert hits <= stats.binom.isf(FALSE_ALARM / 2, 1000, 0.955)


def test_the_coverage_check_catches_neglected_correlation() -> None:
    series = autoregression(1000, 10_000)
    hits = sum(low <= 0 <= high for low, high in (estimate(x).interval() for x in series))
    assert hits < stats.binom.ppf(FALSE_ALARM / 2, 1000, 0.945)


@given(st.integers(1, 400), st.data())
def test_the_interval_of_a_share_is_that_of_scipy(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    exact = stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert wilson(hits, n) == pytest.approx((exact.low, exact.high), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("n", "level"), [(30, 0.5), (100, 0.1), (500, 0.9)])
def test_the_interval_of_a_quantile_covers_it_as_often_as_it_should(n: int, level: float) -> None:
    """Ranks of the bounds, and the exact probability that they enclose the quantile."""
    low, high = quantile_interval(np.arange(1.0, n + 1), level)
    below = stats.binom(n, level)
    assert below.cdf(high - 1) - below.cdf(low - 1) >= 0.95
    assert below.cdf(high - 2) < 0.975  # the next bounds inward would miss too often
    assert below.cdf(low) > 0.025


def test_few_values_do_not_bound_a_quantile() -> None:
    low, high = quantile_interval(np.array([3.0, 1.0, 2.0]), 0.9)
    assert math.isnan(high)
    assert math.isnan(quantile_interval(np.array([3.0, 1.0, 2.0]), 0.5)[0])
    assert low == 1.0  # all lie above with probability .001, two with .028


# --- skewed means


@given(values(3))
def test_skewness_is_that_of_scipy(x: np.ndarray) -> None:
    if np.ptp(x) > 1e-6 * np.abs(x).max():
        exact = stats.skew(x, bias=False)
        assert skewness(x) == pytest.approx(exact, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("x", [[], [1.0], [1.0, 5.0], [0.5] * 9])
def test_few_or_equal_values_have_no_skewness(x: list[float]) -> None:
    assert skewness(np.array(x)) == 0.0


@pytest.mark.parametrize("skew", [-3.0, -0.5, 0.5, 3.0])
def test_the_long_end_is_where_halls_transformation_gives_t(skew: float) -> None:
    """g(T) = T + g T^2 / 3 + g^2 T^3 / 27 + g / 6, g = skewness / sqrt(n) (Hall 1992, 2.1); the
    other end is Student's.
    """
    found, g = Estimate(1.0, 0.1, 20, skew), skew / 20**0.5
    low, high = found.interval(0.99)
    t = stats.t.ppf(0.995, 19)
    ends = [(1.0 - end) / 0.1 for end in (high, low)]  # the values of T that are just accepted
    long, side = (ends[0], -1) if skew > 0 else (ends[1], 1)
    assert long + g * long**2 / 3 + g**2 * long**3 / 27 + g / 6 == pytest.approx(side * t)
    assert ends[1] if skew > 0 else ends[0] == pytest.approx(-side * t)
    assert abs(long) > t


@pytest.mark.parametrize("skew", [1e-320, 1e-17, -1e-14, 1e-9, 1e-6])
def test_skewness_that_is_rounding_changes_nothing(skew: float) -> None:
    exact = Estimate(1.0, 0.1, 20).interval(0.999)
    assert Estimate(1.0, 0.1, 20, skew).interval(0.999) == pytest.approx(exact, rel=1e-6)


def ends(values: np.ndarray, level: float, way: str) -> tuple[np.ndarray, ...]:
    """The intervals of many studies, a row each: ``way`` "t", "Hall" or "both", the wider ends."""
    n = values.shape[1]
    error = values.std(1, ddof=1) / n**0.5
    g = stats.skew(values, axis=1, bias=False) / n**0.5
    t = float(stats.t.isf(level / 2, n - 1))
    low, high = np.full(len(g), -t), np.full(len(g), t)
    if way != "t":
        hall = [3 / g * (np.cbrt(1 + g * (x - g / 6)) - 1) for x in (-t, t)]
        both = np.minimum(low, hall[0]), np.maximum(high, hall[1])
        low, high = both if way == "both" else hall
    return values.mean(1) - high * error, values.mean(1) - low * error


def studies(skew: float, parts: int, count: int, seed: int) -> np.ndarray:
    """Replications of mean 0, a row per study: gamma, as skewed as the means of a queue's runs."""
    shape = 4 / skew**2
    return np.random.default_rng(seed).gamma(shape, size=(count, parts)) - shape


def missed(values: np.ndarray, level: float, way: str = "both") -> float:
    """The share of the studies whose interval misses 0."""
    low, high = ends(values, level, way)
    return float(((low > 0) | (high < 0)).mean())


def most(level: float) -> float:
    """Nominal plus three standard errors of the share of `STUDIES`."""
    return float(level + 3 * np.sqrt(level * (1 - level) / STUDIES))


STUDIES = 200_000
# Of the mean wait in M/M/1 over 200 relaxation times, from 2,000 tasks on: .62 at load .5, .51 at
# load .9 (3,000 simulated runs). Shorter runs at load .5 have .82.
SKEW, SHORT = 0.6, 0.82


def test_many_intervals_at_once_are_those_of_the_estimates() -> None:
    values = studies(SHORT, 20, 50, seed=1)
    low, high = ends(values, 0.01, "both")
    for row, *interval in zip(values, low, high, strict=True):
        single = estimate(row)
        found = Estimate(single.mean, single.standard_error, 20, skewness(row)).interval(0.99)
        assert found == pytest.approx(interval, rel=1e-9)


def test_intervals_of_skewed_means_hold() -> None:
    """Nominal plus three standard errors at the levels in use: one that just holds exceeds a bound
    with probability 1/740, these miss less often than they may. At 1.5e-4 the mean itself takes 40
    replications (with 20 it misses 2.0e-4, of 2 million), differences do not.
    """
    one, other = studies(SKEW, 20, STUDIES, seed=1), studies(SKEW, 20, STUDIES, seed=2)
    for values in (one, one - other, one - 0.5 * other):
        assert missed(values, 0.05) < most(0.05)
        assert missed(values, 0.01) < most(0.01)
    for values in (one - other, one - 0.5 * other, studies(SKEW, 40, STUDIES, seed=3)):
        assert missed(values, 1.5e-4) < most(1.5e-4)


def test_neither_student_nor_hall_alone_holds() -> None:
    """Planted: t forgets the skewness of a mean, Hall alone that it is estimated. Missed by less
    than three standard errors with probability 1e-3 each.
    """
    one, other = studies(SHORT, 20, STUDIES, seed=1), studies(SHORT, 20, STUDIES, seed=2)
    for level in (0.05, 0.01, 1.5e-4):
        assert missed(one, level, "t") > most(level)
        assert missed(one - other, level, "Hall") > most(level)

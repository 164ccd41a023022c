import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from sim import Deterministic, Draws, Exponential, InputError, Lognormal, ServiceTime
from tests.tools.chance import FALSE_ALARM, z_bound, z_score
from tests.tools.strategies import inner, money, probabilities

N = 100_000


def sample(service: ServiceTime, mean: float, seed: int = 11) -> np.ndarray:
    words = Draws(seed).block(0, N, 1).tolist()
    return np.array([service.seconds(mean, u, second) for u, second, _, _ in words])


@given(money, probabilities, probabilities)
def test_deterministic_service_takes_the_mean(mean: float, u: float, second: float) -> None:
    assert Deterministic().seconds(mean, u, second) == mean


@given(money, st.floats(0, 1 - 2**-53), probabilities)
def test_exponential_service_is_the_quantile_of_scipy(mean: float, u: float, second: float) -> None:
    exact = float(stats.expon.ppf(u, scale=mean))
    assert Exponential().seconds(mean, u, second) == pytest.approx(exact, rel=1e-12, abs=1e-15)


@given(money, st.floats(0.05, 3), inner, probabilities)
def test_lognormal_service_is_box_muller(mean: float, cv: float, u: float, second: float) -> None:
    z = math.sqrt(-2 * math.log1p(-u)) * math.cos(2 * math.pi * second)
    sigma = math.sqrt(math.log(1 + cv * cv))
    exact = float(
        stats.lognorm.ppf(stats.norm.cdf(z), s=sigma, scale=mean / math.sqrt(1 + cv * cv))
    )
    # ppf(cdf(z)) loses about 1e-16 / density: |z| < 2.5 here
    assert Lognormal(cv).seconds(mean, u, second) == pytest.approx(exact, rel=1e-11)


@pytest.mark.parametrize(
    ("service", "cv"),
    [(Deterministic(), 0.0), (Exponential(), 1.0), (Lognormal(0.5), 0.5), (Lognormal(0.9), 0.9)],
)
def test_mean_and_cv_by_integration_over_the_uniforms(service: ServiceTime, cv: float) -> None:
    def moment(power: int) -> float:
        def f(second: float, x: float) -> float:  # u = 1 - exp(-x) resolves the long tail
            return math.exp(-x) * service.seconds(3.0, -math.expm1(-x), second) ** power

        return float(integrate.dblquad(f, 0, 30, 0, 1, epsabs=1e-8)[0])

    # beyond x = 30 at most exp(-30) x^2 is lost for the exponential, exp(-30 + 12 z) for the others
    mean = moment(1)
    assert mean == pytest.approx(3.0, rel=1e-6)
    assert math.sqrt(max(moment(2) / mean**2 - 1, 0)) == pytest.approx(cv, abs=1e-4)


CASES: list[tuple[ServiceTime, Any]] = [
    (Exponential(), stats.expon(scale=2.0)),
    (Lognormal(0.5), stats.lognorm(s=math.sqrt(math.log(1.25)), scale=2 / math.sqrt(1.25))),
    (Lognormal(1.0), stats.lognorm(s=math.sqrt(math.log(2.0)), scale=2 / math.sqrt(2.0))),
]


def test_samples_have_the_distribution() -> None:
    """3 Kolmogorov-Smirnov tests; false alarm of the family 1e-6."""
    for service, exact in CASES:
        result = stats.kstest(sample(service, 2.0), exact.cdf)
        assert result.pvalue > FALSE_ALARM / len(CASES)


def test_samples_have_the_mean_and_the_cv() -> None:
    """4 z tests, of X and X^2 (of log X for the lognormal); false alarm of the family 1e-6.

    The skewness of these quantities is at most 7, which changes normal tail probabilities at 5
    standard deviations with N = 1e5 by less than a factor 2.
    """
    bound = z_bound(4)
    x = sample(Exponential(), 2.0)
    assert abs(z_score(x, 2.0)) < bound
    assert abs(z_score(x * x, 8.0)) < bound
    logs = np.log(sample(Lognormal(0.5), 2.0))
    variance = math.log(1.25)
    assert abs(z_score(logs, math.log(2.0) - variance / 2)) < bound
    assert abs(z_score((logs - math.log(2.0) + variance / 2) ** 2, variance)) < bound


def test_the_checks_catch_errors_of_five_percent() -> None:
    # expected z 15 and 18 against a bound of 5.2: missed with probability below 1e-20
    bound = z_bound(4)
    assert abs(z_score(sample(Exponential(), 2.0 * 1.05), 2.0)) > bound
    logs = np.log(sample(Lognormal(0.5 * 1.05), 2.0))
    variance = math.log(1.25)
    assert abs(z_score((logs - math.log(2.0) + variance / 2) ** 2, variance)) > bound


@pytest.mark.parametrize("bad", [0, -1.0, float("nan"), float("inf"), "1"])
def test_cv_is_positive(bad: float) -> None:
    with pytest.raises(InputError, match=r"^cv = .* must be a finite number greater than 0$"):
        Lognormal(bad)
    with pytest.raises(InputError, match=r"^cv = 1e\+200 must be at most 1e150"):
        Lognormal(1e200)


@pytest.mark.parametrize("service", [Deterministic(), Exponential()])
def test_one_uniform_is_enough(service: ServiceTime) -> None:
    assert service.words == 1
    assert service.seconds(2.0, 0.3, 0.1) == service.seconds(2.0, 0.3, 0.9)


def test_lognormal_needs_two_uniforms() -> None:
    assert Lognormal(1.0).words == 2

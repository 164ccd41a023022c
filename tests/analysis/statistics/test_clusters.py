import numpy as np
from scipy.stats import binom

from analysis.statistics.clusters import cells, expanded
from tests.tools.chance import FALSE_ALARM, z_bound

CLUSTERS, STUDIES, SAMPLES = 11, 6_000, 400


def misses(plain: bool = False, skewed: bool = False) -> int:
    """Of studies of normal or exponential clusters, how many intervals for the mean miss it."""
    random = np.random.default_rng(7)
    draw = random.standard_exponential if skewed else random.standard_normal
    found = 0
    for values in draw((STUDIES, CLUSTERS)) - skewed:
        means = values[cells(CLUSTERS, 1, SAMPLES, random)].mean(1)
        low, high = np.quantile(means, [0.025, 0.975]) if plain else expanded(means, CLUSTERS)
        found += not low <= 0 <= high
    return found


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """At most 7% miss (5.5% do), of skewed ones 11% (9%); fails by chance: 1e-6."""
    assert binom.sf(misses() - 1, STUDIES, 0.07) > FALSE_ALARM / 2
    assert binom.sf(misses(skewed=True) - 1, STUDIES, 0.11) > FALSE_ALARM / 2


def test_the_check_notices_plain_percentiles() -> None:
    assert binom.sf(misses(plain=True) - 1, STUDIES, 0.07) < FALSE_ALARM


def test_every_repetition_of_every_cluster_is_as_likely() -> None:
    """Fails by chance with probability 1e-6."""
    drawn = cells(3, 4, 20_000, np.random.default_rng(1))
    assert drawn.shape == (20_000, 3)
    counts, n = np.bincount(drawn.ravel(), minlength=12), drawn.size
    assert len(counts) == 12
    z = (counts - n / 12) / (n * 11 / 144) ** 0.5
    assert abs(z).max() < z_bound(12)


def test_what_is_not_known_is_left_out() -> None:
    values = np.array([np.nan, 1.0, 1.0])
    assert expanded(values, 11) == (1.0, 1.0)
    assert np.isnan(expanded(values[:1], 11)).all()

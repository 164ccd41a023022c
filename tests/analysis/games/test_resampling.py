"""Real pairs measured anew: against exact sums over all that may happen to 225 tasks."""

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom, multinomial

from analysis.games.catalogue import Pair, pairs
from analysis.games.resampling import ordered, resampled
from sim import Game
from tests.tools.chance import FALSE_ALARM, z_bound

Array = np.ndarray[Any, Any]
COUNT = 40_000
CLOSE = "gpt-4.1/o3"  # k = .0835 against .0795


def exact(tasks: int, first: int, solved: int) -> tuple[Array, Array]:
    """Every success per pass that a bootstrap sample may have, and its probability."""
    a, b = np.indices((tasks + 1, tasks + 1)).reshape(2, -1)
    a, b = a[a + b <= tasks], b[a + b <= tasks]
    shares = [first / tasks, (solved - first) / tasks, (tasks - solved) / tasks]
    weights = np.asarray(multinomial.pmf(np.stack([a, b, tasks - a - b], 1), tasks, shares))
    return (a + b) / (2 * tasks - a), weights


def first_is_cheaper(pair: Pair) -> float:
    """The exact probability of k_1 < k_2 in a sample, by summing over both models."""
    both = zip(pair.tasks, pair.first, pair.solved, strict=True)
    (p_1, w_1), (p_2, w_2) = (exact(*each) for each in both)
    ratio = p_1 / pair.dollars[0]  # k_1 < k_2: above p_2 / c_2
    order = np.argsort(p_2)
    below = np.searchsorted(p_2[order] / pair.dollars[1], ratio, side="left")
    return float(w_1 @ np.concatenate([[0.0], np.cumsum(w_2[order])])[below])


def likely(pair: Pair, p: Array) -> bool:
    """Whether chance explains how often k_1 < k_2: the exact binomial tail, one of 11 checks."""
    hits = int(np.sum(pair.dollars[0] / p[0] < pair.dollars[1] / p[1]))
    share = min(max(first_is_cheaper(pair), 0.0), 1.0)  # but for rounding
    tail = min(binom.cdf(hits, COUNT, share), binom.sf(hits - 1, COUNT, share))
    return bool(2 * tail > FALSE_ALARM / len(pairs()))


def test_the_order_changes_as_often_as_it_must() -> None:
    """Fails by chance with probability 1e-6."""
    for pair in pairs().values():
        assert likely(pair, resampled(pair, COUNT, seed=3)), pair.name
    assert first_is_cheaper(pairs()[CLOSE]) == pytest.approx(0.2827, abs=5e-5)


def test_the_check_notices_errors_of_one_model_alone() -> None:
    pair = pairs()[CLOSE]
    p = resampled(pair, COUNT, seed=3)
    p[1] = pair.p[1]
    assert not likely(pair, p)


def test_means_and_errors_are_the_exact_ones() -> None:
    """Fails by chance with probability 1e-6."""
    for pair in pairs().values():
        p = resampled(pair, COUNT, seed=4)
        for model, each in enumerate(zip(pair.tasks, pair.first, pair.solved, strict=True)):
            values, weights = exact(*each)
            mean = values @ weights
            error = (((values - mean) ** 2) @ weights) ** 0.5
            assert abs(p[model].mean() - mean) / error * COUNT**0.5 < z_bound(2 * len(pairs()))
            assert p[model].std() == pytest.approx(error, rel=0.02)  # 5.7 standard errors


def test_a_sample_depends_on_seed_and_pair_alone() -> None:
    one, other = (pairs()[name] for name in (CLOSE, "gpt-4o/o1"))
    assert (resampled(one, 50, seed=1) == resampled(one, 50, seed=1)).all()
    assert not (resampled(one, 50, seed=1) == resampled(one, 50, seed=2)).any(axis=0).all()
    assert not (resampled(one, 50, seed=1) == resampled(other, 50, seed=1)).any(axis=0).all()


def test_models_are_put_in_order() -> None:
    p = np.array([0.3, 0.6, 0.5]), np.array([0.6, 0.3, 0.5])
    games, exchanged = ordered(Game.of(p, (1.0, 2.0), (3.0, 4.0), 5.0, 6.0).flat())
    first, second = games.pair()
    assert exchanged.tolist() == [False, True, False]
    assert np.asarray(first.t).tolist() == [1, 2, 1]
    assert np.asarray(second.c).tolist() == [4, 3, 4]
    assert np.asarray(second.p) == pytest.approx([0.6, 0.6, 0.5])

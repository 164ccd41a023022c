"""The noise of findings on real pairs, against sums by hand and another way to draw it."""

import numpy as np
import pandas as pd
import pytest

from agents import stackelberg
from analysis.claims.bootstrap import REPETITIONS, SAMPLES, Bootstrap, bootstrapped
from analysis.claims.findings import findings, headlines
from analysis.games.catalogue import Pair, pairs
from analysis.games.distributions import RealPairs, draw
from analysis.statistics.intervals import wilson
from analysis.theory.outcomes import outcomes
from sim import Game
from tests.tools.chance import z_bound

PAIRS = len(pairs())
GAMES = 60 * PAIRS


@pytest.fixture(scope="module")
def bootstrap() -> Bootstrap:
    return bootstrapped(RealPairs(), GAMES, seed=2)


def column(bootstrap: Bootstrap, name: str) -> tuple[np.ndarray, np.ndarray]:
    return bootstrap.games[name].to_numpy(), np.ones(len(bootstrap.games), bool)


def test_samples_are_the_games_of_their_cells(bootstrap: Bootstrap) -> None:
    cells = np.arange(len(bootstrap.games)) // (GAMES // PAIRS)
    assert bootstrap.cells.shape == (SAMPLES, PAIRS)
    assert len(bootstrap.games) == GAMES * REPETITIONS
    mask = bootstrap.games.pays.to_numpy()
    values = bootstrap.games.gain_share.to_numpy()
    means, [low, middle, high] = bootstrap.means(values, mask), bootstrap.quantiles(values, mask)
    for k, sample in enumerate(bootstrap.cells[:20]):
        part = np.concatenate([values[(cells == cell) & mask] for cell in sample])
        assert means[k] == pytest.approx(part.mean())
        assert [low[k], middle[k], high[k]] == pytest.approx(np.quantile(part, [0.1, 0.5, 0.9]))


def spread(bootstrap: Bootstrap, values: np.ndarray) -> float:
    """The error of the share that is static, in errors that the shares of the cells imply."""
    static, mask = column(bootstrap, "static")
    of_cells = static.reshape(PAIRS * REPETITIONS, -1).mean(1)
    return float(bootstrap.means(values, mask).std() / (of_cells.std() / PAIRS**0.5))


def test_the_error_is_that_of_as_many_pairs(bootstrap: Bootstrap) -> None:
    """A ratio of 1 within 5 standard errors of 3.2% (kurtosis 5): fails by chance: 6e-7."""
    assert abs(spread(bootstrap, column(bootstrap, "static")[0]) - 1) < 5 * 0.032


def test_the_check_notices_games_drawn_one_by_one(bootstrap: Bootstrap) -> None:
    mixed = np.random.default_rng(1).permutation(column(bootstrap, "static")[0])
    assert abs(spread(bootstrap, mixed) - 1) > 5 * 0.032


def again(pair: Pair, random: np.random.Generator) -> tuple[float, ...]:
    """Success per pass by two binomials: at the first try, and of the rest at the second."""
    p = []
    for n, first, solved in zip(pair.tasks, pair.first, pair.solved, strict=True):
        at_first = random.binomial(n, first / n)
        at_second = random.binomial(n - at_first, (solved - first) / (n - first))
        p.append((at_first + at_second) / (2 * n - at_first))
    return tuple(p)


def test_measured_anew_means_two_binomials(bootstrap: Bootstrap) -> None:
    """Shares static per pair, by games drawn and solved in another way; false alarm 1e-6."""
    random, own = np.random.default_rng(5), column(bootstrap, "static")[0]
    for place, pair in enumerate(pairs().values()):
        shares = []
        for _ in range(60):
            w, v, penalty = (
                np.exp(random.uniform(np.log(low), np.log(high), 60))
                for low, high in ((0.001, 0.1), (0.1, 10), (0.01, 10))
            )
            order = np.argsort(p := again(pair, random))
            t, c, q = ([x[k] for k in order] for x in (pair.seconds, pair.dollars, p))
            game = Game.of((q[0], q[1] + 1e-12), (w * t[0], w * t[1]), tuple(c), v, penalty).flat()
            shares.append(~(stackelberg(game).cascade_low > 0))
        theirs = np.mean(shares, axis=1)
        ours = own.reshape(PAIRS, REPETITIONS, -1)[place].mean(1)
        error = (theirs.var() / len(theirs) + ours.var() / len(ours)) ** 0.5
        assert abs(ours.mean() - theirs.mean()) <= z_bound(PAIRS) * error + 1e-12, pair.name


def test_intervals_over_pairs_are_far_wider_than_over_games(bootstrap: Bootstrap) -> None:
    games = outcomes(draw(20_000, seed=1, stream=1))
    found = {row.key: row for row in headlines(findings(games, bootstrap))}
    for key, least in (("static", 0.06), ("pays", 0.06), ("unwilling", 0.05)):
        row, (low, high) = found[key], wilson(int(games[key].sum()), len(games))
        assert row.low <= row.value <= row.high
        assert row.high - row.low > max(least, 5 * (high - low))


def test_every_row_has_an_interval_and_claims_stay_the_same(bootstrap: Bootstrap) -> None:
    games = outcomes(draw(2_000, seed=1, stream=1))
    one, two = findings(games), findings(games, bootstrap)
    same = ["claim", "among", "group", "statistic", "estimate", "n"]
    pd.testing.assert_frame_equal(one[same], two[same])
    assert (two.ci_low <= two.ci_high).mean() > 0.95


def test_few_games_and_groups_that_no_sample_has() -> None:
    few = bootstrapped(RealPairs(), 1, seed=1)
    assert len(few.games) == PAIRS * REPETITIONS
    values = few.games.gain_share.to_numpy()
    assert np.isnan(few.intervals(values, np.zeros(len(values), bool))).all()
    again = bootstrapped(RealPairs(), 1, seed=1)
    pd.testing.assert_frame_equal(few.games, again.games)
    assert (few.cells == again.cells).all()

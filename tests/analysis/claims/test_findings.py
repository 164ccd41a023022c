"""The findings: small games by hand, random games by search, statistics by counting."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agents import stackelberg
from agents.theorems.throttling import paying_penalties
from analysis.claims.findings import CLAIMS, HEADLINES, findings, headlines, statistics
from analysis.claims.study import compare, study
from analysis.games.catalogue import REFERENCE, pairs
from analysis.games.distributions import DISTRIBUTIONS, PaperBox, RealPairs, draw
from analysis.runs.differences import simulated
from analysis.theory.misalignment import best_for_user
from analysis.theory.oracles import search_optimum, search_response
from analysis.theory.outcomes import DIFFERENCES, KINDS, Played, outcomes, policies
from sim import Game, expectations
from tests.tools.chance import z_bound
from tests.tools.strategies import REGIMES, each, random_pairs

NAN = float("nan")
GAMES = 150  # that are simulated
R2_CHEAP = Game.of((0.2, 0.8), (0.1, 0.3), (0.2, 0.4), 2, 0.45)  # R2, with P = .45 < m = .5
# by hand: optimum; saving, gap, gain, loss, safety, static_cost; static, pays, hurts, safe
BY_HAND: list[tuple[Game, str, tuple[float, ...], tuple[bool, ...]]] = [
    # (1, 0) costs k_1 = .25; throttled, users leave M2 at U = 0 for .3 + 1 (.3) = .6
    (REFERENCE["R1"], "M1, stay", (0, 0, -0.35, 1.5, 0.25, 0.25), (True, False, False, True)),
    # (2) costs k_2 = .5; throttled .4 + .45 (.2) = .49
    (R2_CHEAP, "M2, stay", (0, 0, 0.01, 1.625, 0.5, 0.5), (True, True, True, False)),
    # users leave anyway: xi = (-.2, -.3), J = .5 + 2 (.4); throttling changes nothing
    (REFERENCE["R4"], "M2, leave", (0, 0.1, 0, 0, NAN, 1.3), (True, False, False, True)),
    # k_1 = 1.5 > k_2 = .75 = m, P = .4 < D = .5
    (REFERENCE["R5"], "M1, leave", (0, 1.35, 0, 0, 0.75, 0.62), (True, False, False, False)),
    # (2) costs k_2 = 1, (1, s_0) .475; throttled .6 + 1.5 (.4) = 1.2
    (REFERENCE["R8"], "cascade", (0.525, 0.9333333333, -0.725, -0.1, NAN, 1.0),
     (False, False, False, True)),
    # (1, 0) costs k_1 = .5, (1, s >= .4) .2 + .3 (.6) = .38
    (REFERENCE["R10"], "threat", (0.12, 0.3, 0, 0.2, NAN, 0.5), (False, False, False, False)),
]  # fmt: skip


def stacked(games: list[Game]) -> Game:
    """Single games as one game of arrays."""
    rows = [[getattr(m, x) for x in "ptc" for m in g.models] + [g.value, g.penalty] for g in games]
    a = np.array(rows, float).T
    return Game.of((a[0], a[1]), (a[2], a[3]), (a[4], a[5]), a[6], a[7])


def test_outcomes_by_hand() -> None:
    frame = outcomes(stacked([game for game, *_ in BY_HAND]))
    for k, (game, optimum, numbers, truths) in enumerate(BY_HAND):
        row = frame.loc[k]
        assert (row.regime, row.optimum) == (game.regime, optimum)
        columns = ["saving", "gap", "gain", "loss", "safety", "static_cost"]
        # the mildest delay leaves users V p 1e-6 below 0
        assert list(row[columns]) == pytest.approx(numbers, abs=3e-6, nan_ok=True)
        assert tuple(row[["static", "pays", "hurts", "safe"]]) == truths
        assert row["not static"] != row.static
        assert row.threat == (optimum == "threat")
        assert row.misaligned == (numbers[1] > 0)
        assert row.saving_share == pytest.approx(numbers[0] / numbers[5], rel=1e-9)
        assert row.gap_share == pytest.approx(numbers[1] / game.value, rel=1e-9)
        assert row.loss_share == pytest.approx(numbers[3] / game.value, abs=3e-6)
        assert row.gain_share == pytest.approx(row.gain / row.provider_cost, rel=1e-12)


@pytest.mark.parametrize("regime", REGIMES)
def test_outcomes_by_search(regime: str) -> None:
    """Costs and utilities by search over s and q, thresholds by those of single games."""
    games = random_pairs(regime, 60, seed=5)
    frame = outcomes(games)
    least = search_optimum(games).provider_cost
    static = [searched(games, i, np.zeros((60, 1))) for i in (1, 2)]
    cost = np.minimum(*(one.provider_cost[:, 0] for one in static))
    assert frame.provider_cost.to_numpy() == pytest.approx(least, rel=2e-3)
    assert frame.static_cost.to_numpy() == pytest.approx(cost, rel=1e-6)
    gained = cost - least > 5e-3 * cost
    assert not frame.static[gained].any()
    assert frame.static[frame.saving_share < 1e-9].all()
    grid = searched(games, 1, np.linspace(0, 1, 33) * np.ones((60, 1))).user_utility.max(1)
    best = np.maximum(grid, static[1].user_utility[:, 0])
    assert (frame.gap + best_at(games)).to_numpy() == pytest.approx(best, abs=1e-6)
    for row, game in zip(frame.itertuples(), each(games), strict=True):
        limits = paying_penalties(game)
        assert row.can_pay == (limits is not None)
        assert row.safety == pytest.approx(NAN if limits is None else limits[1], nan_ok=True)
        assert row.pays == (limits is not None and limits[0] < game.penalty < limits[1])
        assert not (row.pays and row.safe)


def column(games: Game) -> Game:
    """Games that broadcast with a row of cascades each."""
    return games.take((slice(None), None))


def searched(games: Game, initial: int, cascades: np.ndarray) -> Any:
    q = search_response(column(games), initial, cascades)
    return expectations(column(games), initial, cascades, q)


def best_at(games: Game) -> np.ndarray:
    """The users' utility at the optimum."""
    optimum = policies(games, stackelberg(games))["optimum"]
    utility: np.ndarray = expectations(games, *optimum.policy).user_utility
    return utility


def test_the_favourite_is_the_best_of_all_routings() -> None:
    for regime in REGIMES:
        games = random_pairs(regime, 300, seed=6)
        favourite = policies(games, stackelberg(games))["favourite"]
        utility = expectations(games, *favourite.policy).user_utility
        assert utility == pytest.approx(best_for_user(games), rel=1e-9, abs=1e-12)


# --- claims


def test_statistics_by_hand() -> None:
    [share] = statistics(np.array([True, False, False, False]))
    assert (share["statistic"], share["estimate"], share["n"]) == ("share", 0.25, 4)
    assert 0 < share["ci_low"] < 0.25 < share["ci_high"] < 1
    mean, low, middle, high = statistics(np.arange(1.0, 102.0))
    assert [each["estimate"] for each in (mean, low, middle, high)] == [51, 11, 51, 91]
    assert [each["statistic"] for each in (mean, low, middle, high)] == [
        "mean",
        "10%",
        "50%",
        "90%",
    ]


def test_claims_count_the_games_they_are_about() -> None:
    frame = outcomes(stacked([game for game, *_ in BY_HAND]))
    claims = findings(frame).set_index(["claim", "among", "group", "statistic"])
    assert claims.loc[("static", "", "all", "share"), "estimate"] == 4 / 6
    assert claims.loc[("static", "", "+-", "share"), "estimate"] == 0
    assert claims.loc[("optimum", "", "threat", "share"), "estimate"] == 1 / 6
    assert list(claims.loc[("threat", "not static", "all", "share"), ["estimate", "n"]]) == [
        0.5,
        2,
    ]
    saving = claims.loc[("saving_share", "not static", "all", "mean"), "estimate"]
    assert saving == pytest.approx((0.525 + 0.24) / 2)
    assert claims.loc[("gap_share", "misaligned", "all", "mean"), "n"] == 4
    assert claims.loc[("gain_share", "pays", "all", "mean"), "estimate"] == pytest.approx(0.02)
    assert list(claims.loc[("safe", "can_pay", "all", "share"), ["estimate", "n"]]) == [1 / 3, 3]
    for kind, part in (("cascade", 0.525), ("threat", 0.24)):
        row = claims.loc[("saving_share", "not static", kind, "mean"), ["estimate", "n"]]
        assert list(row) == [pytest.approx(part), 1]
    # U* = -.2, -.3, -.1 (R4, R5, R8): the others are at least 0
    assert claims.loc[("unwilling", "", "all", "share"), "estimate"] == 3 / 6
    assert ("pays", "", "--", "share") in claims.index
    assert ("gain_share", "pays", "--", "mean") not in claims.index


def test_shares_of_regimes_and_optima_are_whole() -> None:
    claims = findings(outcomes(draw(2_000, seed=3, stream=0)))
    for division in ("regime", "optimum"):
        part = claims[claims.claim == division]
        assert part.estimate.sum() == pytest.approx(1)
        assert set(part.group) <= set(REGIMES if division == "regime" else KINDS)
    assert {claim.column for claim in CLAIMS} <= set(claims.claim)


def test_headlines_are_rows_of_the_claims_and_may_be_missing() -> None:
    frame = outcomes(stacked([REFERENCE["R1"]] * 3))
    by_text = {finding.text: finding for finding in headlines(findings(frame))}
    assert list(by_text) == list(HEADLINES)
    assert by_text["a static routing is optimal"].value == 1
    missing = by_text["if a cascade is played: saved, mean"]
    assert np.isnan([missing.value, missing.low, missing.high]).all()
    drawn = headlines(findings(outcomes(draw(1_000, seed=1, stream=1))))
    assert all(finding.low <= finding.value <= finding.high for finding in drawn)
    assert len({finding.key for finding in drawn}) == len(HEADLINES)


# --- distributions


@pytest.mark.parametrize("stream", [0, 1])
def test_games_lie_in_the_stated_range(stream: int) -> None:
    games, about = draw(4_000, seed=8, stream=stream), DISTRIBUTIONS[stream]
    first, second = games.models
    assert (np.asarray(first.p) < second.p).all()
    checks = 4
    for numbers, (low, high) in ((games.value, about.value), (games.penalty, about.penalty)):
        assert low <= np.min(numbers) < 1.1 * low
        assert high / 1.1 < np.max(numbers) <= high
        below = (np.asarray(numbers) < (low * high) ** 0.5).sum()  # the log-uniform median
        assert abs(below - 2_000) / (4_000 * 0.25) ** 0.5 < z_bound(checks)


def test_the_paper_s_range_is_sorted_and_uniform() -> None:
    games = draw(4_000, seed=8, stream=0)
    for name in "ptc":
        first, second = (np.asarray(getattr(m, name)) for m in games.models)
        assert ((first > 0) & (first < second) & (second < 1)).all()
        both = np.concatenate([first, second])  # 8,000 independent uniform numbers
        z = (both.mean() - 0.5) / (1 / 12 / 8_000) ** 0.5
        assert abs(z) < z_bound(3)


def test_real_pairs_are_the_measured_ones_and_each_as_likely() -> None:
    games = draw(4_000, seed=8, stream=1)
    known = {pair.p: pair for pair in pairs().values()}
    counts = dict.fromkeys(known, 0)
    for game in each(games):
        pair = known[float(game.models[0].p), float(game.models[1].p)]
        counts[pair.p] += 1
        second = game.models[0].t / pair.seconds[0]
        assert second == pytest.approx(game.models[1].t / pair.seconds[1])
        assert 0.001 <= second <= 0.1
        assert (game.models[0].c, game.models[1].c) == pair.dollars
    share = 1 / len(known)
    spread = (4_000 * share * (1 - share)) ** 0.5
    assert max(abs(n - 4_000 * share) for n in counts.values()) / spread < z_bound(len(known))


def test_the_draw_depends_on_seed_and_stream_alone() -> None:
    same, again = draw(50, seed=1, stream=0), draw(50, seed=1, stream=0)
    assert (np.asarray(same.value) == again.value).all()
    assert not (np.asarray(same.value) == draw(50, seed=2, stream=0).value).any()
    assert not (np.asarray(same.value) == draw(50, seed=1, stream=1).value).any()
    assert "log-uniform from 0.1 to 10" in str(PaperBox())
    assert f"one of {len(pairs())} measured" in str(RealPairs())


# --- simulation


@pytest.fixture(scope="module")
def games() -> Game:
    return draw(GAMES, seed=4, stream=0)


def test_simulation_agrees_and_equal_policies_differ_by_nothing(games: Game) -> None:
    played = simulated(games, seed=4)
    compared = compare(played)
    assert list(compared.claim) == [f"{name}_share" for name in DIFFERENCES]
    assert compared.z.abs().max() < z_bound(4)  # fails by chance with probability 1e-6
    assert (played.gap_simulated[~played.misaligned] == 0).all()
    assert (played.gap_error[~played.misaligned] == 0).all()
    assert (played.gap_error[played.misaligned] > 0).mean() > 0.9


def _stubborn(played: Played) -> Played:
    return played._replace(policy=played.policy._replace(abandonment=np.full(GAMES, 0.1)))


Policies = dict[str, Played]
PLANTED: dict[str, Callable[[Policies], Policies]] = {
    "saving": lambda p: p | {"static": p["favourite"]},
    "gap": lambda p: p | {"favourite": p["static"]},
    "gain": lambda p: p | {"throttle": _stubborn(p["throttle"])},
    "loss": lambda p: p | {"throttle": p["throttle"]._replace(delays=p["optimum"].delays)},
}


@pytest.mark.parametrize("claim", PLANTED)
def test_simulation_notices_another_policy(
    games: Game, claim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(game: Game, optimum: Any) -> Policies:
        return PLANTED[claim](policies(game, optimum))

    monkeypatch.setattr("analysis.runs.differences.policies", other)
    compared = compare(simulated(games, seed=4)).set_index("claim")
    assert abs(compared.z[f"{claim}_share"]) > z_bound(4)


def test_a_study_is_a_function_of_its_arguments() -> None:
    one, two = (study(1, 120, seed=9) for _ in range(2))
    assert len(one.games) == len(one.played) == 120
    for name in ("games", "claims", "played", "compared"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name), check_exact=True)


def test_a_comparison_without_games_is_empty() -> None:
    compared = compare(simulated(stacked([REFERENCE["R1"]] * 2), seed=1))
    assert compared.n.tolist() == [0, 0, 0, 0]
    assert compared.z.isna().all()

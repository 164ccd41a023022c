"""Users who may decline: Theorem B against a search that knows no theorem."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from agents import Voluntary, begins, best_response, stackelberg, voluntary_stackelberg
from agents.theorems.participation import of_all, s_begin
from agents.theorems.responses import q_dagger, s_0, s_high, s_low
from analysis.games.catalogue import REFERENCE
from analysis.theory.oracles import search_response
from sim import Game, expectations
from tests.tools.strategies import REGIMES, each, pairs, random_pairs

# name: participation, i*, s* (None: irrelevant), U*, J*
TABLE: dict[str, tuple[float, int, float | None, float, float]] = {
    "R1": (1, 1, 0, 1.5, 0.25),
    "R2": (1, 2, None, 1.625, 0.5),
    "R3": (0, 1, None, 0, 0.5),
    "R4": (0, 1, None, 0, 2),
    "R5": (0, 1, None, 0, 0.4),
    "R6": (1, 2, None, 1.25, 0.75),
    "R7": (0, 1, None, 0, 0.3),
    "R8": (1, 1, 3 / 20, 0, (0.05 + 0.8 * 1 * 0.15) / (0.2 + 0.8 * 0.15)),  # k_2 = 1
    "R9": (1, 1, 0, 0.5, 0.25),
    "R10": (0, 2, None, 0, 0.3),
    "R11": (0, 2, None, 0, 0.6),
    "R12": (0, 2, None, 0, 1),
    "R13": (1, 1, 0.4537197676, 0.2595507195, 1.1457244832),
    "R14": (1, 1, 0.3086371091, 0.1240051085, 1.1240051085),
}


@pytest.mark.parametrize("name", TABLE)
def test_reference_games(name: str) -> None:
    optimum = voluntary_stackelberg(REFERENCE[name])
    share, initial, cascade, U, J = TABLE[name]
    e = optimum.equilibrium
    assert (optimum.participation, e.initial) == (share, initial)
    assert e.cascade_range == (None if cascade is None else pytest.approx((cascade,) * 2, abs=1e-9))
    assert (e.user_utility, e.provider_cost) == pytest.approx((U, J), abs=1e-10)
    assert e.regime == REFERENCE[name].regime
    assert not e.tie


def searched(games: Game, points: int = 401) -> Any:
    """The least J of flat games over a grid of policies, with searching users who may decline."""
    column = games.take((..., None))
    s = np.linspace(0, 1, points) * np.ones((games.shape[0], 1))
    least = np.full(games.shape[0], np.inf)
    for initial, cascades in ((1, s), (2, s[:, :1] * 0)):
        e = expectations(column, initial, cascades, search_response(column, initial, cascades))
        declines = e.user_utility < -1e-12 * column.value
        cost = np.where(declines, column.penalty, e.provider_cost)
        least = np.minimum(least, cost.min(1))
    return least


def assert_optimal(games: Game, optimum: Voluntary) -> None:
    """No policy of the grid is cheaper, and the policy costs what it says, by a searching user.

    The search finds q to 1.5e-8, near the mixed range of +- to 1e-7, times slopes up to 1e2.
    """
    e, share = optimum.equilibrium, optimum.participation
    assert (e.provider_cost <= searched(games) + 1e-5).all()
    q = search_response(games, 1, e.cascade)
    for initial in (1, 2):
        played = expectations(games, initial, e.cascade, q if initial == 1 else e.abandonment)
        mine = e.initial == initial
        J = np.where(share == 1, played.provider_cost, games.penalty)
        assert (np.abs(J - e.provider_cost)[mine] <= 1e-5).all()
        U = np.where(share == 1, played.user_utility, 0.0)
        assert (np.abs(U - e.user_utility)[mine] <= 1e-5).all()
        assert (played.user_utility[mine & (share == 1)] >= -1e-9).all()
        assert (played.user_utility[mine & (share == 0)] < 0).all()


@pytest.mark.parametrize("regime", REGIMES)
def test_no_search_finds_a_cheaper_routing(regime: str) -> None:
    games = random_pairs(regime, 1000, seed=43)
    optimum = voluntary_stackelberg(games)
    assert not optimum.equilibrium.tie.any()
    assert (optimum.equilibrium.regime == regime).all()
    assert_optimal(games, optimum)
    shares = {"++": {1.0}, "--": {0.0}}.get(regime, {0.0, 1.0})
    assert set(optimum.participation.tolist()) == shares


@pytest.mark.slow
@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("seed", range(8))
def test_no_search_finds_a_cheaper_routing_in_many_games(regime: str, seed: int) -> None:
    games = random_pairs(regime, 1000, seed)
    assert_optimal(games, voluntary_stackelberg(games))


@pytest.mark.parametrize("regime", ["-+", "+-"])
def test_the_search_catches_a_candidate_that_is_missing(regime: str) -> None:
    """A provider who never drives users away, and one who never cascades."""
    games = random_pairs(regime, 1000, seed=43)
    optimum = voluntary_stackelberg(games)
    e = optimum.equilibrium
    k_1, k_2 = (m.cost_of_pass for m in games.models)
    lonely = np.where(regime == "-+", k_2, k_1)
    for which, cost in ((e.cascade > 0, lonely), (optimum.participation == 0, lonely)):
        wrong = np.where(which, np.maximum(cost, e.provider_cost), e.provider_cost)
        assert (wrong > e.provider_cost + 1e-3).any()
        with pytest.raises(AssertionError):
            planted = replace(e, expected=replace(e.expected, provider_cost=wrong))
            assert_optimal(games, replace(optimum, equilibrium=planted))


def test_mixed_users_make_fewer_of_both_passes_than_those_who_just_stay() -> None:
    """The step of the proof in +-: v_1 < w_1 and v_2 / v_1 < w_2 / w_1, and both fall with s."""
    games = random_pairs("+-", 1000, seed=7)
    low, high = s_low(games), s_high(games)
    before = expectations(games, 1, low, 0.0).visits
    for part in np.linspace(0, 1, 22)[1:-1]:
        s = low + part * (high - low)
        after = expectations(games, 1, s, q_dagger(games, s)).visits
        assert (after[0] < before[0]).all()
        assert (after[1] / after[0] < before[1] / before[0]).all()
        before = after


def test_compulsory_users_who_leave_are_never_worth_their_pass() -> None:
    """Nobody begins and leaves after one pass: c_i + P (1 - p_i) is between k_i and P."""
    for regime in REGIMES:
        optimum = voluntary_stackelberg(random_pairs(regime, 500, seed=3))
        assert (optimum.equilibrium.abandonment[optimum.participation == 1] == 0).all()


@given(pairs())
def test_single_games_and_arrays_say_the_same(game: Game) -> None:
    alone = voluntary_stackelberg(game)
    flat = voluntary_stackelberg(game.flat())
    assert alone.participation == flat.participation.item()
    assert alone.equilibrium.provider_cost == flat.equilibrium.provider_cost.item()
    policy = alone.equilibrium.policy
    assert begins(game, policy.initial, policy.cascade) == alone.participation
    assert alone.equilibrium.user_utility >= -1e-12
    compulsory = stackelberg(game)
    if begins(game, *compulsory.policy):
        assert alone.equilibrium.provider_cost <= compulsory.provider_cost * (1 + 1e-9)


def test_users_begin_from_s_begin_on() -> None:
    games = random_pairs("-+", 400, seed=5)
    s = s_begin(games)
    assert (s > s_0(games)).all()
    inside = s < 0.999
    some = games.take(inside)
    below, above = s[inside] * (1 - 1e-6), np.minimum(s[inside] * (1 + 1e-6), 1)
    assert (begins(some, 1, below) == 0).all()
    assert (begins(some, 1, s[inside]) == 1).all()
    assert (begins(some, 1, above) == 1).all()
    never = games.take(s > 1)
    assert (begins(never, 1, np.ones(never.shape)) == 0).all()


@pytest.mark.parametrize(
    ("t", "penalty", "share", "initial", "J"),
    [
        ((0.3, 0.9), 2.0, 1.0, 1, 0.2 + 2 * 0.7),  # xi = (0, -.3): begin at M1 ...
        ((0.3, 0.9), 0.1, 0.0, 2, 0.1),  # ... unless the penalty is less than k_1
        ((0.5, 0.6), 2.0, 1.0, 2, 0.5 + 2 * 0.4),  # xi = (-.2, 0)
        ((0.5, 0.6), 0.1, 0.0, 1, 0.1),
        ((0.3, 0.6), 0.1, 1.0, 1, 0.2 / 0.3),  # both 0: ++, where nothing keeps users away
    ],
)
def test_who_expects_nothing_begins(
    t: tuple[float, float], penalty: float, share: float, initial: int, J: float
) -> None:
    game = Game.of((0.3, 0.6), t, (0.2, 0.5), value=1, penalty=penalty)
    optimum = voluntary_stackelberg(game)
    e = optimum.equilibrium
    assert (optimum.participation, e.initial) == (share, initial)
    assert e.provider_cost == pytest.approx(J)
    assert e.tie


def test_another_q_than_the_best_may_keep_users_away() -> None:
    game = REFERENCE["R9"]  # +-: M2 is worth nothing, M1 .2 a pass
    assert begins(game, 1, 1.0) == 1.0
    assert begins(game, 1, 1.0, abandonment=0.0) == 0.0
    assert begins(game, 2, 0.0) == 0.0


def test_expectations_of_all_are_those_of_a_share() -> None:
    game = REFERENCE["R14"]
    e = expectations(game, 1, 0.3, best_response(game, 1, 0.3).q)
    all_of_them = of_all(e, 0.25, game.penalty)
    assert all_of_them.success == 0.25 * e.success
    assert all_of_them.visits == tuple(0.25 * z for z in e.visits)
    assert all_of_them.provider_cost == 0.25 * e.provider_cost + 0.75 * 3
    assert of_all(e, 1.0, game.penalty) == e


def test_games_of_a_map_have_its_shape() -> None:
    games = random_pairs("-+", 6, seed=1)
    one = voluntary_stackelberg(games)
    for k, game in enumerate(each(games)):
        alone = voluntary_stackelberg(game)
        assert alone.equilibrium.provider_cost == pytest.approx(one.equilibrium.provider_cost[k])

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents import best_response, stackelberg
from agents.theorems.stackelberg import D
from analysis.games.catalogue import REFERENCE
from analysis.theory.misalignment import best_for_user, misalignment, proposition_1
from sim import Game, expectations
from tests.agents.theorems.test_stackelberg import near_tie
from tests.tools.strategies import REGIMES, each, pairs, probabilities, random_pairs


@given(pairs(), st.sampled_from([1, 2]), probabilities)
def test_no_routing_gives_the_user_more_than_the_best(game: Game, i: int, s: float) -> None:
    q = best_response(game, i, s).q
    U = expectations(game, i, s, q).user_utility
    assert best_for_user(game) + 1e-11 * float(game.value) >= U


@given(pairs())
def test_the_best_is_attained_without_a_cascade(game: Game) -> None:
    utilities = [
        expectations(game, i, s, best_response(game, i, s).q).user_utility
        for i, s in ((1, 0.0), (2, 0.0))
    ]
    assert max(utilities) == pytest.approx(best_for_user(game), rel=1e-12)


@given(pairs())
def test_misalignment_is_never_negative(game: Game) -> None:
    gap = misalignment(game)
    assert type(gap) is float
    assert gap >= 0
    assert gap == pytest.approx(
        best_for_user(game) - stackelberg(game).user_utility, abs=1e-12 * float(game.value)
    )


def prefers_none(game: Game) -> bool:
    """The user is nearly indifferent between the models."""
    xi_1, xi_2 = (float(x) for x in game.xi)
    p_1, p_2 = (float(m.p) for m in game.models)
    return abs(xi_1 - xi_2) < 1e-7 or abs(xi_1 / p_1 - xi_2 / p_2) < 1e-7


@given(pairs())
def test_proposition_1_holds_off_ties(game: Game) -> None:
    assume(not near_tie(game) and not prefers_none(game))
    # smaller gaps than those assumed away do not occur, but for s* = s_low close to 0
    assume(not 0 < stackelberg(game).cascade < 1e-6)
    assert proposition_1(game) == (misalignment(game) < 1e-9)


@pytest.mark.parametrize("regime", REGIMES)
def test_proposition_1_holds_on_many_games(regime: str) -> None:
    games = random_pairs(regime, 20_000, seed=6)
    gap = misalignment(games)
    tiny = (gap > 0) & (gap < 1e-9) | stackelberg(games).tie
    # a gap of up to 1e-9 is rounding (up to 1e-13) or a near tie, of probability about 1e-9 each
    aligned = proposition_1(games)
    assert np.array_equal(aligned[~tiny], (gap == 0)[~tiny])
    assert np.array_equal(aligned, gap < 1e-9)


@pytest.mark.parametrize("regime", ["++", "--"])
def test_both_answers_of_proposition_1_occur_where_it_compares_signs(regime: str) -> None:
    aligned = proposition_1(random_pairs(regime, 500, seed=6))
    assert 0 < aligned.sum() < 500


def test_a_sign_that_is_turned_would_be_noticed() -> None:
    games = random_pairs("--", 500, seed=6)
    xi_1, xi_2 = games.xi
    printed = np.sign(xi_2 - xi_1) == np.sign(D(games) - games.penalty)  # P < D instead of P > D
    assert not np.array_equal(printed, misalignment(games) < 1e-9)


def test_arrays_give_what_single_games_give() -> None:
    for regime in REGIMES:
        games = random_pairs(regime, 50, seed=7)
        singles = each(games)
        assert misalignment(games).tolist() == [misalignment(g) for g in singles]
        assert best_for_user(games).tolist() == [best_for_user(g) for g in singles]
        assert proposition_1(games).tolist() == [proposition_1(g) for g in singles]


def test_a_known_optimum_need_not_be_solved_again() -> None:
    game = REFERENCE["R5"]
    other = stackelberg(replace(game, penalty=9))
    assert misalignment(game, other) == best_for_user(game) - other.user_utility

"""The oracles themselves: right on games solved by hand, and independent of each other."""

from dataclasses import replace

import numpy as np
import pytest

from agents import stackelberg
from agents.theorems.stackelberg import P_2, leave_cost
from analysis.theory.oracles import fundamental_matrix, search_optimum, search_response
from sim import Game, expectations
from tests.tools.strategies import random_pairs

GAME = Game.of((0.5, 0.75), (0.25, 1.75), (0.1, 0.5), value=2, penalty=1)


def test_the_fundamental_matrix_solves_a_chain_by_hand() -> None:
    # from M1: stays 1/8, up 1/8, solved 1/2, leaves 1/4; from M2: stays 1/8, solved 3/4, leaves 1/8
    found = fundamental_matrix(GAME, 1, (0.5,), (0.5, 0.5))
    v_1, v_2 = 8 / 7, 8 / 49
    assert found.visits == pytest.approx((v_1, v_2), rel=1e-14)
    assert found.success == pytest.approx(v_1 / 2 + v_2 * 3 / 4, rel=1e-14)
    assert found.provider_cost == pytest.approx(
        v_1 * 0.1 + v_2 * 0.5 + (v_1 / 4 + v_2 / 8), rel=1e-14
    )


def test_the_search_finds_a_peak_inside() -> None:
    game = Game.of((0.4, 0.6), (0.2, 0.9), (0.1, 0.5), value=1, penalty=0.6)
    q = float(search_response(game, 1, 0.3))
    assert 0.4 < q < 0.6
    beside = expectations(game, 1, 0.3, np.linspace(q - 1e-3, q + 1e-3, 2001)).user_utility
    assert beside.max() <= expectations(game, 1, 0.3, q).user_utility + 1e-15


def test_the_search_breaks_ties_for_the_provider() -> None:
    game = Game.of((0.25, 0.5), (0.5, 1.0), (1, 1), value=2, penalty=1)  # xi = (0, 0)
    assert search_response(game, 1, 0.0) == 1  # staying would cost 4
    dear = Game.of((0.25, 0.5), (0.5, 1.0), (1, 1), value=2, penalty=100)
    assert search_response(dear, 1, 0.0) == 0


def test_the_optimum_of_the_search_is_attained_by_its_choices() -> None:
    for regime in ("++", "--", "-+", "+-"):
        games = random_pairs(regime, 40, seed=3)
        found = search_optimum(games)
        played = expectations(games, *found.policy)
        assert played.provider_cost == pytest.approx(found.provider_cost, rel=1e-14)
        assert played.user_utility == pytest.approx(found.user_utility, rel=1e-14)
        assert (found.best_for_user >= found.user_utility).all()


def test_the_search_finds_an_optimum_at_the_edge_of_a_jump() -> None:
    """At s_0 the user stays for J_1(s_0, 0); on any grid all points around it cost more than c."""
    game = Game.of((0.26, 0.34), (0.21, 0.19), (0.039, 1.62), value=0.74, penalty=1.0)
    game = replace(game, penalty=1.002 * P_2(game))
    assert game.regime == "-+"
    edge = stackelberg(game)
    leaving = leave_cost(game, 1)
    assert (edge.initial, edge.abandonment) == (1, 0)
    assert 0 < leaving - edge.provider_cost < 0.05
    near = expectations(game, 1, edge.cascade + 1 / 64, 0.0).provider_cost
    assert near > leaving
    found = search_optimum(game.flat())
    assert found.provider_cost[0] == pytest.approx(edge.provider_cost, abs=1e-9)
    assert found.policy.abandonment[0] == 0

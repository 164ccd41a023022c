"""Errata of the printed paper: the printed form is computed and wrong, the corrected one right."""

from dataclasses import replace

import numpy as np
import pytest

from agents import best_response, stackelberg
from agents.theorems.responses import s_0, s_low
from agents.theorems.stackelberg import P_3, D, leave_cost, stay_cost
from analysis.games.catalogue import REFERENCE
from analysis.theory.misalignment import best_for_user, misalignment, proposition_1
from analysis.theory.oracles import search_optimum, search_response
from sim import Game, expectations
from tests.tools.strategies import random_pairs

C_1 = 1.0  # the paper's figures fix it, and vary x = k_1 - k_2 and P


def figure(
    p: tuple[float, float], t: tuple[float, float], value: float, x: float, P: float
) -> Game:
    """c_2 = p_2 (k_1 - x)."""
    return Game.of(p, t, (C_1, p[1] * (C_1 / p[0] - x)), value, P)


def left(x: float, penalty: float) -> Game:
    """Figures 4 and 5, left (-+)."""
    return figure((0.1, 0.3), (1, 2), 9, x, penalty)


def right(x: float, penalty: float) -> Game:
    """Figure 4, right, and Figure 5, middle (+-)."""
    return figure((0.1, 0.3), (0.5, 2.5), 6.5, x, penalty)


def up(x: float, penalty: float) -> Game:
    """Figure 5, right (++)."""
    return figure((0.1, 0.3), (0.5, 1.5), 8, x, penalty)


def searched(game: Game) -> float:
    return float(search_optimum(game.flat()).provider_cost[0])


# ---------------------------------------------------------------- Section 4.2


def test_the_last_candidate_of_section_4_2_is_J2_of_1() -> None:
    game = REFERENCE["R14"]
    three = [
        expectations(game, 1, 0.0, 0.0).provider_cost,
        stay_cost(game, s_low(game)),
        leave_cost(game, 1),
    ]
    printed = min(*three, expectations(game, 2, 0.0, 0.0).provider_cost)
    right_form = min(*three, expectations(game, 2, 0.0, 1.0).provider_cost)
    assert printed == pytest.approx(0.8333, abs=5e-5)
    assert right_form == pytest.approx(1.1240051085, abs=1e-10)
    assert right_form == pytest.approx(searched(game), abs=1e-6)
    assert right_form == pytest.approx(stackelberg(game).provider_cost, rel=1e-14)
    assert best_response(game, 2, 0.0).q == 1  # the printed cost needs users who stay


def test_section_4_2_takes_a_minimum_not_a_maximum() -> None:
    game = REFERENCE["R11"]
    candidates = [
        game.models[0].cost_of_pass,
        stay_cost(game, s_low(game)),
        leave_cost(game, 1),
        leave_cost(game, 2),
    ]
    assert stackelberg(game).provider_cost == pytest.approx(min(candidates), rel=1e-15)
    assert searched(game) < max(candidates) - 0.1


# ---------------------------------------------------------------- Section 6


def test_throttling_either_model_is_not_enough() -> None:
    game = Game.of((0.2, 0.8), (0.1, 0.3), (0.2, 0.4), value=2, penalty=0.45)
    assert game == replace(REFERENCE["R2"], penalty=0.45)
    before = stackelberg(game).provider_cost
    gains = [before - stackelberg(game.delayed(*d)).provider_cost for d in ((9, 0), (0, 9), (9, 9))]
    assert gains == pytest.approx([0, 0.01, 0.01], abs=1e-14)


# ---------------------------------------------------------------- Proposition 1


def test_proposition_1_fails_on_ties() -> None:
    game = Game.of((0.25, 0.5), (0.125, 0.5), (0.125, 0.25), value=2, penalty=1)
    e = stackelberg(game)
    xi_1, xi_2 = game.xi
    k_1, k_2 = (m.cost_of_pass for m in game.models)
    assert (e.initial, e.cascade, e.tie) == (1, 0, True)
    assert (k_1 - k_2, xi_2 / 0.5 - xi_1 / 0.25) == (0, -0.5)
    assert (best_for_user(game), xi_2 / 0.5) == (1.5, 1)
    assert misalignment(game) == 0
    assert not proposition_1(game)


# ---------------------------------------------------------------- text after Theorem 5


def test_in_minus_plus_the_cascade_is_s_0_for_large_penalties_and_never_1() -> None:
    games = random_pairs("-+", 2000, seed=4)
    e = stackelberg(games)
    cascades = e.cascade > 0
    assert cascades.sum() > 100
    assert np.array_equal(e.cascade[cascades], s_0(games)[cascades])
    assert (e.cascade < 1).all()
    small = stackelberg(replace(games, penalty=np.full(2000, 1e-3)))
    assert (small.cascade == 0).all() or (small.cascade[small.cascade > 0] < 1).all()
    cheap = replace(REFERENCE["R8"], penalty=np.array([0.3, 0.5, 0.55, 10.0]))
    assert (stackelberg(cheap).cascade > 0).tolist() == [False, False, True, True]


# ---------------------------------------------------------------- proofs


def test_theorem_2_3_compares_staying_above_s_0() -> None:
    game = REFERENCE["R5"]
    s = 2 * s_0(game)
    assert search_response(game, 1, s) == 0
    stays, leaves = (expectations(game, 1, s, q).user_utility for q in (0.0, 1.0))
    assert stays > leaves


def test_theorem_5_2_the_cost_of_leaving_after_one_pass_contains_the_penalty() -> None:
    game = REFERENCE["R10"]
    first = game.models[0]
    cost = expectations(game, 1, 1.0, 1.0).provider_cost
    assert cost == pytest.approx(first.c + game.penalty * (1 - first.p), rel=1e-15)
    assert abs(cost - first.c) > 0.1  # without the penalty


@pytest.mark.parametrize("name", ["R4", "R11"])
def test_theorem_5_3_and_proposition_1_2_start_at_M2_if_P_exceeds_D(name: str) -> None:
    game = REFERENCE[name]
    for penalty, initial in ((D(game) * 0.99, 1), (D(game) * 1.01, 2)):
        changed = replace(game, penalty=float(penalty))
        assert stackelberg(changed).initial == initial
        assert search_optimum(changed.flat()).policy.initial[0] == initial


def test_proposition_1_2_with_P_below_D_is_wrong() -> None:
    game = REFERENCE["R4"]  # --, P > D and the user prefers M1: misaligned
    xi_1, xi_2 = game.xi
    assert game.penalty > D(game)
    assert misalignment(game) == pytest.approx(0.1)
    assert not proposition_1(game)
    assert np.sign(xi_2 - xi_1) == np.sign(D(game) - game.penalty)  # the turned sign says aligned


# ---------------------------------------------------------------- Figure 4


def test_figure_4_left_is_minus_plus_with_its_s_0() -> None:
    game = left(1.0, 5.0)
    assert game.regime == "-+"
    assert s_0(game) == pytest.approx(0.0410958904, abs=1e-10)


@pytest.mark.parametrize(
    ("x", "border"), [(0.25, 9.9860), (0.5, 9.9720), (1, 9.9441), (1.5, 9.9161), (2, 9.8882)]
)
def test_figure_4_right_the_grey_area_starts_at_P_3_not_at_10(x: float, border: float) -> None:
    assert P_3(right(x, 1.0)) == pytest.approx(border, abs=5e-5)
    below, above = (stackelberg(right(x, border + off)) for off in (-1e-3, 1e-3))
    assert (below.initial, below.abandonment) == (2, 1)
    assert (above.initial, above.abandonment) == (1, 0)
    assert above.cascade == pytest.approx(0.0570203561, abs=1e-10)
    assert border + 1e-3 < 10  # there the print still shows the red area
    assert searched(right(x, 9.995)) < leave_cost(right(x, 9.995), 2) - 1e-3


# ---------------------------------------------------------------- Figure 5


@pytest.mark.parametrize(("x", "penalty"), [(-1.0, 18.0), (-1.0, 0.5), (1.0, 0.5)])
def test_figure_5_left_both_areas_have_the_same_gap(x: float, penalty: float) -> None:
    assert misalignment(left(x, penalty)) == pytest.approx(2.4333, abs=5e-5)


def test_figure_5_left_the_printed_value_is_an_artefact_of_a_grid() -> None:
    game = left(-1.0, 18.0)
    e = stackelberg(game)
    assert (e.initial, e.abandonment) == (1, 0)
    assert e.cascade == pytest.approx(s_0(game), rel=1e-15)
    grid = np.arange(100) / 99
    first = grid[grid > s_0(game)][0]
    assert first == pytest.approx(5 / 99)
    printed = best_for_user(game) - expectations(game, 1, first, 0.0).user_utility
    assert printed == pytest.approx(2.29, abs=5e-3)
    cost = expectations(game, 1, first, 0.0).provider_cost
    assert cost > e.provider_cost  # s_0 is cheaper for the provider


def test_figure_5_middle_the_wedge_is_2_05() -> None:
    game = right(1.0, 9.0)
    e = stackelberg(game)
    assert (e.initial, e.abandonment) == (2, 1)
    assert misalignment(game) == pytest.approx(2.05, abs=1e-12)
    stays = expectations(game, 2, 0.0, 0.0).user_utility
    assert best_for_user(game) - stays == pytest.approx(3.33, abs=5e-3)  # printed
    assert stays < e.user_utility  # nobody would stay


def test_figure_5_right_gains_end_at_the_line_P_equals_m() -> None:
    for x in (-2.0, -0.5, 0.5, 2.0):
        cheapest = min(10.0, 10.0 - x)
        gains = [
            stackelberg(up(x, P)).provider_cost - min(leave_cost(up(x, P), i) for i in (1, 2))
            for P in (cheapest * 0.99, cheapest * 1.01)
        ]
        assert up(x, 1.0).regime == "++"
        assert gains[0] > 0 > gains[1]

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents import stackelberg
from agents.theorems.stackelberg import D, leave_cost
from agents.theorems.throttling import (
    best_throttle,
    cheapest_pass,
    full_throttling_cost,
    paying_penalties,
    proposition_2,
    throttling_gain,
    throttling_pays,
)
from analysis.games.catalogue import REFERENCE
from sim import Game
from tests.tools.strategies import REGIMES, each, pairs, probabilities, random_pairs

SLACK = 1e-12  # relative: a cost is a sum of a handful of rounded terms


def cost(game: Game) -> float:
    return float(stackelberg(game).provider_cost)


def throttled(game: Game, points: int = 9) -> np.ndarray:
    """J* over a grid of added delays: none, just before and after the tie, and far beyond."""
    axes = []
    for m in game.models:
        tie = float(game.value * m.p - m.t)
        far = 3 * float(game.value)
        steps = [*np.linspace(0, far, points), tie * (1 - 1e-9), tie * (1 + 1e-9) + 1e-9]
        axes.append(np.array([d for d in steps if d >= 0]))
    first, second = np.meshgrid(*axes, indexing="ij")
    costs: np.ndarray = stackelberg(game.delayed(first, second)).provider_cost
    return costs


@given(pairs())
def test_part_i_no_delays_help_where_the_penalty_is_at_least_the_cheapest_pass(game: Game) -> None:
    assume(game.penalty >= cheapest_pass(game))
    assert throttled(game).min() >= cost(game) * (1 - SLACK)
    assert not throttling_pays(game)


@given(pairs(), st.floats(0, 0.999))
def test_part_ii_below_it_throttling_m2_alone_reaches_the_least_cost(
    game: Game, part: float
) -> None:
    game = replace(game, penalty=part * float(cheapest_pass(game)))
    least = full_throttling_cost(game)
    assert least == min(leave_cost(game, 1), leave_cost(game, 2))
    assert throttled(game).min() == pytest.approx(least, rel=SLACK)
    second = game.models[1]
    enough = max(float(game.value * second.p - second.t), 0.0) * (1 + 1e-9) + 1e-9
    assert cost(game.delayed(0.0, enough)) == pytest.approx(least, rel=SLACK)


@given(pairs())
def test_part_iii_throttling_pays_just_where_the_theorem_says(game: Game) -> None:
    gain = cost(game) - throttled(game).min()
    scale = cost(game)
    assume(not SLACK * scale < gain < 1e-9 * scale)  # too close to a threshold to tell
    assert throttling_pays(game) == (gain > SLACK * scale)


@given(pairs(), st.floats(0, 0.999))
def test_part_iii_just_below_the_cheapest_pass(game: Game, part: float) -> None:
    game = replace(game, penalty=part * float(cheapest_pass(game)))
    gain = cost(game) - throttled(game).min()
    assume(not SLACK * cost(game) < gain < 1e-9 * cost(game))
    assert throttling_pays(game) == (gain > SLACK * cost(game))


def test_the_brute_force_would_notice_the_paper_s_either_or_both() -> None:
    """Throttling M1 alone is not enough in R2 with P = .45, and the grid can tell."""
    game = replace(REFERENCE["R2"], penalty=0.45)
    alone = stackelberg(game.delayed(np.linspace(0, 9, 50), 0.0)).provider_cost
    assert alone.min() == pytest.approx(cost(game), rel=SLACK)
    assert throttled(game).min() < cost(game) - 0.009


@given(pairs(), probabilities)
def test_proposition_2_full_throttling_costs_nothing_if_the_penalty_is_small(
    game: Game, part: float
) -> None:
    game = replace(game, penalty=part * float(cheapest_pass(game)))
    assert proposition_2(game)
    assert throttling_gain(game) >= -SLACK * cost(game)
    beyond = (max(float(game.value * m.p - m.t), 0.0) * 1.1 + 0.1 for m in game.models)
    assert cost(game.delayed(*beyond)) <= cost(game) * (1 + SLACK)


@given(pairs())
def test_proposition_2_says_nothing_about_large_penalties(game: Game) -> None:
    game = replace(game, penalty=float(cheapest_pass(game)) * 1.001)
    assert not proposition_2(game)


@given(pairs())
def test_the_gain_is_what_driving_everybody_away_saves(game: Game) -> None:
    gone = cost(game.delayed(*(9 * float(game.value) for _ in game.models)))
    assert throttling_gain(game) == pytest.approx(cost(game) - gone, abs=SLACK * cost(game) * 10)


@given(pairs())
def test_the_best_throttle_attains_what_it_promises(game: Game) -> None:
    best = best_throttle(game)
    assert best.delays[0] == 0
    assert (best.delays[1] > 0) == throttling_pays(game) == (best.gain > 0)
    assert cost(game.delayed(*best.delays)) == pytest.approx(best.provider_cost, rel=SLACK)
    assert best.gain == pytest.approx(cost(game) - best.provider_cost, abs=SLACK * cost(game))
    assert throttled(game).min() >= best.provider_cost * (1 - SLACK)


@given(pairs(), st.floats(0, 8))
def test_paying_penalties_are_those_for_which_throttling_pays(game: Game, penalty: float) -> None:
    limits = paying_penalties(game)
    game = replace(game, penalty=penalty)
    if limits is None:
        assert not throttling_pays(game)
        return
    low, high = limits
    assume(min(abs(penalty - low), abs(penalty - high)) > 1e-9 * high)
    assert throttling_pays(game) == (low < penalty < high)


@pytest.mark.parametrize(
    ("name", "limits"),
    [("R1", (0, 0.25)), ("R2", (0, 0.5)), ("R5", (0.5, 0.75)), ("R3", None), ("R7", None),
     ("R9", None), ("R14", None)],
)  # fmt: skip
def test_paying_penalties_of_reference_games(name: str, limits: tuple[float, float] | None) -> None:
    found = paying_penalties(REFERENCE[name])
    assert found == (None if limits is None else pytest.approx(limits, rel=1e-12))


def test_in_minus_plus_the_paying_penalties_start_at_D() -> None:
    game = REFERENCE["R5"]
    assert D(game) == pytest.approx(0.5)
    pays = [throttling_pays(replace(game, penalty=P)) for P in (0.499, 0.501, 0.749, 0.751)]
    assert pays == [False, True, True, False]


def test_arrays_give_what_single_games_give() -> None:
    for regime in REGIMES:
        games = random_pairs(regime, 60, seed=12)
        games = replace(games, penalty=games.penalty / 6)
        singles = each(games)
        best = best_throttle(games)
        for i, game in enumerate(singles):
            one = best_throttle(game)
            found = (best.delays[0][i], best.delays[1][i], best.provider_cost[i], best.gain[i])
            assert found == (*one.delays, one.provider_cost, one.gain)
            assert throttling_gain(games)[i] == throttling_gain(game)
            assert throttling_pays(games)[i] == throttling_pays(game)
            assert proposition_2(games)[i] == proposition_2(game)

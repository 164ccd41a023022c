"""Throttling one model or both: against closed forms, and by simulation."""

import numpy as np
import pytest

from agents import stackelberg
from agents.theorems.stackelberg import leave_cost
from agents.theorems.throttling import throttling_gain
from analysis.games.planes import RISING, VALUED, Plane
from analysis.throttling.models import (
    PLANES,
    best_delays,
    deviations,
    exact,
    grid,
    options,
    simulated,
)
from tests.tools.chance import z_bound

CELLS = 21


@pytest.mark.parametrize("plane", PLANES, ids=lambda plane: plane.regime)
def test_m2_alone_attains_what_both_do_exactly_where_the_theorem_says(plane: Plane) -> None:
    frame, (_, _, games) = exact(plane, CELLS), grid(plane, CELLS)
    most = np.where(frame["pays"], throttling_gain(games), 0.0)
    np.testing.assert_allclose(frame["gain_m2"], most, atol=1e-9)
    np.testing.assert_allclose(frame["gain_both"], most, atol=1e-9)
    assert 0 < frame["pays"].mean() < 1


def test_m1_alone_drives_users_away_from_m1_or_brings_nothing() -> None:
    frame, (_, _, games) = exact(VALUED, CELLS), grid(VALUED, CELLS)
    saved = stackelberg(games).provider_cost - leave_cost(games, 1)
    np.testing.assert_allclose(frame["gain_m1"], np.maximum(saved, 0.0), atol=1e-9)
    assert ((frame["gain_m1"] < 1e-9) & (frame["gain_m2"] > 1e-3)).any()
    assert (exact(RISING, CELLS)["gain_m1"] < 1e-9).all()


def test_the_erratum_of_the_paper_is_seen() -> None:
    """p=(.2,.8), c=(.2,.4), P=.45: throttling M1 alone gains nothing, M2 alone .01."""
    x = 1.0 - 0.5  # k_1 - k_2
    plane = Plane(t=(0.1, 0.3), value=2.0)
    game = plane.game(x, 0.45)
    game = type(game).of((0.2, 0.8), (0.1, 0.3), (0.2, 0.4), 2.0, 0.45)
    costs = {
        which: min(float(stackelberg(game.delayed(*d)).provider_cost) for d in options(game, which))
        for which in ((True, False), (False, True), (True, True))
    }
    free = float(stackelberg(game).provider_cost)
    assert [round(free - cost, 9) for cost in costs.values()] == [0.0, 0.01, 0.01]


def test_no_delay_is_chosen_where_none_is_needed() -> None:
    _, penalty, games = grid(VALUED, CELLS)
    _, which = best_delays(VALUED, games, (True, True))
    assert options(VALUED.game(0.0, 0.0), (True, True))[0] == (0.0, 0.0)
    assert (which[penalty > 12] == 0).all()
    assert (which[penalty < 5] > 0).all()


def test_simulated_gains_agree_and_a_planted_error_does_not() -> None:
    frame = simulated(VALUED, 5, seed=1, tasks=4000)
    z = deviations(frame)
    assert len(z) > 10
    assert z.max() < z_bound(len(z))
    certain = frame[frame["gain_both_error"] == 0]
    np.testing.assert_allclose(certain["gain_both_simulated"], certain["gain_both"], atol=1e-9)
    planted = deviations(frame.assign(gain_m2=0.9 * frame["gain_m2"]))
    assert planted.max() > z_bound(len(planted))

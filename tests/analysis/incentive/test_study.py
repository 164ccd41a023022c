"""The incentive to throttle over a grid: against the solver, and by play."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents import stackelberg
from agents.theorems.throttling import best_throttle
from analysis.games.catalogue import REFERENCE
from analysis.games.grid import Axis, grid
from analysis.incentive.study import incentive, largest_deviation
from sim import InputError
from tests.tools.chance import z_bound

R2 = REFERENCE["R2"]
PENALTIES = Axis("penalty", 0.0, 1.0, 21)


def test_a_grid_replaces_what_its_axes_name_and_nothing_else() -> None:
    games, columns = grid(R2, (Axis("c2", 0.3, 0.5, 2), Axis("penalty", 0.0, 1.0, 3)))
    assert columns["c2"].tolist() == [0.3, 0.3, 0.3, 0.5, 0.5, 0.5]
    assert columns["penalty"].tolist() == [0.0, 0.5, 1.0] * 2
    assert np.array_equal(games.models[1].c, columns["c2"])
    assert np.array_equal(games.penalty, columns["penalty"])
    assert set(np.unique(games.models[0].p)) == {0.2}
    assert set(np.unique(games.value)) == {2.0}


def test_gain_and_loss_are_those_of_driving_everybody_away() -> None:
    frame = incentive(R2, (PENALTIES,), seed=1, tasks=10)
    for row in frame.itertuples():
        game = replace(R2, penalty=float(str(row.penalty)))
        normal = stackelberg(game)
        # by the solver, on latencies that leave nothing of the value of a pass
        slow = stackelberg(game.delayed(*(game.value * m.p * 1.000001 - m.t for m in game.models)))
        assert row.gain_exact == pytest.approx(normal.provider_cost - slow.provider_cost, abs=1e-12)
        assert row.user_loss_exact == pytest.approx(
            normal.user_utility - slow.user_utility, abs=1e-5
        )
        assert row.pays == (best_throttle(game).gain > 0)


@pytest.mark.parametrize("name", ["R1", "R6", "R8", "R11"])
def test_play_agrees_with_theory_and_would_notice_another_game(name: str) -> None:
    frame = incentive(REFERENCE[name], (Axis("penalty", 0.0, 2.0, 11),), seed=3, tasks=4000)
    assert largest_deviation(frame) < z_bound(11)
    wrong = frame.assign(gain_exact=frame["gain_exact"] + 0.1)
    assert largest_deviation(wrong) > z_bound(11)
    quiet = frame["standard_error"] == 0
    assert np.allclose(frame["gain_simulated"][quiet], frame["gain_exact"][quiet], rtol=1e-12)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Axis("colour", 0, 1, 2), "axis = 'colour' must be one of p1, p2, t1,"),
        (lambda: Axis("penalty", 1, 0, 2), "axis penalty = .* must be finite, the lower end first"),
        (lambda: Axis("penalty", 0, float("inf"), 2), "axis penalty = .* must be finite"),
        (lambda: Axis("penalty", 0, 1, 1), "count of axis penalty = 1 must be at least 2"),
        (lambda: grid(R2, ()), r"axis = \[\] must be one or two different numbers"),
        (lambda: grid(R2, (PENALTIES, PENALTIES)), "axis = .* must be one or two different"),
        (lambda: grid(R2, (Axis("p1", 0.1, 0.9, 9),)), "p1 = 0.8 must be less than p2 = 0.8"),
        (lambda: grid(R2, (Axis("c1", 0, 1, 3),)), "c1 = 0.0 must be a finite number greater"),
        (lambda: grid(R2, (Axis("penalty", 0, 1, 10**6),)), "axis = .* must be at most 100000"),
    ],
)
def test_grids_that_make_no_sense_are_refused(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        make()

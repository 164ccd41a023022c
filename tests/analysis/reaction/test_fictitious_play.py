"""The equilibrium found by play: what users believe, and where they come to."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents import CongestedGame, congested_equilibrium
from analysis.games.congested import reference_points
from analysis.reaction import fits
from analysis.reaction.fictitious_play import NEAR, STARTS, Play, fictitious_play, visits_of
from analysis.reaction.fits import types
from sim.scenario import Scenario

Point = tuple[CongestedGame, int, float]


def exactly(point: Point, loaded: bool = True) -> Callable[..., np.ndarray]:
    """What users would measure without noise: latencies at the mean visits of all of them.

    Without ``loaded`` a planted error: they never feel the load.
    """
    game, initial, cascade = point

    def tally(scenario: Scenario, *_: Any) -> np.ndarray:
        weights, q = map(np.array, zip(*types(scenario.person), strict=True))
        z_1, z_2 = (float(v @ weights) for v in visits_of(game, initial, cascade, q))
        t = game.latencies((z_1, z_2) if loaded else (0.0, 0.0))
        seen = np.zeros((1, 3, 5))
        seen[0, 0, initial - 1] = 1.0
        seen[0, 1, :2] = np.array([z_1, z_2]) - seen[0, 0, :2]  # wherever they come from
        # a saturated queue grows only while the run lasts
        seen[0, 1:, -1] = z_1 * min(t[0], 99.0), z_2 * min(t[1], 99.0)
        return seen

    return tally


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", ["A", "B", "C", "F"])
def test_play_comes_near_from_any_start(
    name: str, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Points of every kind of mixture, measured without noise: no false alarm. Responses turn
    around on the way, so that nobody arrives by arithmetic. Users who feel no load stay away.
    """
    point = reference_points()[name]
    monkeypatch.setattr(fits, "simulate", lambda *_, **__: None)
    monkeypatch.setattr(fits, "tally", exactly(point))
    play = fictitious_play(*point, start, rounds=200)
    steps = np.diff(play.loads[:, 1])
    assert min(steps) < 0 < max(steps)
    assert play.distances[-1] <= NEAR / 2
    monkeypatch.setattr(fits, "tally", exactly(point, loaded=False))
    assert not fictitious_play(*point, start, rounds=200).arrived


def test_each_load_is_judged_in_its_own_range() -> None:
    """M2's range is a tenth of M1's: what is nothing in the larger one is a fifth of its own."""
    game, initial, cascade = reference_points()["B"]
    e = congested_equilibrium(game, initial, cascade)
    ranges = np.array([1.0, 0.1])
    at = Play(game, e, "half", np.array([e.loads, e.loads]), ranges)
    assert at.arrived
    off = replace(at, loads=at.loads + np.array([0.0, 0.02]))
    assert off.distances == pytest.approx([0.2, 0.2])
    assert not off.arrived
    assert replace(off, ranges=np.array([1.0, 0.0])).arrived  # nobody can change that load

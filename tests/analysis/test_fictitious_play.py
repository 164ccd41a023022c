"""The equilibrium found by play: what users believe, and where they come to."""

import pytest

from analysis.adaptation import Measured
from analysis.congestion_cases import reference_points
from analysis.fictitious_play import STARTS, Beliefs, fictitious_play
from sim import Game


def measured(t: tuple[float, float], passes: tuple[int, int]) -> list[Measured]:
    return [Measured(Game.of((0.2, 0.6), t, (1, 1), 5, 1), 0.9, 0.0, passes)]


def test_beliefs_are_a_mean_over_rounds_that_weighs_every_pass() -> None:
    believe = Beliefs(0.25)
    first = believe(measured((1.0, 8.0), (10, 0)))[0]
    assert [model.t for model in first.game.models] == [1.0, 8.0]  # M2: as announced
    assert first.cascade == 0.25  # known, not measured
    second = believe(measured((4.0, 6.0), (40, 2)))[0]
    step = 2**-0.6
    costs, passes = (1 - step) * 10.0 + step * 160.0, (1 - step) * 10 + step * 40
    assert second.game.models[0].t == pytest.approx(costs / passes, rel=1e-12)
    assert second.game.models[1].t == pytest.approx(6.0, rel=1e-12)
    third = believe(measured((4.0, 99.0), (40, 0)))[0]
    assert third.game.models[1].t == pytest.approx(6.0, rel=1e-12)  # the last that was seen


@pytest.mark.parametrize("start", STARTS)
def test_play_comes_near_from_any_start(start: str) -> None:
    """Point D, where all stay: every response of 12 rounds is 0, whatever the luck."""
    play = fictitious_play(*reference_points()["D"], start, rounds=12, tasks=300)
    assert play.arrived
    assert play.distances[-1] <= play.distances[0] + 1e-12

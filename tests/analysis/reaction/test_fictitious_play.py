"""The equilibrium found by play: what users believe, and where they come to."""

from collections.abc import Callable
from dataclasses import replace
from typing import cast

import numpy as np
import pytest

from agents import CongestedGame, Stationary, congested_equilibrium
from analysis.games.congested import reference_points
from analysis.reaction import adaptation
from analysis.reaction.adaptation import Measured
from analysis.reaction.fictitious_play import (
    NEAR,
    STARTS,
    Beliefs,
    Play,
    fictitious_play,
    visits_of,
)
from sim import Game, Mixture
from sim.scenario import Scenario


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


Point = tuple[CongestedGame, int, float]


def exactly(point: Point, loaded: bool = True) -> Callable[[Scenario, int, str], list[Measured]]:
    """What users would measure without noise: latencies at the mean visits of all of them.

    Without ``loaded`` a planted error: they never feel the load.
    """
    game, initial, cascade = point

    def measure(scenario: Scenario, replication: int, engine: str) -> list[Measured]:
        users = scenario.person.abandonment
        parts = users.parts if isinstance(users, Mixture) else ((1.0, users),)
        q = np.array([cast(Stationary, rule).q for _, rule in parts])
        weights = [weight for weight, _ in parts]
        z_1, z_2 = (float(v @ weights) for v in visits_of(game, initial, cascade, q))
        t = game.latencies((z_1, z_2) if loaded else (0.0, 0.0))
        models = tuple(
            replace(m, t=min(x, 99.0))  # a saturated queue grows only while the run lasts
            for m, x in zip(game.unloaded.models, t, strict=True)
        )
        passes = (round(1000 * z_1), round(1000 * z_2))
        return [Measured(replace(game.unloaded, models=models), cascade, 0.0, passes)]

    return measure


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("name", ["A", "B", "C", "F"])
def test_play_comes_near_from_any_start(
    name: str, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Points of every kind of mixture, measured without noise: no false alarm. Responses turn
    around on the way, so that nobody arrives by arithmetic. Users who feel no load stay away.
    """
    point = reference_points()[name]
    monkeypatch.setattr(adaptation, "measure", exactly(point))
    play = fictitious_play(*point, start, rounds=200)
    steps = np.diff(play.loads[:, 1])
    assert min(steps) < 0 < max(steps)
    assert play.distances[-1] <= NEAR / 2
    monkeypatch.setattr(adaptation, "measure", exactly(point, loaded=False))
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

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents import stackelberg
from analysis.games.catalogue import REFERENCE
from analysis.theory.penalties import Segment, segments
from sim import Game
from tests.tools.strategies import pairs


def played(e: Any) -> tuple[Any, ...]:
    return e.regime, e.initial, e.cascade, e.abandonment


@given(pairs(), st.floats(0, 12))
def test_the_segment_of_a_penalty_tells_its_equilibrium(game: Game, penalty: float) -> None:
    parts = segments(game)
    assume(all(abs(penalty - s.low) > 1e-9 * max(s.low, 1e-3) for s in parts))
    (inside,) = [s for s in parts if s.low < penalty < s.high]
    e = stackelberg(replace(game, penalty=penalty))
    assert played(e) == played(inside.optimum)
    assert e.user_utility == inside.optimum.user_utility


@given(pairs())
def test_segments_cover_all_penalties_and_differ_from_their_neighbours(game: Game) -> None:
    parts = segments(game)
    assert parts[0].low == 0
    assert parts[-1].high == float("inf")
    for one, two in pairwise(parts):
        assert one.low < one.high == two.low
        assert played(one.optimum) != played(two.optimum)


@given(pairs())
def test_the_games_own_penalty_does_not_matter(game: Game) -> None:
    def essence(parts: list[Segment]) -> list[Any]:
        return [(s.low, s.high, played(s.optimum)) for s in parts]

    assert essence(segments(game)) == essence(segments(replace(game, penalty=77)))


@pytest.mark.parametrize(
    ("name", "borders"),
    [
        ("R1", []),
        ("R3", [1.0]),  # D
        ("R5", [0.5625]),  # P_1
        ("R7", [0.53125]),  # P_2
        ("R9", [0.25]),  # k_1
        ("R11", [1 / 3, 1.5600127712]),  # D, P_3
    ],
)
def test_borders_of_reference_games(name: str, borders: list[float]) -> None:
    found = [s.high for s in segments(REFERENCE[name])[:-1]]
    assert found == pytest.approx(borders, abs=1e-10)


def test_borders_are_where_a_scan_of_penalties_sees_changes() -> None:
    scan = np.linspace(0.001, 3, 3000)
    for name, game in REFERENCE.items():
        e = stackelberg(replace(game, penalty=scan))
        changes = np.flatnonzero((np.diff(e.initial) != 0) | (np.diff(e.abandonment) != 0))
        borders = [s.high for s in segments(game)[:-1]]
        assert len(borders) == len(changes), name
        for border, i in zip(borders, changes, strict=True):
            assert scan[i] <= border <= scan[i + 1]

"""Compiled functions of numbers are the plain ones, bit for bit; the search is well known."""

import math
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from scipy.optimize import brentq, minimize_scalar

from agents import congested_equilibrium, congested_optimum
from agents.congestion import response, search
from sim.theory.stations import Station
from tests.agents.congestion.test_users import FLAT, MIXED, A
from tests.tools.congested_games import plans

CROWD = replace(A, arrival_rate=140.0, stations=(Station(150, 1.0), Station(1000, 0.5)), value=9)
ENDLESS = replace(A, stations=(Station(2, 1.0), Station(math.inf, 0.5)))


@pytest.fixture(scope="module")
def games() -> list[Any]:
    return [*plans(60, seed=9), *((game, (1, 0.4)) for game in (CROWD, ENDLESS, MIXED, FLAT))]


def test_compiled_functions_are_the_plain_ones(games: list[Any]) -> None:
    for game, (initial, s) in games:
        e = congested_equilibrium(game, initial, s)
        assert congested_equilibrium(game, initial, s, compiled=True) == e
    for game, _ in games[-12:]:
        assert congested_optimum(game, 9, compiled=True) == congested_optimum(game, 9)


def test_the_lowest_cascade_of_a_cell_is_brent_s(games: list[Any]) -> None:
    for game, _ in games[:20]:
        J, s = search.lowest(game.numbers, 0.3, 0.5)
        found: Any = minimize_scalar(
            partial(response.cost, game.numbers, 1),
            bounds=(0.3, 0.5), method="bounded", options={"xatol": 1e-12},
        )  # fmt: skip
        assert pytest.approx(found.fun, rel=1e-12) == J
        assert s == pytest.approx(found.x, abs=1e-6)


def test_a_root_is_that_of_another_method(games: list[Any]) -> None:
    kinds = set()
    for game, (initial, s) in games:
        kind, q, share = response.response(game.numbers, initial, s)
        if kind in (response.SCALAR, response.MIX, response.INTERIOR):
            excess = partial(response._excess, game.numbers, initial, s, kind)
            expected = brentq(excess, 0.0, 1.0, xtol=1e-300, rtol=1e-15)
            assert pytest.approx(expected, rel=1e-10) == (share if kind == response.MIX else q)
            kinds.add(kind)
    assert len(kinds) == 3

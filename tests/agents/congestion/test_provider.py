"""The provider's optimum under congestion."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given

from agents import CongestedGame, congested_equilibrium, congested_optimum, stackelberg
from sim import Game
from sim.theory.stations import Station
from tests.agents.congestion.test_users import FLAT, MIXED, A
from tests.tools.congested_games import random_game
from tests.tools.strategies import pairs, seeds


def endless(game: Game) -> CongestedGame:
    """``game`` with infinitely many slots."""
    p, t, c = (tuple(float(getattr(m, x)) for m in game.models) for x in "ptc")
    stations = (Station(math.inf, 1 / t[0]), Station(math.inf, 1 / t[1]))
    return CongestedGame(
        (p[0], p[1]), (c[0], c[1]), float(game.value), float(game.penalty), 2.0, stations
    )


def test_theorem_a_does_not_extend() -> None:
    """A mixed population is strictly best for the provider: docs/theory.md, section 11."""
    optimum = congested_optimum(MIXED)
    e = optimum.equilibrium
    assert (e.initial, e.kind) == (1, "{0,1} mix")
    assert e.cascade == pytest.approx(0.333889, abs=1e-6)
    assert e.provider_cost == pytest.approx(0.6981109, abs=5e-8)
    assert e.user_utility == pytest.approx(-0.1419337, abs=5e-8)
    assert optimum.cascade_range == (e.cascade, e.cascade)
    corners = [congested_equilibrium(MIXED, *policy) for policy in ((1, 0), (1, 1), (2, 0))]
    assert [round(x.provider_cost, 6) for x in corners] == [1.478291, 1.174723, 1.38]


def test_the_optimal_cascade_may_be_a_range() -> None:
    optimum = congested_optimum(FLAT)
    e, cascades = optimum.equilibrium, optimum.cascade_range
    assert cascades is not None
    low, high = cascades
    assert low < 0.16 < 0.165 < high
    assert low < e.cascade < high
    assert e.kind == "double indifference"
    assert e.provider_cost == pytest.approx(1.6356546829, abs=5e-11)
    for s in np.linspace(low, high, 7).tolist():
        same = congested_equilibrium(FLAT, 1, s)
        assert same.kind == e.kind
        assert same.provider_cost == pytest.approx(e.provider_cost, rel=1e-12)
    for s in (low - 1e-6, high + 1e-6):
        other = congested_equilibrium(FLAT, 1, s)
        assert other.kind != e.kind
        assert other.provider_cost > e.provider_cost


def test_where_everybody_leaves_every_cascade_is_as_good() -> None:
    optimum = congested_optimum(replace(A, value=1))
    assert optimum.cascade_range == (0.0, 1.0)
    assert (optimum.equilibrium.cascade, optimum.equilibrium.kind) == (0.0, "all leave")
    threat = congested_optimum(replace(A, value=3.5, penalty=0.01))
    assert threat.cascade_range is not None
    low, high = threat.cascade_range
    assert congested_equilibrium(replace(A, value=3.5), 1, low).kind == "all leave"
    assert 0 <= low < high <= 1


@pytest.mark.parametrize(("rate", "initial"), [(0.99, 1), (1.0, None), (2.0, None)])
def test_only_what_is_feasible_is_chosen(rate: float, initial: int | None) -> None:
    e = congested_optimum(replace(A, arrival_rate=rate)).equilibrium
    assert e.stable == (initial is not None)
    assert e.critical_rate == 1.0


def test_the_model_that_is_not_saturated_is_chosen() -> None:
    fast = replace(A, stations=(Station(1, 0.4), Station(2, 5.0)))
    optimum = congested_optimum(fast)
    assert (optimum.equilibrium.initial, optimum.cascade_range) == (2, None)
    slow = congested_optimum(replace(fast, arrival_rate=20.0))
    assert (slow.equilibrium.stable, slow.equilibrium.critical_rate) == (False, 10.0)


def assert_no_cascade_is_cheaper(game: CongestedGame, points: int) -> None:
    found = congested_optimum(game).equilibrium.provider_cost
    policies = [(2, 0.0), *((1, s) for s in np.linspace(0, 1, points).tolist())]
    least = min(congested_equilibrium(game, *policy).provider_cost for policy in policies)
    assert found <= least * (1 + 1e-9)


def test_no_grid_finds_a_cheaper_cascade() -> None:
    rng = np.random.default_rng(12)
    for _ in range(25):
        assert_no_cascade_is_cheaper(random_game(rng), 203)


@pytest.mark.slow
def test_no_fine_grid_finds_a_cheaper_cascade() -> None:
    rng = np.random.default_rng(13)
    for _ in range(400):
        assert_no_cascade_is_cheaper(random_game(rng), 1009)


def test_the_grid_would_find_a_search_that_ends_too_early() -> None:
    """With 3 points to start from, the optimum of many games is missed."""
    rng = np.random.default_rng(12)
    missed = 0
    for _ in range(60):
        game = random_game(rng)
        few, many = (congested_optimum(game, n).equilibrium.provider_cost for n in (2, 129))
        missed += few > many * (1 + 1e-9)
    assert missed > 0


@given(pairs())
def test_with_infinitely_many_slots_it_is_the_stackelberg_equilibrium(game: Game) -> None:
    congested = endless(game)
    base = stackelberg(congested.unloaded)
    optimum = congested_optimum(congested)
    e = optimum.equilibrium
    assert (e.initial, e.cascade) == (base.initial, base.cascade)
    assert e.support == ((base.abandonment, 1.0),)
    assert optimum.cascade_range == base.cascade_range
    for name in ("user_utility", "provider_cost", "success"):
        exact = getattr(base, name)
        assert getattr(e, name) == pytest.approx(exact, rel=1e-9, abs=1e-9 * float(game.value))


@given(seeds)
def test_the_record_is_that_of_the_users_equilibrium(seed: int) -> None:
    game = random_game(np.random.default_rng(seed))
    e = congested_optimum(game, points=17).equilibrium
    again = congested_equilibrium(game, e.initial, e.cascade)
    assert [getattr(e, f.name) for f in fields(e)] == [getattr(again, f.name) for f in fields(e)]

"""How many begin where latency is made by load: by the definition, by theory without queues."""

import math
from collections.abc import Iterator
from dataclasses import fields, replace

import numpy as np
import pytest

from agents import (
    CongestedEquilibrium,
    CongestedGame,
    congested_equilibrium,
    congested_optimum,
    voluntary_stackelberg,
)
from agents.congestion.game import NOBODY
from agents.congestion.response import at_rate, begins
from analysis.theory.anarchy import curve, regret
from sim.theory.stations import Station
from tests.agents.congestion.test_users import FLAT, MIXED, A, C, F
from tests.tools.congested_games import plans

Plan = tuple[CongestedGame, tuple[int, float]]


def voluntary(game: CongestedGame, load: float = 1.0) -> CongestedGame:
    return replace(game, voluntary=True, arrival_rate=load * game.arrival_rate)


def crowds(games: int, seed: int) -> Iterator[Plan]:
    """Random games at up to six times the rate: first passes alone saturate many of them."""
    loads = 10 ** np.random.default_rng(seed).uniform(-1, 0.8, games)
    for (game, policy), load in zip(plans(games, seed), loads, strict=True):
        yield voluntary(game, float(load)), policy


def loss(game: CongestedGame, e: CongestedEquilibrium) -> float:
    """What somebody gains, as a part of V, by doing something else than the population does at the
    latencies that all make: beginning or not, and with any q. (Variational inequality: at a
    maximiser of the potential over all visits, those of who declines included, nobody gains.)
    """
    xi = np.array(game.net_values(e.visits))
    best = max((curve(game, e.initial, e.cascade, 2001) @ xi).max(), 0.0)
    return float(best - np.nan_to_num(np.array(e.visits) * xi).sum()) / game.value


def test_nobody_gains_by_another_choice() -> None:
    """By the definition, in 3,000 games; U within 1e-11 V of 0 counts as 0."""
    shares = []
    for game, policy in crowds(3000, seed=2):
        e = congested_equilibrium(game, *policy)
        assert e.stable
        assert max(e.utilisation) < 1
        assert loss(game, e) < 5e-11
        assert e.user_utility >= -2e-11 * game.value
        shares.append(e.participation)
    kinds = [shares.count(0.0), sum(0 < share < 1 for share in shares), shares.count(1.0)]
    assert min(kinds) > 100


def test_the_definition_notices_one_user_in_fifty_more_or_less() -> None:
    """Planted: of those who are indifferent another share begins."""
    checked = 0
    for game, policy in crowds(200, seed=3):
        e = congested_equilibrium(game, *policy)
        sure = 0 < e.participation < 0.98 and e.kind in ("all stay", "all leave", "{0,1} mix")
        if sure and max(e.utilisation) > 0.1:
            checked += 1
            for factor in (0.98, 1.02):
                z = tuple(factor * each for each in e.visits)
                wrong = replace(e, expected=replace(e.expected, visits=z))
                assert loss(game, wrong) > 5e-11
    assert checked > 20


def test_the_sign_of_utility_falls_with_the_share() -> None:
    """Section 12.2, in 300 games and 40 shares each."""
    for game, policy in crowds(300, seed=4):
        capacity = game.stations[policy[0] - 1].capacity
        signs = []
        for share in np.linspace(0.01, 1.0, 40).tolist():
            if share * game.arrival_rate < capacity:
                at = replace(game, voluntary=False, arrival_rate=share * game.arrival_rate)
                U = congested_equilibrium(at, *policy).user_utility
                signs.append(0 if abs(U) < 1e-9 * game.value else np.sign(U))
        assert signs == sorted(signs, reverse=True)


def test_where_all_begin_nothing_changes() -> None:
    for game, policy in plans(200, seed=5):
        compulsory, mine = congested_equilibrium(game, *policy), voluntary(game)
        if compulsory.user_utility >= 0:
            assert congested_equilibrium(mine, *policy) == compulsory
        assert compulsory.participation == 1


def test_who_declines_is_counted() -> None:
    game = voluntary(A, 3.0)  # above the capacity of M1
    e = congested_equilibrium(game, 1, 0.5)
    alone = congested_equilibrium(replace(A, arrival_rate=1.5 * e.participation), 1, 0.5)
    assert 0 < e.participation < 1
    assert (e.kind, e.support, e.sojourns) == (alone.kind, alone.support, alone.sojourns)
    assert e.loads == alone.loads
    assert e.success == e.participation * alone.success
    unsolved = e.participation * (alone.provider_cost - 1) + 1  # P is 1
    assert e.provider_cost == pytest.approx(unsolved, rel=1e-14)
    assert abs(e.user_utility) < 1e-12
    assert regret(game, e) < 1e-12
    assert congested_equilibrium(replace(game, voluntary=False), 1, 0.5).stable is False


def test_nobody_begins_what_is_worth_nothing_even_alone() -> None:
    e = congested_equilibrium(voluntary(replace(A, value=1)), 1, 0.5)
    assert (e.kind, e.participation, e.support) == (NOBODY, 0.0, ())
    assert (e.user_utility, e.provider_cost, e.success) == (0.0, 1.0, 0.0)
    assert e.sojourns == (1.0, 2.0)
    assert max(e.utilisation) == 0.0


@pytest.mark.parametrize(("game", "policy"), [(C, (2, 0.0)), (F, (1, 0.25)), (FLAT, (1, 0.16))])
def test_who_is_indifferent_begins(game: CongestedGame, policy: tuple[int, float]) -> None:
    """U is 0 but for rounding: at scalar and at double indifference."""
    assert congested_equilibrium(voluntary(game), *policy).participation == 1


# ---------------------------------------------------------------- the provider


def cheapest_of(game: CongestedGame, points: int) -> float:
    cascades = ((1, k / points) for k in range(points + 1))
    costs = (congested_equilibrium(game, *p).provider_cost for p in ((2, 0.0), *cascades))
    return float(min(costs))


def test_no_policy_of_a_fine_grid_is_cheaper() -> None:
    shares = []
    for game, _ in crowds(60, seed=6):
        e = congested_optimum(game).equilibrium
        assert e.provider_cost <= cheapest_of(game, 300) * (1 + 1e-9)
        shares.append(e.participation)
    assert min(shares.count(0.0), sum(0 < share < 1 for share in shares), shares.count(1.0)) > 3


def test_the_grid_notices_a_provider_who_never_cascades() -> None:
    mixed = voluntary(MIXED, 2.0)
    static = [congested_equilibrium(mixed, *policy) for policy in ((1, 0.0), (1, 1.0), (2, 0.0))]
    assert min(e.provider_cost for e in static) > cheapest_of(mixed, 300) * (1 + 1e-9)


def test_a_voluntary_optimum_is_feasible_at_any_load() -> None:
    optimum = congested_optimum(voluntary(MIXED, 1000.0))
    e = optimum.equilibrium
    assert e.stable
    assert 0 < e.participation < 1e-3
    assert optimum.cascade_range == (e.cascade, e.cascade)
    assert e.provider_cost < MIXED.penalty


@pytest.mark.parametrize(("penalty", "value"), [(0.1, 5.0), (2.6, 5.0), (2.6, 1.0), (2.6, 2.2)])
def test_without_queues_it_is_theorem_b(penalty: float, value: float) -> None:
    stations = (Station(math.inf, 1.0), Station(math.inf, 0.4))
    game = voluntary(replace(MIXED, penalty=penalty, value=value, stations=stations))
    optimum, exact = congested_optimum(game), voluntary_stackelberg(game.unloaded)
    e, theory = optimum.equilibrium, exact.equilibrium
    assert e.participation == exact.participation
    assert optimum.cascade_range == theory.cascade_range
    for field in fields(e.expected):
        found = getattr(e.expected, field.name)
        assert found == pytest.approx(getattr(theory.expected, field.name), abs=1e-12)
    if value != 2.2:  # where U is 0 at s_begin but for rounding
        again = congested_equilibrium(game, e.initial, e.cascade)
        assert again.provider_cost == pytest.approx(e.provider_cost)


def test_compiled_it_is_the_same() -> None:
    for game, policy in crowds(40, seed=8):
        e = congested_equilibrium(game, *policy)
        assert congested_equilibrium(game, *policy, compiled=True) == e
    for game, _ in crowds(6, seed=9):
        assert congested_optimum(game, 9, compiled=True) == congested_optimum(game, 9)


def test_the_game_of_a_share_has_its_arrivals() -> None:
    numbers = voluntary(A).numbers
    assert at_rate(numbers, 0.5) == replace(voluntary(A), arrival_rate=0.25).numbers
    assert begins(A.numbers, 1, 0.5) == 1.0

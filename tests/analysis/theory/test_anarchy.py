"""The potential and the price of anarchy."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents import CongestedGame, congested_equilibrium
from agents.congestion.game import KINDS
from agents.congestion.users import Commitment, outcome
from analysis.theory.anarchy import potential, potential_visits, price_of_anarchy, social_visits
from sim import InputError
from sim.theory.markov import visits
from sim.theory.stations import Station
from tests.agents.congestion.test_users import POINTS, A, B, C
from tests.tools.congested_games import plans, random_game, random_policy

# ---------------------------------------------------------------- the potential


def assert_maximises(
    game: CongestedGame, policy: tuple[int, float], z: tuple[float, float]
) -> None:
    """No point of the hull has a larger potential, and z is one that has it.

    The search knows values only, on a polygon of 4001 points: values agree to rounding from below
    and to the polygon's 1e-7 from above; the place of a flat maximum to 1%.
    """
    found = potential_visits(game, *policy)
    here, there = potential(game, z), potential(game, found)
    assert there <= here + 1e-13 * game.value
    assert here <= there + 1e-7 * game.value
    assert z == pytest.approx(found, abs=0.01 * max(found))


@pytest.mark.parametrize("name", POINTS)
def test_reference_points_maximise_the_potential(name: str) -> None:
    game, policy, _, _ = POINTS[name]
    assert_maximises(game, policy, congested_equilibrium(game, *policy).visits)


def some_of_each_kind(games: int, most: int, seed: int) -> list[Any]:
    kept: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for game, policy in plans(games, seed):
        e = congested_equilibrium(game, *policy)
        assert e.kind is not None
        if len(kept[e.kind]) < most:
            kept[e.kind].append((game, policy, e))
    assert min(map(len, kept.values())) >= most / 3
    return [each for many in kept.values() for each in many]


def test_equilibria_of_every_kind_maximise_the_potential() -> None:
    for game, policy, e in some_of_each_kind(400, 9, seed=21):
        assert_maximises(game, policy, e.visits)


@pytest.mark.slow
def test_many_more_equilibria_maximise_the_potential() -> None:
    for game, policy, e in some_of_each_kind(6000, 150, seed=22):
        assert_maximises(game, policy, e.visits)


@pytest.mark.parametrize("name", ["A", "B", "C", "flat"])
def test_the_potential_catches_visits_that_are_a_little_off(name: str) -> None:
    game, policy, kind, _ = POINTS[name]
    e = congested_equilibrium(game, *policy)
    (q, share), *rest = e.support
    wrong = outcome(Commitment(game, *policy), kind, ((q + 0.001, share), *rest))
    with pytest.raises(AssertionError):
        assert_maximises(game, policy, wrong.visits)


def test_the_potential_is_the_integral_of_the_net_values() -> None:
    from scipy.integrate import quad

    for game in (A, B, C, replace(A, stations=(Station(math.inf, 1.0), Station(2, 0.5)))):
        z = (1.3, 0.4)
        for i in (0, 1):
            part = (z[0], 0.0) if i == 0 else (0.0, z[1])

            def xi(x: float, game: CongestedGame = game, i: int = i) -> float:
                return game.net_values((x, x))[i]

            exact = quad(xi, 0, z[i], epsabs=1e-13)[0]
            assert potential(game, part) == pytest.approx(exact, rel=1e-11)


# ---------------------------------------------------------------- the price of anarchy


def utility(game: CongestedGame, z: tuple[float, float]) -> float:
    xi = game.net_values(z)
    return z[0] * xi[0] + (z[1] * xi[1] if z[1] > 0 else 0.0)


def test_one_station_has_a_closed_form() -> None:
    """Users of (2) at M/M/1: U = z (V p - w / (mu - Lambda)) is largest where (mu - Lambda)^2 is
    w mu / (V p), here between the compulsory passes and those of users who always stay.
    """
    game = replace(C, stations=(Station(1, 1.0), Station(1, 1.2)), arrival_rate=0.5, value=5.0)
    z = (1.2 - math.sqrt(1.2 / (5.0 * 0.7))) / 0.5
    assert 1 < z < 1 / 0.7
    anarchy = price_of_anarchy(game, 2)
    assert anarchy.best_visits == pytest.approx((0, z), abs=1e-6)
    assert anarchy.best_utility == pytest.approx(z * (3.5 - 1 / (1.2 - 0.5 * z)), rel=1e-12)


def test_nobody_can_be_helped_where_nobody_waits() -> None:
    game = replace(B, stations=(Station(400, 1.5), Station(400, 0.25)))
    anarchy = price_of_anarchy(game, 1, 0.15)
    assert anarchy.loss == pytest.approx(0.0, abs=1e-7)
    assert anarchy.ratio == pytest.approx(1.0, abs=1e-6)


def test_a_planner_does_at_least_as_well_as_any_mixture() -> None:
    rng = np.random.default_rng(31)
    for _ in range(25):
        game, (initial, s) = random_game(rng), random_policy(rng)
        anarchy = price_of_anarchy(game, initial, s)
        rounding = 1e-9 * game.value
        assert anarchy.loss >= -rounding
        assert anarchy.welfare_loss >= -rounding - 1e-9 * game.penalty
        gamma = [c - game.penalty * p for c, p in zip(game.c, game.p, strict=True)]
        for _ in range(200):
            q, weight = rng.random(3), rng.dirichlet([0.5] * 3)
            v = visits(game.unloaded, initial, s, q)
            z = float(weight @ np.broadcast_to(v[0], 3)), float(weight @ np.broadcast_to(v[1], 3))
            U = utility(game, z)
            J = game.penalty + z[0] * gamma[0] + z[1] * gamma[1]
            assert anarchy.best_utility >= U - rounding
            assert anarchy.best_welfare >= U - J - rounding - 1e-9 * game.penalty


@pytest.mark.parametrize(("initial", "s"), [(1, 0.4), (1, 0.0), (1, 1.0), (2, 0.0)])
def test_a_planner_never_asks_for_more_of_everything(initial: int, s: float) -> None:
    """Who stays slows others down: the social optimum never has more visits at both models."""
    z = social_visits(B, initial, s)
    e = congested_equilibrium(B, initial, s)
    assert not (z[0] > e.visits[0] + 1e-6 and z[1] > e.visits[1] + 1e-6)


def test_indifference_wastes_everything() -> None:
    """Point C: in equilibrium users gain nothing, a planner would let them gain."""
    anarchy = price_of_anarchy(C, 2)
    assert anarchy.utility == pytest.approx(0.0, abs=1e-12)
    assert anarchy.best_utility > 0.1
    assert math.isnan(replace(anarchy, utility=-0.1).ratio)


def test_no_price_without_an_equilibrium() -> None:
    with pytest.raises(InputError, match=r"^arrival rate = 1\.0 must be less than 1, the cap"):
        price_of_anarchy(replace(A, arrival_rate=1.0), 1, 0.5)

"""When an added delay pays with queues: docs/theory.md, section 11.10, on random games.

Nothing here is left to chance: a single game beyond rounding refutes the theorem.
"""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from agents import CongestedGame, congested_equilibrium, congested_optimum
from analysis.theory.delays import best_added_delay, delay_can_pay
from sim.theory.stations import Station
from tests.agents.congestion.test_users import A, B
from tests.tools.congested_games import random_game, random_policy
from tests.tools.delays import (
    ROUNDING,
    Tried,
    costs_of_pass,
    delayed_game,
    measure,
    random_delay,
    rise,
)

EXCEPTION = CongestedGame(
    (0.3, 0.6), (0.05, 0.5), 30, 0.5, 1.2, stations=(Station(1, 1.0), Station(1, 6.0))
)


@pytest.fixture(scope="module")
def some() -> list[Tried]:
    return measure(600, seed=2)


def assert_theorem(games: list[Tried]) -> None:
    """No visits rise; no delay pays where none can, nor more than the best where one does."""
    assert max(each.rise for each in games) < ROUNDING
    assert max(each.excess for each in games) < ROUNDING
    assert not any(each.saves for each in games if not each.can_pay)


def test_random_delays_agree_with_the_theorem(some: list[Tried]) -> None:
    assert_theorem(some)
    assert len({each.case for each in some}) == 12
    assert 0.2 < np.mean([each.can_pay for each in some]) < 0.8


@pytest.mark.slow
def test_random_delays_agree_with_the_theorem_in_ten_thousand_games() -> None:
    assert_theorem(measure(10_000))


@pytest.mark.parametrize(
    "claim",
    [
        lambda game: game.penalty < min(costs_of_pass(game)),  # P >= m protects, whatever the load
        lambda game: game.arrival_rate >= game.stations[0].capacity,  # only overload is in danger
        lambda game: game.penalty >= min(costs_of_pass(game)),  # a penalty is a danger
    ],
)
def test_a_wrong_theorem_is_caught(claim: Callable[[CongestedGame], bool]) -> None:
    rng = np.random.default_rng(3)
    games = [delayed_game(rng) for _ in range(100)]
    wrong = [game for game in games if delay_can_pay(game) and not claim(game)]
    assert any(best_added_delay(game).gain > 0.01 * game.penalty for game in wrong)


def test_visits_that_rise_are_noticed() -> None:
    rng = np.random.default_rng(4)
    games = [(random_game(rng), random_policy(rng)) for _ in range(50)]
    taken_away = [rise(g, policy, random_delay(g, rng), (0.0, 0.0)) for g, policy in games]
    assert max(taken_away) > 0.1


def test_the_exception_of_the_page() -> None:
    """First passes saturate M1, k_1 <= P < k_2: all start at M2, and a delay makes them leave."""
    best = best_added_delay(EXCEPTION)
    after, before = best.optimum.equilibrium, best.before.equilibrium
    assert (before.provider_cost, after.provider_cost) == pytest.approx((0.5 / 0.6, 0.7))
    assert (before.user_utility, after.user_utility) == pytest.approx((29.5833, 0), abs=1e-4)
    assert best.added_delay[0] == 0.0
    less = replace(EXCEPTION, added_delay=(0.0, best.added_delay[1] - 1e-4))
    assert congested_equilibrium(less, 2).visits[1] > 1
    for rate, penalty in ((0.99, 0.5), (1.2, 0.5 / 0.6), (6.0, 0.5)):
        game = replace(EXCEPTION, arrival_rate=rate, penalty=penalty)
        assert best_added_delay(game).added_delay == (0.0, 0.0)
    poor = best_added_delay(replace(EXCEPTION, value=0.2))  # M2 is not worth its wait to begin with
    assert delay_can_pay(replace(EXCEPTION, value=0.2)) and poor.gain == 0.0


def test_delay_pays_where_it_paid_without_queues() -> None:
    """R2 of section 9 with P = .45 and idle servers: throttling M2 makes users leave, gain .01."""
    game = CongestedGame(
        (0.2, 0.8), (0.2, 0.4), 2.0, 0.45, 1.0, (Station(60, 10.0), Station(60, 10 / 3))
    )
    best = best_added_delay(game)
    assert best.gain == pytest.approx(0.01, abs=1e-6)
    assert best.added_delay[1] > 0
    delayed = congested_optimum(replace(game, added_delay=best.added_delay))
    assert best.optimum == delayed


def test_no_delay_where_none_pays() -> None:
    game = replace(B, stations=(Station(40, 1.5), Station(40, 0.25)), penalty=20.0)
    best = best_added_delay(replace(game, added_delay=(1.0, 1.0)))
    assert (best.added_delay, best.gain) == ((0.0, 0.0), 0.0)


def test_the_best_delay_is_at_least_as_good_as_a_grid() -> None:
    rng = np.random.default_rng(41)
    for _ in range(3):
        game = replace(random_game(rng), added_delay=(0.0, 0.0), penalty=0.1)
        best = best_added_delay(game).optimum.equilibrium.provider_cost
        for i in (0, 0.05, 0.2, 1):
            for j in (0, 0.05, 0.2, 1):
                delays = (i * game.value * game.p[0], j * game.value * game.p[1])
                tried = congested_optimum(replace(game, added_delay=delays), points=33)
                assert best <= tried.equilibrium.provider_cost * (1 + 1e-9)


def test_nothing_helps_a_service_that_is_saturated() -> None:
    best = best_added_delay(replace(A, arrival_rate=3.0))
    assert not best.optimum.equilibrium.stable
    assert math.isnan(best.gain)

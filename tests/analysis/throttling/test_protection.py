"""Whether a penalty protects users who queue: the games, the search, and the same played."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents import congested_equilibrium
from analysis.games.congested import scenario_of, users_of
from analysis.theory.delays import delay_can_pay
from analysis.throttling.protection import (
    BUSIEST,
    CASES,
    CONTROL,
    EXCEPTION,
    best,
    confirmed,
    draw,
    protection,
    regret_at,
    trial,
    trials,
)
from sim import Mixture
from tests.tools.chance import t_bound
from tests.tools.delays import costs_of_pass

PAYS = (CONTROL, 9, 1)  # queues, and a throttle that pays


def test_games_are_as_stated() -> None:
    for number in range(20):
        game = draw(CONTROL, number, seed=3)
        m = min(costs_of_pass(game))
        assert m / 4 <= game.penalty * (1 + 1e-12) and game.penalty <= m
        load = game.arrival_rate / min(station.capacity for station in game.stations)
        assert 0.05 <= load <= 0.95
        assert draw(CONTROL, number, seed=4) != game
        game = draw(EXCEPTION, number, seed=3)
        k_1, k_2 = costs_of_pass(game)
        first, second = (station.capacity for station in game.stations)
        assert k_1 <= game.penalty <= k_2 and delay_can_pay(game)
        assert 0.05 <= (game.arrival_rate - first) / (second - first) <= 0.95


def test_a_row_is_what_the_best_delay_brings() -> None:
    found = best(PAYS)
    assert 0.02 < float(str(found["share"])) < 0.05
    assert found["delay_1"] == 0.0
    frame = protection(40, seed=1)
    assert frame["case"].tolist() == [*CASES] * 40
    part = frame[frame["case"] == EXCEPTION]
    assert part["place"].between(0, 1).all() and (part["utilisation"] < 1).all()
    assert 0 < (part["gain"] > 0).mean() < 1
    # without a delay all start at M2; with it, all leave: c_2 + P (1 - p_2)
    for row in part[part["gain"] > 0].to_dict("records"):
        game = draw(EXCEPTION, int(row["game"]), seed=1)
        leave = game.c[1] + game.penalty * (1 - game.p[1])
        assert row["cost"] - row["gain"] == pytest.approx(leave, rel=1e-12)


def test_the_game_with_the_largest_gain_is_played_if_it_is_not_too_busy() -> None:
    frame = protection(20, seed=1)
    for each in trials(frame, seed=1):
        calm = frame[(frame["case"] == each.case) & (frame["utilisation"] <= BUSIEST)]
        row = calm.sort_values("gain").iloc[-1]
        assert row["game"] == each.number
        before, after = (e.provider_cost for _, e in each.sides)
        assert before - after == pytest.approx(row["gain"])


def test_what_is_played_is_the_equilibrium_of_the_game() -> None:
    game = draw(CONTROL, 3, 1)
    slowed = replace(game, added_delay=(0.5, 0.25))
    e = congested_equilibrium(slowed, 1, 0.4)
    played = scenario_of(slowed, 1, 0.4, users_of(e))
    assert played.service_means() == pytest.approx([1 / s.rate for s in game.stations])
    assert played.table.hold == (0.5, 0.25)
    users: Any = played.person.abandonment
    parts: Any = users.parts if isinstance(users, Mixture) else ((1.0, users),)
    assert {rule.q: weight for weight, rule in parts} == pytest.approx(
        {q: weight for q, weight in e.support if weight > 0}
    )


def test_played_savings_agree_and_a_planted_error_does_not() -> None:
    """Two checks with false-alarm rate `tests.tools.chance.FALSE_ALARM` together."""
    ratio, number, seed = PAYS
    pair = trial(ratio, number, seed, (0.816197, 0.989646))
    [row] = confirmed([pair], seed=1, tasks=1500, replications=20).to_dict("records")
    error = (row["saving_high"] - row["saving_low"]) / 2 / 2.0930  # t(19; .975)
    z = (row["saving_simulated"] - row["saving"]) / error
    assert abs(z) < t_bound(2, 20)
    assert abs(row["saving_simulated"] / error) > t_bound(2, 20)  # "delays change nothing"
    assert row["regret"] < 0.02


def test_nobody_regrets_at_the_latencies_of_the_equilibrium_but_at_others() -> None:
    game = draw(CONTROL, 2, 1)
    e = congested_equilibrium(game, 2)
    at = np.array([e.latencies])
    assert regret_at(game, e, at) == pytest.approx(0.0, abs=1e-9)
    away = np.array([[np.nan, 1.5 * game.value * game.p[1]]])
    stays = replace(e, support=((0.0, 1.0),))
    # a pass costs half of its worth more than it brings, and 1 / p_2 - 1 of them are in excess
    excess = 0.5 * game.value * game.p[1] * (1 / game.p[1] - 1)
    assert regret_at(game, stays, away) == pytest.approx(excess)

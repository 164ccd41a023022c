"""Whether a penalty protects users who queue: the games, the search, and the same played."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from agents import congested_equilibrium
from analysis.games.congested import scenario_of, users_of
from analysis.throttling.protection import (
    RATIOS,
    confirmed,
    draw,
    protection,
    regret_at,
    search,
    trial,
    trials,
)
from sim import Mixture
from tests.tools.chance import t_bound

PAYS = ("P < m", 9, 1)  # queues, and a throttle that pays


def test_games_are_as_stated_and_differ_in_the_penalty_alone() -> None:
    for number in range(20):
        games = {ratio: draw(ratio, number, seed=3) for ratio in RATIOS}
        for ratio, game in games.items():
            least = min(c / p for c, p in zip(game.c, game.p, strict=True))
            low, high = RATIOS[ratio]
            assert low * least <= game.penalty * (1 + 1e-12) and game.penalty <= high * least
            load = game.arrival_rate / min(station.capacity for station in game.stations)
            assert 0.05 <= load <= 0.95
        first, second = games.values()
        assert replace(first, penalty=second.penalty) == second
    assert draw("P >= m", 1, 1) != draw("P >= m", 1, 2)


def test_the_search_finds_a_gain_and_finds_none() -> None:
    found = search(PAYS, evaluations=200)
    assert 0.02 < float(str(found["share"])) < 0.05
    for number in (9, 2):
        assert search(("P >= m", number, 1), evaluations=100)["gain"] == 0.0


def test_frames_do_not_depend_on_the_executor() -> None:
    frame = protection(1, seed=1)
    assert frame["penalties"].tolist() == list(RATIOS)
    assert frame["game"].tolist() == [0, 0]


def test_without_a_gain_the_busiest_game_is_slowed_by_a_tenth() -> None:
    frame = protection(2, seed=1)
    for each in trials(frame.assign(gain=0.0, delay_1=0.0, delay_2=0.0), seed=1):
        game = each.sides[1][0]
        expected = tuple(0.1 * game.value * p for p in game.p)
        assert game.added_delay == pytest.approx(expected)


def test_what_is_played_is_the_equilibrium_of_the_game() -> None:
    game = draw("P < m", 3, 1)
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
    game = draw("P >= m", 2, 1)
    e = congested_equilibrium(game, 2)
    at = np.array([e.latencies])
    assert regret_at(game, e, at) == pytest.approx(0.0, abs=1e-9)
    away = np.array([[np.nan, 1.5 * game.value * game.p[1]]])
    stays = replace(e, support=((0.0, 1.0),))
    # a pass costs half of its worth more than it brings, and 1 / p_2 - 1 of them are in excess
    excess = 0.5 * game.value * game.p[1] * (1 / game.p[1] - 1)
    assert regret_at(game, stays, away) == pytest.approx(excess)

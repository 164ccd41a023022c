"""The page of the study of congestion: its words, its rival router, its interior optima."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from agents import best_response, congested_equilibrium
from analysis.congestion import errors
from analysis.congestion import routers as congestion_routers
from analysis.congestion.errors import RUNS
from analysis.congestion.findings import MIXED, headlines
from analysis.congestion.routers import LOADS, RIVAL, ROUTERS, saved
from analysis.congestion.study import Size, Study, game_rows, random_games
from sim.theory.markov import expectations
from tests.tools.chance import FALSE_ALARM

ROOT = Path(__file__).parents[3]


def study() -> Study:
    """With numbers of the right shape instead of simulated ones."""
    cells = [
        {"panel": panel, "what": what, "utilisation": u, "error": 0.1, "low": 0.0, "high": 0.2}
        for panel, names in errors.PANELS.items()
        for what in names
        for u in errors.UTILISATION
    ]
    drawn = np.random.default_rng(1).uniform(1, 2, RUNS).tolist()
    rows = [
        {"load": load, "router": router, "delay": x, "cost": x}
        for load in LOADS
        for router in ROUTERS
        for x in drawn
    ]
    size, none = Size(games=10), pd.DataFrame()
    games = pd.DataFrame([row for game in random_games(size) for row in game_rows(game)])
    routers = congestion_routers.router_means(pd.DataFrame(rows))
    return Study(size, none, none, none, games, pd.DataFrame(cells), routers, [])


def test_the_page_quotes_headlines_that_exist() -> None:
    found = headlines(study())
    keys = [each.key for each in found]
    assert len(set(keys)) == len(keys) == len({each.text for each in found})
    template = (ROOT / "analysis/congestion/page.html").read_text(encoding="utf-8")
    quoted = re.findall(r"quoted\.(\w+)", template)
    assert len(quoted) >= 8
    assert set(quoted) <= set(keys)
    assert "quoted[" not in template


@pytest.mark.parametrize(
    ("drawn", "kind"), [(59, "{0,1} mix"), (65, "all stay"), (176, "all stay")]
)
def test_an_interior_optimum_is_a_threshold_unless_users_mix(drawn: int, kind: str) -> None:
    """At a threshold all stay, and with s a little lower or higher some would leave, also where the
    search comes to it from that side (game 176). Where users mix they still do so beside it.
    """
    game = random_games(Size())[drawn]
    [row] = game_rows(game)
    assert (row["interior"], row["kind"]) == (True, kind)
    assert kind == "all stay" or kind in MIXED
    beside = [congested_equilibrium(game, 1, row["cascade"] * x).kind for x in (0.9999, 1.0001)]
    assert beside.count("all stay") == (kind == "all stay")


def test_a_cascade_without_load_is_counted_only_where_it_is_best() -> None:
    """By brute force over s: without load game 156 has one inside (0, 1), game 65 an end."""
    games, s = random_games(Size()), np.linspace(0, 1, 2001)
    for drawn, inside in ((156, True), (65, False)):
        [row], game = game_rows(games[drawn]), games[drawn].unloaded
        q = best_response(game, 1, s).q
        cost = expectations(game, 1, s, q).provider_cost
        second = expectations(game, 2, 0.0, best_response(game, 2, 0.0).q).provider_cost
        assert row["static_interior"] == inside == (cost.min() < min(cost[0], cost[-1], second))


def test_the_rival_is_the_fastest_cascade() -> None:
    """Its time has no slope in s where it is inside (0, 1), and it beats both ends."""
    for load in LOADS:
        game, s = congestion_routers.loaded(load), congestion_routers.policy(load, RIVAL)[1]
        time = {x: congestion_routers.seconds(game, 1, x) for x in (0.0, s, 1.0)}
        assert time[s] == min(time.values())
        if s > 0:
            around = [congestion_routers.seconds(game, 1, s + x) for x in (-0.01, 0.01)]
            assert min(around) > time[s]
            assert around[0] == pytest.approx(around[1], rel=1e-4)
    assert congestion_routers.policy(0.9, RIVAL) == (1, 0.715)


def test_the_interval_of_the_time_saved_is_true() -> None:
    """Paired normal runs: 95% of the intervals cover, binomial, false alarm 1e-6. The same check
    finds the normal quantile in place of Student's.
    """
    rng, repeats = np.random.default_rng(1), 20_000
    rival = rng.normal(5.0, 0.1, (repeats, RUNS))
    aware = 4.0 + 0.9 * (rival - 5.0) + rng.normal(0.0, 0.05, (repeats, RUNS))
    found = [saved(*pair) for pair in zip(aware, rival, strict=True)]
    low, high = (np.array([each[name] for each in found]) for name in ("saved_low", "saved_high"))
    middle, half = (low + high) / 2, (high - low) / 2

    def probability(half: NDArray[np.float64]) -> float:
        covered = int((np.abs(middle - 0.2) <= half).sum())
        return float(stats.binomtest(covered, repeats, 0.95).pvalue)

    assert probability(half) > FALSE_ALARM
    normal = stats.norm.ppf(0.975) / stats.t.ppf(0.975, RUNS - 1)
    assert probability(half * normal) < FALSE_ALARM

"""Congested games: users' equilibria, the provider's optima and the best delays."""

from collections.abc import Callable
from functools import partial
from time import process_time
from typing import Any

from agents import congested_equilibrium, congested_optimum
from analysis.theory.delays import best_added_delay
from tests.benchmark.measuring import Row
from tests.tools.congested_games import plans

GAMES, SEARCHED, DELAYED = 1000, 40, 5


def congested(rounds: int) -> list[Row]:
    """The same random games in every round; code is compiled and loaded before."""
    policies = [(game, *policy) for game, policy in plans(GAMES, seed=5)]
    games = [(game,) for game, *_ in policies]
    best_added_delay(*games[0])
    parts: dict[str, tuple[Callable[..., Any], list[Any]]] = {
        "equilibria": (congested_equilibrium, policies),
        "equilibria, compiled": (partial(congested_equilibrium, compiled=True), policies),
        "optima": (congested_optimum, games[:SEARCHED]),
        "optima, compiled": (partial(congested_optimum, compiled=True), games[:SEARCHED]),
        "best added delays": (best_added_delay, games[:DELAYED]),
    }
    rows = {name: Row(name, "per second of CPU") for name in parts}
    for _ in range(rounds):
        for name, (solve, arguments) in parts.items():
            start = process_time()
            for each in arguments:
                solve(*each)
            rows[name].values.append(len(arguments) / (process_time() - start))
    return list(rows.values())

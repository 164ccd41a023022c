"""Random games with random delays: is docs/theory.md, section 11.10, true of them?

`uv run python -m tests.tools.delays [N]`: N games by the place of P and by which model first passes
alone saturate; where a delay pays, what it saves, and the largest deviations from the theorem.
"""

import sys
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np

from agents import CongestedGame, congested_equilibrium, congested_optimum
from agents.congestion.response import Pair
from analysis.theory.delays import best_added_delay, delay_can_pay
from tests.tools.congested_games import random_game, random_policy

TRIES = 3  # random delays per game
ROUNDING = 1e-9  # of visits, and of the cost


@dataclass(frozen=True)
class Tried:
    """A game: ``case`` it belongs to; whether a delay ``can_pay`` by the theorem, and what the
    best one ``saves``; what the best of some random delays saves at the optimum, ``found`` (parts
    of the cost); by which part, at most, the first of them raises visits under a random policy.
    """

    case: tuple[str, str]
    can_pay: bool
    saves: float
    found: float
    rise: float

    @property
    def excess(self) -> float:
        """By how much the random delays beat the theorem: by nothing, if it is true."""
        return self.found - self.saves


def delayed_game(rng: np.random.Generator) -> CongestedGame:
    """P below, between or above k_1 and k_2; first passes may saturate one of the models."""
    game = replace(random_game(rng), added_delay=(0.0, 0.0))
    rate = rng.uniform(0.05, 0.95) * max(station.capacity for station in game.stations)
    low, high = sorted(costs_of_pass(game))
    penalties = rng.uniform(0.2, 1) * low, rng.uniform(low, high), rng.uniform(1, 3) * high
    return replace(game, arrival_rate=rate, penalty=float(penalties[rng.integers(3)]))


def costs_of_pass(game: CongestedGame) -> Pair:
    return game.c[0] / game.p[0], game.c[1] / game.p[1]


def case(game: CongestedGame) -> tuple[str, str]:
    """Where P is, and which model first passes alone saturate: at most one."""
    k_1, k_2 = costs_of_pass(game)
    between = "k1 <= P < k2" if k_1 < k_2 else "k2 <= P < k1"
    place = "P < m" if game.penalty < min(k_1, k_2) else between
    full = [f"M{i}" for i, at in enumerate(game.stations, 1) if game.arrival_rate >= at.capacity]
    return "P >= max k" if game.penalty >= max(k_1, k_2) else place, "".join(full) or "none"


def random_delay(game: CongestedGame, rng: np.random.Generator) -> Pair:
    """Of either model nothing, or up to a little more than what makes it worthless."""
    parts = rng.uniform(0, 1.1, 2) * (rng.random(2) < 0.7) * game.value
    return float(parts[0]) * game.p[0], float(parts[1]) * game.p[1]


def rise(game: CongestedGame, policy: tuple[int, float], before: Pair, after: Pair) -> float:
    """The largest rise of visits, as a part of them, by a change of delays; 0 if infeasible."""
    u, v = (
        congested_equilibrium(replace(game, added_delay=each), *policy, compiled=True).visits
        for each in (before, after)
    )
    return max(v[0] - u[0], v[1] - u[1]) / max(u) if u[0] == u[0] else 0.0


def tried(game: CongestedGame, rng: np.random.Generator) -> Tried:
    best = best_added_delay(game)
    before = best.before.equilibrium.provider_cost
    delays = [random_delay(game, rng) for _ in range(TRIES)]
    slowed = (congested_optimum(replace(game, added_delay=d), compiled=True) for d in delays)
    found = 1 - min(each.equilibrium.provider_cost for each in slowed) / before
    rises = rise(game, random_policy(rng), (0.0, 0.0), delays[0])
    return Tried(case(game), delay_can_pay(game), best.gain / before, found, rises)


def measure(games: int, seed: int = 1) -> list[Tried]:
    rng = np.random.default_rng(seed)
    return [tried(delayed_game(rng), rng) for _ in range(games)]


def table(found: list[Tried]) -> list[str]:
    cases = defaultdict(list)
    for each in found:
        cases[each.case].append(each)
    lines = [f"{'P':<14}{'saturated':<11}{'games':>6}{'pays':>8}{'saves up to':>13}{'excess':>9}"]
    for (place, full), part in sorted(cases.items()):
        pays = np.mean([each.saves > 0 for each in part])
        most, excess = max(each.saves for each in part), max(each.excess for each in part)
        line = f"{place:<14}{full:<11}{len(part):>6}{pays:>8.1%}{most:>13.1%}{excess:>9.0e}"
        lines.append(line)
    return [*lines, f"largest rise of visits: {max(each.rise for each in found):.0e}"]


if __name__ == "__main__":
    print("\n".join(table(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000))))

"""Random congested games.

`uv run python -m tests.tools.congested_games [N]`: kinds and regret of N.
"""

import sys
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from agents import CongestedGame, congested_equilibrium
from agents.congestion.game import KINDS
from analysis.games.congested import on_slots
from analysis.theory.anarchy import regret
from sim.theory.markov import visits

Plan = tuple[CongestedGame, tuple[int, float]]  # a game and the policy (initial, cascade)


def random_game(rng: np.random.Generator) -> CongestedGame:
    """One to four slots, shared or not; net values of either sign; sometimes added delays.

    The first passes use at most 95% of either model, so that every policy is feasible.
    """
    p_1 = rng.uniform(0.05, 0.85)
    p_2 = p_1 + (0.97 - p_1) * rng.uniform(0.02, 1)
    slots, rates = rng.integers(1, 5, 2).tolist(), (10 ** rng.uniform(-1, 1, 2)).tolist()
    discipline = "fcfs" if rng.random() < 0.8 else "ps"
    w = 10 ** rng.uniform(-1, 1)
    value = w * (1 / rates[0] / p_1 + 1 / rates[1] / p_2) / 2 * 10 ** rng.uniform(-0.3, 0.7)
    delay = (rng.uniform(0, 0.3, 2) * value * (rng.random(2) < 0.3)).tolist()
    c_1, c_2 = (10 ** rng.uniform(-1.5, 0.5, 2)).tolist()
    penalty, share = rng.uniform(0, 6), rng.uniform(0.05, 0.95)
    return on_slots(
        (p_1, p_2), (c_1, c_2), value, penalty, slots, rates, share, discipline,
        value_of_time=w, added_delay=(delay[0], delay[1]),
    )  # fmt: skip


def random_policy(rng: np.random.Generator) -> tuple[int, float]:
    """Mostly a cascade inside (0, 1); (1, 0), (1, 1) and (2) now and then."""
    return [(2, 0.0), (1, 0.0), (1, 1.0), *[(1, float(rng.random()))] * 7][rng.integers(10)]


def both_indifferent(rng: np.random.Generator) -> Plan:
    """A random game whose value and delays are such that both models are worth nothing when a
    random share of the users plays a random q and the others leave. About 1 in 3,000 is so anyway.

    Both loads make users wait at least a thousandth longer: with less, rounding hides the kind.
    """
    while True:
        game, s = random_game(rng), rng.random()
        v_1, v_2 = visits(game.unloaded, 1, s, rng.random())
        share = rng.random()
        z = (1 + share * (v_1 - 1), share * v_2)
        bare = replace(game, added_delay=(0.0, 0.0))
        t, idle = bare.latencies(z), bare.latencies((0.0, 0.0))
        if max(t) < np.inf and t[0] > 1.001 * idle[0] and t[1] > 1.001 * idle[1]:
            value = max(t[0] / game.p[0], t[1] / game.p[1]) * rng.uniform(1, 1.5)
            delay = (value * game.p[0] - t[0], value * game.p[1] - t[1])
            return replace(game, value=value, added_delay=delay), (1, s)


@dataclass
class Found:
    """``counts`` per kind, and the largest regret as a part of V per kind."""

    counts: Counter[str] = field(default_factory=Counter)
    largest: dict[str, float] = field(default_factory=lambda: dict.fromkeys(KINDS, 0.0))


def plans(games: int, seed: int) -> list[Plan]:
    """``games`` games with policies; every twentieth made for double indifference."""
    rng = np.random.default_rng(seed)
    return [
        both_indifferent(rng) if i % 20 == 0 else (random_game(rng), random_policy(rng))
        for i in range(games)
    ]


def measure(games: int, seed: int = 1) -> Found:
    """Solve ``games`` random games and take the regret of each by the definition."""
    found = Found()
    for game, policy in plans(games, seed):
        e = congested_equilibrium(game, *policy)
        assert e.kind is not None
        found.counts[e.kind] += 1
        found.largest[e.kind] = max(found.largest[e.kind], regret(game, e) / game.value)
    return found


if __name__ == "__main__":
    found = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 12_000)
    print(f"{'kind':<22}{'games':>8}  largest regret / V")
    for kind in KINDS:
        print(f"{kind:<22}{found.counts[kind]:>8}{found.largest[kind]:>12.1e}")

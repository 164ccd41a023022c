"""Fictitious play on random congested games.

`uv run python -m tests.tools.fictitious_play [GAMES [WORKERS]]`: GAMES / 6 games of every kind,
simulated from the three starts in turn: how many arrive at the predicted loads. Drawn are games in
which the load is felt, as where waiting is a thousandth of a pass no run of this length can tell
the loads.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from itertools import cycle

import numpy as np

from agents import CongestedGame, congested_equilibrium
from agents.congestion.game import KINDS
from analysis.reaction.fictitious_play import STARTS, Play, fictitious_play
from analysis.runs.jobs import processes, run_jobs
from tests.tools.congested_games import Plan, both_indifferent, random_game, random_policy

Job = tuple[Plan, str]
ROUNDS, TASKS = 150, 3000


def measurable(game: CongestedGame, policy: tuple[int, float]) -> bool:
    """Whether runs of thousands of tasks can tell what the load does to the users who decide.

    In a mixed or interior equilibrium passes take at least a fifth longer than without load: at
    each model if both are worth nothing, else where more than a few are made. Models are at most
    85% busy, so that a run that starts empty has a mean near the stationary one.
    """
    e, idle = congested_equilibrium(game, *policy), game.sojourns((0.0, 0.0))
    if max(e.utilisation) > 0.85:
        return False
    if e.kind in ("all stay", "all leave"):
        return True
    few = 0.0 if e.kind == "double indifference" else 0.05
    deciding = [i for i in (0, 1) if e.visits[i] > few and (policy != (2, 0.0) or i == 1)]
    return all(e.sojourns[i] >= 1.2 * idle[i] for i in deciding)


def _plans(seed: int) -> Iterator[tuple[str, Plan]]:
    """Random games with their kind; every fifth made for double indifference."""
    rng = np.random.default_rng(seed)
    for i in cycle(range(5)):
        plan = both_indifferent(rng) if i == 0 else (random_game(rng), random_policy(rng))
        if measurable(*plan):
            yield str(congested_equilibrium(plan[0], *plan[1]).kind), plan


def jobs(games: int, seed: int = 1) -> list[Job]:
    """``games`` games, as many of each kind as of any other, with the starts in turn."""
    wanted = dict.fromkeys(KINDS, games // len(KINDS))
    starts = {kind: cycle(STARTS) for kind in KINDS}
    found: list[Job] = []
    for kind, plan in _plans(seed):
        if wanted[kind]:
            wanted[kind] -= 1
            found.append((plan, next(starts[kind])))
        if not any(wanted.values()):
            break
    return found


def play(job: Job) -> Play:
    """One game from its start."""
    (game, policy), start = job
    return fictitious_play(game, *policy, start, rounds=ROUNDS, tasks=TASKS)


def main(games: int, workers: int | None) -> None:
    """Play and print the counts."""
    with processes(workers) as executor:
        played = run_jobs(play, jobs(games), executor)
    for name in ("kind", "start"):
        groups = [play.equilibrium.kind if name == "kind" else play.start for play in played]
        arrived = Counter(g for g, play in zip(groups, played, strict=True) if play.arrived)
        for group, number in Counter(groups).items():
            print(f"{name:<6}{group:<22}{arrived[group]:>4} of {number}")
    first, last = (np.array([p.distances[k] for p in played]) for k in (0, -1))
    print(f"median distance: {np.median(first):.3f} at the start, {np.median(last):.3f} at the end")
    print(f"largest at the end: {np.sort(last)[-5:].round(3).tolist()}")
    print(f"{sum(p.arrived for p in played)} of {len(played)} arrived")


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    main(numbers[0] if numbers else 60, numbers[1] if len(numbers) > 1 else None)

"""What policies differ by, played task by task on the same luck."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial

import numpy as np
import pandas as pd

from agents import AddedDelay, Cascade, Stationary, stackelberg
from analysis.games.grid import single
from analysis.runs.jobs import run_jobs
from analysis.statistics.moments import Moments
from analysis.theory.outcomes import DIFFERENCES, Played, outcomes, policies
from sim.engine import simulate
from sim.game import Game
from sim.person import Person
from sim.scenario import Offer, Scenario

TASKS = 2_000  # per game and policy

Job = tuple[dict[str, Scenario], int]  # scenarios by the policy they play, replication
Gap = tuple[str, str, str]  # a metric under one policy, less that under another


def jobs(game: Game, seed: int, tasks: int) -> list[Job]:
    """One job per game of an array; a game's place is its replication: it has its own luck."""
    played = policies(game, stackelberg(game))
    return [
        ({name: _scenario(game, each, k, seed, tasks) for name, each in played.items()}, k)
        for k in range(len(game.value))  # type: ignore[arg-type]
    ]


def _scenario(game: Game, played: Played, place: int, seed: int, tasks: int) -> Scenario:
    initial, cascade, abandonment = (x[place].item() for x in played.policy)
    delays = tuple(x[place].item() for x in played.delays)
    offer = Offer(Cascade(int(initial), cascade), AddedDelay(delays))
    person = Person(Stationary(abandonment))
    return Scenario(single(game, place), offer, person, tasks=tasks, seed=seed)


def paired(job: Job, differences: Sequence[Gap]) -> list[tuple[float, float]]:
    """Each difference, task by task on common luck: mean and standard error (money)."""
    scenarios, replication = job
    played = {
        scenario: simulate(scenario, replication=replication, engine="compiled").metrics()
        for scenario in dict.fromkeys(scenarios.values())
    }
    metrics = {name: played[scenario] for name, scenario in scenarios.items()}
    gaps = (metrics[one][metric] - metrics[base][metric] for metric, one, base in differences)
    return [(e.mean, e.standard_error) for e in (Moments.of(gap).estimate() for gap in gaps)]


def simulated(
    game: Game,
    seed: int,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
    tasks: int = TASKS,
) -> pd.DataFrame:
    """`outcomes` of every game, with ``*_simulated`` and its ``*_error`` beside `DIFFERENCES`.

    ``tasks`` per game and policy. The same for any executor.
    """
    play = partial(paired, differences=[each[:3] for each in DIFFERENCES.values()])
    found = np.array(run_jobs(play, jobs(game, seed, tasks), executor, progress))
    frame = outcomes(game)
    for k, name in enumerate(DIFFERENCES):
        frame[f"{name}_simulated"], frame[f"{name}_error"] = found[:, k].T
    return frame

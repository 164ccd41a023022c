"""The findings over one distribution of games, and simulated: on common random numbers."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from agents import AddedDelay, Cascade, Stationary, stackelberg
from analysis.distributions import DISTRIBUTIONS, draw
from analysis.findings import DIFFERENCES, Array, Policy, findings, outcomes, policies
from analysis.replications import Moments, run_jobs
from sim.engine import simulate
from sim.game import Game
from sim.scenario import Scenario

TASKS = 2_000  # per game and policy
SIMULATED = 1_000  # games per distribution, at most

Job = tuple[dict[str, Scenario], int]  # scenarios by the policy they play, replication


@dataclass(frozen=True)
class Study:
    """What was found over one distribution of games.

    ``games``: `outcomes`; ``claims``: `findings`; ``played``: the first of the games, `simulated`;
    ``compared``: simulated means beside exact ones.
    """

    name: str
    description: str
    games: pd.DataFrame
    claims: pd.DataFrame
    played: pd.DataFrame
    compared: pd.DataFrame


def study(
    stream: int,
    games: int,
    seed: int,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> Study:
    """Draw and solve ``games`` of the distribution ``stream``, and play the first `SIMULATED`."""
    drawn = draw(games, seed, stream)
    played = simulated(drawn.take(slice(SIMULATED)), seed, executor, progress)
    solved = outcomes(drawn)
    about = DISTRIBUTIONS[stream]
    return Study(about.name, str(about), solved, findings(solved), played, compare(played))


def jobs(game: Game, seed: int, tasks: int) -> list[Job]:
    """One job per game of an array; a game's place is its replication: it has its own luck."""
    played = policies(game, stackelberg(game))
    return [
        ({name: _scenario(game, policy, k, seed, tasks) for name, policy in played.items()}, k)
        for k in range(len(game.value))  # type: ignore[arg-type]
    ]


def _scenario(game: Game, policy: Policy, place: int, seed: int, tasks: int) -> Scenario:
    initial, cascade, abandonment = (each[place].item() for each in policy[:3])
    delays = tuple(each[place].item() for each in policy.delays)
    sides = Cascade(int(initial), cascade), Stationary(abandonment), AddedDelay(delays)
    return Scenario(_plain(game.take(place)), *sides, tasks=tasks, seed=seed)


def _plain(game: Game) -> Game:
    p, t, c = (tuple(float(getattr(m, name)) for m in game.models) for name in "ptc")
    return Game.of(p, t, c, float(game.value), float(game.penalty))


def play(job: Job) -> list[tuple[float, float]]:
    """`DIFFERENCES` in one game, task by task: mean and standard error (money)."""
    scenarios, replication = job
    played = {
        scenario: simulate(scenario, replication=replication, engine="compiled").metrics()
        for scenario in dict.fromkeys(scenarios.values())
    }
    metrics = {name: played[scenario] for name, scenario in scenarios.items()}
    paired = (metrics[d.policy][d.metric] - metrics[d.base][d.metric] for d in DIFFERENCES.values())
    return [(e.mean, e.standard_error) for e in (Moments.of(each).estimate() for each in paired)]


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
    found = np.array(run_jobs(play, jobs(game, seed, tasks), executor, progress))
    frame = outcomes(game)
    for k, name in enumerate(DIFFERENCES):
        frame[f"{name}_simulated"], frame[f"{name}_error"] = found[:, k].T
    return frame


def compare(games: pd.DataFrame) -> pd.DataFrame:
    """The mean of every difference's part of its scale, over the `simulated` games it matters in.

    Columns claim, among, n, exact, simulated, standard_error, z (NaN without variance). The games
    are given: the error is of the play alone.
    """
    rows = []
    for name, difference in DIFFERENCES.items():
        part = games[games[difference.among]]
        scale = part[difference.scale]
        error = _error_of_mean((part[f"{name}_error"] / scale).to_numpy())
        exact, seen = part[f"{name}_share"].mean(), (part[f"{name}_simulated"] / scale).mean()
        z = (seen - exact) / error if error > 0 else np.nan
        rows.append((f"{name}_share", difference.among, len(part), exact, seen, error, z))
    names = ["claim", "among", "n", "exact", "simulated", "standard_error", "z"]
    return pd.DataFrame(rows, columns=names)


def _error_of_mean(errors: Array) -> float:
    return float(np.sqrt((errors**2).sum())) / len(errors) if len(errors) else np.nan

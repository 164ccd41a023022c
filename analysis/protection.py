"""Does a penalty P >= m still protect users when latency is made by load?

Without queues it does: no added delay lowers the provider's cost (docs/theory.md, section 6). With
finite slots to slow one's own users also shortens their queue. Over a stated distribution of
congested games the best delays are searched for: a gain that is found is real, and exact in the
mean-field model; one that is not found may exist.
"""

import math
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd

from agents import (
    AddedDelay,
    Cascade,
    CongestedEquilibrium,
    CongestedGame,
    Stationary,
    congested_optimum,
)
from analysis.congestion import best_added_delay
from analysis.intervals import estimate
from analysis.replications import run_jobs
from sim.arrivals import Poisson
from sim.engine import simulate
from sim.markov import expectations
from sim.policies import Mixture
from sim.queueing import Station
from sim.scenario import Scenario
from sim.service_times import Exponential

DISTRIBUTION = (
    "success, mean service time and service cost of a pass at the two models uniform on (0, 1), "
    "each pair sorted; 1 to 4 slots each; first passes take 5% to 95% of the smaller capacity; V "
    "log-uniform from a third of the mean of t/p to three times as much"
)
RATIOS = {"P >= m": (1.0, 4.0), "P < m": (0.25, 1.0)}  # log-uniform P / m; the second: a control
EVALUATIONS = 300  # of the search for the best delays, per first model
_STREAMS = 2**63 + 2**32  # replications from here on draw games; those below play them
_Q = np.linspace(0.0, 1.0, 401)  # alternatives of a user

Job = tuple[str, int, int]  # key of RATIOS, number of the game, seed


def draw(ratio: str, number: int, seed: int) -> CongestedGame:
    """Game ``number`` of the `DISTRIBUTION`; ``ratio`` of `RATIOS` makes its penalty alone."""
    random = np.random.Generator(np.random.Philox(key=seed | (_STREAMS + number) << 64))
    p, t, c = (np.sort(random.random(2)).tolist() for _ in range(3))
    first, second = (
        Station(int(n), 1 / mean) for n, mean in zip(random.integers(1, 5, 2), t, strict=True)
    )
    share, worth, place = random.uniform(0.05, 0.95), random.uniform(-1, 1), random.random()
    least = min(c[0] / p[0], c[1] / p[1])
    low, high = RATIOS[ratio]
    return CongestedGame(
        p=(p[0], p[1]),
        c=(c[0], c[1]),
        value=(t[0] / p[0] + t[1] / p[1]) / 2 * 3**worth,
        penalty=least * low * (high / low) ** place,
        arrival_rate=share * min(first.capacity, second.capacity),
        stations=(first, second),
    )


def search(job: Job, evaluations: int = EVALUATIONS) -> dict[str, object]:
    """What the best delays that are found bring in one game (a row of `protection`)."""
    ratio, number, seed = job
    game = draw(ratio, number, seed)
    best = best_added_delay(game, evaluations)
    before, after = congested_optimum(game).equilibrium, best.optimum.equilibrium
    return {
        "penalties": ratio,
        "game": number,
        "regime": str(game.unloaded.regime),
        "utilisation": max(before.utilisation),
        "congested": before.kind not in ("all stay", "all leave"),
        "cost": before.provider_cost,
        "gain": best.gain,
        "share": best.gain / before.provider_cost,
        "delay_1": best.added_delay[0],
        "delay_2": best.added_delay[1],
        "user_loss": before.user_utility - after.user_utility,
    }


def protection(
    games: int,
    seed: int,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """One row per game and kind of penalty.

    ``congested``: queues make users mix before any throttle; ``utilisation`` of the busier model
    then. ``cost`` before, ``gain`` and ``user_loss`` (money per task), ``share`` of the cost
    gained; ``delay_1``, ``delay_2`` (money). The same for any executor.
    """
    jobs = [(ratio, number, seed) for number in range(games) for ratio in RATIOS]
    return pd.DataFrame(run_jobs(search, jobs, executor, progress))


# ---------------------------------------------------------------- the same, played


def scenario(game: CongestedGame, e: CongestedEquilibrium, tasks: int, seed: int) -> Scenario:
    """The equilibrium ``e`` of the game to be played: its policy, its mixture, its delays."""
    parts = tuple((weight, Stationary(q)) for q, weight in e.support if weight > 0)
    d_1, d_2 = (delay / game.value_of_time for delay in game.added_delay)
    return Scenario(
        replace(game, added_delay=(0.0, 0.0)).unloaded,
        Cascade(e.initial, e.cascade),
        Mixture(parts) if len(parts) > 1 else parts[0][1],
        AddedDelay((d_1, d_2)),
        arrivals=Poisson(game.arrival_rate),
        service_time=Exponential(),
        slots=(game.stations[0].slots, game.stations[1].slots),
        value_of_time=game.value_of_time,
        tasks=tasks,
        seed=seed,
    )

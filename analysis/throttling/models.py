"""What throttling M1 alone, M2 alone or both brings, over planes of games; exact and simulated.

The provider picks the best of `LEVELS` of added delay for the models it may throttle, users and
provider answer as in the theorems. docs/theory.md, section 6: M1 alone may bring nothing, M2 alone
attains whatever both can, and nothing is gained iff P >= m or outside of the two paying regions.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from itertools import product

import numpy as np
import pandas as pd

from agents import AddedDelay, Cascade, stackelberg
from agents.theorems.throttling import throttling_pays
from analysis.games.planes import DIFFERENCE, RISING, VALUED, Array, Plane
from analysis.reaction.adaptation import adapted
from analysis.runs.differences import Job, paired
from analysis.runs.jobs import run_jobs
from sim.game import Game
from sim.scenario import Offer, Scenario

PENALTIES = {VALUED: (0.0, 20.0), RISING: (6.0, 11.0)}  # of ++, and of -+ near where it pays
PLANES = tuple(PENALTIES)
CHOICES = {"m1": (True, False), "m2": (False, True), "both": (True, True)}
LEVELS = (0.0, 0.5, 0.9, 1 + 1e-6, 1.5, 3.0)  # of V p: the least t + d of a throttled model

Delays = tuple[float, float]


def grid(plane: Plane, cells: int) -> tuple[Array, Array, Game]:
    """k_1 - k_2, P (flat arrays, P fastest; corners included) and the games."""
    axes = (np.linspace(*limits, cells) for limits in (DIFFERENCE, PENALTIES[plane]))
    x, penalty = (each.ravel() for each in np.meshgrid(*axes, indexing="ij"))
    return x, penalty, plane.game(x, penalty)


def options(game: Game, throttled: tuple[bool, bool]) -> list[Delays]:
    """The delays (money) from which the provider chooses; none is the first."""
    worth = [(float(game.value * m.p), float(m.t)) for m in game.models]
    levels = [
        sorted({0.0, *(max(0.0, part * v - t) for part in LEVELS)}) if free else [0.0]
        for (v, t), free in zip(worth, throttled, strict=True)
    ]
    return [(d_1, d_2) for d_1, d_2 in product(*levels)]


def best_delays(plane: Plane, games: Game, throttled: tuple[bool, bool]) -> tuple[Array, Array]:
    """Per game of the plane: the least J*, and which of the `options` attains it first."""
    chosen = options(plane.game(0.0, 0.0), throttled)
    costs = np.array([stackelberg(games.delayed(*delays)).provider_cost for delays in chosen])
    least = costs.min(0)
    # the first that is as good as the least: no delay where none is needed
    return least, (costs <= least * (1 + 1e-12)).argmax(0)


def exact(plane: Plane, cells: int) -> pd.DataFrame:
    """The gains over the plane: difference (k_1 - k_2), penalty, gain_* per choice (money).

    ``pays``: the theorem's region, where some throttle strictly lowers the provider's cost.
    """
    x, penalty, games = grid(plane, cells)
    free = stackelberg(games).provider_cost
    gains = {
        f"gain_{name}": free - best_delays(plane, games, throttled)[0]
        for name, throttled in CHOICES.items()
    }
    pays = throttling_pays(games)
    return pd.DataFrame({"difference": x, "penalty": penalty, **gains, "pays": pays})


def simulated(
    plane: Plane,
    cells: int,
    seed: int,
    tasks: int,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """`exact` on a grid, with ``*_simulated`` gains and their ``*_error`` beside.

    Each game is played by ``tasks`` tasks under each throttle, with luck of its own. The same for
    any executor.
    """
    frame = exact(plane, cells)
    play = partial(paired, differences=[("provider_cost", "none", name) for name in CHOICES])
    found = np.array(run_jobs(play, jobs(plane, cells, seed, tasks), executor, progress))
    for k, name in enumerate(CHOICES):
        frame[f"gain_{name}_simulated"], frame[f"gain_{name}_error"] = found[:, k].T
    return frame


def jobs(plane: Plane, cells: int, seed: int, tasks: int) -> list[Job]:
    """One job per game: it without a throttle, and under the best delays per choice."""
    x, penalty, games = grid(plane, cells)
    base = PLANES.index(plane) * len(x)
    chosen = {
        name: (options(plane.game(0.0, 0.0), throttled), best_delays(plane, games, throttled)[1])
        for name, throttled in CHOICES.items()
    }
    found = []
    for k in range(len(x)):
        game = plane.game(float(x[k]), float(penalty[k]))
        start = Scenario(game, Offer(Cascade(1)), tasks=tasks, seed=seed)
        delays = {"none": (0.0, 0.0)} | {name: d[which[k]] for name, (d, which) in chosen.items()}
        found.append(({name: _answered(start, each) for name, each in delays.items()}, base + k))
    return found


def _answered(start: Scenario, delays: Delays) -> Scenario:
    """Once provider and users have reacted to the delays (value of time 1)."""
    return adapted(start.replace(throttle=AddedDelay(delays)), "both")


def deviations(frame: pd.DataFrame) -> Array:
    """|simulated - exact| in standard errors, of every gain that is not certain."""
    scores = []
    for name in CHOICES:
        error = frame[f"gain_{name}_error"].to_numpy()
        gap = (frame[f"gain_{name}_simulated"] - frame[f"gain_{name}"]).abs().to_numpy()
        scores.append(gap[error > 0] / error[error > 0])
    return np.concatenate(scores)

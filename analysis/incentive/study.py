"""What throttling would bring over a grid of games, exact and simulated.

Full throttling, as in Figure 5 right of the paper: both models are delayed just enough that users
leave after one pass, at the cheaper of the two (docs/theory.md, section 6). Its gain is signed.
"""

from collections.abc import Callable
from concurrent.futures import Executor

import pandas as pd

from agents.theorems.throttling import throttling_pays
from analysis.games.grid import Axis, grid
from analysis.runs.differences import TASKS, simulated
from sim.game import Game


def incentive(
    game: Game,
    axes: tuple[Axis, ...],
    seed: int,
    tasks: int = TASKS,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """One row per game of the grid around ``game``, each simulated with ``tasks`` tasks a policy.

    Columns: the axes; ``gain_exact`` and ``gain_simulated`` of full throttling, what it saves the
    provider per task, signed, with its ``standard_error``; ``user_loss_exact``,
    ``user_loss_simulated`` and ``user_loss_standard_error``, what it takes from a user per task
    (money); ``pays``: whether some throttle strictly saves anything. The same for any executor.
    """
    games, columns = grid(game, axes)
    played = simulated(games, seed, executor, progress, tasks)
    return pd.DataFrame(
        {
            **columns,
            "gain_exact": played["gain"],
            "gain_simulated": played["gain_simulated"],
            "standard_error": played["gain_error"],
            "user_loss_exact": played["loss"],
            "user_loss_simulated": played["loss_simulated"],
            "user_loss_standard_error": played["loss_error"],
            "pays": throttling_pays(games),
        }
    )


def largest_deviation(frame: pd.DataFrame) -> float:
    """The largest |simulated - exact| gain in standard errors; 0 where nothing is random."""
    difference = (frame["gain_simulated"] - frame["gain_exact"]).abs()
    random = frame["standard_error"] > 0
    return (
        float((difference[random] / frame["standard_error"][random]).max()) if random.any() else 0.0
    )

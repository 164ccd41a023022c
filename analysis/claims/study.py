"""The findings over one distribution of games, and simulated: on common random numbers."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.claims.bootstrap import Bootstrap, bootstrapped
from analysis.claims.findings import findings
from analysis.games.distributions import DISTRIBUTIONS, RealPairs, draw
from analysis.runs.differences import simulated
from analysis.theory.outcomes import DIFFERENCES, Array, outcomes

SIMULATED = 1_000  # games per distribution, at most


@dataclass(frozen=True)
class Study:
    """What was found over one distribution of games.

    ``games``: `outcomes`; ``bootstrap``: of real pairs; ``claims``: `findings`; ``played``: the
    first of the games, `simulated`; ``compared``: simulated means beside exact ones.
    """

    name: str
    description: str
    games: pd.DataFrame
    bootstrap: Bootstrap | None
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
    about = DISTRIBUTIONS[stream]
    return Study(about.name, str(about), *solved(stream, games, seed), played, compare(played))


def solved(
    stream: int, games: int, seed: int
) -> tuple[pd.DataFrame, Bootstrap | None, pd.DataFrame]:
    """What a study solves, exactly: games, bootstrap and claims; real pairs are clusters."""
    found, about = outcomes(draw(games, seed, stream)), DISTRIBUTIONS[stream]
    bootstrap = bootstrapped(about, games, seed) if isinstance(about, RealPairs) else None
    return found, bootstrap, findings(found, bootstrap)


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

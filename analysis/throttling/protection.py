"""Does a penalty P >= m still protect users when latency is made by load?

Without queues it does: no added delay lowers the provider's cost (docs/theory.md, section 6). With
finite slots to slow one's own users also shortens their queue. Over a stated distribution of
congested games the best delays are searched for: a gain that is found is real, and exact in the
mean-field model; one that is not found may exist.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from agents import CongestedEquilibrium, CongestedGame, congested_optimum
from analysis.games.congested import on_slots, scenario_of, users_of
from analysis.games.planes import Array
from analysis.runs.jobs import run_jobs
from analysis.runs.measure import Row, measure
from analysis.statistics.intervals import estimate
from analysis.theory.delays import best_added_delay
from sim.game import Game
from sim.results import Result
from sim.theory.markov import expectations

DISTRIBUTION = (
    "success, mean service time and service cost of a pass at the two models uniform on (0, 1), "
    "each pair sorted; 1 to 4 slots each; first passes take 5% to 95% of the smaller capacity; V "
    "log-uniform from a third of the mean of t/p to three times as much"
)
RATIOS = {"P >= m": (1.0, 4.0), "P < m": (0.25, 1.0)}  # log-uniform P / m; the second: a control
EVALUATIONS = 300  # of the search for the best delays, per first model
BUSIEST = 0.8  # utilisation of the games that are played: others take very long runs to settle
SEEN = ("cost", "utility", "latency_1", "latency_2")  # money per task; mean of a pass at a model
_STREAMS = 2**63 + 2**32  # replications from here on draw games; those below play them
_Q = np.linspace(0.0, 1.0, 401)  # alternatives of a user

Job = tuple[str, int, int]  # key of RATIOS, number of the game, seed


def draw(ratio: str, number: int, seed: int) -> CongestedGame:
    """Game ``number`` of the `DISTRIBUTION`; ``ratio`` of `RATIOS` makes its penalty alone."""
    random = np.random.Generator(np.random.Philox(key=seed | (_STREAMS + number) << 64))
    p, t, c = (np.sort(random.random(2)).tolist() for _ in range(3))
    slots = [int(n) for n in random.integers(1, 5, 2)]
    share, worth, place = random.uniform(0.05, 0.95), random.uniform(-1, 1), random.random()
    low, high = RATIOS[ratio]
    penalty = min(c[0] / p[0], c[1] / p[1]) * low * (high / low) ** place
    value = (t[0] / p[0] + t[1] / p[1]) / 2 * 3**worth
    rates = [1 / mean for mean in t]
    return on_slots((p[0], p[1]), (c[0], c[1]), value, penalty, slots, rates, share)


def search(job: Job, evaluations: int = EVALUATIONS) -> dict[str, object]:
    """What the best delays that are found bring in one game (a row of `protection`)."""
    ratio, number, seed = job
    game = draw(ratio, number, seed)
    best = best_added_delay(game, evaluations)
    before, after = congested_optimum(game, compiled=True).equilibrium, best.optimum.equilibrium
    return {
        "penalties": ratio,
        "game": number,
        "regime": str(game.unloaded.regime),
        "ratio": game.penalty / min(c / p for c, p in zip(game.c, game.p, strict=True)),
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

    ``ratio`` P / m; ``congested``: queues make users mix before any throttle; ``utilisation`` of
    the busier model then. ``cost`` before, ``gain`` and ``user_loss`` (money per task), ``share``
    of the cost gained; ``delay_1``, ``delay_2`` (money). The same for any executor.
    """
    jobs = [(ratio, number, seed) for number in range(games) for ratio in RATIOS]
    return pd.DataFrame(run_jobs(search, jobs, executor, progress))


# ---------------------------------------------------------------- the same, played


@dataclass(frozen=True)
class Trial:
    """A game to be played: (game, equilibrium) without and with added delays."""

    penalties: str
    number: int
    sides: tuple[tuple[CongestedGame, CongestedEquilibrium], ...]


def trial(ratio: str, number: int, seed: int, delays: tuple[float, float]) -> Trial:
    """The provider's optima without and with ``delays`` (money), users in equilibrium."""
    game = draw(ratio, number, seed)
    slowed = replace(game, added_delay=delays)
    sides = [(each, congested_optimum(each, compiled=True).equilibrium) for each in (game, slowed)]
    return Trial(ratio, number, (sides[0], sides[1]))


def trials(frame: pd.DataFrame, seed: int) -> list[Trial]:
    """Per kind of penalty the game with the largest gain; without one, the busiest where users mix.

    There a tenth of V p is added to both latencies, to see what that costs.
    """
    chosen = []
    for ratio, part in frame.groupby("penalties", sort=False):
        calm = part["utilisation"] <= BUSIEST
        order = part.assign(calm=calm).sort_values(
            ["calm", "congested", "gain", "utilisation"], ascending=False
        )
        row = order.iloc[0]
        game = draw(str(ratio), int(row["game"]), seed)
        delays = (float(row["delay_1"]), float(row["delay_2"]))
        if not any(delays):
            delays = (0.1 * game.value * game.p[0], 0.1 * game.value * game.p[1])
        chosen.append(trial(str(ratio), int(row["game"]), seed, delays))
    return chosen


def confirmed(
    trials: list[Trial],
    seed: int,
    tasks: int,
    replications: int,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """One row per trial: cost and utility saved by the delays, exact and simulated, in pairs.

    ``saving``, ``user_loss`` (money per task) with ``*_simulated`` and 95% intervals; ``regret``:
    what the best q gains on the equilibrium's mixture at the simulated latencies, of the worse
    side, as a part of V.
    """
    cells = {
        (k, side): scenario_of(game, e.initial, e.cascade, users_of(e)).replace(
            tasks=tasks, seed=seed
        )
        for k, trial in enumerate(trials)
        for side, (game, e) in enumerate(trial.sides)
    }
    frame = measure(
        cells, seen, replications, executor, progress, names=("trial", "side"), passes=True
    )
    played = frame[list(SEEN)].to_numpy().reshape(len(trials), 2, replications, -1)
    return pd.DataFrame([_row(*pair) for pair in zip(trials, played, strict=True)])


def seen(result: Result) -> Row:
    """What is `SEEN` in one replication; the latency is NaN where nobody was."""
    metrics, passes = result.metrics(), result.passes
    seconds = passes["waiting"] + passes["service"] + passes["throttle_delay"]
    at = [passes["model"] == model for model in (1, 2)]
    t = [result.value_of_time * float(seconds[i].mean()) if i.any() else np.nan for i in at]
    means = metrics["provider_cost"].mean(), metrics["user_utility"].mean()
    return dict(zip(SEEN, (*means, *t), strict=True))


def _row(each: Trial, played: Array) -> dict[str, object]:
    (_, before), (slowed, after) = each.sides
    row: dict[str, object] = {
        "penalties": each.penalties,
        "game": each.number,
        "delay_1": slowed.added_delay[0],
        "delay_2": slowed.added_delay[1],
        "cost": before.provider_cost,
    }
    exact = (
        before.provider_cost - after.provider_cost,
        before.user_utility - after.user_utility,
    )
    for k, (name, value) in enumerate(zip(("saving", "user_loss"), exact, strict=True)):
        found = estimate(played[0, :, k] - played[1, :, k])
        low, high = found.interval()
        row |= {name: value, f"{name}_simulated": found.mean}
        row |= {f"{name}_low": low, f"{name}_high": high}
    regrets = [
        regret_at(game, e, side[:, 2:]) for (game, e), side in zip(each.sides, played, strict=True)
    ]
    return row | {"regret": max(regrets) / slowed.value}


def regret_at(game: CongestedGame, e: CongestedEquilibrium, latencies: Array) -> float:
    """What the best q gains on the mixture of ``e`` at the mean of measured ``latencies`` (money).

    ``latencies``: one row per replication, one column per model; NaN: nobody was there.
    """
    t = [
        float(np.nanmean(column)) if np.isfinite(column).any() else announced
        for column, announced in zip(latencies.T, game.latencies((0.0, 0.0)), strict=True)
    ]
    seen = Game.of(game.p, (t[0], t[1]), game.c, game.value, game.penalty)
    best = float(np.max(expectations(seen, e.initial, e.cascade, _Q).user_utility))
    played = sum(
        weight * float(expectations(seen, e.initial, e.cascade, q).user_utility)
        for q, weight in e.support
    )
    return max(0.0, best - played)

"""Does a penalty P >= m still protect users when latency is made by load?

It does, by the theorem of docs/theory.md, section 11.10, with one exception: M1 is overloaded by
first passes alone, M2 is not, and k_1 <= P < k_2. Over a stated distribution of congested games:
how often a delay pays in the exception, and, as a control, where P < m. All of it is exact.
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
    "each pair sorted; 1 to 4 slots each; V log-uniform from a third of the mean of t/p to three "
    "times as much"
)
CONTROL, EXCEPTION = "P < m", "M1 overloaded"
CASES = {
    CONTROL: "P/m log-uniform from 0.25 to 1; first passes take 5% to 95% of the smaller capacity",
    EXCEPTION: "of these the games with k1 < k2 and the smaller capacity at M1; P uniform between "
    "k1 and k2; first passes take all of M1's capacity and 5% to 95% of what M2 has more",
}
BUSIEST = 0.8  # utilisation of the games that are played: others take very long runs to settle
SEEN = ("cost", "utility", "latency_1", "latency_2")  # money per task; mean of a pass at a model
_STREAMS = 2**63 + 2**32  # replications from here on draw games; those below play them
_Q = np.linspace(0.0, 1.0, 401)  # alternatives of a user

Job = tuple[str, int, int]  # one of CASES, number of the game, seed


def draw(case: str, number: int, seed: int) -> CongestedGame:
    """Game ``number`` of the `DISTRIBUTION`, in one of `CASES`."""
    random = np.random.Generator(np.random.Philox(key=seed | (_STREAMS + number) << 64))
    while True:
        p, t, c = (np.sort(random.random(2)).tolist() for _ in range(3))
        slots = [int(n) for n in random.integers(1, 5, 2)]
        k_1, k_2 = c[0] / p[0], c[1] / p[1]
        more = slots[1] / t[1] * t[0] / slots[0] - 1  # of M2's capacity, in that of M1
        if case == CONTROL or (k_1 < k_2 and more > 0):
            break
    share, worth, place = random.uniform(0.05, 0.95), random.uniform(-1, 1), random.random()
    penalty = min(k_1, k_2) * 4 ** (place - 1) if case == CONTROL else k_1 + place * (k_2 - k_1)
    value = (t[0] / p[0] + t[1] / p[1]) / 2 * 3**worth
    load = share if case == CONTROL else 1 + share * more
    rates = [1 / mean for mean in t]
    return on_slots((p[0], p[1]), (c[0], c[1]), value, penalty, slots, rates, load)


def best(job: Job) -> dict[str, object]:
    """What the best delays bring in one game (a row of `protection`)."""
    case, number, seed = job
    game = draw(case, number, seed)
    found = best_added_delay(game)
    before, after = found.before.equilibrium, found.optimum.equilibrium
    k_1, k_2 = (c / p for c, p in zip(game.c, game.p, strict=True))
    return {
        "case": case,
        "game": number,
        "regime": str(game.unloaded.regime),
        "ratio": game.penalty / min(k_1, k_2),
        "place": (game.penalty - k_1) / (k_2 - k_1),
        "utilisation": max(before.utilisation),
        "cost": before.provider_cost,
        "gain": found.gain,
        "share": found.gain / before.provider_cost,
        "delay_1": found.added_delay[0],
        "delay_2": found.added_delay[1],
        "user_loss": before.user_utility - after.user_utility,
    }


def protection(
    games: int,
    seed: int,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> pd.DataFrame:
    """One row per game and case.

    ``ratio`` P / m; ``place`` of P: 0 at k_1, 1 at k_2; ``utilisation`` of the busier model before
    any throttle. ``cost`` before, ``gain`` and ``user_loss`` (money per task), ``share`` of the
    cost gained; ``delay_1``, ``delay_2`` (money). The same for any executor.
    """
    jobs = [(case, number, seed) for number in range(games) for case in CASES]
    return pd.DataFrame(run_jobs(best, jobs, executor, progress))


# ---------------------------------------------------------------- the same, played


@dataclass(frozen=True)
class Trial:
    """A game to be played: (game, equilibrium) without and with added delays."""

    case: str
    number: int
    sides: tuple[tuple[CongestedGame, CongestedEquilibrium], ...]


def trial(case: str, number: int, seed: int, delays: tuple[float, float]) -> Trial:
    """The provider's optima without and with ``delays`` (money), users in equilibrium."""
    game = draw(case, number, seed)
    slowed = replace(game, added_delay=delays)
    sides = [(each, congested_optimum(each, compiled=True).equilibrium) for each in (game, slowed)]
    return Trial(case, number, (sides[0], sides[1]))


def trials(frame: pd.DataFrame, seed: int) -> list[Trial]:
    """Per case the game with the largest gain of those that are not too busy to be played."""
    chosen = []
    for case, part in frame.groupby("case", sort=False):
        calm = part["utilisation"] <= BUSIEST
        order = part.assign(calm=calm).sort_values(["calm", "gain"], ascending=False)
        row = order.iloc[0]
        delays = (float(row["delay_1"]), float(row["delay_2"]))
        chosen.append(trial(str(case), int(row["game"]), seed, delays))
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
        "case": each.case,
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

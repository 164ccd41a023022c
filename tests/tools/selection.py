"""How good the selection is: repeated studies with a known best, and what common luck is worth.

``uv run python -m tests.tools.selection`` prints the probability of correct selection, the coverage
of the simultaneous intervals, the replications used beside Kim and Nelson's KN, and the variance
reduction by common random numbers. tests/analysis/statistics/test_selection.py holds the same to
bounds.
"""

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from agents import Cascade, Stationary
from analysis.comparison.criteria import CRITERIA, criterion, judge
from analysis.comparison.outcome import Comparison
from analysis.comparison.steady import Lengths, react
from analysis.comparison.strategies import read_strategies
from analysis.comparison.study import compare
from analysis.games.catalogue import REFERENCE
from analysis.runs.measure import measure
from analysis.statistics.selection import Plan, Sample, Selection, Target, Values, select
from scenarios.compare import command
from scenarios.options.systems import read_system
from sim import Offer, Person, Scenario, expectations

Matrix = NDArray[np.float64]
CONFIDENCE = 0.95
_NOT_OF_THE_SYSTEM = (
    *("strategies", "adapt", "criterion", "confidence", "indifference", "budget", "workers"),
    *("out", "as_json", "engine", "tasks", "warmup", "horizon", "participation"),
)
COLUMNS = [each.name for each in CRITERIA]


def bound(studies: int, nominal: float = CONFIDENCE) -> float:
    """Nominal minus three standard errors: missed by a correct procedure in at most 1 of 740."""
    return float(nominal - 3 * np.sqrt(nominal * (1 - nominal) / studies))


@dataclass
class Score:
    """Over repeated studies: how many were decided, rightly, wrongly, covered, and what they took.

    Right: the selected one is within the indifference zone of the best one.
    """

    studies: int = 0
    decided: int = 0
    right: int = 0
    wrong: int = 0
    covered: int = 0
    replications: int = 0

    def keeps(self, nominal: float = CONFIDENCE) -> bool:
        """Whether wrong selections and misses are as rare as promised, up to `bound`."""
        least = bound(self.studies, nominal) * self.studies
        return self.studies - self.wrong >= least and self.covered >= least

    def add(self, found: Selection, exact: Mapping[str, float], column: int = 0) -> None:
        """Judge a study in which large values are good and ``exact`` are the true means."""
        within = exact[found.best] >= max(exact.values()) - found.zone
        self.studies += 1
        self.decided += found.decided
        self.right += found.decided and within
        self.wrong += found.decided and not within
        self.covered += covers(found, exact, column)
        self.replications += sum(map(len, found.values.values()))


def covers(found: Selection, exact: Mapping[str, float], column: int = 0) -> bool:
    """Whether the intervals of all pairs hold."""
    for i in exact:
        for j in exact:
            interval = found.difference(i, j, column)
            # rounding: exact values of equal strategies differ in the last digit
            slack = 1e-12 * abs(exact[i])
            if not interval.low - slack <= exact[i] - exact[j] <= interval.high + slack:
                return False
    return True


# --- Normal values with a known best


def correlated(
    means: Sequence[float], sd: Sequence[float], correlation: float, rows: int, seed: int
) -> Matrix:
    """``rows`` replications of normal values, one column per strategy."""
    random = np.random.default_rng(seed)
    common, own = random.normal(size=(rows, 1)), random.normal(size=(rows, len(means)))
    noise = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * own
    values: Matrix = np.asarray(means) + np.asarray(sd) * noise
    return values


def sample_of(values: Matrix) -> Sample:
    """Plays the columns, named by their numbers."""

    def sample(names: Sequence[str], first: int, count: int) -> dict[str, Values]:
        return {name: values[first : first + count, [int(name)]] for name in names}

    return sample


def study(values: Matrix, plan: Plan, zone: float) -> Selection:
    """Select the column with the largest mean."""
    names = [str(i) for i in range(values.shape[1])]
    return select(names, sample_of(values), plan, Target(0, 1, zone, "0"))


def kim_nelson(values: Matrix, zone: float, confidence: float, first: int) -> tuple[int, int]:
    """KN for the largest mean (2001, section 3, c = 1): the selected column, replications used.

    Written from the paper; sim-tools 1.3.0 is its other development oracle.
    """
    k = values.shape[1]
    eta = 0.5 * ((2 * (1 - confidence) / (k - 1)) ** (-2 / (first - 1)) - 1)
    h_squared = 2 * eta * (first - 1)
    start = values[:first]
    spread = np.array(
        [[np.var(start[:, i] - start[:, j], ddof=1) for j in range(k)] for i in range(k)]
    )
    alive, n, used = list(range(k)), first, k * first
    while len(alive) > 1:
        mean = values[:n].mean(0)
        slack = np.maximum(0, zone / (2 * n) * (h_squared * spread / zone**2 - n))
        alive = [i for i in alive if all(mean[i] >= mean[j] - slack[i, j] for j in alive)]
        if len(alive) > 1:
            n, used = n + 1, used + len(alive)
    return alive[0], used


@dataclass(frozen=True)
class Setting:
    """Normal strategies, the first of which is the best."""

    name: str
    means: tuple[float, ...]
    sd: tuple[float, ...]
    correlation: float
    zone: float


# a zone just below the difference: then only one strategy is right
SETTINGS = (
    Setting("slippage: all others one zone below", (1, 0, 0, 0, 0), (2, 2, 2, 2, 2), 0.0, 0.99),
    Setting("slippage, common luck", (1, 0, 0, 0, 0), (2, 2, 2, 2, 2), 0.75, 0.99),
    Setting("slippage, unequal variances", (1, 0, 0, 0, 0), (1, 3, 1, 3, 2), 0.5, 0.99),
    Setting("clear: steps of three zones", (12, 9, 6, 3, 0), (2, 2, 2, 2, 2), 0.5, 0.99),
    Setting("two good ones, half a zone apart", (1, 0.5, -1, -1, -1), (2, 2, 2, 2, 2), 0.5, 0.99),
)
PLAN = Plan(CONFIDENCE, budget=1280)


def normal_studies(setting: Setting, studies: int, plan: Plan = PLAN, seed: int = 1) -> Score:
    """Repeated studies of normal strategies."""
    exact = {str(i): mean for i, mean in enumerate(setting.means)}
    score = Score()
    for values in _luck(setting, studies, plan, seed):
        score.add(study(values, plan, setting.zone), exact)
    return score


def kim_nelson_studies(setting: Setting, studies: int, plan: Plan = PLAN, seed: int = 1) -> Score:
    """The same studies by KN."""
    score = Score()
    for values in _luck(setting, studies, plan, seed):
        best, used = kim_nelson(values, setting.zone, plan.confidence, plan.first)
        right = setting.means[best] >= max(setting.means) - setting.zone
        score.studies += 1
        score.decided += 1
        score.right += right
        score.wrong += not right
        score.replications += used
    return score


def _luck(setting: Setting, studies: int, plan: Plan, seed: int) -> list[Matrix]:
    return [
        correlated(
            setting.means, setting.sd, setting.correlation, plan.budget, seed * 2**32 + number
        )
        for number in range(studies)
    ]


# --- A simulated game with a known best

GAME = REFERENCE["R14"]
QUITTING = (0.10, 0.103, 0.109, 0.118)  # the users of each strategy, who quit more and more often


def game_scenarios(tasks: int, seed: int) -> dict[str, Scenario]:
    """Strategies whose exact costs differ, on the vectorised engine."""
    return {
        f"q={q:g}": Scenario(
            GAME, Offer(Cascade(1, 0.3)), Person(Stationary(q)), tasks=tasks, seed=seed
        )
        for q in QUITTING
    }


def exact_values(name: str) -> dict[str, float]:
    """Exact means of a criterion under the strategies of `game_scenarios`, times its sign."""
    return {
        f"q={q:g}": criterion(name).sign * float(getattr(expectations(GAME, 1, 0.3, q), name))
        for q in QUITTING
    }


def game_studies(
    studies: int,
    tasks: int = 200,
    budget: int = 320,
    by: str = "provider_cost",
    first_seed: int = 1,
) -> Score:
    """Repeated comparisons by `analysis.comparison.study.compare`, each with its own seed."""
    exact = exact_values(by)
    ordered = sorted(exact.values(), reverse=True)
    score = Score()
    for seed in range(first_seed, first_seed + studies):
        scenarios = game_scenarios(tasks, seed)
        found = compare(
            scenarios,
            Plan(budget=budget),
            criterion(by),
            indifference=0.99 * (ordered[0] - ordered[1]),
        )
        score.add(_signed(found), exact, COLUMNS.index(by))
    return score


def _signed(found: Comparison) -> Selection:
    """The selection with every criterion turned so that large is good."""
    signs, k = np.array([each.sign for each in CRITERIA]), len(CRITERIA)
    values = {
        name: np.hstack([each[:, :k] * signs, each[:, k:]])
        for name, each in found.selection.values.items()
    }
    return replace(found.selection, values=values)


# --- What common luck is worth


def variance_reduction(
    scenarios: Mapping[str, Scenario], replications: int, executor: Executor | None = None
) -> dict[str, dict[str, float]]:
    """Variance of the difference to the first strategy, luck of its own over common luck.

    Per strategy and criterion; infinity where common luck leaves no variance, NaN where there is
    none at all.
    """
    frame = measure(scenarios, judge, replications, executor)
    values = {name: part[COLUMNS].to_numpy() for name, part in frame.groupby("cell", sort=False)}
    base = values[next(iter(scenarios))]
    reductions = {}
    for name in list(scenarios)[1:]:
        apart = values[name].var(0, ddof=1) + base.var(0, ddof=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = apart / (values[name] - base).var(0, ddof=1)
        reductions[name] = dict(zip(COLUMNS, ratio.tolist(), strict=True))
    return reductions


SYSTEMS = {
    "R2, no queues": ("--game", "R2"),
    "R14, queues": (
        *("--game", "R14", "--arrival-rate", "0.6", "--slots", "2", "4"),
        *("--service", "exponential"),
    ),
    "gpt-4.1/o3, queues, population": (
        *("--game", "gpt-4.1/o3", "--slots", "2", "6"),
        *("--population", "free:80:4/h:1:0.01,paid:20:10/h:3:0.05"),
    ),
}


def main(studies: int = 1000) -> None:
    """Print all measures."""
    print(f"{studies} studies, bound {bound(studies):.4f}: PCS, coverage, undecided")
    for setting in SETTINGS:
        ours, theirs = (run(setting, studies) for run in (normal_studies, kim_nelson_studies))
        print(
            f"{_line(setting.name, ours)}, KN {theirs.replications / studies:.1f} "
            f"(PCS {theirs.right / studies:.4f}), ratio "
            f"{ours.replications / theirs.replications:.2f}"
        )
    for by in ("provider_cost", "success"):
        print(_line(f"simulated R14, by {by}", game_studies(studies, by=by)))
    print("variance of the difference to none, luck of its own over common luck:")
    for name, words in SYSTEMS.items():
        for strategy, ratios in variance_reduction(scenarios_of(*words), 40).items():
            cost, utility = ratios["provider_cost"], ratios["user_utility"]
            print(f"{name:<32}{strategy:<30}cost {cost:>9.3g}   utility {utility:>9.3g}")


def _line(name: str, score: Score) -> str:
    n = score.studies
    return (
        f"{name:<40}{score.right / n:>8.4f}{score.covered / n:>8.4f}{n - score.decided:>5}"
        f"   replications {score.replications / n:.1f}"
    )


def scenarios_of(*words: str) -> dict[str, Scenario]:
    """The default strategies of a command line, users adapted."""
    options = dict(command.make_context("compare", list(words)).params)
    for name in _NOT_OF_THE_SYSTEM:
        options.pop(name)
    start = read_system(**options)
    scenarios, _ = react(start, read_strategies(None, start), "users", Lengths())
    return scenarios


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

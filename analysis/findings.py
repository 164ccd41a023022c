"""The claims of the paper's abstract as numbers, over many games drawn from a distribution.

Exact values come from the solver; the same numbers are simulated on some of the games, policy
against policy on common random numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtr, ndtri

from agents import AddedDelay, Cascade, Equilibrium, Stationary, best_response, stackelberg
from agents.routing.stackelberg import leave_cost
from analysis.intervals import estimate
from analysis.replications import Moments, run_jobs
from analysis.throttling import cheapest_pass, throttling_pays
from sim.engine import simulate
from sim.game import Game
from sim.markov import expectations
from sim.scenario import Scenario

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import pandas as pd

Array = NDArray[Any]
Differences = dict[str, Array]
Policy = tuple[Array, ...]  # i, s, q, and the delays added to t_1 and t_2 (money)

TASKS = 2_000  # per simulated game and policy
CONFIDENCE = 0.95
REGIMES = ("++", "--", "-+", "+-")
STATEMENTS = tuple(f"Theorem {x}" for x in ("3.1", "3.2", "4", "5.1", "5.2", "5.3", "A"))
KINDS = ("M1, stay", "M2, stay", "M1, leave", "M2, leave", "threat", "cascade")
# what is compared, in money: metric, policy, minus policy
DIFFERENCES = {
    "cascading": ("provider_cost", "static", "optimum"),
    "gap": ("user_utility", "user", "optimum"),  # Delta_U
    "gain": ("provider_cost", "optimum", "throttle"),
    "loss": ("user_utility", "optimum", "throttle"),
}
COLUMNS = (
    *("claim", "distribution", "group", "estimate", "ci_low", "ci_high", "n"),
    *("simulated", "standard_error", "exact", "played"),
)
_ENOUGH = 1 + 1e-6  # t_hat_i in V p_i: the mildest delay that makes users leave
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Games:
    """Games as arrays, and what theory says about them."""

    game: Game

    @cached_property
    def optimum(self) -> Equilibrium:
        """The provider's optimum."""
        return stackelberg(self.game)

    @cached_property
    def kind(self) -> Array:
        """What the optimum is, one of `KINDS`; before a threat's cascade users leave."""
        best = self.optimum
        one, leave, cascades = best.initial == 1, best.abandonment == 1, best.cascade_low > 0
        choices = [cascades & leave, cascades, one & leave, one, leave]
        names = ["threat", "cascade", "M1, leave", "M1, stay", "M2, leave"]
        return np.select(choices, names, "M2, stay")

    @cached_property
    def policies(self) -> dict[str, Policy]:
        """The optimum, the best static routing, the user's favourite, and full throttling."""
        best, none = self.optimum, np.zeros(self.game.shape)
        first, second = self.game.models
        xi_1, xi_2 = (np.asarray(xi) for xi in self.game.xi)
        signs = [best.regime == regime for regime in REGIMES]
        second_better = (xi_2 / second.p > xi_1 / first.p, xi_2 > xi_1, xi_2 > 0, xi_2 > 0)
        favourite = 1 + np.select(signs, second_better).astype(int)
        cost = [_expected(self.game, _static(self.game, i))["provider_cost"] for i in (1, 2)]
        static = np.where(best.cascade_low > 0, np.where(cost[0] <= cost[1], 1, 2), best.initial)
        last = np.where(leave_cost(self.game, 1) <= leave_cost(self.game, 2), 1, 2)
        slow = [np.maximum(self.game.value * m.p * _ENOUGH - m.t, 0) for m in self.game.models]
        return {
            "optimum": (best.initial, best.cascade, best.abandonment, none, none),
            "static": _static(self.game, static),
            "user": _static(self.game, favourite),
            "throttle": (*_static(self.game.delayed(*slow), last)[:3], *slow),
        }

    @cached_property
    def differences(self) -> Differences:
        """The exact `DIFFERENCES` of each game, 0 within rounding."""
        values = {name: _expected(self.game, policy) for name, policy in self.policies.items()}
        found = {}
        for name, (metric, policy, base) in DIFFERENCES.items():
            a, b = values[policy][metric], values[base][metric]
            found[name] = np.where(abs(a - b) <= _ROUNDING * (abs(a) + abs(b)), 0.0, a - b)
        return found

    @cached_property
    def protecting(self) -> Array:
        """The penalty from which on throttling never pays (money); NaN where no penalty is needed.

        The upper end of `analysis.throttling.paying_penalties`.
        """
        k_1, k_2 = (m.cost_of_pass for m in self.game.models)
        regime = self.optimum.regime
        needed = (regime == "++") | ((regime == "-+") & (k_1 > k_2))
        return np.where(needed, np.where(regime == "++", cheapest_pass(self.game), k_2), np.nan)

    @cached_property
    def scales(self) -> dict[str, Array]:
        """What differences are divided by."""
        return {
            "money": np.ones(self.game.shape),
            "V": np.asarray(self.game.value),
            "m": np.asarray(cheapest_pass(self.game)),
            "J*": self.optimum.provider_cost,
            "static cost": self.optimum.provider_cost + self.differences["cascading"],
        }

    def values(self, name: str, differences: Differences) -> Array:
        """One of `DIFFERENCES`, or the penalty that protects, or P less that."""
        own = {"protecting": self.protecting, "P - protecting": self.game.penalty - self.protecting}
        return own[name] if name in own else differences[name]

    @cached_property
    def parts(self) -> dict[str, Array]:
        """The games that some claims are about; what throttling gains has a theorem of its own."""
        return {
            "every game": np.ones(self.game.shape, bool),
            "not static": self.differences["cascading"] > 0,
            "misaligned": self.differences["gap"] > 0,
            "throttling pays": np.asarray(throttling_pays(self.game)),
            "throttling can pay": ~np.isnan(self.protecting),
        }

    @cached_property
    def groups(self) -> dict[str, dict[str, Array]]:
        """Divisions of the games."""
        return {
            "": {},
            "regime": {name: self.optimum.regime == name for name in REGIMES},
            "statement": {name: self.optimum.statement == name for name in STATEMENTS},
            "optimum": {name: self.kind == name for name in KINDS},
        }


def _static(game: Game, initial: Any) -> Policy:
    initial, none = np.broadcast_to(initial, game.shape), np.zeros(game.shape)
    return initial, none, best_response(game, initial, none).q, none, none


def _expected(game: Game, policy: Policy) -> dict[str, Any]:
    return vars(expectations(game.delayed(*policy[3:]), *policy[:3]))


@dataclass(frozen=True)
class Claim:
    """Statistics ('share', 'mean', quantiles) of ``values`` in ``unit``, ``among`` some games.

    A share counts where the value is ``positive`` or, if False, where it is not. ``by``: a division
    of the games into groups, each reported beside all.
    """

    name: str
    values: str
    statistics: tuple[str | float, ...] = ("share",)
    among: str = "every game"
    by: str = ""
    unit: str = "money"
    positive: bool = True

    def label(self, kind: str | float) -> str:
        """What the table calls a statistic of it."""
        if kind == "share":
            return self.name
        statistic = kind if isinstance(kind, str) else f"{100 * kind:g}% quantile"
        few = "" if self.among == "every game" else f" if {self.among}"
        return f"{self.name}{few}, {self.unit}: {statistic}"

    def counted(self, kind: str | float, values: Array) -> Array:
        """What the statistic is taken of: for a share, which values count."""
        return (values > 0) == self.positive if kind == "share" else values


_SPREAD = ("mean", 0.1, 0.5, 0.9)
CLAIMS = (
    Claim("a static policy is optimal", "cascading", by="regime", positive=False),
    Claim("cascading saves", "cascading", _SPREAD, "not static", "optimum", "static cost"),
    Claim("cascading saves", "cascading", _SPREAD, "not static", "optimum"),
    Claim("cascading saves", "cascading", ("mean",), unit="static cost"),
    Claim("misaligned", "gap", by="regime"),
    Claim("Delta_U", "gap", ("mean",), by="regime", unit="V"),
    Claim("Delta_U", "gap", _SPREAD, "misaligned", "regime", "V"),
    Claim("throttling pays", "gain", by="regime"),
    Claim("provider gains by throttling", "gain", _SPREAD, "throttling pays", "regime", "J*"),
    Claim("provider gains by throttling", "gain", _SPREAD, "throttling pays", "regime"),
    Claim("users lose by throttling", "loss", _SPREAD, "throttling pays", "regime", "V"),
    Claim("throttling hurts users", "loss", among="throttling pays", by="regime"),
    Claim("throttling can pay", "protecting", by="regime"),
    Claim("P protects", "P - protecting", among="throttling can pay"),
    Claim("penalty that protects", "protecting", _SPREAD, "throttling can pay", unit="m"),
    Claim("penalty that protects", "protecting", _SPREAD, "throttling can pay", unit="V"),
    Claim("penalty that protects", "protecting", _SPREAD, "throttling can pay"),
)


def _interval(kind: str | float, values: Array) -> dict[str, float]:
    return dict(zip(("estimate", "ci_low", "ci_high"), statistic(kind, values), strict=True))


def statistic(kind: str | float, values: Array) -> tuple[float, float, float]:
    """Estimate and 95% interval: Wilson's for a share of True, Student's t, or order statistics.

    NaN where there is nothing to estimate, or where so few values give no bound.
    """
    if len(values) == 0:
        return np.nan, np.nan, np.nan
    if kind == "share":
        return wilson(int(values.sum()), len(values))
    if isinstance(kind, str):
        found = estimate(values)
        return found.mean, *found.interval(CONFIDENCE)
    return quantile(values, kind)


def wilson(hits: int, n: int) -> tuple[float, float, float]:
    """A share with its score interval (Wilson 1927).

    >>> [round(x, 4) for x in wilson(0, 10)]
    [0.0, 0.0, 0.2775]
    """
    z, share = float(ndtri((1 + CONFIDENCE) / 2)), hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return share, low if hits else 0.0, high if hits < n else 1.0


def quantile(values: Array, level: float) -> tuple[float, float, float]:
    """A quantile and the order statistics that enclose it, whatever the distribution.

    >>> quantile(np.arange(1.0, 101.0), 0.5)
    (50.5, 40.0, 61.0)
    """
    ordered, n, tail = np.sort(values), len(values), (1 - CONFIDENCE) / 2
    first = max(0, int(n * level - 5 * n**0.5))
    last = min(n, int(n * level + 5 * n**0.5) + 1)
    below = bdtr(np.arange(first, last), n, level)  # P(at most so many values lie below)
    low = first + int(np.searchsorted(below, tail, side="right"))
    high = first + int(np.searchsorted(below, 1 - tail)) + 1
    return (
        float(np.quantile(ordered, level)),
        float(ordered[low - 1]) if low >= 1 else np.nan,
        float(ordered[high - 1]) if high <= n else np.nan,
    )


# --- Simulation

Job = tuple[Game, dict[str, tuple[float, ...]], int, int]  # game, policies, seed, replication
Luck = tuple[Differences, Differences]  # simulated means and their standard errors


def play(job: Job) -> list[tuple[float, float]]:
    """`DIFFERENCES` simulated in one game, paired task by task: mean and standard error."""
    game, policies, seed, replication = job
    played = {}
    for policy in dict.fromkeys(policies.values()):
        i, s, q, *delays = policy
        sides = Cascade(int(i), s), Stationary(q), AddedDelay(tuple(delays))
        scenario = Scenario(game, *sides, tasks=TASKS, seed=seed)
        played[policy] = simulate(scenario, replication=replication).metrics()
    paired = (
        played[policies[policy]][metric] - played[policies[base]][metric]
        for metric, policy, base in DIFFERENCES.values()
    )
    return [(e.mean, e.standard_error) for e in (Moments.of(d).estimate() for d in paired)]


def simulated(
    games: Games,
    seed: int,
    executor: "Executor | None" = None,
    progress: Callable[[int], None] | None = None,
) -> Luck:
    """The `DIFFERENCES` of every game; its place is its replication, so that luck is its own."""
    jobs: list[Job] = []
    for number in range(games.game.shape[0]):
        policies = {
            name: tuple(column[number].item() for column in policy)
            for name, policy in games.policies.items()
        }
        jobs.append((_single(games.game, number), policies, seed, number))
    means, errors = np.array(run_jobs(play, jobs, executor, progress)).transpose(2, 1, 0)
    return dict(zip(DIFFERENCES, means, strict=True)), dict(zip(DIFFERENCES, errors, strict=True))


def _single(game: Game, number: int) -> Game:
    p, t, c = (tuple(getattr(m, x)[number].item() for m in game.models) for x in "ptc")
    return Game.of(p, t, c, game.value[number].item(), game.penalty[number].item())  # type: ignore[index]


def error_of(values: Array, errors: Array, share: bool) -> float:
    """Standard error of a simulated mean or share, from those of its games.

    A share is wrong where luck turns a sign, and turned signs need not cancel: their expected
    number counts on top of their spread.
    """
    n = len(values)
    if not share:
        return float(np.sqrt((errors**2).sum())) / n
    with np.errstate(divide="ignore", invalid="ignore"):
        turned = np.where(errors > 0, ndtr(-np.abs(values) / errors), 0.0)
    return float(np.sqrt((turned * (1 - turned)).sum() + turned.sum() ** 2)) / n


# --- The table


def findings(name: str, games: Games, sample: Games, luck: Luck) -> "pd.DataFrame":
    """Every claim about the distribution ``name``: one row per statistic and group.

    ``estimate`` with its interval is exact, from the ``n`` of the ``games`` it is about; ``exact``,
    ``simulated`` and its ``standard_error`` are from ``played`` games of the ``sample``.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for division, groups in games.groups.items():
        for group, mask in groups.items():
            row = {"claim": f"share of {division}", "group": group, "n": len(mask)}
            rows.append(row | _interval("share", mask))
    for claim in CLAIMS:
        known = _parts(claim, games, games.differences)
        drawn = _parts(claim, sample, sample.differences)
        played, errors = (_parts(claim, sample, each) for each in luck)
        for kind in claim.statistics:
            for group, values in known.items():
                row = {"claim": claim.label(kind), "group": group, "n": len(values)}
                row |= _interval(kind, claim.counted(kind, values)) | {"played": len(drawn[group])}
                if claim.values in DIFFERENCES and isinstance(kind, str) and len(drawn[group]):
                    row["exact"] = claim.counted(kind, drawn[group]).mean()
                    row["simulated"] = claim.counted(kind, played[group]).mean()
                    share = kind == "share"
                    row["standard_error"] = error_of(played[group], errors[group], share)
                rows.append(row)
    return pd.DataFrame(rows).assign(distribution=name)[list(COLUMNS)]


def _parts(claim: Claim, games: Games, differences: Differences) -> dict[str, Array]:
    """The claim's values by group."""
    values = games.values(claim.values, differences) / games.scales[claim.unit]
    among = games.parts[claim.among]
    groups = {name: among & mask for name, mask in games.groups[claim.by].items()}
    return {name: values[mask] for name, mask in ({"all": among} | groups).items()}

"""The claims of the paper's abstract as numbers, over many games drawn from a distribution.

How often is a static routing optimal, and what does cascading save elsewhere? How often and how
much do users lose because the provider decides? What does throttling gain the provider and cost the
users, and which penalty makes it pointless? Exact: the only chance is in which games are drawn.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents import best_response, stackelberg
from agents.equilibrium import Equilibrium
from agents.routing.stackelberg import leave_cost
from analysis.intervals import estimate, quantile_interval, wilson
from analysis.throttling import cheapest_pass, throttling_pays
from sim.game import Game
from sim.markov import expectations

Array = NDArray[Any]

REGIMES = ("++", "--", "-+", "+-")
KINDS = ("M1, stay", "M2, stay", "M1, leave", "M2, leave", "threat", "cascade")
QUANTILES = (0.1, 0.5, 0.9)
_ENOUGH = 1 + 1e-6  # t_hat_i in V p_i: the mildest delay that makes users leave
_ROUNDING = 1e-12  # relative


class Policy(NamedTuple):
    """What is played in each game: routing, response, and delays added to t_1, t_2 (money)."""

    initial: Array
    cascade: Array
    abandonment: Array
    delays: tuple[Array, Array]


class Difference(NamedTuple):
    """``metric`` (money) under the ``policy`` less that under ``base``.

    ``scale``: what it is a part of; ``among``: the games that it matters in; columns of `outcomes`.
    """

    metric: str
    policy: str
    base: str
    scale: str
    among: str


DIFFERENCES = {
    "saving": Difference("provider_cost", "static", "optimum", "static_cost", "not static"),
    "gap": Difference("user_utility", "favourite", "optimum", "value", "misaligned"),  # Delta_U
    "gain": Difference("provider_cost", "optimum", "throttle", "provider_cost", "pays"),
    "loss": Difference("user_utility", "optimum", "throttle", "value", "pays"),
}


def policies(game: Game, optimum: Equilibrium) -> dict[str, Policy]:
    """The optimum; the static routings that cost least and that users like best; full throttling.

    Full throttling delays both models until users leave after one pass; the delays are the mildest
    that do, so that what users lose by them is the least.
    """
    none = np.zeros(game.shape)
    static = [_static(game, i) for i in (1, 2)]
    cost, utility = (
        [_expected(game, policy)[name] for policy in static]
        for name in ("provider_cost", "user_utility")
    )
    first, second = (np.maximum(game.value * m.p * _ENOUGH - m.t, 0.0) for m in game.models)
    last = np.where(leave_cost(game, 1) <= leave_cost(game, 2), 1, 2)
    return {
        "optimum": Policy(optimum.initial, optimum.cascade, optimum.abandonment, (none, none)),
        "static": _choose(cost[0] <= cost[1], *static),
        "favourite": _choose(utility[0] >= utility[1], *static),
        "throttle": _static(game.delayed(first, second), last)._replace(delays=(first, second)),
    }


def _static(game: Game, initial: Any) -> Policy:
    initial, none = np.broadcast_to(initial, game.shape), np.zeros(game.shape)
    return Policy(initial, none, best_response(game, initial, none).q, (none, none))


def _choose(one: Array, first: Policy, second: Policy) -> Policy:
    initial, cascade, q = (np.where(one, a, b) for a, b in zip(first[:3], second[:3], strict=True))
    return Policy(initial, cascade, q, first.delays)


def _expected(game: Game, policy: Policy) -> dict[str, Any]:
    return vars(expectations(game.delayed(*policy.delays), *policy[:3]))


def differences(game: Game, played: dict[str, Policy]) -> dict[str, Array]:
    """The exact `DIFFERENCES` of each game (money); what is within rounding of 0 is 0."""
    values = {name: _expected(game, policy) for name, policy in played.items()}
    found = {}
    for name, (metric, policy, base, *_) in DIFFERENCES.items():
        a, b = values[policy][metric], values[base][metric]
        found[name] = np.where(abs(a - b) <= _ROUNDING * (abs(a) + abs(b)), 0.0, a - b)
    return found


def outcomes(game: Game) -> pd.DataFrame:
    """One row per game of an array of games: what the claims are about.

    ``regime``; ``optimum``, one of `KINDS`; ``value``, ``penalty``, ``m``, ``provider_cost`` J*;
    ``static_cost``, the least of a static routing; `DIFFERENCES` in money, and as ``*_share`` of
    their scale; ``safety``: the penalty m where throttling pays for some penalty below it, else
    NaN. Whether some optimum is ``static`` or ``not static``, and then
    but a ``threat``; users are ``misaligned``, throttling ``pays`` and then
    ``hurts`` users, it ``can_pay`` at another penalty, and users are ``safe``: P is at least m.
    """
    best, m = stackelberg(game), cheapest_pass(game)
    parts = differences(game, policies(game, best))
    static, pays = ~(best.cascade_low > 0), throttling_pays(game)
    first, second = (each.cost_of_pass for each in game.models)
    can_pay = (best.regime == "++") | ((best.regime == "-+") & (first > second))
    columns = {
        "regime": best.regime,
        "optimum": kinds(best),
        "value": game.value,
        "penalty": game.penalty,
        "m": m,
        "provider_cost": best.provider_cost,
        "static_cost": best.provider_cost + parts["saving"],
        **parts,
        "safety": np.where(can_pay, m, np.nan),
        "static": static,
        "not static": ~static,
        "threat": ~static & (best.abandonment == 1),
        "misaligned": parts["gap"] > 0,
        "pays": pays,
        "hurts": pays & (parts["loss"] > 0),
        "can_pay": can_pay,
        "safe": game.penalty >= m,
    }
    frame = pd.DataFrame(columns)
    scales = {name: each.scale for name, each in DIFFERENCES.items()} | {"safety": "value"}
    return frame.assign(**{f"{name}_share": frame[name] / frame[by] for name, by in scales.items()})


def kinds(best: Equilibrium) -> Array:
    """What each optimum is, one of `KINDS`; at a threat users leave before the cascade."""
    one, leave, cascades = best.initial == 1, best.abandonment == 1, best.cascade_low > 0
    choices = [cascades & leave, cascades, one & leave, one, leave]
    names = ["threat", "cascade", "M1, leave", "M1, stay", "M2, leave"]
    return np.select(choices, names, "M2, stay")


@dataclass(frozen=True)
class Claim:
    """A column of `outcomes` over the games where the column ``among`` holds, also by ``by``.

    The share of games where it holds, if it is a truth; otherwise mean and `QUANTILES`.
    """

    column: str
    among: str = ""
    by: str = "regime"

    def values(self, games: pd.DataFrame) -> dict[str, Array]:
        """Its values by group, of 'all' games and of each group that has any."""
        part = games[games[self.among]] if self.among else games
        groups = {"all": part} | {str(name): each for name, each in part.groupby(self.by)}
        return {name: each[self.column].to_numpy() for name, each in groups.items() if len(each)}


CLAIMS = (
    Claim("static"),
    Claim("threat", "not static"),
    Claim("saving_share"),
    Claim("saving_share", "not static", by="optimum"),
    Claim("saving", "not static", by="optimum"),
    Claim("misaligned"),
    Claim("gap_share"),
    Claim("gap_share", "misaligned"),
    Claim("pays"),
    Claim("gain_share", "pays"),
    Claim("gain", "pays"),
    Claim("loss_share", "pays"),
    Claim("hurts", "pays"),
    Claim("can_pay"),
    Claim("safe", "can_pay"),
    Claim("safety_share", "can_pay"),
    Claim("safety", "can_pay"),
)


def findings(games: pd.DataFrame) -> pd.DataFrame:
    """Every claim about `outcomes`: one row per statistic and group.

    ``estimate`` with its 95% interval, from the ``n`` games that it is about. The claims 'regime'
    and 'optimum' are the shares of games of each.
    """
    rows = []
    for column in ("regime", "optimum"):
        for group in sorted(set(games[column])):
            about = {"claim": column, "among": "", "group": group}
            rows += [about | each for each in statistics((games[column] == group).to_numpy())]
    for claim in CLAIMS:
        about = {"claim": claim.column, "among": claim.among}
        for group, values in claim.values(games).items():
            rows += [about | {"group": group} | each for each in statistics(values)]
    return pd.DataFrame(rows)


def statistics(values: Array) -> list[dict[str, Any]]:
    """The share that is true (Wilson's interval); or mean (Student's t) and `QUANTILES`."""
    if values.dtype == bool:
        hits, n = int(values.sum()), len(values)
        return [_row("share", hits / n, wilson(hits, n), n)]
    mean = estimate(values)
    rows = [_row("mean", mean.mean, mean.interval(), len(values))]
    for level in QUANTILES:
        interval = quantile_interval(values, level)
        rows.append(_row(f"{level:.0%}", float(np.quantile(values, level)), interval, len(values)))
    return rows


def _row(name: str, value: float, interval: tuple[float, float], n: int) -> dict[str, Any]:
    return {
        "statistic": name,
        "estimate": value,
        "ci_low": interval[0],
        "ci_high": interval[1],
        "n": n,
    }


class Headline(NamedTuple):
    """What the claim's statistic over all its games is called."""

    text: str
    claim: str
    among: str = ""
    statistic: str = "share"


HEADLINES = (
    Headline("a static routing is optimal", "static"),
    Headline("if not: a mere threat makes users leave", "threat", "not static"),
    Headline("if not: cost saved by cascading, mean", "saving_share", "not static", "mean"),
    Headline("users lose by the provider's choice", "misaligned"),
    Headline("if so: loss in V, median", "gap_share", "misaligned", "50%"),
    Headline("throttling pays the provider", "pays"),
    Headline("if so: cost saved, mean", "gain_share", "pays", "mean"),
    Headline("if so: users' loss in V, mean", "loss_share", "pays", "mean"),
    Headline("throttling would pay for some P", "can_pay"),
    Headline("if so: P prevents it (P >= m)", "safe", "can_pay"),
    Headline("if so: m in V, median", "safety_share", "can_pay", "50%"),
)


_FOUND = ["estimate", "ci_low", "ci_high"]


def headlines(claims: pd.DataFrame) -> list[dict[str, float] | None]:
    """Estimate, ci_low and ci_high of `HEADLINES`; None where no game is concerned."""
    found: list[dict[str, float] | None] = []
    for _, *key in HEADLINES:
        same = (claims[["claim", "among", "statistic"]] == key).all(axis=1)
        rows = claims.loc[same & (claims.group == "all"), _FOUND].to_numpy(float)
        found.append(dict(zip(_FOUND, rows[0].tolist(), strict=True)) if len(rows) else None)
    return found


def percent(value: float) -> str:
    """A share as text.

    >>> percent(0.95181), percent(0.0023), percent(float("nan"))
    ('95.2%', '0.2%', '-')
    """
    return "-" if np.isnan(value) else f"{100 * value:.1f}%"

"""The claims of the paper's abstract as numbers, over many games drawn from a distribution.

How often is a static routing optimal, and what does cascading save elsewhere? How often and how
much do users lose because the provider decides? What does throttling gain the provider and cost the
users, and which penalty makes it pointless? Exact: the only chance is in which games are drawn.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.statistics.intervals import estimate, quantile_interval, wilson
from analysis.theory.outcomes import Array

QUANTILES = (0.1, 0.5, 0.9)


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

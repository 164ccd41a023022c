"""The claims of the paper's abstract as numbers, over many games drawn from a distribution.

How often is a static routing optimal, and what does cascading save elsewhere? How often and how
much do users lose because the provider decides? What does throttling gain the provider and cost the
users, and which penalty makes it pointless? Exact: the only chance is in which games are drawn.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.report.finding import Finding
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


HEADLINES = {  # a claim, among which games and by which statistic; over all of them
    "a static routing is optimal": ("static", "", "share"),
    "if not: a mere threat makes users leave": ("threat", "not static", "share"),
    "if not: cost saved by cascading, mean": ("saving_share", "not static", "mean"),
    "users lose by the provider's choice": ("misaligned", "", "share"),
    "if so: loss in V, median": ("gap_share", "misaligned", "50%"),
    "throttling pays the provider": ("pays", "", "share"),
    "if so: cost saved, mean": ("gain_share", "pays", "mean"),
    "if so: users' loss in V, mean": ("loss_share", "pays", "mean"),
    "throttling would pay for some P": ("can_pay", "", "share"),
    "if so: P prevents it (P >= m)": ("safe", "can_pay", "share"),
    "if so: m in V, median": ("safety_share", "can_pay", "50%"),
}


def headlines(claims: pd.DataFrame) -> list[Finding]:
    """`HEADLINES` in numbers, by the name of the claim; NaN where no game is concerned."""
    whole = claims[claims.group == "all"].set_index(["claim", "among", "statistic"])
    rows = whole[["estimate", "ci_low", "ci_high"]].reindex(list(HEADLINES.values()))
    return [
        Finding(claim, text, *numbers)
        for (text, (claim, *_)), numbers in zip(
            HEADLINES.items(), rows.to_numpy(float).tolist(), strict=True
        )
    ]

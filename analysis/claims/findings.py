"""The claims of the paper's abstract as numbers, over many games drawn from a distribution.

How often is a static routing optimal, and what does cascading save elsewhere? How often and how
much do users lose because the provider decides? What does throttling gain the provider and cost the
users, and which penalty makes it pointless? Exact: the only chance is in which games are drawn, and
in how many real pairs there are and how they were measured.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.claims.bootstrap import LEVELS, Bootstrap
from analysis.report.finding import Finding
from analysis.statistics.intervals import estimate, quantile_interval, wilson
from analysis.theory.outcomes import Array

Key = tuple[str, str, str]  # claim, among, group
Part = tuple[Array, Array]  # the values of all games, and which of them it is about


@dataclass(frozen=True)
class Claim:
    """A column of `outcomes` over the games where the column ``among`` holds, also by ``by``.

    The share of games where it holds, if it is a truth; otherwise mean and quantiles at `LEVELS`.
    """

    column: str
    among: str = ""
    by: str = "regime"

    def parts(self, games: pd.DataFrame) -> dict[Key, Part]:
        """Its values for 'all' games and for each group that has any."""
        values, groups = games[self.column].to_numpy(), games[self.by].to_numpy()
        among = games[self.among].to_numpy() if self.among else np.ones(len(games), bool)
        masks = {"all": among} | {str(x): among & (groups == x) for x in np.unique(groups)}
        key = self.column, self.among
        return {(*key, name): (values, mask) for name, mask in masks.items() if mask.any()}


CLAIMS = (
    Claim("static"),
    Claim("threat", "not static"),
    Claim("saving_share"),
    Claim("saving_share", "not static", by="optimum"),
    Claim("saving", "not static", by="optimum"),
    Claim("unwilling"),
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


def findings(games: pd.DataFrame, bootstrap: Bootstrap | None = None) -> pd.DataFrame:
    """Every claim about `outcomes`: one row per statistic and group.

    ``estimate`` with its 95% interval, from the ``n`` games that it is about: by the ``bootstrap``
    if there is one, otherwise as of independent games. The claims 'regime' and 'optimum' are the
    shares of games of each.
    """
    noisy = parts(bootstrap.games) if bootstrap else {}
    rows = []
    for key, (values, mask) in parts(games).items():
        found = statistics(values[mask])
        if bootstrap:
            none = [(np.nan, np.nan)] * len(found)
            intervals = bootstrap.intervals(*noisy[key]) if key in noisy else none
            for row, (low, high) in zip(found, intervals, strict=True):
                row |= {"ci_low": low, "ci_high": high}
        about = dict(zip(("claim", "among", "group"), key, strict=True))
        rows += [about | row for row in found]
    return pd.DataFrame(rows)


def parts(games: pd.DataFrame) -> dict[Key, Part]:
    """What every claim is about, by claim, games among which, and group."""
    found: dict[Key, Part] = {}
    for column in ("regime", "optimum"):
        for group in sorted(set(games[column])):
            every = np.ones(len(games), bool)
            found[column, "", group] = (games[column] == group).to_numpy(), every
    for claim in CLAIMS:
        found |= claim.parts(games)
    return found


def statistics(values: Array) -> list[dict[str, Any]]:
    """The share that is true (Wilson's interval); or mean (Student's t) and quantiles."""
    if values.dtype == bool:
        hits, n = int(values.sum()), len(values)
        return [_row("share", hits / n, wilson(hits, n), n)]
    mean = estimate(values)
    rows = [_row("mean", mean.mean, mean.interval(), len(values))]
    for level in LEVELS:
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


HEADLINES = {  # a claim, among which games, in which group and by which statistic
    "a static routing is optimal": ("static", "", "all", "share"),
    "if not: a threat makes users leave": ("threat", "not static", "all", "share"),
    "if a threat: cost saved, mean": ("saving_share", "not static", "threat", "mean"),
    "if a cascade is played: saved, mean": ("saving_share", "not static", "cascade", "mean"),
    "U* < 0: users would rather stay away": ("unwilling", "", "all", "share"),
    "users lose by the provider's choice": ("misaligned", "", "all", "share"),
    "if so: loss in V, median": ("gap_share", "misaligned", "all", "50%"),
    "throttling pays the provider": ("pays", "", "all", "share"),
    "if so: cost saved, mean": ("gain_share", "pays", "all", "mean"),
    "if so: users' loss in V, mean": ("loss_share", "pays", "all", "mean"),
    "throttling would pay for some P": ("can_pay", "", "all", "share"),
    "if so: P prevents it (P >= m)": ("safe", "can_pay", "all", "share"),
    "if so: m in V, median": ("safety_share", "can_pay", "all", "50%"),
}


def headlines(claims: pd.DataFrame) -> list[Finding]:
    """`HEADLINES` in numbers, by claim, and group if not all; NaN where no game is concerned."""
    rows = claims.set_index(["claim", "among", "group", "statistic"])
    numbers = rows[["estimate", "ci_low", "ci_high"]].reindex(list(HEADLINES.values()))
    return [
        Finding(claim if group == "all" else f"{claim} {group}", text, *each)
        for (text, (claim, _, group, _)), each in zip(
            HEADLINES.items(), numbers.to_numpy(float).tolist(), strict=True
        )
    ]

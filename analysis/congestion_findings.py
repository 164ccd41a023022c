"""The headlines of the study of congestion, as numbers with intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.congestion_study import Study
from analysis.intervals import estimate, wilson

FEW = 0.01  # of the cost: a saving below this is not worth a cascade


@dataclass(frozen=True)
class Headline:
    """One finding in words, its value, and its 95% interval; ``form`` prints each of them."""

    text: str
    value: float
    low: float
    high: float
    form: str = "{:.1%}"

    @property
    def cell(self) -> str:
        """Value and interval as the table shows them; - if there is nothing to tell."""
        if self.value != self.value:
            return "-"
        value, low, high = (self.form.format(x) for x in (self.value, self.low, self.high))
        return f"{value} [{low.rstrip('%')}, {high.rstrip('%')}]"


def headlines(study: Study) -> list[Headline]:
    """What the page says first, in order: the optimum, anarchy, the product form, the router."""
    games = study.games
    inner = games[games.interior]
    return [
        _share("a cascade inside (0, 1) is optimal", games.interior),
        _share("and saves at least 1%", games.interior & (games.saving >= FEW)),
        _mean("if so: saved by it, mean", inner.saving),
        _share("if so: users are a mixture", inner.kind.isin(["{0,1} mix", "double indifference"])),
        _mean("cost of ignoring the load, mean", games.blind_loss.dropna()),
        _mean("users' loss by selfishness in V, mean", games.anarchy_loss),
        *_product_form(study.errors),
        *_router(study.routers),
    ]


def _share(text: str, hits: pd.Series) -> Headline:
    if not len(hits):
        return Headline(text, np.nan, np.nan, np.nan)
    return Headline(text, float(hits.mean()), *wilson(int(hits.sum()), len(hits)))


def _mean(text: str, values: pd.Series) -> Headline:
    found = estimate(values.to_numpy(float))
    return Headline(text, found.mean, *found.interval())


CORNERS = {  # of the error map, at its highest utilisation
    ("service", "exponential"): "exponential",
    ("service", "cv 0.3"): "service cv .3",
    ("service", "cv 2"): "service cv 2",
    ("cap", "cap 8"): "the same, cap 8",
    ("bursts", "bursts of 8"): "bursts of 8",
}


def _product_form(errors: pd.DataFrame) -> list[Headline]:
    """A cell that is exactly solvable, and the corners of the map."""
    high = errors.utilisation.max()
    rows = []
    for (panel, what), name in CORNERS.items():
        at = (errors.utilisation == high) & (errors.panel == panel) & (errors.what == what)
        cell = errors[at].iloc[0]
        text = f"time against theory, {high:.0%} busy: {name}"
        rows.append(Headline(text, cell.error, cell.low, cell.high, "{:+.1%}"))
    return rows


def _router(routers: pd.DataFrame) -> list[Headline]:
    """Time saved by looking at the queues, against the fastest router that does not."""
    rows = []
    for load, part in routers.groupby("load"):
        aware = part[part.router == "queue-aware"].iloc[0]
        best = part[part.router != "queue-aware"].sort_values("delay").iloc[0]
        gain = 1 - aware.delay / best.delay
        half = 1.96 * float(np.hypot(aware.delay_error, best.delay_error)) / best.delay
        text = f"time saved by looking at queues, load {load:.0%}"
        rows.append(Headline(text, gain, gain - half, gain + half))
    return rows

"""The headlines of the study of congestion, as numbers with intervals."""

import pandas as pd

from analysis.congestion.routers import AWARE
from analysis.congestion.study import Study
from analysis.report.finding import Finding
from analysis.statistics.intervals import estimate, wilson

FEW = 0.01  # of the cost: a saving below this is not worth a cascade
MIXED = ("{0,1} mix", "double indifference", "interior")  # kinds whose s is no threshold


def headlines(study: Study) -> list[Finding]:
    """What the page says first, in order: the optimum, anarchy, the product form, the router."""
    games = study.games
    inner = games[games.interior]
    static, worth = games.static_interior, games.interior & (games.saving >= FEW)
    return [
        _share("static", "no load: a cascade inside (0, 1) is optimal", static),
        _share("interior", "load: a cascade inside (0, 1) is optimal", games.interior),
        _share("worth", "and saves at least 1%", worth),
        _mean("saving", "if so: saved by it, mean", inner.saving),
        _share("mixed", "if so: users randomise, s is no threshold", inner.kind.isin(MIXED)),
        _mean("blind", "cost of ignoring the load, mean", games.blind_loss.dropna()),
        _mean("anarchy", "users' loss by selfishness in V, mean", games.anarchy_loss),
        *_product_form(study.errors),
        *_router(study.routers),
    ]


def _share(key: str, text: str, hits: pd.Series) -> Finding:
    if not len(hits):
        return Finding(key, text)
    return Finding(key, text, float(hits.mean()), *wilson(int(hits.sum()), len(hits)))


def _mean(key: str, text: str, values: pd.Series) -> Finding:
    mean = estimate(values.to_numpy(float))
    return Finding(key, text, mean.mean, *mean.interval())


CORNERS = {  # cells of the error map, at its highest utilisation: panel, row and text
    "exact": ("service", "exponential", "exponential"),
    "steady": ("service", "cv 0.3", "service cv .3"),
    "variable": ("service", "cv 2", "service cv 2"),
    "capped": ("cap", "cap 8", "the same, cap 8"),
    "bursts": ("bursts", "bursts of 8", "bursts of 8"),
}


def _product_form(errors: pd.DataFrame) -> list[Finding]:
    """A cell that is exactly solvable, and the corners of the map."""
    high = errors.utilisation.max()
    rows = []
    for key, (panel, what, name) in CORNERS.items():
        at = (errors.utilisation == high) & (errors.panel == panel) & (errors.what == what)
        cell = errors[at].iloc[0]
        text = f"time against theory, {high:.0%} busy: {name}"
        rows.append(Finding(key, text, cell.error, cell.low, cell.high, "{:+.1%}"))
    return rows


def _router(routers: pd.DataFrame) -> list[Finding]:
    """Time saved by looking at the queues, against the best static cascade."""
    rows = []
    for load, part in routers[routers.router == AWARE].groupby("load"):
        text = f"time saved by looking at queues, load {load:.0%}"
        numbers = part[["saved", "saved_low", "saved_high"]].iloc[0].tolist()
        rows.append(Finding(f"router {load:.0%}", text, *numbers))
    return rows

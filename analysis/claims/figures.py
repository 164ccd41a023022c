"""What the findings look like. Import this module lazily: it loads matplotlib."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from analysis.claims.bootstrap import Bootstrap
from analysis.games.catalogue import pairs
from analysis.games.planes import Kind
from analysis.report.planes import COLOURS, ink
from analysis.report.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    PINK,
    PROVIDER,
    USER,
    VERMILION,
    canvas,
    legend_below,
    patches,
    plain,
    plain_numbers,
    styled,
    write,
)
from analysis.statistics.intervals import estimate
from analysis.theory.outcomes import REGIMES, Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Studies = dict[str, pd.DataFrame]  # `outcomes` by the name of the distribution
Noise = dict[str, Bootstrap | None]  # the same

KINDS = {
    "M1, stay": (Kind.M1_STAY, "M1 only, users stay"),
    "M1, leave": (Kind.M1_LEAVE, "M1 once, users leave"),
    "M2, stay": (Kind.M2_STAY, "M2 only, users stay"),
    "M2, leave": (Kind.M2_LEAVE, "M2 once, users leave"),
    "cascade": (Kind.CASCADE_STAY, "cascade M1 to M2, users stay"),
    "threat": (Kind.OTHER, "threat of a cascade, users leave"),
}
_LINES = {"++": (BLUE, "-"), "--": (VERMILION, "--"), "-+": (GREEN, "-."), "+-": (PINK, ":")}
_LEAST_LABEL = 0.04  # shares of a bar below this get no number
_BINS = np.logspace(-2, 1, 31)  # of P / m
_FEW = 100  # games of a bin below which a mean tells little


def _panels(studies: Studies, height: float, **how: Any) -> tuple[Figure, "list[Axes]"]:
    figure, panels = canvas(height, columns=len(studies), squeeze=False, **how)
    for axes, name in zip(panels[0], studies, strict=True):
        axes.set_title(name, loc="left", fontweight="bold")
        plain(axes)
    return figure, list(panels[0])


def _ticks(axes: "Axes", names: list[str]) -> None:
    """A row per name, without an axis."""
    axes.set_yticks(range(len(names)), names)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def optima(studies: Studies) -> Figure:
    """Which policy is optimal, by regime: stacked bars."""
    figure, panels = _panels(studies, 2.5, sharey=True)
    for axes, games in zip(panels, studies.values(), strict=True):
        parts = {"all": games} | dict(iter(games.groupby("regime")))
        for y, name in enumerate(("all", *REGIMES)):
            if name in parts:
                _bar(axes, y, parts[name]["optimum"].to_numpy())
            else:
                axes.text(0.0, y, "no such game", va="center", color=MUTED)
            share = len(parts.get(name, ())) / len(games)
            axes.text(1.02, y, f"{share:.0%}", va="center", fontsize=7.5)
        axes.text(1.02, -0.72, "of games", va="center", fontsize=7)
        _ticks(axes, ["all games", *REGIMES.values()])
        axes.set(xlim=(0, 1), ylim=(len(REGIMES) + 0.5, -0.5), xlabel="share of the row's games")
        axes.xaxis.set_major_formatter(PercentFormatter(1))
    legend_below(figure, 3, patches({name: COLOURS[kind] for kind, name in KINDS.values()}))
    return figure


def _bar(axes: "Axes", y: int, optima: Array) -> None:
    how: dict[str, Any] = {"height": 0.78, "edgecolor": "white", "linewidth": 0.5}
    left = 0.0
    for optimum, (kind, _) in KINDS.items():
        share = float((optima == optimum).mean())
        axes.barh(y, share, left=left, color=COLOURS[kind], **how)
        if share > _LEAST_LABEL:
            write(axes, left + share / 2, y, f"{100 * share:.0f}", color=ink(kind), fontsize=7.5)
        left += share


def misalignment(studies: Studies) -> Figure:
    """How many users lose how much: share of games with Delta_U / V of at least x, by regime."""
    figure, panels = _panels(studies, 2.8, sharey=True, sharex=True)
    x = np.logspace(-3, np.log10(30), 200)
    for axes, games in zip(panels, studies.values(), strict=True):
        for regime, (colour, line) in _LINES.items():
            losses = np.sort(games.gap_share[games.regime == regime])
            if len(losses):
                above = 1 - np.searchsorted(losses, x) / len(losses)
                axes.plot(x, above, line, color=colour, linewidth=1.6, label=REGIMES[regime])
        axes.axvline(1, color="0.75", linewidth=0.8, zorder=0)
        axes.set(xscale="log", ylim=(0, 0.72), xlim=(x[0], x[-1]))
        plain_numbers(axes.xaxis)
        axes.set_xlabel(r"$x$: users' loss $\Delta_U$ in values $V$ of a solved task")
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    legend_below(figure, 4, title="one more pass:")
    panels[0].set_ylabel(r"games with $\Delta_U / V \geq x$")
    return figure


def throttling(studies: Studies, noise: Noise) -> Figure:
    """What throttling gains and costs, over P / m, in games where it pays at some penalty."""
    figure, panels = _panels(studies, 2.8, sharey=True, sharex=True)
    for axes, (name, games) in zip(panels, studies.items(), strict=True):
        for column, colour, line, label in (
            ("gain_share", PROVIDER, "-", "provider's gain, part of its cost"),
            ("loss_share", USER, "--", "users' loss, part of $V$"),
        ):
            means, lows, highs = _means(games, noise[name], column)
            how: dict[str, Any] = {"color": colour, "linewidth": 1.6}
            axes.fill_between(_BINS, lows, highs, step="post", color=colour, alpha=0.2, linewidth=0)
            axes.step(_BINS, means, line, where="post", label=label, **how)
        axes.axvline(1, color=INK, linewidth=0.9)
        axes.text(1.12, 0.45, "$P \\geq m$:\nthrottling\nnever pays", va="center", color=INK)
        axes.set(xscale="log", xlim=(_BINS[0], _BINS[-1]), ylim=(0, 1))
        plain_numbers(axes.xaxis)
        axes.set_xlabel("$P / m$: penalty in costs of a solved task")
        axes.set_yticks((0, 0.25, 0.5, 0.75, 1))
        axes.yaxis.set_major_formatter(PercentFormatter(1))
    legend_below(figure, 2)
    panels[0].set_ylabel("mean over games, 95% band")
    return figure


def _means(games: pd.DataFrame, bootstrap: Bootstrap | None, column: str) -> Array:
    """Means in bins of P / m, and the ends of their intervals; NaN where games are few."""
    found = np.full((3, len(_BINS)), np.nan)
    bins, y = _binned(games, column)
    noisy = _binned(bootstrap.games, column) if bootstrap else None
    for k in range(1, len(_BINS)):
        if (bins == k).sum() >= _FEW:
            mean = estimate(y[bins == k])
            low, high = mean.interval()
            if bootstrap and noisy:
                low, high = bootstrap.interval(bootstrap.means(noisy[1], noisy[0] == k))
            found[:, k - 1] = mean.mean, low, high
    return found


def _binned(games: pd.DataFrame, column: str) -> tuple[Array, Array]:
    """The bin of each game, 0 where throttling pays for no P; the column where it pays, else 0."""
    bins = np.digitize(games.penalty / games.m, _BINS)
    return np.where(games.can_pay, bins, 0), np.where(games.pays, games[column], 0.0)


def safe_penalties() -> Figure:
    """Costs of a solved task by each model of the real pairs; the lesser is m."""
    costs = {pair.name: pair.k for pair in sorted(pairs().values(), key=lambda pair: min(pair.k))}
    figure, axes = canvas(2.7)
    rows = range(len(costs))
    low, high = np.sort(np.array(list(costs.values()))).T
    axes.hlines(rows, low, high, color="0.8", linewidth=1, zorder=0)
    for model, (marker, colour, name) in enumerate(
        (("o", BLUE, "standard model"), ("s", VERMILION, "reasoning model"))
    ):
        cost = [both[model] for both in costs.values()]
        axes.plot(cost, rows, marker, color=colour, markersize=5, label=name)
    for row, m in enumerate(low):
        axes.text(m / 1.15, row, rf"\${m:.2g}", ha="right", va="center", fontsize=7.5)
    _ticks(axes, list(costs))
    plain(axes, xscale="log", xlim=(8e-4, 6))
    plain_numbers(axes.xaxis)
    axes.set_xlabel("dollars per solved task, $c / p$; the lesser of the two, $m$, is written")
    axes.legend(frameon=False, loc="lower right")
    return figure


@styled()
def draw(studies: Studies, noise: Noise) -> dict[str, Figure]:
    """Every figure by its name."""
    return {
        "optima": optima(studies),
        "misalignment": misalignment(studies),
        "throttling": throttling(studies, noise),
        "safe_penalties": safe_penalties(),
    }

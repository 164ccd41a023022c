"""What congestion looks like. Import this module lazily: it loads matplotlib."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.colors import BoundaryNorm, ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from agents.congestion.game import KINDS
from agents.theorems.responses import s_0, s_high, s_low
from analysis.congestion.errors import PANELS, RUNS
from analysis.congestion.routers import ROUTERS
from analysis.congestion.study import EXAMPLE, Study
from analysis.report.finding import minus
from analysis.report.style import (
    BLACK,
    BLUE,
    GREEN,
    INK,
    ORANGE,
    PINK,
    PROVIDER,
    SKY,
    VERMILION,
    canvas,
    image,
    legend_below,
    patches,
    plain,
    styled,
)
from analysis.statistics.intervals import Estimate
from sim.game import Game

if TYPE_CHECKING:
    from matplotlib.axes import Axes

KIND_COLOURS = dict(zip(KINDS, (BLUE, SKY, PINK, ORANGE, BLACK, GREEN), strict=True))
_MAP = ListedColormap(list(KIND_COLOURS.values()))
_NORM = BoundaryNorm(np.arange(len(KINDS) + 1) - 0.5, len(KINDS))
_LINES = {"(1, 0)": "-", "(1, 0.325)": "--", "(1, 1)": "-.", "(2, 0)": ":", "optimum": "-"}
_COLOURS = dict(zip(_LINES, (BLUE, GREEN, PINK, VERMILION, INK), strict=True))
_LABELS = {"(1, 0)": "M1 only", "(1, 0.325)": "cascade .325", "(1, 1)": "cascade 1",
           "(2, 0)": "M2 only", "optimum": "optimum"}  # fmt: skip


@styled()
def draw(study: Study) -> dict[str, Figure]:
    """Every figure by its name."""
    return {
        "load": load(study.curves),
        "regimes": regimes(study.regimes),
        "thresholds": thresholds(study.thresholds),
        "interior": interior(study.games),
        "fictitious_play": fictitious_play(study),
        "errors": errors(study.errors),
        "routers": routers(study.routers),
    }


def _kinds(figure: Figure, kinds: Any) -> None:
    """A legend of the kinds of equilibrium that occur."""
    occur = set(kinds)
    legend_below(figure, 6, patches({k: KIND_COLOURS[k] for k in KINDS if k in occur}))


def load(curves: pd.DataFrame) -> Figure:
    """Latency, utility, provider cost and kind over the arrival rate, by policy."""
    figure, grid = canvas(5.2, 2, 2, sharex=True)
    panels = grid.ravel()
    titles = ("W1", "W2", "user_utility", "provider_cost")
    words = ("$W_1$, seconds per pass at M1", "$W_2$, seconds per pass at M2",
             "users' utility $U$", "provider's cost $J$")  # fmt: skip
    for axes, column, word in zip(panels, titles, words, strict=True):
        for policy in curves.policy.unique():
            rows = curves[curves.policy == policy]
            how = {"color": _COLOURS[policy], "linestyle": _LINES[policy]}
            width = 2.4 if policy == "optimum" else 1.3
            axes.plot(rows.arrival_rate, rows[column], label=_LABELS[policy], lw=width, **how)
        axes.set_title(word, loc="left")
        plain(axes, xlim=(0, 2 * EXAMPLE.stations[0].rate))
    panels[0].set_ylim(0.9, 3)
    panels[1].set_ylim(2, 8)
    panels[2].set_ylim(-4, 4)
    for axes in panels[2:]:
        axes.set_xlabel(r"arrival rate $\lambda$, tasks per second")
    legend_below(figure, 5)
    return figure


def regimes(frame: pd.DataFrame) -> Figure:
    """Kinds of equilibrium over the net values without load; lines: thresholds without load."""
    loads = frame.load.unique()
    figure, panels = canvas(2.5, columns=len(loads), sharey=True)
    for axes, share in zip(panels, loads, strict=True):
        part = frame[frame.load == share]
        grid = part.pivot(index="xi_2", columns="xi_1", values="kind")
        codes = np.vectorize(KINDS.index)(grid.to_numpy())
        extent = (part.xi_1.min(), part.xi_1.max(), part.xi_2.min(), part.xi_2.max())
        image(axes, codes, extent, cmap=_MAP, norm=_NORM)
        _borders(axes)
        axes.set(xlim=extent[:2], ylim=extent[2:], title=f"load {share:.0%}")
        axes.set_xlabel(r"$\xi_1$ without load")
    panels[0].set_ylabel(r"$\xi_2$ without load")
    _kinds(figure, frame.kind)
    return figure


def _borders(axes: "Axes") -> None:
    """Where s = .25 is s_0, s_low, s_high in the game without queues: rays in the plane."""
    for function, sign in ((s_0, -1.0), (s_low, 1.0), (s_high, 1.0)):
        low, high = 1e-3, 1e3  # of -xi_2 / xi_1
        for _ in range(80):
            middle = (low * high) ** 0.5
            game = Game.of((0.1, 0.3), (1 - sign * 0.5, 3 + sign * 0.5 * middle), (1, 2), 10, 5)
            if 3 + sign * 0.5 * middle <= 0:
                high = middle
                continue
            above = float(function(game)) > 0.25
            low, high = (middle, high) if above else (low, middle)
        x = np.array([0.0, sign])
        axes.plot(x, -low * x, "--", color="white", linewidth=1.2)


def thresholds(frame: pd.DataFrame) -> Figure:
    """The optimal policy over load and penalty, at k_1 - k_2 = 1, for the games of Figure 4."""
    figure, panels = canvas(3.0, columns=2, sharey=True)
    names = {"M1 only": BLUE, "cascade": GREEN, "M2 only": VERMILION}
    colours = np.array([to_rgb(colour) for colour in names.values()])
    for axes, regime in zip(panels, ("-+", "+-"), strict=True):
        part = frame[frame.regime == regime].assign(code=lambda f: _policy(f))
        grid = part.pivot(index="penalty", columns="load", values="code").to_numpy(float)
        stay = part.pivot(index="penalty", columns="load", values="stay").to_numpy(float)
        shade = 0.25 + 0.75 * stay[..., None]  # the fewer stay, the lighter
        picture = 1 - shade * (1 - colours[grid.astype(int)])
        extent = (part.load.min(), part.load.max(), part.penalty.min(), part.penalty.max())
        image(axes, picture, extent)
        axes.contour(part.load.unique(), part.penalty.unique(), stay, [0.02, 0.98], colors="white",
                     linewidths=0.9)  # fmt: skip
        axes.set_title(f"{minus(regime)} without load")
        axes.set_xlabel("share of M1's capacity that first passes use")
    panels[0].set_ylabel("$P$, penalty (money)")
    legend_below(figure, 4, patches(names | {"light: users leave": "0.85"}))
    return figure


def _policy(frame: pd.DataFrame) -> Any:
    """0: M1 only, or leave after it; 1: a cascade; 2: M2."""
    return np.where(frame.initial == 2, 2, np.where(frame.cascade > 0, 1, 0))


def interior(games: pd.DataFrame) -> Figure:
    """The optimal s with and without load, and what an interior one saves."""
    figure, (left, right) = canvas(2.8, columns=2)
    inner = games[games.interior]
    without = np.where(inner.static_initial == 2, -0.08, inner.static_cascade.fillna(0))
    for kind in KINDS:
        at = (inner.kind == kind).to_numpy()
        if at.any():
            left.plot(without[at], inner.cascade[at], "o", color=KIND_COLOURS[kind], markersize=3,
                      alpha=0.7, label=kind)  # fmt: skip
    left.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, zorder=0)
    left.set_xlabel("optimal $s$ without load (left of 0: M2)")
    left.set_ylabel("optimal $s$ under load, if interior")
    left.legend(frameon=False, fontsize=6.5, loc="lower right")
    saved = np.sort(inner.saving)
    right.step(np.append(saved, saved[-1:]), np.linspace(1, 0, len(saved) + 1)[: len(saved) + 1],
               where="post", color=PROVIDER)  # fmt: skip
    right.set_xlabel("saved against the best of (1, 0), (1, 1), (2)")
    right.set_ylabel("share of the interior optima")
    right.set_xscale("log")
    for axes in (left, right):
        plain(axes)
    return figure


def fictitious_play(study: Study) -> Figure:
    """Paths of the average loads from three starts to the predicted point."""
    names = ("A: {0,1} mix", "B: interior", "F: double indifference")
    colours = {"all stay": BLUE, "half": ORANGE, "all leave": VERMILION}
    figure, panels = canvas(2.6, columns=3)
    for axes, name, k in zip(panels, names, range(3), strict=True):
        for play in study.plays[3 * k : 3 * k + 3]:
            loads = play.loads / play.game.arrival_rate
            how = {"color": colours[play.start], "linewidth": 1.1, "markersize": 2.2}
            axes.plot(*loads.T, "o-", label=play.start, **how)
            axes.plot(*loads[0], "s", color=colours[play.start], markersize=5)
        axes.plot(*play.equilibrium.visits, "k*", markersize=11, label="predicted", zorder=5)
        axes.set_title(name, loc="left")
        axes.set_xlabel("$z_1$: mean passes at M1")
        plain(axes)
    panels[0].set_ylabel("$z_2$: mean passes at M2")
    legend_below(figure, 4)
    return figure


_OF_MAP = {
    "service": "Variable service\nFCFS, Poisson arrivals",
    "cap": "Caps on sharing\nlognormal service, cv 2",
    "bursts": "Bursts of tasks\nFCFS, exponential service",
}
_TIMES = (0.5, 1.0, 2.0, 4.0)  # marks of the colour bar


def errors(frame: pd.DataFrame) -> Figure:
    """Simulated over predicted time of a task: by utilisation and service, cap and bursts."""
    figure, panels = canvas(3.1, columns=len(PANELS))
    limit = float(np.abs(np.log2(1 + frame.error)).max())
    for axes, panel in zip(panels, PANELS, strict=True):
        part = frame[frame.panel == panel]
        drawn = _heat(axes, part, limit)
        axes.set_title(_OF_MAP[panel], loc="left")
    figure.supxlabel("utilisation of both models", fontsize=8)
    bar = figure.colorbar(drawn, ax=panels, ticks=np.log2(_TIMES), pad=0.01)
    bar.ax.set_yticklabels([f"× {times:g}" for times in _TIMES])
    bar.ax.set_ylim(float(np.log2(1 + frame.error).min()), limit)
    return figure


def _heat(axes: "Axes", part: pd.DataFrame, limit: float) -> Any:
    """One panel: colour by the logarithm of the ratio, numbers in per cent with 95%."""
    rows, columns = part.what.unique().tolist(), part.utilisation.unique().tolist()
    ratio = np.log2(1 + part.error.to_numpy().reshape(len(rows), len(columns)))
    drawn = axes.imshow(ratio, cmap="PuOr_r", vmin=-limit, vmax=limit, aspect="auto",
                        origin="lower")  # fmt: skip
    numbers = (100 * part[["error", "low", "high"]]).to_numpy().tolist()
    for (row, column), (error, low, high) in zip(np.ndindex(ratio.shape), numbers, strict=True):
        text = f"{round(error):+d}%\n±{(high - low) / 2:.1f}"
        dark = abs(ratio[row, column]) > 0.6 * limit
        axes.text(column, row, text, ha="center", va="center", fontsize=6.5,
                  color="white" if dark else INK)  # fmt: skip
    axes.set_yticks(range(len(rows)), rows)
    axes.set_xticks(range(len(columns)), [f"{u:.0%}" for u in columns])
    axes.tick_params(length=0)
    return drawn


def routers(frame: pd.DataFrame) -> Figure:
    """Seconds and cost of a task by router over load."""
    figure, panels = canvas(2.7, columns=2)
    words = {"delay": "seconds per task", "cost": "provider's cost per task"}
    for axes, (column, word) in zip(panels, words.items(), strict=True):
        for k, name in enumerate(ROUTERS):
            rows = frame[frame.router == name]
            means = zip(rows[column], rows[f"{column}_error"], strict=True)
            bars = [np.ptp(Estimate(*mean, RUNS).interval()) / 2 for mean in means]
            axes.errorbar(rows.load + 0.006 * k, rows[column], yerr=bars, label=name,
                          fmt="osD^"[k] + "-", color=(BLUE, GREEN, VERMILION, BLACK)[k],
                          markersize=3.5, linewidth=1.1)  # fmt: skip
        axes.set_xlabel("work of M1 alone, share of its capacity")
        axes.set_title(word, loc="left")
        plain(axes)
    panels[0].set_yscale("log")
    panels[0].yaxis.set(major_formatter=LogFormatter(), minor_formatter=LogFormatter())
    legend_below(figure, 4)
    return figure

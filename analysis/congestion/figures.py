"""What congestion looks like. Import this module lazily: it loads matplotlib."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.colors import BoundaryNorm, ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, LogLocator

from agents.congestion.game import KINDS
from agents.theorems.responses import s_0, s_high, s_low
from analysis.congestion.errors import PANELS, RUNS
from analysis.congestion.kinds import WORDS
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
    plain_numbers,
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
    legend_below(figure, 6, patches({WORDS[k]: KIND_COLOURS[k] for k in KINDS if k in occur}))


def load(curves: pd.DataFrame) -> Figure:
    """Latency, utility and provider cost over the arrival rate, by policy."""
    figure, grid = canvas(5.4, 2, 2, sharex=True)
    for axes, (column, (word, limits)) in zip(grid.ravel(), _OVER_LOAD.items(), strict=True):
        lines = {
            policy: curves[curves.policy == policy].set_index("arrival_rate")[column]
            for policy in curves.policy.unique()
        }
        axes.set_title(word, loc="left")
        plain(axes, xlim=(0, 2 * EXAMPLE.stations[0].rate), ylim=limits)
        for policy, line in lines.items():
            how = {"color": _COLOURS[policy], "linestyle": _LINES[policy]}
            axes.plot(line, lw=2.4 if policy == "optimum" else 1.3, **how)
            _mark_exit(axes, line, limits, _COLOURS[policy])
        for policy, (x, y) in _BESIDE[column].items():
            axes.text(x, y, _LABELS[policy], color=_COLOURS[policy], fontsize=7, va="center")
    for axes in grid[1]:
        axes.set_xlabel(r"arrival rate $\lambda$, tasks per second")
    return figure


_OVER_LOAD = {  # title and limits of each panel
    "W1": ("$W_1$, seconds per pass at M1", (0.9, 3.0)),
    "W2": ("$W_2$, seconds per pass at M2", (2.0, 6.0)),
    "user_utility": ("users' utility $U$ (money per task)", (-3.0, 2.0)),
    "provider_cost": ("provider's cost $J$ (money per task)", (0.2, 2.1)),
}
_BESIDE = {  # where the name of a line begins: arrival rate, and what the panel shows
    "W1": {"(1, 0)": (0.74, 1.43), "(1, 0.325)": (0.62, 2.06), "(1, 1)": (1.02, 1.25),
           "(2, 0)": (0.8, 1.0), "optimum": (0.45, 1.83)},
    "W2": {"(1, 0)": (0.9, 2.36), "(1, 0.325)": (1.12, 2.82), "(1, 1)": (0.75, 3.66),
           "(2, 0)": (0.64, 5.0), "optimum": (1.0, 3.09)},
    "user_utility": {"(1, 0)": (1.22, 0.08), "(1, 0.325)": (0.5, 1.02), "(1, 1)": (0.72, 0.5),
                     "(2, 0)": (0.3, -2.0), "optimum": (1.4, -2.2)},
    "provider_cost": {"(1, 0)": (0.7, 1.83), "(1, 0.325)": (1.32, 1.69), "(1, 1)": (0.05, 0.76),
                      "(2, 0)": (0.02, 0.92), "optimum": (0.05, 0.27)},
}  # fmt: skip


def _mark_exit(axes: "Axes", line: pd.Series, limits: tuple[float, float], colour: str) -> None:
    """An arrow where a line goes on outside the panel."""
    low, high = limits
    outside = line[(line < low) | (line > high)]
    if len(outside):
        up = bool(outside.iloc[0] > high)
        before = line[: outside.index[0]].iloc[-2:]
        x = np.interp(high if up else -low, before if up else -before, before.index)
        axes.plot(x, high if up else low, "^" if up else "v", color=colour, markersize=4,
                  clip_on=False)  # fmt: skip


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
    figure, (left, right) = canvas(2.9, columns=2)
    inner = games[games.interior]
    _against_unloaded(left, inner)
    saved = np.sort(100 * inner.saving)
    right.step(np.append(saved, saved[-1:]), np.linspace(100, 0, len(saved) + 1),
               where="post", color=PROVIDER)  # fmt: skip
    right.set_xlabel("saved (% of the cost of the best of\nM1 only, M2 only, cascade 1)")
    right.set_ylabel("games that save at least so much (%)")
    right.set_xscale("log")
    right.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    plain_numbers(right.xaxis)
    for axes in (left, right):
        plain(axes)
    return figure


_M2 = -0.15  # where games are drawn whose optimum without load is M2


def _against_unloaded(axes: "Axes", inner: pd.DataFrame) -> None:
    without = np.where(inner.static_initial == 2, _M2, inner.static_cascade.fillna(0))
    for kind in KINDS:
        at = (inner.kind == kind).to_numpy()
        if at.any():
            axes.plot(without[at], inner.cascade[at], "o", color=KIND_COLOURS[kind], markersize=3,
                      alpha=0.7, label=WORDS[kind])  # fmt: skip
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=0.8, zorder=0)
    axes.set_xlim(1.5 * _M2, 1.05)
    axes.axvline(_M2 / 2, color="0.7", linewidth=0.8, linestyle=":")
    axes.set_xticks((_M2, 0, 0.25, 0.5, 0.75, 1), ("M2", "0", ".25", ".5", ".75", "1"))
    axes.set_xlabel("optimal cascade $s$ without load, or M2")
    axes.set_ylabel("optimal cascade $s$ under load")
    axes.legend(frameon=False, fontsize=6.5, loc="lower right")


_PATHS = ("{0,1} mix", "interior", "double indifference")  # kinds of the points that are played


def fictitious_play(study: Study) -> Figure:
    """Paths of the average loads from three starts to the predicted point."""
    colours = {"all stay": BLUE, "half": ORANGE, "all leave": VERMILION}
    figure, panels = canvas(2.6, columns=3)
    for axes, kind, k in zip(panels, _PATHS, range(3), strict=True):
        for play in study.plays[3 * k : 3 * k + 3]:
            loads = play.loads / play.game.arrival_rate
            how = {"color": colours[play.start], "linewidth": 0.9, "markersize": 1.6}
            axes.plot(*loads.T, "o-", label=f"from {play.start}", alpha=0.6, **how)
            axes.plot(*loads[0], "s", color=colours[play.start], markersize=5)
        axes.plot(*play.equilibrium.visits, "*", color=BLACK, markeredgecolor="white",
                  markersize=12, label="predicted", zorder=5)  # fmt: skip
        axes.set_title(WORDS[kind], loc="left")
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
        text = minus(f"{round(error):+d}%\n±{(high - low) / 2:.1f}")
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

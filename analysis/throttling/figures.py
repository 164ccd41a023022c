"""What the throttling study looks like. Import this module lazily: it loads matplotlib."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from agents.theorems.stackelberg import D
from agents.theorems.throttling import cheapest_pass
from analysis.comparison.criteria import criterion
from analysis.comparison.outcome import FRONT, Comparison
from analysis.games.planes import DIFFERENCE, VALUED, Plane
from analysis.report import planes, style
from analysis.report.finding import minus
from analysis.report.style import BLUE, GREEN, INK, MUTED, ORANGE, VERMILION
from analysis.statistics.selection import Interval
from analysis.throttling.models import CHOICES, PLANES
from analysis.throttling.protection import CONTROL, EXCEPTION
from analysis.throttling.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_USERS = ((VERMILION, "o", "-"), (BLUE, "s", "--"), (GREEN, "^", ":"))
_CLASSES = ((BLUE, "o"), (ORANGE, "D"))
_TITLES = {"m1": "M1 alone", "m2": "M2 alone", "both": "both"}


@style.styled()
def draw(study: Study) -> dict[str, Figure]:
    """All figures by name."""
    return {
        "figure5": figure5(study.figure5),
        "separate": separate(study.maps, study.played),
        "protection": protection(study.protection),
        "fronts": fronts(study.fronts),
        "storms": storms(study.storms),
        "classes": classes(study.classes),
    }


def _table(frame: pd.DataFrame, column: str) -> tuple[Any, tuple[float, ...]]:
    """Values [row: P, column: k_1 - k_2] and the extent of their cells."""
    table = frame.pivot_table(index="penalty", columns="difference", values=column)
    table = table.sort_index(axis=1)
    extent = style.edges(table.columns.to_numpy(float)) + style.edges(table.index.to_numpy(float))
    return table.to_numpy(), extent


def figure5(frame: pd.DataFrame) -> Figure:
    """Figure 5 right: the gain of full throttling, exact beside simulated."""
    figure, panels = style.canvas(2.9, columns=2, sharex=True, sharey=True)
    top, error = float(frame["gain_exact"].max()), float(frame["standard_error"].max())
    titles = {"exact": "exact", "simulated": f"simulated (standard errors up to {error:.2g})"}
    for axes, (word, title) in zip(panels, titles.items(), strict=True):
        values, extent = _table(frame, f"gain_{word}")
        heat = style.image(
            axes, np.maximum(values, 0), extent, cmap=style.GAIN_MAP, vmin=0, vmax=top
        )
        planes.borders(axes, VALUED, label=True)
        style.write(axes, 0.0, 14.5, "throttling\nnever pays")
        axes.set(title=title, xlim=extent[:2], ylim=extent[2:])
        axes.set(xticks=(-2, -1, 0, 1, 2), yticks=(0, 5, 10, 15, 20))
    planes.outer_labels(panels[None])
    figure.colorbar(heat, ax=panels, aspect=25, pad=0.02).set_label("provider's gain per task")
    return figure


def separate(maps: dict[str, pd.DataFrame], played: dict[str, pd.DataFrame]) -> Figure:
    """The gain by which model is throttled: exact as colour, simulated in the circles."""
    shape = len(maps), len(CHOICES)
    figure, panels = style.canvas(4.6, *shape, sharex=True, sharey="row", squeeze=False)
    for row, plane in zip(panels, PLANES, strict=True):
        regime, frame = plane.regime, maps[plane.regime]
        top = max(float(frame["gain_both"].max()), 1e-9)
        how = {"cmap": style.GAIN_MAP, "vmin": 0, "vmax": top}
        for axes, name in zip(row, CHOICES, strict=True):
            values, extent = _table(frame, f"gain_{name}")
            heat = style.image(axes, values, extent, **how)
            _region(axes, plane)
            seen = played[regime]
            axes.scatter(
                seen["difference"],
                seen["penalty"],
                c=seen[f"gain_{name}_simulated"],
                s=16,
                edgecolors=MUTED,
                linewidths=0.4,
                clip_on=False,
                zorder=3,
                **how,
            )
            axes.set_title(f"{minus(regime)}: {_TITLES[name]}")
            axes.set(xlim=extent[:2], ylim=extent[2:])
        figure.colorbar(heat, ax=list(row), aspect=18, pad=0.02).set_label("gain per task")
    planes.outer_labels(panels)
    return figure


def _region(axes: "Axes", plane: Plane) -> None:
    """The border of the theorem's region: P = m in ++, k_1 > k_2 and D < P < k_2 in -+."""
    x = np.linspace(*DIFFERENCE, 201)
    if plane.regime == "-+":
        x = x[x >= 0]
    games = plane.game(x, np.zeros_like(x))
    for line in (cheapest_pass,) if plane.regime == "++" else (D, cheapest_pass):
        axes.plot(x, np.broadcast_to(line(games), x.shape), color=INK, linewidth=1.0)


def protection(frame: pd.DataFrame) -> Figure:
    """What the best delays save with queues, where theory lets them: by the place of P."""
    figure, panels = style.canvas(2.9, columns=2, sharey=True)
    _savings(panels[0], frame[frame["case"] == CONTROL], "ratio")
    _savings(panels[1], frame[frame["case"] == EXCEPTION], "place")
    style.plain(panels[0], title="P < m", xlabel="P / m", xscale="log", ylabel="part of cost saved")
    style.plain_numbers(panels[0].xaxis)
    panels[0].set_xticks((0.25, 0.5, 1))
    style.plain(panels[1], title="M1 overloaded by first passes, $k_1 \\leq P < k_2$", xlabel="P")
    panels[1].set_xticks((0, 1), ("$k_1$", "$k_2$"))
    panels[0].yaxis.set_major_formatter(PercentFormatter(1))
    style.legend_below(figure, 3, markerscale=2.5)
    return figure


def _savings(axes: "Axes", frame: pd.DataFrame, x: str) -> None:
    pays, better = frame["gain"] > 0, frame["user_loss"] < 0
    kinds = (
        (~pays, MUTED, ".", "no delay pays"),
        (pays & ~better, VERMILION, "v", "the best delay pays, users lose"),
        (pays & better, BLUE, "^", "it pays, and users gain too"),
    )
    for which, colour, mark, label in kinds:
        part = frame[which]
        axes.scatter(
            part[x], part["share"], c=colour, marker=mark, s=9, linewidths=0, alpha=0.7, label=label
        )


def fronts(comparisons: dict[str, Comparison]) -> Figure:
    """Provider's cost against users' utility, a panel per system; filled: on the Pareto front."""
    rows = (len(comparisons) + 1) // 2
    figure, grid = style.canvas(3.6 * rows, rows, 2, squeeze=False)
    panels = grid.ravel()
    labels = {"xlabel": "provider's cost per task ($)", "ylabel": "users' utility per task ($)"}
    for axes, (name, comparison) in zip(panels, comparisons.items(), strict=False):
        _front(axes, comparison)
        axes.set_title(name, loc="left", fontweight="bold")
        style.plain(axes, **labels)
    for axes in panels[len(comparisons) :]:
        axes.set_axis_off()
    return figure


def _front(axes: "Axes", comparison: Comparison) -> None:
    for number, (x, y, names) in enumerate(_points(comparison), start=1):
        on = any(name in comparison.front for name in names)
        colour, mark = (BLUE, "o") if on else (ORANGE, "D")
        label = f"{number}  {', '.join(names)}"
        style.cross(axes, x, y, on, colour, fmt=mark, linewidth=0.8, label=label)
        away = (4, 4 if number % 2 else -10)
        axes.annotate(str(number), (x.mean, y.mean), away, textcoords="offset points")
    axes.legend(
        frameon=False, fontsize=6.5, loc="upper center", bbox_to_anchor=(0.45, -0.18), ncols=1
    )


def _points(comparison: Comparison) -> list[tuple[Interval, Interval, list[str]]]:
    """Strategies whose numbers look the same share a point."""
    points: dict[tuple[str, str], tuple[Interval, Interval, list[str]]] = {}
    for name in comparison.selection.values:
        x, y = (comparison.own(name, criterion(by)) for by in FRONT)
        points.setdefault((f"{x.mean:.3g}", f"{y.mean:.2f}"), (x, y, []))[2].append(name)
    return list(points.values())


def storms(frame: pd.DataFrame) -> Figure:
    """Prompts, success and time per task over load, by what refused users do."""
    figure, panels = style.canvas(2.7, columns=3)
    names = {"prompts": "prompts per task", "success": "solved", "seconds": "seconds per task"}
    for axes, (metric, label) in zip(panels, names.items(), strict=True):
        part = frame[frame["metric"] == metric]
        for (users, of), (colour, mark, line) in zip(
            part.groupby("users", sort=False), _USERS, strict=False
        ):
            bars = [of["mean"] - of["ci_low"], of["ci_high"] - of["mean"]]
            axes.errorbar(
                of["load"], of["mean"], yerr=bars, color=colour, marker=mark, linestyle=line,
                markersize=4, linewidth=1.2, capsize=2, label=users,
            )  # fmt: skip
        style.plain(axes, xlabel="load before retries", title=label)
    panels[0].set_yscale("log")
    style.plain_numbers(panels[0].yaxis)
    panels[0].set_yticks((2, 5, 10, 20, 50))
    panels[1].yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    style.legend_below(figure, 3)
    return figure


def classes(frame: pd.DataFrame) -> Figure:
    """What each strategy changes for each class of users, against none."""
    figure, panels = style.canvas(2.9, columns=2, sharey=True)
    first = frame["strategy"].iloc[0]
    names = {"utility": "utility per task ($)", "solved": "solved"}
    for axes, (metric, label) in zip(panels, names.items(), strict=True):
        part = frame[(frame["metric"] == metric) & (frame["strategy"] != first)]
        rows = list(dict.fromkeys(part["strategy"]))
        for k, ((group, of), (colour, mark)) in enumerate(
            zip(part.groupby("class", sort=False), _CLASSES, strict=False)
        ):
            y = [rows.index(strategy) + 0.22 * (k - 0.5) for strategy in of["strategy"]]
            gap = of["difference_mean"]
            bars = [gap - of["difference_ci_low"], of["difference_ci_high"] - gap]
            axes.errorbar(
                gap, y, xerr=bars, fmt=mark, color=colour, markersize=4.5, capsize=2,
                linewidth=1.0, label=f"{group} users",
            )  # fmt: skip
        axes.axvline(0, color=MUTED, linewidth=0.8)
        style.rows(axes, rows)
        style.plain(axes, xlabel=f"{label}, less {first}")
    panels[1].xaxis.set_major_formatter(PercentFormatter(1))
    style.legend_below(figure, 2)
    return figure

"""What a comparison of strategies looks like. Loads matplotlib: import it lazily."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from analysis.comparison.criteria import CRITERIA, Criterion, criterion
from analysis.comparison.study import Comparison
from analysis.report.style import INK, MUTED, WIDTH, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BEST, _OTHER, _OFF = "#D55E00", "#0072B2", "#56B4E9"  # Okabe and Ito
_MARKS = {_BEST: "D", _OTHER: "o", _OFF: "o"}
_ZONE = "0.91"
_AXES = (criterion("provider_cost"), criterion("user_utility"))


def differences(found: Comparison) -> Figure:
    """Difference to the best by the criterion of the selection, with the indifference zone."""
    names = list(found.selection.values)
    with styled():
        figure = Figure(figsize=(WIDTH, 0.9 + 0.3 * len(names)), layout="constrained")
        axes = figure.subplots()
        zone = found.selection.zone
        axes.axvspan(-zone, zone, color=_ZONE, zorder=0)
        _rows(axes, found, found.criterion)
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel(
            f"{found.criterion.label}, minus {found.selection.best} (shaded: indifference zone)"
        )
    return figure


def all_criteria(found: Comparison) -> Figure:
    """The same for every criterion; left or right is good as the title says."""
    names = list(found.selection.values)
    with styled():
        figure = Figure(figsize=(WIDTH, 2 * (0.75 + 0.19 * len(names))), layout="constrained")
        panels = figure.subplots(2, 4, sharey=True)
        for axes, each in zip(panels.flat, CRITERIA, strict=True):
            _rows(axes, found, each)
            axes.set_yticks(range(len(names)), names)
            axes.set_title(_title(each), fontsize=7.5)
            axes.locator_params(axis="x", nbins=4)
        figure.supxlabel(f"minus {found.selection.best}", fontsize=8)
    return figure


def _title(each: Criterion) -> str:
    words = each.name.replace("_", " ").replace("p95", "95%")
    return f"{words}\n({'right' if each.large_is_good else 'left'} is better)"


def _rows(axes: "Axes", found: Comparison, of: Criterion) -> None:
    """One row per strategy: difference to the best and its interval."""
    axes.axvline(0, color=MUTED, linewidth=0.7, zorder=1)
    for row, name in enumerate(found.selection.values):
        value = found.to_best(name, of)
        colour = _BEST if name == found.selection.best else _OTHER
        axes.errorbar(
            value.mean,
            row,
            xerr=[[value.mean - value.low], [value.high - value.mean]],
            fmt=_MARKS[colour],
            color=colour,
            markersize=4,
            capsize=2,
            linewidth=1,
        )
    axes.set_ylim(len(found.selection.values) - 0.5, -0.5)


def pareto(found: Comparison) -> Figure:
    """Provider's cost against users' utility, with intervals; good is up and to the left.

    The second panel shows the surroundings of the front, which bad strategies may make tiny.
    """
    with styled():
        figure = Figure(figsize=(WIDTH, 3.3), layout="constrained")
        panels = figure.subplots(1, 2)
        for axes in panels:
            _points(axes, found)
            axes.set_xlabel("provider's cost per task")
        panels[0].set(ylabel="users' utility per task", title="all strategies")
        panels[1].set_title("near the Pareto front")
        _zoom(panels[1], found)
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=3, frameon=False, fontsize=7)
    return figure


def _points(axes: "Axes", found: Comparison) -> None:
    for number, name in enumerate(found.selection.values, start=1):
        x, y = (found.own(name, each) for each in _AXES)
        front = name in found.front
        colour = _OTHER if front else _OFF
        axes.errorbar(
            x.mean,
            y.mean,
            xerr=[[x.mean - x.low], [x.high - x.mean]],
            yerr=[[y.mean - y.low], [y.high - y.mean]],
            fmt="o",
            color=colour,
            markerfacecolor=colour if front else "white",
            markersize=4.5,
            linewidth=0.9,
            label=f"{number}  {name}" + ("" if front else " (dominated)"),
        )
        axes.annotate(
            str(number),
            (x.mean, y.mean),
            (4, 4),
            textcoords="offset points",
            color=INK,
            clip_on=True,
        )


def _zoom(axes: "Axes", found: Comparison) -> None:
    """Limits around the front and its intervals, half as much again on every side."""
    limits = []
    for each in _AXES:
        near = [found.own(name, each) for name in found.front]
        low, high = min(i.low for i in near), max(i.high for i in near)
        room = 0.5 * (high - low) or 0.05 * abs(high) or 1.0
        limits.append((low - room, high + room))
    axes.set(xlim=limits[0], ylim=limits[1])

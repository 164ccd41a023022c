"""What a comparison of strategies looks like. Loads matplotlib: import it lazily."""

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from analysis.comparison.criteria import CRITERIA, Criterion, criterion
from analysis.comparison.outcome import Comparison
from analysis.report.style import (
    BLUE,
    INK,
    MUTED,
    SKY,
    VERMILION,
    canvas,
    cross,
    legend_below,
    rows,
    styled,
    whiskers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ZONE = "0.91"
_AXES = (criterion("provider_cost"), criterion("user_utility"))


@styled()
def draw(comparison: Comparison) -> dict[str, Figure]:
    """Every figure by its name."""
    return {
        "differences": differences(comparison),
        "pareto": pareto(comparison),
        "criteria": all_criteria(comparison),
    }


def differences(comparison: Comparison) -> Figure:
    """Difference to the best by the criterion of the selection, with the indifference zone."""
    selection, by = comparison.selection, comparison.criterion
    figure, axes = canvas(0.9 + 0.3 * len(selection.values))
    axes.axvspan(-selection.zone, selection.zone, color=_ZONE, zorder=0)
    _rows(axes, comparison, by)
    axes.set_xlabel(f"{by.label}, minus {selection.best} (shaded: indifference zone)")
    return figure


def all_criteria(comparison: Comparison) -> Figure:
    """The same for every criterion; left or right is good as the title says."""
    height = 2 * (0.75 + 0.19 * len(comparison.selection.values))
    figure, panels = canvas(height, 2, 4, sharey=True)
    for axes, by in zip(panels.flat, CRITERIA, strict=True):
        _rows(axes, comparison, by)
        axes.set_title(_title(by), fontsize=7.5)
        axes.locator_params(axis="x", nbins=4)
    figure.supxlabel(f"minus {comparison.selection.best}", fontsize=8)
    return figure


def _title(by: Criterion) -> str:
    words = by.name.replace("_", " ").replace("p95", "95%")
    return f"{words}\n({'right' if by.large_is_good else 'left'} is better)"


def _rows(axes: "Axes", comparison: Comparison, by: Criterion) -> None:
    """One row per strategy: difference to the best and its interval."""
    axes.axvline(0, color=MUTED, linewidth=0.7, zorder=1)
    for row, name in enumerate(comparison.selection.values):
        value = comparison.to_best(name, by)
        best = name == comparison.selection.best
        axes.errorbar(
            value.mean,
            row,
            xerr=whiskers(value),
            fmt="D" if best else "o",
            color=VERMILION if best else BLUE,
            markersize=4,
            capsize=2,
            linewidth=1,
        )
    rows(axes, list(comparison.selection.values))


def pareto(comparison: Comparison) -> Figure:
    """Provider's cost against users' utility, with intervals; good is up and to the left.

    The second panel shows the surroundings of the front, which bad strategies may make tiny.
    """
    figure, panels = canvas(3.3, columns=2)
    for axes in panels:
        _points(axes, comparison)
        axes.set_xlabel("provider's cost per task")
    panels[0].set(ylabel="users' utility per task", title="all strategies")
    panels[1].set_title("near the Pareto front")
    _zoom(panels[1], comparison)
    legend_below(figure, 3, loc="outside lower left", fontsize=7)
    return figure


def _points(axes: "Axes", comparison: Comparison) -> None:
    for number, name in enumerate(comparison.selection.values, start=1):
        x, y = (comparison.own(name, by) for by in _AXES)
        front = name in comparison.front
        label = f"{number}  {name}" + ("" if front else " (dominated)")
        cross(axes, x, y, front, BLUE if front else SKY, fmt="o", linewidth=0.9, label=label)
        axes.annotate(
            str(number),
            (x.mean, y.mean),
            (4, 4),
            textcoords="offset points",
            color=INK,
            clip_on=True,
        )


def _zoom(axes: "Axes", comparison: Comparison) -> None:
    """Limits around the front and its intervals, half as much again on every side."""
    limits = []
    for by in _AXES:
        near = [comparison.own(name, by) for name in comparison.front]
        low, high = min(i.low for i in near), max(i.high for i in near)
        room = 0.5 * (high - low) or 0.05 * abs(high) or 1.0
        limits.append((low - room, high + room))
    axes.set(xlim=limits[0], ylim=limits[1])

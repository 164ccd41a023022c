"""What a comparison of strategies looks like. Loads matplotlib: import it lazily."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from analysis.comparison.criteria import CRITERIA, OF_CLASSES, Criterion
from analysis.comparison.front import AXES, Groups, Limits, groups, limits, near_front
from analysis.comparison.outcome import Comparison
from analysis.report.style import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PINK,
    SKY,
    VERMILION,
    canvas,
    cross,
    legend_below,
    plain,
    rows,
    styled,
    whiskers,
)
from analysis.statistics.selection import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ZONE, _EDGE = "0.91", "0.45"
_CLASSES = (BLUE, VERMILION, GREEN, ORANGE, PINK, SKY)
_COLUMNS = 3
_WHOLE = FuncFormatter(lambda value, _: f"{value:,.6g}")  # no offset, no power of ten above
_HALO = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.8}
_UTILITY, *_, _MEDIAN, _P95 = OF_CLASSES


@styled()
def draw(comparison: Comparison) -> dict[str, Figure]:
    """Every figure by its name; of a single strategy only what its users get."""
    drawn = {"classes": classes(comparison)}
    if len(comparison.selection.values) > 1:
        drawn |= {
            "differences": differences(comparison),
            "pareto": pareto(comparison),
            "criteria": all_criteria(comparison),
        }
    return drawn


def differences(comparison: Comparison) -> Figure:
    """Difference to the best by the criterion of the selection, with the indifference zone."""
    selection, by = comparison.selection, comparison.criterion
    figure, axes = canvas(0.9 + 0.3 * len(selection.values))
    axes.axvspan(-selection.zone, selection.zone, color=_ZONE, zorder=0)
    for edge in (-selection.zone, selection.zone):
        axes.axvline(edge, color=_EDGE, linewidth=0.7, linestyle=(0, (3, 2)), zorder=1)
    _rows(axes, comparison, by)
    _numbers(axes, 7)
    axes.set_xlabel(f"{by.label}, minus {selection.best} ({by.unit}); dashed: indifference zone")
    return figure


def all_criteria(comparison: Comparison) -> Figure:
    """The same for every criterion that differs; left or right is good as the title says."""
    shown = differing(comparison)
    lines = -(-len(shown) // _COLUMNS)
    height = lines * (0.75 + 0.19 * len(comparison.selection.values)) + 0.2
    figure, panels = canvas(height, lines, _COLUMNS, sharey=True, squeeze=False)
    for axes in panels.flat[len(shown) :]:
        axes.set_visible(False)
    for axes, by in zip(panels.flat, shown, strict=False):
        _rows(axes, comparison, by)
        _numbers(axes, 3)
        side = "right" if by.large_is_good else "left"
        unit = "" if by.unit == "share" else f"{by.unit} "
        axes.set_title(f"{_short(by)}\n{unit}({side} is better)", fontsize=7.5)
    figure.supxlabel(f"minus {comparison.selection.best}", fontsize=8)
    return figure


def differing(comparison: Comparison) -> list[Criterion]:
    """The criteria by which strategies differ; all if they never do."""
    names = comparison.selection.values
    differ = [by for by in CRITERIA if any(any(comparison.to_best(name, by)) for name in names)]
    return differ or list(CRITERIA)


def _short(by: Criterion) -> str:
    return by.label.replace("95th percentile of the", "95%").replace("utility of the ", "")


def _numbers(axes: "Axes", most: int) -> None:
    """Few ticks, each with its whole number, so that none touches the next."""
    axes.xaxis.set_major_locator(MaxNLocator(most - 1, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(_WHOLE)


def _rows(axes: "Axes", comparison: Comparison, by: Criterion) -> None:
    """One row per strategy: difference to the best and its interval."""
    for row, name in enumerate(comparison.selection.values):
        best = name == comparison.selection.best
        _bar(axes, comparison.to_best(name, by), row, VERMILION if best else BLUE, best)
    axes.axvline(0, color=MUTED, linewidth=0.7, zorder=1)
    rows(axes, list(comparison.selection.values))


def _bar(axes: "Axes", value: Interval, row: float, colour: str, special: bool = False) -> None:
    axes.errorbar(
        value.mean,
        row,
        xerr=whiskers(value),
        fmt="D" if special else "o",
        color=colour,
        markersize=4,
        capsize=2,
        linewidth=1,
    )


def pareto(comparison: Comparison) -> Figure:
    """Provider's cost against users' utility, with intervals; good is up and to the left.

    A second panel shows the surroundings of the front where that takes points apart.
    """
    whole, near = limits(comparison, list(comparison.selection.values)), near_front(comparison)
    figure, panels = canvas(3.3, columns=2 if near else 1, squeeze=False)
    _points(panels[0, 0], comparison, whole, 5 if near else 8)
    panels[0, 0].set_ylabel("users' utility ($ per task): up is better")
    if near:
        panels[0, 0].set_title("all strategies")
        panels[0, 1].set_title("near the Pareto front")
        _points(panels[0, 1], comparison, near, 5)
    legend_below(figure, 2, loc="outside lower left", fontsize=7)
    return figure


def _points(axes: "Axes", comparison: Comparison, seen: Limits, ticks: int) -> None:
    """All strategies; those that are too near to each other share a label."""
    plain(axes, xlim=seen[0], ylim=seen[1], xlabel="provider's cost ($ per task): left is better")
    names = list(comparison.selection.values)
    for number, name in enumerate(names, start=1):
        x, y = (comparison.own(name, by) for by in AXES)
        front = name in comparison.front
        label = f"{number}  {name}" + ("" if front else " (dominated)")
        how = {"fmt": "o", "linewidth": 0.9, "label": label, "zorder": 3 if front else 2}
        cross(axes, x, y, front, BLUE if front else SKY, **how)
    _label(axes, names, groups(comparison, seen))
    _numbers(axes, ticks)
    axes.yaxis.set_major_formatter(_WHOLE)


def _label(axes: "Axes", names: Sequence[str], near: Groups) -> None:
    for (x, y), members in near:
        text = ", ".join(str(names.index(name) + 1) for name in members)
        place: Any = {"xycoords": "axes fraction", "textcoords": "offset points", "zorder": 4}
        axes.annotate(text, (x, y), (6, 6), color=INK, bbox=_HALO, **place)


def classes(comparison: Comparison) -> Figure:
    """What each class of users gets: utility, its change to the reference, and seconds."""
    names, groups_ = list(comparison.selection.values), comparison.groups
    several = len(names) > 1
    height = 1.1 + (0.12 + 0.14 * len(groups_)) * len(names)
    figure, panels = canvas(height, columns=3 if several else 2, sharey=True)
    for k, group in enumerate(groups_):
        colour = _CLASSES[k % len(_CLASSES)]
        for row, name in enumerate(names):
            at = row + 0.22 * (k - (len(groups_) - 1) / 2)
            _bar(panels[0], comparison.of_class(name, group, _UTILITY), at, colour)
            _seconds(panels[-1], comparison, (name, group), at, colour)
            if several:
                _bar(panels[1], comparison.change(name, group, _UTILITY), at, colour)
        panels[0].plot([], [], "o", color=colour, markersize=4, label=group)
    _name_panels(panels, comparison, several)
    if len(groups_) > 1:
        legend_below(figure, len(groups_))
    return figure


def _seconds(
    axes: "Axes", comparison: Comparison, who: tuple[str, str], row: float, colour: str
) -> None:
    """From the median to the 95th percentile, with the interval of each."""
    median, p95 = (comparison.of_class(*who, of) for of in (_MEDIAN, _P95))
    axes.plot([median.mean, p95.mean], [row, row], color=colour, linewidth=1, alpha=0.4)
    _bar(axes, median, row, colour)
    axes.errorbar(p95.mean, row, xerr=whiskers(p95), fmt="|", color=colour, markersize=7, capsize=2)


def _name_panels(panels: Sequence["Axes"], comparison: Comparison, several: bool) -> None:
    rows(panels[0], list(comparison.selection.values))
    for axes in panels:
        plain(axes)
        _numbers(axes, 4)
    panels[0].set_xlabel("users' utility\n($ per task)")
    panels[-1].set_xlabel("seconds from arrival to end:\nmedian to 95th percentile")
    if several:
        panels[1].axvline(0, color=MUTED, linewidth=0.7, zorder=1)
        panels[1].set_xlabel(f"change of it against\n{comparison.reference_strategy} ($ per task)")

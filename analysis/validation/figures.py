"""What the validation study looks like."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import SymmetricalLogLocator

from analysis.report import style
from analysis.validation.check import Check

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = {
    "equivalence": style.BLUE,
    "user regret": style.GREEN,
    "provider regret": style.VERMILION,
    "misalignment": style.PINK,
    "throttling gain": style.ORANGE,
    "engines": style.BLACK,
}
_MARKERS = dict(zip(_COLOURS, "osD^vx", strict=True))


def draw(checks: list[Check]) -> dict[str, Figure]:
    """Every figure by its name: all cases together, then the deviations of each statement."""
    figures = {
        "z_scores": z_scores(checks),
        "provider_cost": simulated_beside_exact(checks, "provider_cost", "provider cost J"),
        "user_utility": simulated_beside_exact(checks, "user_utility", "user utility U"),
    }
    for statement in dict.fromkeys(check.statement for check in checks):
        part = [check for check in checks if check.statement == statement]
        figures[file_of(statement)] = deviations(part)
    return figures


def file_of(statement: str) -> str:
    """The name of the figure of a statement.

    >>> file_of("Theorem 1.2")
    'theorem_1_2'
    """
    return statement.lower().replace(" ", "_").replace(".", "_")


def deviations(checks: list[Check]) -> Figure:
    """Deviation from the exact value in margins, with critical intervals, one row per case.

    Everything must stay inside -1 ... 1; a regret may lie far to the left.
    """
    cases = list(dict.fromkeys(check.case for check in checks))
    figure, axes = style.canvas(0.8 + 0.26 * len(cases))
    axes.axvspan(-1, 1, color="0.93", zorder=0)
    axes.axvline(0, color="0.6", linewidth=0.8, zorder=1)
    shown = [check for check in checks if check.margin > 0]
    kinds = [kind for kind in _COLOURS if any(check.kind == kind for check in shown)]
    for place, kind in enumerate(kinds):
        shift = 0.13 * (place - (len(kinds) - 1) / 2)
        _points(axes, [check for check in shown if check.kind == kind], cases, shift)
    style.rows(axes, cases, fontsize=7)
    axes.set_xlim(-1.6, 1.6)
    axes.set_xlabel("simulated minus exact, in margins (shaded: allowed)", fontsize=8)
    axes.tick_params(axis="x", labelsize=7)
    axes.legend(fontsize=6.5, ncols=5, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1))
    return figure


def _points(axes: "Axes", checks: list[Check], cases: list[str], shift: float) -> None:
    """Checks of one kind, ``shift`` rows below their cases."""
    kind = checks[0].kind
    x = np.array([(c.estimate - c.exact) / c.margin for c in checks])
    half = np.array([c.critical * c.standard_error / c.margin for c in checks])
    y = np.array([cases.index(c.case) for c in checks]) + shift
    shown = np.clip(x, -1.55, 1.55)  # far regrets are drawn at the edge
    axes.errorbar(
        shown,
        y,
        xerr=np.where(shown == x, half, 0.0),
        fmt=_MARKERS[kind],
        color=_COLOURS[kind],
        markersize=3,
        linewidth=0.8,
        label=kind,
    )


def z_scores(checks: list[Check]) -> Figure:
    """Ordered z of the equivalence checks against normal quantiles: a straight line if all is well.

    Metrics of one case are correlated, so that points move together.
    """
    from scipy.special import ndtri

    z = np.sort([c.z for c in checks if c.kind == "equivalence" and c.z is not None])
    figure, axes = _square("normal quantile", "z of simulated against exact")
    axes.axline((0, 0), slope=1, color="0.6", linewidth=0.8)
    expected = ndtri((np.arange(len(z)) + 0.5) / max(len(z), 1))
    axes.plot(expected, z, "o", color=_COLOURS["equivalence"], markersize=2.5)
    return figure


def _square(across: str, up: str) -> tuple[Figure, "Axes"]:
    """Half a page wide, for a line on which everything should lie."""
    figure, axes = style.canvas(3.2, width=style.WIDTH / 2)
    axes.set_xlabel(across, fontsize=8)
    axes.set_ylabel(up, fontsize=8)
    axes.tick_params(labelsize=7)
    return figure, axes


def simulated_beside_exact(checks: list[Check], metric: str, label: str) -> Figure:
    """Simulated against exact values of one metric, one point per case; logarithmic beyond 1."""
    of_metric = [c for c in checks if c.kind == "equivalence" and c.metric == metric]
    figure, axes = _square(f"exact {label} (money)", f"simulated {label} (money)")
    exact = [c.exact for c in of_metric]
    axes.errorbar(
        exact,
        [c.estimate for c in of_metric],
        yerr=[1.96 * c.standard_error for c in of_metric],
        fmt="o",
        color=_COLOURS["equivalence"],
        markersize=3,
        linewidth=0.8,
    )
    for scale, axis in ((axes.set_xscale, axes.xaxis), (axes.set_yscale, axes.yaxis)):
        scale("symlog", linthresh=1, linscale=2)
        axis.set_major_locator(SymmetricalLogLocator(base=10, linthresh=1, subs=(1, 3)))
        style.plain_numbers(axis)
    ends = min([0.0, *exact]), max([1.0, *exact])
    axes.plot(ends, ends, color="0.6", linewidth=0.8, zorder=0)
    return figure

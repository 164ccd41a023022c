"""Panels over k_1 - k_2 and P, as in the paper's Figures 4 and 5."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analysis.games import planes
from analysis.games.planes import Kind, Plane
from analysis.paper.study import PolicyMap
from analysis.report.finding import minus
from analysis.report.planes import DARK, ink
from analysis.report.style import INK, write


def centre(data: PolicyMap, mask: NDArray[Any]) -> tuple[float, float]:
    """Where a convex region's label goes: (k_1 - k_2, P) in its middle."""
    rows, columns = np.nonzero(mask)
    return float(np.median(data.difference[columns])), float(data.penalty[rows].mean())


EXTENT = (*planes.DIFFERENCE, *planes.PENALTY)
_RARE = 0.005  # share of cells below which a region is chance and gets no label
FORMULAS = {
    ("++", Kind.M1_STAY): "$(1, 0)$",
    ("++", Kind.M2_STAY): "$(2)$",
    ("--", Kind.M1_LEAVE): "$(1,$ any $s)$",
    ("--", Kind.M2_LEAVE): "$(2)$",
    ("-+", Kind.M1_LEAVE): r"$(1, s \leq s_0)$",
    ("-+", Kind.M2_STAY): "$(2)$",
    ("-+", Kind.CASCADE_STAY): "$(1, s_0)$",
    ("+-", Kind.M1_STAY): "$(1, 0)$",
    ("+-", Kind.M1_LEAVE): r"$(1, s \geq s_{high})$",
    ("+-", Kind.M2_LEAVE): "$(2)$",
    ("+-", Kind.CASCADE_STAY): "$(1, s_{low})$",
}


def frame(axes: Axes, plane: Plane, word: str) -> None:
    """Title and limits of a panel; ``word`` is 'exact' or 'simulated'."""
    xi = ", ".join(f"{x:.3g}" for x in plane.game(0.0, 0.0).xi)
    axes.set_title(rf"{word}: {minus(plane.regime)},  $\xi = ({xi})$")
    axes.set(xlim=planes.DIFFERENCE, ylim=planes.PENALTY, xticks=(-2, -1, 0, 1, 2))
    axes.set_yticks((0, 5, 10, 15, 20))


def name_regions(axes: Axes, data: PolicyMap) -> None:
    """The policy and the users' response in each region."""
    for kind in Kind:
        mask = data.kind == kind
        if (data.plane.regime, kind) in FORMULAS and mask.mean() > _RARE:
            text = FORMULAS[data.plane.regime, kind] + f", $q^* = {0 if kind in DARK else 1}$"
            write(axes, *centre(data, mask), text, color=ink(kind))


def name_values(axes: Axes, data: PolicyMap, top: float) -> None:
    """Delta_U of each region, which does not depend on P or k_1 - k_2 inside."""
    for kind in np.unique(data.kind):
        mask = data.kind == kind
        if mask.mean() > _RARE:
            value = float(np.median(data.gap[mask]))
            colour = "white" if value > 0.7 * top else INK
            text = f"{value:.3f}" if value > 1e-12 else "0"
            write(axes, *centre(data, mask), text, color=colour)

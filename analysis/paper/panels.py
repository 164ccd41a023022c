"""Panels over k_1 - k_2 and P, as in the paper's Figures 4 and 5."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from analysis.games import planes
from analysis.games.planes import Kind, Plane
from analysis.paper.study import PolicyMap
from analysis.report.finding import minus
from analysis.report.planes import CURVES, DARK, ink
from analysis.report.style import INK, write
from sim.game import Game


def centre(data: PolicyMap, mask: NDArray[Any]) -> tuple[float, float]:
    """Where a convex region's label goes: (k_1 - k_2, P) in its middle, away from the frame."""
    rows, columns = np.nonzero(mask)
    x = float(np.median(data.difference[columns]))
    return max(-_MOST, min(x, _MOST)), float(data.penalty[rows].mean())


def regions(plane: Plane) -> Iterator[tuple[Game, NDArray[Any], NDArray[Any], NDArray[Any]]]:
    """The exact regions of a plane: a game inside, and over k_1 - k_2 the limits in P."""
    for side in (-1, 1):
        x = side * np.linspace(0.0, planes.DIFFERENCE[1], 101)
        games = plane.game(x, 0.0)
        curves = [f(games) + 0.0 * x for _, f, where in CURVES[plane.regime] if where == side]
        low, high = (np.full(x.shape, end) for end in planes.PENALTY)
        for below, above in pairwise((low, *sorted(curves, key=np.mean), high)):
            yield plane.game(x[50], (below[50] + above[50]) / 2), x, below, above


EXTENT = (*planes.DIFFERENCE, *planes.PENALTY)
_RARE = 0.02  # share of cells below which a region is chance and gets no label
_MOST = 1.43  # of |k_1 - k_2| where a label begins to touch the frame
FORMULAS = {
    ("++", Kind.M1_STAY): "$(1, 0)$",
    ("++", Kind.M2_STAY): "$(2)$",
    ("--", Kind.M1_LEAVE): "(1, any $s$)",
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
    axes.set_title(minus(rf"{word}: {plane.regime}, $\xi$ = ({xi})"))
    axes.set(xlim=planes.DIFFERENCE, ylim=planes.PENALTY, xticks=(-2, -1, 0, 1, 2))
    axes.set_yticks((0, 5, 10, 15, 20))


def name_regions(axes: Axes, data: PolicyMap) -> None:
    """The policy and the users' response in each region."""
    for kind in Kind:
        mask = data.kind == kind
        if (data.plane.regime, kind) in FORMULAS and mask.mean() > _RARE:
            text = FORMULAS[data.plane.regime, kind] + f", $q^* = {0 if kind in DARK else 1}$"
            write(axes, *centre(data, mask), text, color=ink(kind), fontsize=7.5)


def name_values(axes: Axes, data: PolicyMap, top: float) -> None:
    """Delta_U of each region, the same for all its games; with its 95% if simulated."""
    for kind in set(Kind) - {Kind.OTHER}:
        mask = data.kind == kind
        if mask.mean() > _RARE:
            value, error = (float(np.median(x[mask])) for x in (data.gap, data.gap_error))
            text = f"{value:.2f}±{1.96 * error:.2f}" if error else f"{value:.3g}"
            how: Any = {"color": "white" if value > 0.7 * top else INK, "fontsize": 7}
            write(axes, *centre(data, mask), text if value > 1e-12 else "0", **how)

"""How planes of games look: a colour per kind of policy, and the thresholds in P."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patches import Patch

from agents.theorems.stackelberg import P_1, P_2, P_3, D
from agents.theorems.throttling import cheapest_pass
from analysis.games import planes
from analysis.games.planes import Kind, Plane
from analysis.report.style import BLUE, GREEN, INK, ORANGE, PINK, SKY, VERMILION, patches, write
from sim.game import Game

# The hue is the model, the dark shade means that users stay, the light one that they leave.
COLOURS = {
    Kind.M1_STAY: BLUE,
    Kind.M1_LEAVE: SKY,
    Kind.M2_STAY: VERMILION,
    Kind.M2_LEAVE: ORANGE,
    Kind.CASCADE_STAY: GREEN,
    Kind.OTHER: PINK,
}
DARK = (Kind.M1_STAY, Kind.M2_STAY, Kind.CASCADE_STAY)  # white text is readable on these
NAMES = {
    Kind.M1_STAY: "M1 only, users stay",
    Kind.M1_LEAVE: "M1, users leave",
    Kind.M2_STAY: "M2, users stay",
    Kind.M2_LEAVE: "M2, users leave",
    Kind.CASCADE_STAY: "cascade M1 to M2, users stay",
    Kind.OTHER: "another cascade",
}
KIND_MAP = ListedColormap([COLOURS[kind] for kind in Kind])
KIND_NORM = BoundaryNorm([k - 0.5 for k in range(len(Kind) + 1)], len(Kind))


def ink(kind: Kind) -> str:
    """The colour of text on the area of a kind."""
    return "white" if kind in DARK else INK


def kind_legend(kinds: set[int]) -> list[Patch]:
    """Legend entries of the kinds of policies that occur."""
    return patches({NAMES[kind]: COLOURS[kind] for kind in Kind if int(kind) in kinds})


def outer_labels(panels: Any) -> None:
    """Axis labels of a grid of planes, along its left and lower edge."""
    for axes in panels[:, 0]:
        axes.set_ylabel("$P$, penalty (money)")
    for axes in panels[-1]:
        axes.set_xlabel("$k_1 - k_2$ (money)")


Curve = Callable[[Game], Any]


def k_1(game: Game) -> Any:
    """Cost-of-pass of the standard model (money)."""
    return game.models[0].cost_of_pass


CURVES: dict[str, tuple[tuple[str, Curve, int], ...]] = {  # label, threshold, side of k_1 = k_2
    "++": (("P = m", cheapest_pass, 0),),
    "-+": (("P_2", P_2, -1), ("P_1", P_1, 1)),
    "+-": (("P = k_1", k_1, -1), ("P_3", P_3, 1), ("D", D, 1)),
}


def borders(axes: Axes, plane: Plane, label: bool = False) -> None:
    """The thresholds of the plane's regime in P, each on its side of k_1 = k_2."""
    for name, threshold, side in CURVES[plane.regime]:
        low, high = planes.DIFFERENCE
        x = np.linspace(0.0 if side > 0 else low, 0.0 if side < 0 else high, 101)
        y = np.broadcast_to(threshold(plane.game(x, 0.0)), x.shape)
        axes.plot(x, y, color=INK, linewidth=1.1)
        if label:
            shift, va = (-0.35, "top") if name == "D" else (0.2, "bottom")
            at = (x[0] + x[-1]) / 2 if side else low / 2
            write(axes, at, float(np.interp(at, x, y)) + shift, f"${name}$", halo=True, va=va)
    if plane.threshold is None:
        return
    meet = float(D(plane.game(0.0, 0.0)))  # all thresholds meet where k_1 = k_2
    axes.plot([0, 0], [meet, planes.PENALTY[1]], color=INK, linewidth=1.1)
    if label:
        write(axes, 0.07, 19.3, "$k_1 = k_2$", halo=True, ha="left", va="top")

"""How queuit's figures look: sizes, colours, labels, and files with the same bytes for equal data.

A figure is 7 inches wide, so that text of 8 points stays readable at column width. Import this
module lazily: it loads matplotlib.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from agents.routing.stackelberg import P_1, P_2, P_3, D
from analysis import maps
from analysis.files import whole_file
from analysis.maps import Kind, Plane, PolicyMap
from analysis.throttling import cheapest_pass
from sim.game import Game

WIDTH, DPI = 7.0, 250
INK, MUTED = "#1a1a1a", "#595959"
_STYLE: Any = {
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "legend.fontsize": 8,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "mathtext.fontset": "dejavusans",
    "svg.hashsalt": "queuit",
    "svg.fonttype": "path",
}

# Okabe and Ito, "Color Universal Design": distinguishable by colour-blind readers
BLUE, SKY, VERMILION, ORANGE = "#0072B2", "#56B4E9", "#D55E00", "#E69F00"
GREEN, PINK, BLACK = "#009E73", "#CC79A7", "#000000"
PROVIDER, USER = BLUE, VERMILION
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
# one hue per party: what users lose, what the provider gains, how likely users leave
LOSS_MAP = LinearSegmentedColormap.from_list("loss", ["#ffffff", "#F0B64D", "#B34700"])
GAIN_MAP = LinearSegmentedColormap.from_list("gain", ["#ffffff", "#7FB8DE", "#00507D"])
LEAVE_MAP = LinearSegmentedColormap.from_list("leave", ["#0072B2", "#A9D6F2", "#FBF3DC"])


@contextmanager
def styled() -> Iterator[None]:
    """Figures made or rendered in this block have the common style; nothing outside changes."""
    with mpl.rc_context(_STYLE):
        yield


def render(figure: Figure, kind: str) -> bytes:
    """The figure as 'png' or 'svg': the same bytes for the same figure."""
    buffer = BytesIO()
    metadata = {"Date": None, "Creator": None} if kind == "svg" else {"Software": None}
    with styled():
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata)
    return buffer.getvalue()


def inline(figure: Figure) -> Markup:
    """The figure as SVG for a page."""
    text = render(figure, "svg").decode()
    return Markup(text[text.index("<svg") :])


def save(figure: Figure, folder: Path, name: str) -> list[Path]:
    """Write ``name``.png and ``name``.svg into ``folder``, each whole or not at all."""
    rendered = {folder / f"{name}.{kind}": render(figure, kind) for kind in ("png", "svg")}
    for path, content in rendered.items():
        with whole_file(path) as temporary:
            temporary.write_bytes(content)
    return list(rendered)


def image(axes: Axes, values: NDArray[Any], extent: tuple[float, ...], **how: Any) -> AxesImage:
    """A heat map of cells [row: y, column: x] over (left, right, bottom, top)."""
    left, right, bottom, top = extent
    return axes.imshow(
        values,
        origin="lower",
        extent=(left, right, bottom, top),
        aspect="auto",
        interpolation="nearest",
        **how,
    )


def kind_legend(kinds: set[int]) -> list[Patch]:
    """Legend entries of the kinds of policies that occur."""
    return [Patch(facecolor=COLOURS[k], label=NAMES[k]) for k in Kind if int(k) in kinds]


def centre(data: PolicyMap, mask: NDArray[Any]) -> tuple[float, float]:
    """Where a convex region's label goes: (k_1 - k_2, P) in its middle."""
    rows, columns = np.nonzero(mask)
    return float(np.median(data.difference[columns])), float(data.penalty[rows].mean())


def write(axes: Axes, x: float, y: float, text: str, halo: bool = False, **how: Any) -> None:
    """Text in data coordinates, with a ``halo`` where it may touch a line."""
    label = axes.text(x, y, text, **{"ha": "center", "va": "center", "color": INK} | how)
    if halo:
        label.set_path_effects([withStroke(linewidth=1.8, foreground="white", alpha=0.85)])


def note(figure: Figure, text: str) -> None:
    """Remarks in small type along the lower edge, such as departures from the printed figure."""
    figure.supxlabel(text, x=0.01, ha="left", fontsize=7.5, color=MUTED, linespacing=1.35)


# --- Panels over k_1 - k_2 and P

EXTENT = (*maps.DIFFERENCE, *maps.PENALTY)
Curve = Callable[[Game], Any]
_RARE = 0.005  # share of cells below which a region is chance and gets no label


def k_1(game: Game) -> Any:
    """Cost-of-pass of the standard model (money)."""
    return game.models[0].cost_of_pass


CURVES: dict[str, tuple[tuple[str, Curve, int], ...]] = {  # label, threshold, side of k_1 = k_2
    "++": (("P = m", cheapest_pass, 0),),
    "-+": (("P_2", P_2, -1), ("P_1", P_1, 1)),
    "+-": (("P = k_1", k_1, -1), ("P_3", P_3, 1), ("D", D, 1)),
}
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
    regime = plane.regime.replace("-", "\u2212")
    axes.set_title(rf"{word}: {regime},  $\xi = ({xi})$")
    axes.set(xlim=maps.DIFFERENCE, ylim=maps.PENALTY, xticks=(-2, -1, 0, 1, 2))
    axes.set_yticks((0, 5, 10, 15, 20))


def outer_labels(panels: Any) -> None:
    """Axis labels of a grid of panels, along its left and lower edge."""
    for axes in panels[:, 0]:
        axes.set_ylabel("$P$, penalty (money)")
    for axes in panels[-1]:
        axes.set_xlabel("$k_1 - k_2$ (money)")


def borders(axes: Axes, plane: Plane, label: bool = False) -> None:
    """The thresholds of the plane's regime in P, each on its side of k_1 = k_2."""
    for name, threshold, side in CURVES[plane.regime]:
        low, high = maps.DIFFERENCE
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
    axes.plot([0, 0], [meet, maps.PENALTY[1]], color=INK, linewidth=1.1)
    if label:
        write(axes, 0.07, 19.3, "$k_1 = k_2$", halo=True, ha="left", va="top")


def name_regions(axes: Axes, data: PolicyMap) -> None:
    """The policy and the users' response in each region."""
    for kind in Kind:
        mask = data.kind == kind
        if (data.plane.regime, kind) in FORMULAS and mask.mean() > _RARE:
            text = FORMULAS[data.plane.regime, kind] + f", $q^* = {0 if kind in DARK else 1}$"
            colour = "white" if kind in DARK else INK
            write(axes, *centre(data, mask), text, color=colour)


def name_values(axes: Axes, data: PolicyMap, top: float) -> None:
    """Delta_U of each region, which does not depend on P or k_1 - k_2 inside."""
    for kind in np.unique(data.kind):
        mask = data.kind == kind
        if mask.mean() > _RARE:
            value = float(np.median(data.gap[mask]))
            colour = "white" if value > 0.7 * top else INK
            text = f"{value:.3f}" if value > 1e-12 else "0"
            write(axes, *centre(data, mask), text, color=colour)

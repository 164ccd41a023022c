"""How queuit's figures look: sizes, colours, and files that are the same bytes for the same data.

A figure is 7 inches wide, so that text of 8 points stays readable at column width. Import this
module lazily: it loads matplotlib.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from analysis.files import whole_file
from analysis.maps import Kind

WIDTH, DPI = 7.0, 250
INK, MUTED = "#1a1a1a", "#595959"
_STYLE: dict[str, Any] = {
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

# Okabe and Ito, "Color Universal Design": the hue is the model, the dark shade means that users
# stay, the light one that they leave.
COLOURS = {
    Kind.M1_STAY: "#0072B2",
    Kind.M1_LEAVE: "#56B4E9",
    Kind.M2_STAY: "#D55E00",
    Kind.M2_LEAVE: "#E69F00",
    Kind.CASCADE_STAY: "#009E73",
    Kind.OTHER: "#CC79A7",
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
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    with styled():
        figure.savefig(buffer, format=kind, dpi=DPI, metadata=metadata)
    return buffer.getvalue()


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


def innermost(mask: NDArray[Any]) -> tuple[int, int]:
    """Row and column of the cell that is deepest inside a region, also far from the frame."""
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(depth.argmax(), mask.shape)
    return int(row), int(column)


def halo(axes: Axes, x: float, y: float, text: str, colour: str = INK, **how: Any) -> None:
    """Text in data coordinates with an outline that separates it from what is below."""
    outline = "white" if colour != "white" else INK
    label = axes.text(x, y, text, color=colour, **{"ha": "center", "va": "center"} | how)
    label.set_path_effects([withStroke(linewidth=1.8, foreground=outline, alpha=0.85)])


def note(figure: Figure, text: str) -> None:
    """Remarks in small type along the lower edge, such as departures from the printed figure."""
    figure.supxlabel(text, x=0.01, ha="left", fontsize=7.5, color=MUTED, linespacing=1.35)

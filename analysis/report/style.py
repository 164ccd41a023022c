"""How queuit's figures look: sizes, colours, labels, and files with the same bytes for equal data.

A figure is 7 inches wide, so that text of 8 points stays readable at column width. Import this
module lazily: it loads matplotlib.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from analysis.report.files import whole_file

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


def write(axes: Axes, x: float, y: float, text: str, halo: bool = False, **how: Any) -> None:
    """Text in data coordinates, with a ``halo`` where it may touch a line."""
    label = axes.text(x, y, text, **{"ha": "center", "va": "center", "color": INK} | how)
    if halo:
        label.set_path_effects([withStroke(linewidth=1.8, foreground="white", alpha=0.85)])


def note(figure: Figure, text: str) -> None:
    """Remarks in small type along the lower edge, such as departures from the printed figure."""
    figure.supxlabel(text, x=0.01, ha="left", fontsize=7.5, color=MUTED, linespacing=1.35)


def minus(text: str) -> str:
    """Signs as they are printed."""
    return text.replace("-", "\u2212")

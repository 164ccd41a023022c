"""How queuit's figures look: sizes, colours, panels, legends and labels.

A figure is 7 inches wide, so that text of 8 points stays readable at column width. Import this
module lazily: it loads matplotlib.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import NDArray

from analysis.statistics.selection import Interval

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
    "svg.fonttype": "none",  # text stays text
    "pdf.fonttype": 42,
}

# Okabe and Ito, "Color Universal Design": distinguishable by colour-blind readers
BLUE, SKY, VERMILION, ORANGE = "#0072B2", "#56B4E9", "#D55E00", "#E69F00"
GREEN, PINK, BLACK = "#009E73", "#CC79A7", "#000000"
PROVIDER, USER = BLUE, VERMILION
# what users lose, what the provider gains, losses below and gains above 0, how likely users leave
LOSS_MAP = LinearSegmentedColormap.from_list("loss", ["#ffffff", "#F0B64D", "#B34700"])
GAIN_MAP = LinearSegmentedColormap.from_list("gain", ["#ffffff", "#7FB8DE", "#00507D"])
CHANGE_MAP = LinearSegmentedColormap.from_list(
    "change", ["#B34700", "#F0B64D", "#ffffff", "#7FB8DE", "#00507D"]
)
LEAVE_MAP = LinearSegmentedColormap.from_list("leave", ["#0072B2", "#A9D6F2", "#FBF3DC"])


@contextmanager
def styled() -> Iterator[None]:
    """Figures made or rendered in this block have the common style; nothing outside changes."""
    with mpl.rc_context(_STYLE):
        yield


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
    if halo:
        how["bbox"] = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 0.8}
    axes.text(x, y, text, **{"ha": "center", "va": "center", "color": INK} | how)


def note(figure: Figure, text: str) -> None:
    """Remarks in small type along the lower edge, such as departures from the printed figure."""
    figure.supxlabel(text, x=0.01, ha="left", fontsize=7.5, color=MUTED, linespacing=1.35)


def canvas(
    height: float, rows: int = 1, columns: int = 1, width: float = WIDTH, **how: Any
) -> tuple[Figure, Any]:
    """A figure of so many inches with its panel, or an array of panels."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, **how)


def plain(axes: Axes, **limits: Any) -> None:
    """Two axes instead of a box, with their ``limits`` and labels."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(**limits)


def plain_numbers(axis: Axis) -> None:
    """A logarithmic axis with numbers such as 0.5 and 20 at its major ticks only."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def rows(axes: Axes, names: Sequence[str], **how: Any) -> None:
    """One row per name, the first on top."""
    axes.set_yticks(range(len(names)), names, **how)
    axes.set_ylim(len(names) - 0.5, -0.5)


def whiskers(interval: Interval) -> list[list[float]]:
    """An interval as the error bar of its one mean."""
    return [[interval.mean - interval.low], [interval.high - interval.mean]]


def cross(axes: Axes, x: Interval, y: Interval, filled: bool, colour: str, **how: Any) -> None:
    """A point with its intervals both ways, hollow if it is not ``filled``."""
    how |= {"color": colour, "markerfacecolor": colour if filled else "white", "markersize": 4.5}
    axes.errorbar(x.mean, y.mean, xerr=whiskers(x), yerr=whiskers(y), **how)


def legend_below(figure: Figure, columns: int, handles: Any = None, **how: Any) -> None:
    """One legend below all panels, of ``handles`` or of what the first panel shows."""
    if handles is None:
        handles, _ = figure.axes[0].get_legend_handles_labels()
    how = {"loc": "outside lower center"} | how
    figure.legend(handles=handles, ncols=columns, frameon=False, **how)


def patches(colours: Mapping[str, str]) -> list[Patch]:
    """Legend entries of areas: colours by what they mean."""
    return [Patch(facecolor=colour, label=name) for name, colour in colours.items()]


def edges(centres: NDArray[Any]) -> tuple[float, float]:
    """Where the first of equal cells begins and the last one ends."""
    first, last = float(centres[0]), float(centres[-1])
    half = (last - first) / max(len(centres) - 1, 1) / 2 or 0.5
    return first - half, last + half

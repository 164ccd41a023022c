"""The incentive to throttle, drawn. Import this module lazily: it loads matplotlib."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure

from analysis.games.grid import Axis
from analysis.report import style

_LABELS = {"value": "V, value of a solved task", "penalty": "P, penalty of an unsolved task"}


@style.styled()
def draw(frame: pd.DataFrame, axes: tuple[Axis, ...]) -> Figure:
    """Lines along one axis, maps over two (money per task)."""
    return _lines(frame, axes[0]) if len(axes) == 1 else _maps(frame, axes)


def _label(name: str) -> str:
    return _LABELS.get(name, name) + ("" if name in ("p1", "p2") else " (money)")


def _lines(frame: pd.DataFrame, axis: Axis) -> Figure:
    figure, panel = style.canvas(3.2)
    x = frame[axis.name]
    for part, error, colour, label in (
        ("gain", "standard_error", style.BLUE, "provider gains"),
        ("user_loss", "user_loss_standard_error", style.VERMILION, "users lose"),
    ):
        panel.plot(x, frame[f"{part}_exact"], color=colour, linewidth=1.4, label=f"{label}, exact")
        panel.errorbar(
            x, frame[f"{part}_simulated"], yerr=1.96 * frame[error], fmt="o", markersize=2.5,
            color=colour, linewidth=0.8, label=f"{label}, simulated (95%)",
        )  # fmt: skip
    panel.axhline(0, color=style.MUTED, linewidth=0.6)
    _shade(panel, x.to_numpy(), frame["pays"].to_numpy())
    labels = {"xlabel": _label(axis.name), "ylabel": "by full throttling (money per task)"}
    style.plain(panel, **labels)
    panel.margins(x=0.01)
    panel.legend(frameon=False)
    return figure


def _shade(panel: Axes, x: np.ndarray, pays: np.ndarray) -> None:
    """The stretch in which some throttle strictly pays."""
    if pays.any():
        half = (x[1] - x[0]) / 2 if len(x) > 1 else 0.5
        low, high = panel.get_ylim()
        panel.fill_between(
            np.column_stack([x - half, x + half]).ravel(), low, high, where=np.repeat(pays, 2),
            color="0.92", zorder=0, label="throttling pays",
        )  # fmt: skip
        panel.set_ylim(low, high)


def _maps(frame: pd.DataFrame, axes: tuple[Axis, ...]) -> Figure:
    """What full throttling brings each party, signed; lines where it brings nothing."""
    figure, panels = style.canvas(2.9, columns=3, sharex=True, sharey=True)
    across, up = axes
    for panel, (title, values) in zip(panels, _changes(frame).items(), strict=True):
        cells = (
            values.to_numpy().round(12).reshape(across.count, up.count).T
        )  # no noise of rounding
        _map(figure, panel, cells, axes)
        panel.set(title=title)
    figure.supxlabel(_label(across.name), fontsize=8)
    panels[0].set_ylabel(_label(up.name))
    return figure


def _changes(frame: pd.DataFrame) -> dict[str, pd.Series]:
    return {
        "provider gains, exact": frame["gain_exact"],
        "provider gains, simulated": frame["gain_simulated"],
        "users gain, exact": -frame["user_loss_exact"],
    }


def _map(figure: Figure, panel: Axes, cells: np.ndarray, axes: tuple[Axis, ...]) -> None:
    across, up = axes
    extent = style.edges(across.values) + style.edges(up.values)
    low, high = min(0.0, float(cells.min())), max(0.0, float(cells.max()))
    most = max(1e-12, -low, high)
    scale = TwoSlopeNorm(0.0, low or -most, high or most)  # few gains show beside large losses
    heat = style.image(panel, cells, extent, cmap=style.CHANGE_MAP, norm=scale)
    if low < 0 < high and min(cells.shape) > 1:
        panel.contour(across.values, up.values, cells, [0], colors=style.INK, linewidths=0.9)
    bar = figure.colorbar(heat, ax=panel, location="top", aspect=25, pad=0.02, shrink=0.8)
    ticks = sorted({low, low / 2, 0.0, high / 2, high})
    bar.set_ticks(ticks, labels=[f"{tick:.2g}" for tick in ticks])
    if low < high:
        bar.ax.set_xlim(low, high)
    bar.ax.tick_params(labelsize=7)

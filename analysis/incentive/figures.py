"""The incentive to throttle, drawn. Import this module lazily: it loads matplotlib."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.games.grid import Axis
from analysis.report import style

_LABELS = {"value": "V, value of a solved task", "penalty": "P, penalty of an unsolved task"}


@style.styled()
def draw(frame: pd.DataFrame, axes: tuple[Axis, ...]) -> Figure:
    """Lines along one axis, maps over two."""
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
    labels = {"xlabel": _label(axis.name), "ylabel": "per task, by full throttling (money)"}
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
    figure, panels = style.canvas(3.0, columns=3, sharex=True, sharey=True)
    across, up = axes
    shape = (across.count, up.count)
    extent = style.edges(across.values) + style.edges(up.values)
    top = max(1e-12, float(frame["gain_exact"].max()))
    for panel, column, title in zip(
        panels,
        ("gain_exact", "gain_simulated", "user_loss_exact"),
        ("provider gains, exact", "provider gains, simulated", "users lose, exact"),
        strict=True,
    ):
        values = frame[column].to_numpy().reshape(shape).T
        if column == "user_loss_exact":  # where it does not pay, nobody is throttled
            values = np.where(frame["pays"].to_numpy().reshape(shape).T, values, 0.0)
        colours = style.LOSS_MAP if column == "user_loss_exact" else style.GAIN_MAP
        most = max(top, float(values.max())) if column == "user_loss_exact" else top
        heat = style.image(panel, np.maximum(values, 0), extent, cmap=colours, vmin=0, vmax=most)
        panel.set(title=title, xlabel=_label(across.name))
        figure.colorbar(heat, ax=panel, location="bottom", aspect=25, label="money per task")
    panels[0].set_ylabel(_label(up.name))
    return figure

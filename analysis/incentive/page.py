"""The page of the incentive to throttle. Import this module lazily: it loads matplotlib."""

from typing import Any

import pandas as pd

from analysis.games.grid import Axis
from analysis.incentive.figures import draw
from analysis.incentive.study import largest_deviation
from analysis.report.report import Report


def report(frame: pd.DataFrame, axes: tuple[Axis, ...], settings: dict[str, Any]) -> Report:
    """Where on the grid throttling pays, and how much at most."""
    context = {
        "frame": frame,
        "axes": axes,
        "deviation": largest_deviation(frame),
        "best": frame.iloc[int(frame["gain_exact"].to_numpy().argmax())],
    }
    figures, frames = {"incentive": draw(frame, axes)}, {"incentive": frame}
    return Report("incentive/page.html", context, figures, frames, settings)

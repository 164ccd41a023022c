"""The report of the incentive to throttle. Import this module lazily: it loads matplotlib."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.games.grid import Axis
from analysis.incentive.figures import draw
from analysis.incentive.study import largest_deviation
from analysis.report import style
from analysis.report.files import to_json
from analysis.report.page import render, save_frame, save_text


def write_incentive(
    folder: Path, frame: pd.DataFrame, axes: tuple[Axis, ...], settings: dict[str, Any]
) -> None:
    """report.html, the figure (PNG, SVG), the frame (parquet, CSV) and settings.json."""
    figure = draw(frame, axes)
    page = render(
        "incentive/page.html",
        figure=style.inline(figure),
        frame=frame,
        axes=axes,
        settings=settings,
        deviation=largest_deviation(frame),
        best=frame.iloc[int(frame["gain_exact"].to_numpy().argmax())],
    )
    style.save(figure, folder, "incentive")
    save_frame(frame, folder, "incentive")
    save_text(to_json({"version": version("queuit"), **settings}) + "\n", folder / "settings.json")
    save_text(page, folder / "report.html")

"""The page of the throttling study, its figures and frames. Import lazily: it loads matplotlib."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.comparison.criteria import CRITERIA
from analysis.comparison.study import Comparison
from analysis.report.files import to_json
from analysis.report.page import render, save_frame, save_text
from analysis.report.style import inline, save
from analysis.throttling import crowds, figures, models, protection
from analysis.throttling.findings import findings
from analysis.throttling.study import MAP_CELLS, Study


def write_study(folder: Path, study: Study, about: dict[str, Any]) -> None:
    """report.html, figures (PNG, SVG), frames and settings.json; ``about``: more for settings."""
    drawn = figures.draw(study)
    settings = settings_of(study, about)
    page = render(
        "throttling/page.html",
        study=study,
        settings=settings,
        findings=findings(study),
        crowds=crowds,
        criteria=CRITERIA,
        figures={name: inline(figure) for name, figure in drawn.items()},
    )
    for name, figure in drawn.items():
        save(figure, folder, name)
    for name, frame in frames(study).items():
        save_frame(frame, folder, name)
    save_text(to_json(settings) + "\n", folder / "settings.json")
    save_text(page, folder / "report.html")


def frames(study: Study) -> dict[str, pd.DataFrame]:
    """Every frame of the study by the name of its file."""
    return {
        "figure5": study.figure5,
        "separate": _joined(study.maps, "regime"),
        "separate_simulated": _joined(study.played, "regime"),
        "protection": study.protection,
        "confirmed": study.confirmed,
        "fronts": _joined({name: _front(found) for name, found in study.fronts.items()}, "system"),
        "storms": study.storms,
        "classes": study.classes,
    }


def _front(found: Comparison) -> pd.DataFrame:
    frame = found.frame()
    return frame.assign(front=frame["strategy"].isin(found.front))


def _joined(parts: dict[str, pd.DataFrame], key: str) -> pd.DataFrame:
    whole = pd.concat([part.assign(**{key: name}) for name, part in parts.items()])
    return whole[[key, *whole.columns.drop(key)]].reset_index(drop=True)


def settings_of(study: Study, about: dict[str, Any]) -> dict[str, Any]:
    """What is needed to repeat the run."""
    return {
        "version": version("queuit"),
        **vars(study.sizes),
        "tasks_without_queues": study.sizes.tasks_without_queues,
        "cells_of_exact_maps": MAP_CELLS,
        "levels_of_delay": models.LEVELS,
        "games_with_queues": protection.DISTRIBUTION,
        "penalties": protection.RATIOS,
        "search": protection.EVALUATIONS,
        "busiest": protection.BUSIEST,
        **about,
    }

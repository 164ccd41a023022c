"""The page of the findings, its figures and its frames. Import lazily: it loads matplotlib."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.claims import figures
from analysis.claims.findings import HEADLINES, headlines, percent
from analysis.claims.study import Study
from analysis.report import style
from analysis.report.files import to_json
from analysis.report.page import render, save_frame, save_text
from analysis.report.style import inline, save
from analysis.runs.differences import TASKS


def write_findings(folder: Path, studies: list[Study], seed: int) -> None:
    """report.html, figures (PNG, SVG), frames (parquet, CSV) and settings.json."""
    drawn = figures.draw({study.name: study.games for study in studies})
    settings = settings_of(studies, seed)
    page = render(
        "claims/page.html",
        studies=studies,
        settings=settings,
        names=[row.text for row in HEADLINES],
        headlines=[headlines(study.claims) for study in studies],
        columns=["estimate", "ci_low", "ci_high"],
        figures={name: inline(figure) for name, figure in drawn.items()},
        percent=percent,
        minus=style.minus,
    )
    for name, figure in drawn.items():
        save(figure, folder, name)
    for name in ("claims", "played", "compared"):
        save_frame(joined(studies, name), folder, name)
    save_text(to_json(settings) + "\n", folder / "settings.json")
    save_text(page, folder / "report.html")


def joined(studies: list[Study], name: str) -> pd.DataFrame:
    """A frame of every study, below each other."""
    frames = []
    for study in studies:
        frame: pd.DataFrame = getattr(study, name)
        frames.append(frame.assign(distribution=study.name))
    whole = pd.concat(frames, ignore_index=True)
    return whole[["distribution", *whole.columns.drop("distribution")]]


def settings_of(studies: list[Study], seed: int) -> dict[str, Any]:
    """What is needed to repeat the run."""
    return {
        "version": version("queuit"),
        "seed": seed,
        "games": len(studies[0].games),
        "simulated_games": len(studies[0].played),
        "tasks_per_simulated_game_and_policy": TASKS,
        "distributions": {study.name: study.description for study in studies},
    }

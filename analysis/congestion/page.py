"""The page of the study of congestion, its figures and frames. Import lazily: matplotlib."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.congestion import figures
from analysis.congestion.errors import RUNS
from analysis.congestion.findings import headlines
from analysis.congestion.routers import LOADS, best_cascade
from analysis.congestion.study import ROUNDS, Study
from analysis.reaction.fictitious_play import NEAR
from analysis.report.files import to_json
from analysis.report.page import render, save_frame, save_text
from analysis.report.style import inline, save

FRAMES = ("curves", "regimes", "thresholds", "games", "errors", "routers")


def write_congestion(folder: Path, study: Study) -> None:
    """report.html, figures (PNG, SVG), frames (parquet, CSV) and settings.json."""
    drawn = figures.draw(study)
    settings = settings_of(study)
    found = headlines(study)
    page = render(
        "congestion/page.html",
        study=study,
        settings=settings,
        headlines=found,
        quoted={each.key: each.cell for each in found},
        figures={name: inline(figure) for name, figure in drawn.items()},
    )
    for name, figure in drawn.items():
        save(figure, folder, name)
    for name in FRAMES:
        save_frame(getattr(study, name), folder, name)
    save_frame(paths(study), folder, "paths")
    save_text(to_json(settings) + "\n", folder / "settings.json")
    save_text(page, folder / "report.html")


def paths(study: Study) -> pd.DataFrame:
    """Loads of the average population after every round, one row per round."""
    rows = [
        {"path": k, "start": play.start, "round": n, "load_1": loads[0], "load_2": loads[1],
         "predicted_1": play.equilibrium.loads[0], "predicted_2": play.equilibrium.loads[1]}
        for k, play in enumerate(study.plays)
        for n, loads in enumerate(play.loads)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def settings_of(study: Study) -> dict[str, Any]:
    """What is needed to repeat the run."""
    return {
        "version": version("queuit"),
        "seed": study.size.seed,
        "games": study.size.games,
        "tasks_counted_in_a_run": study.size.tasks,
        "runs_of_a_simulated_number": RUNS,
        **_lengths(study.errors),
        "paths": len(study.plays),
        "paths_that_arrived": int(np.sum([play.arrived for play in study.plays])),
        "near": NEAR,
        "rounds": ROUNDS,
        "best_cascades": [best_cascade(load) for load in LOADS],
    }


def _lengths(errors: pd.DataFrame) -> dict[str, Any]:
    """How long the runs of the error map are, by engine, and how busy its busiest cells."""
    tasks = errors.groupby("engine").tasks_of_a_run
    names = {"compiled": "compiled_engine", "simpy": "event_engine"}
    found: dict[str, Any] = {"highest_utilisation": float(errors.utilisation.max())}
    for engine, name in names.items():
        found[f"shortest_run_of_the_{name}"] = int(tasks.min()[engine])
        found[f"longest_run_of_the_{name}"] = int(tasks.max()[engine])
    return found

"""The page of the study of congestion. Import this module lazily: it loads matplotlib."""

from typing import Any

import pandas as pd

from analysis.congestion import figures
from analysis.congestion.errors import LONG, RUNS, SHORT
from analysis.congestion.findings import headlines
from analysis.congestion.routers import AWARE, LOADS, best_cascade
from analysis.congestion.study import ROUNDS, Study
from analysis.reaction.fictitious_play import NEAR
from analysis.report.report import Report

FRAMES = ("curves", "regimes", "thresholds", "games", "errors", "routers")


def report(study: Study) -> Report:
    """What changes when users make each other wait."""
    findings = headlines(study)
    quoted = {finding.key: finding.cell for finding in findings}
    saved = 100 * study.routers[study.routers.router == AWARE].saved
    return Report(
        "congestion/page.html",
        {"study": study, "headlines": findings, "quoted": quoted, "saved": saved},
        figures.draw(study),
        {name: getattr(study, name) for name in FRAMES} | {"paths": paths(study)},
        settings_of(study),
    )


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
        "seed": study.size.seed,
        "games": study.size.games,
        "tasks_counted_in_a_run": study.size.tasks,
        "runs_of_a_simulated_number": RUNS,
        **_lengths(study.errors),
        "paths": len(study.plays),
        "paths_that_arrived": sum(play.arrived for play in study.plays),
        "near": NEAR,
        "rounds": ROUNDS,
        "best_cascades": [best_cascade(load) for load in LOADS],
    }


def _lengths(errors: pd.DataFrame) -> dict[str, Any]:
    """How long the runs of the error map are, by kind, and how busy its busiest cells."""
    tasks = errors.groupby("length").tasks_of_a_run
    lengths: dict[str, Any] = {"highest_utilisation": float(errors.utilisation.max())}
    for kind in (LONG, SHORT):
        lengths[f"shortest_of_the_{kind}_runs"] = int(tasks.min()[kind])
        lengths[f"longest_of_the_{kind}_runs"] = int(tasks.max()[kind])
    return lengths

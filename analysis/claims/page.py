"""The page of the findings. Import this module lazily: it loads matplotlib."""

from typing import Any

from analysis.claims import figures
from analysis.claims.findings import headlines
from analysis.claims.study import Study
from analysis.report.report import Report, joined
from analysis.runs.differences import TASKS

FRAMES = ("claims", "played", "compared")


def report(studies: list[Study], seed: int) -> Report:
    """What was found over each distribution, beside each other."""
    findings = [headlines(study.claims) for study in studies]
    return Report(
        "claims/page.html",
        {"studies": studies, "headlines": [{row.key: row for row in rows} for rows in findings]},
        figures.draw({study.name: study.games for study in studies}),
        {
            name: joined({study.name: getattr(study, name) for study in studies}, "distribution")
            for name in FRAMES
        },
        settings_of(studies, seed),
    )


def settings_of(studies: list[Study], seed: int) -> dict[str, Any]:
    """What is needed to repeat the run."""
    return {
        "seed": seed,
        "games": len(studies[0].games),
        "simulated_games": len(studies[0].played),
        "tasks_per_simulated_game_and_policy": TASKS,
        "distributions": {study.name: study.description for study in studies},
    }

"""The page of the findings. Import this module lazily: it loads matplotlib."""

from typing import Any

import pandas as pd

from analysis.claims import figures
from analysis.claims.findings import headlines
from analysis.claims.study import Study
from analysis.games.catalogue import pairs
from analysis.report.report import Report, joined
from analysis.runs.differences import TASKS
from analysis.theory.outcomes import REGIMES
from analysis.theory.stability import stability

FRAMES = ("claims", "played", "compared")


def report(studies: list[Study], seed: int) -> Report:
    """What was found over each distribution, beside each other."""
    findings = [headlines(study.claims) for study in studies]
    known = list(pairs().values())
    stable = [stability(pair, seed=seed) for pair in known]
    joint = {
        name: joined({study.name: getattr(study, name) for study in studies}, "distribution")
        for name in FRAMES
    }
    return Report(
        "claims/page.html",
        {
            "studies": studies,
            "headlines": [{row.key: row for row in rows} for rows in findings],
            "pairs": stable,
            "safe": [min(pair.k) for pair in known],
            "regimes": REGIMES,
            "kinds": {kind: words for kind, (_, words) in figures.KINDS.items()},
        },
        figures.draw(
            {study.name: study.games for study in studies},
            {study.name: study.bootstrap for study in studies},
        ),
        joint | {"pairs": pd.DataFrame([vars(each) for each in stable])},
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

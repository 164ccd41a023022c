"""The page of the throttling study. Import this module lazily: it loads matplotlib."""

from typing import Any

import pandas as pd

from analysis.comparison.criteria import CRITERIA
from analysis.comparison.outcome import Comparison
from analysis.report.report import Report, joined
from analysis.throttling import crowds, figures, models, protection, systems
from analysis.throttling.findings import findings
from analysis.throttling.study import MAP_CELLS, Study


def report(study: Study) -> Report:
    """Which strategy, for whom."""
    context = {
        "study": study,
        "findings": findings(study),
        "crowds": crowds,
        "criteria": CRITERIA,
    }
    return Report(
        "throttling/page.html",
        context,
        figures.draw(study),
        frames(study),
        settings_of(study),
    )


def frames(study: Study) -> dict[str, pd.DataFrame]:
    """Every frame of the study by the name of its file."""
    fronts = {name: _front(comparison) for name, comparison in study.fronts.items()}
    return {
        "figure5": study.figure5,
        "separate": joined(study.maps, "regime"),
        "separate_simulated": joined(study.played, "regime"),
        "protection": study.protection,
        "confirmed": study.confirmed,
        "fronts": joined(fronts, "system"),
        "storms": study.storms,
        "classes": study.classes,
    }


def _front(comparison: Comparison) -> pd.DataFrame:
    frame = comparison.frame()
    return frame.assign(front=frame["strategy"].isin(comparison.front))


def settings_of(study: Study) -> dict[str, Any]:
    """What is needed to repeat the run."""
    return {
        **vars(study.sizes),
        "tasks_without_queues": study.sizes.tasks_without_queues,
        "cells_of_exact_maps": MAP_CELLS,
        "levels_of_delay": models.LEVELS,
        "games_with_queues": protection.DISTRIBUTION,
        "penalties": protection.RATIOS,
        "search": protection.EVALUATIONS,
        "busiest": protection.BUSIEST,
        "pairs": systems.PAIRS,
        "slots": [int(slots) for slots in systems.SLOTS],
        "loads": systems.LOADS,
        "room": systems.ROOM,
        "retries": systems.RETRIES,
        "population": systems.POPULATION,
    }

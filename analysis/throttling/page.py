"""The page of the throttling study. Import this module lazily: it loads matplotlib."""

from typing import Any

import pandas as pd

from agents.throttling.texts import STRATEGIES
from analysis.comparison.criteria import CRITERIA, OF_CLASSES
from analysis.comparison.outcome import Comparison
from analysis.report.report import Report, joined
from analysis.throttling import crowds, figures, models, protection, systems
from analysis.throttling.findings import by_chart, headlines
from analysis.throttling.study import MAP_CELLS, Study


def report(study: Study) -> Report:
    """Which strategy, for whom."""
    context = {
        "study": study,
        "charts": by_chart(study),
        "headlines": headlines(study),
        "strategies": explained(study),
        "crowds": crowds,
        "of_classes": OF_CLASSES,
        "criteria": CRITERIA,
    }
    return Report(
        "throttling/page.html",
        context,
        figures.draw(study),
        frames(study),
        settings_of(study),
    )


def explained(study: Study) -> dict[str, str]:
    """What the strategies of the study do, by how they are written."""
    compared = [name for each in study.fronts.values() for name in each.selection.values]
    words = "+".join([*compared, *study.classes["strategy"]]).split("+")
    used = {word.partition(":")[0] for word in words}
    return {strategy.form: strategy.does for strategy in STRATEGIES if strategy.name in used}


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
        "cases": protection.CASES,
        "busiest": protection.BUSIEST,
        "pairs": systems.PAIRS,
        "slots": [int(slots) for slots in systems.SLOTS],
        "loads": systems.LOADS,
        "room": systems.ROOM,
        "retries": systems.RETRIES,
        "population": systems.POPULATION,
    }

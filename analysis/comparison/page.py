"""The page of a comparison. Import this module lazily: it loads matplotlib."""

from collections.abc import Mapping
from typing import Any

from analysis.comparison import figures
from analysis.comparison.criteria import CRITERIA
from analysis.comparison.outcome import Comparison
from analysis.report.report import Report


def report(comparison: Comparison, run: Mapping[str, Any]) -> Report:
    """Which strategy is best, how surely, and who pays for it; ``run``: more for the settings."""
    return Report(
        "comparison/page.html",
        {"comparison": comparison, "criteria": CRITERIA},
        figures.draw(comparison),
        {"comparison": comparison.frame(), "replications": comparison.replication_frame()},
        {**settings_of(comparison), **run},
    )


def settings_of(comparison: Comparison) -> dict[str, Any]:
    """What is needed to repeat the selection, and what is guaranteed."""
    selection = comparison.selection
    return {
        "strategies": list(selection.values),
        "criterion": comparison.criterion.name,
        "confidence": selection.plan.confidence,
        "indifference": selection.zone,
        "indifference_from": comparison.reference,
        "looks": list(selection.plan.looks),
        "best": selection.best,
        "decided": selection.decided,
    }

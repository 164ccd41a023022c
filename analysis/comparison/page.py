"""The report of a comparison: one page, figures, frames and settings."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from analysis.comparison import figures as draw
from analysis.comparison.criteria import CRITERIA
from analysis.comparison.study import SHARE, Comparison
from analysis.report.files import to_json
from analysis.report.page import render, save_frame, save_text
from analysis.report.style import inline, save


def settings_of(found: Comparison, run: Mapping[str, Any]) -> dict[str, Any]:
    """What is needed to repeat the run, and what is guaranteed."""
    plan = found.selection.plan
    return {
        "version": version("queuit"),
        "strategies": list(found.selection.values),
        "criterion": found.criterion.name,
        "confidence": plan.confidence,
        "indifference": found.selection.zone,
        "indifference_from": found.reference,
        "looks": list(plan.looks),
        "best": found.selection.best,
        "decided": found.selection.decided,
        **run,
    }


def write_comparison(folder: Path, found: Comparison, run: Mapping[str, Any]) -> None:
    """report.html, figures, frames and settings.json; ``run`` is added to the settings."""
    figures = {
        "differences": draw.differences(found),
        "pareto": draw.pareto(found),
        "criteria": draw.all_criteria(found),
    }
    page = render(
        "comparison/page.html",
        found=found,
        criteria=CRITERIA,
        share=SHARE,
        settings=settings_of(found, run),
        figures={name: inline(figure) for name, figure in figures.items()},
    )
    for name, figure in figures.items():
        save(figure, folder, name)
    save_frame(found.frame(), folder, "comparison")
    save_frame(found.replication_frame(), folder, "replications")
    save_text(to_json(settings_of(found, run)) + "\n", folder / "settings.json")
    save_text(page, folder / "report.html")

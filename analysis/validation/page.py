"""The report of the validation study: page, figures, frames, settings."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.report.files import to_json
from analysis.report.page import render, save_frame, save_text
from analysis.report.style import inline, save
from analysis.runs import window
from analysis.validation import figures as draw
from analysis.validation.cases import queue_case as queues
from analysis.validation.check import MISS, Check
from analysis.validation.checks.games import checks_of_a_run, simpy_share
from analysis.validation.checks.play import FALSE_ALARM, MARGIN, Settings

_COLUMNS = (  # of the report's tables
    ("equivalence", "success"),
    ("equivalence", "user_utility"),
    ("equivalence", "provider_cost"),
    ("misalignment", "user_utility"),
    ("throttling gain", "provider_cost"),
)


def frame_of(checks: list[Check]) -> pd.DataFrame:
    """One row per check, with its z and its verdict."""
    rows = [vars(check) | {"z": check.z, "passed": check.passed} for check in checks]
    return pd.DataFrame(rows).astype({"z": float})


def settings_of(settings: Settings) -> dict[str, Any]:
    """What is needed to repeat the run, and its error rates."""
    return {
        "version": version("queuit"),
        "seed": settings.seed,
        "precision": settings.precision,
        "margin": MARGIN / settings.precision,
        "comparisons_of_a_run": checks_of_a_run(),
        "false_alarm_of_a_run": FALSE_ALARM,
        "missed_deviation_of_one_margin": MISS,
        "tasks_per_block": settings.block,
        "simpy_tasks_per_case": settings.simpy_tasks,
        "runs_per_queue": queues.RUNS,
        "tasks_not_counted": (window.EMPTY, window.TAIL),
        "margin_of_queues": queues.MARGIN / settings.precision,
        "margin_of_compiled_queues": queues.MARGIN / queues.FINER / settings.precision,
    }


def by_case(checks: list[Check]) -> list[dict[str, Any]]:
    """One row per case: what was simulated beside what is exact, None where it is not checked."""
    rows = []
    for case in dict.fromkeys(check.case for check in checks):
        part = [check for check in checks if check.case == case]
        found = {(check.kind, check.metric): check for check in part}
        rows.append(
            {
                "case": case,
                "values": [found.get(key) for key in _COLUMNS],
                "z": max((abs(check.z) for check in part if check.z is not None), default=None),
                "regrets": [c for c in part if c.one_sided],
                "passed": sum(check.passed for check in part),
                "checks": len(part),
            }
        )
    return rows


def _in_order(checks: list[Check]) -> list[str]:
    """The statements: those on games, then those on queues."""
    games = {check.statement for check in checks if not queues.is_queue(check)}
    return sorted(games) + sorted({check.statement for check in checks} - games)


def write_validation(folder: Path, checks: list[Check], settings: Settings) -> None:
    """report.html, figures, frames and settings of a validation run."""
    figures = {
        "z_scores": draw.z_scores(checks),
        "provider_cost": draw.simulated_beside_exact(checks, "provider_cost", "provider cost J"),
        "user_utility": draw.simulated_beside_exact(checks, "user_utility", "user utility U"),
    }
    sections = []
    for statement in _in_order(checks):
        part = [check for check in checks if check.statement == statement]
        figure = draw.deviations(part)
        figures[statement.lower().replace(" ", "_").replace(".", "_")] = figure
        cases = by_case(part)
        sections.append(
            {
                "title": statement,
                "checks": part,
                "cases": cases,
                "figure": inline(figure),
                "queues": queues.is_queue(part[0]),
            }
        )
    page = render(
        "validation/page.html",
        checks=checks,
        failed=[check for check in checks if not check.passed],
        sections=sections,
        settings=settings_of(settings),
        simpy=simpy_share(checks),
        figures={name: inline(figures[name]) for name in list(figures)[:3]},
    )
    for name, figure in figures.items():
        save(figure, folder, name)
    save_frame(frame_of(checks), folder, "checks")
    save_text(to_json(settings_of(settings)) + "\n", folder / "settings.json")
    save_text(page, folder / "report.html")

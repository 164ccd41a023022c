"""The page of the validation study. Import this module lazily: it loads matplotlib."""

from typing import Any

import pandas as pd

from analysis.report.report import Report
from analysis.runs import window
from analysis.validation import figures
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


def report(checks: list[Check], settings: Settings) -> Report:
    """Whether simulation and theory agree, what was checked, and how surely."""
    context = {
        "checks": checks,
        "failed": [check for check in checks if not check.passed],
        "sections": [_section(statement, checks) for statement in _in_order(checks)],
        "simpy": simpy_share(checks),
    }
    return Report(
        "validation/page.html",
        context,
        figures.draw(checks),
        {"checks": frame_of(checks)},
        settings_of(settings),
    )


def _in_order(checks: list[Check]) -> list[str]:
    """The statements: those on games, then those on queues."""
    games = {check.statement for check in checks if not queues.is_queue(check)}
    return sorted(games) + sorted({check.statement for check in checks} - games)


def _section(statement: str, checks: list[Check]) -> dict[str, Any]:
    """What the page shows of one statement."""
    part = [check for check in checks if check.statement == statement]
    return {
        "title": statement,
        "checks": part,
        "cases": by_case(part),
        "figure": figures.file_of(statement),
        "queues": queues.is_queue(part[0]),
    }


def frame_of(checks: list[Check]) -> pd.DataFrame:
    """One row per check, with its z and its verdict."""
    rows = [vars(check) | {"z": check.z, "passed": check.passed} for check in checks]
    return pd.DataFrame(rows).astype({"z": float})


def settings_of(settings: Settings) -> dict[str, Any]:
    """What is needed to repeat the run, and its error rates."""
    return {
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
        "margin_of_compiled_games": queues.MARGIN / queues.FINEST / settings.precision,
    }


def by_case(checks: list[Check]) -> list[dict[str, Any]]:
    """One row per case: what was simulated beside what is exact, None where it is not checked."""
    rows = []
    for case in dict.fromkeys(check.case for check in checks):
        part = [check for check in checks if check.case == case]
        by_kind = {(check.kind, check.metric): check for check in part}
        rows.append(
            {
                "case": case,
                "values": [by_kind.get(key) for key in _COLUMNS],
                "z": max((abs(check.z) for check in part if check.z is not None), default=None),
                "regrets": [check for check in part if check.one_sided],
                "passed": sum(check.passed for check in part),
                "checks": len(part),
            }
        )
    return rows

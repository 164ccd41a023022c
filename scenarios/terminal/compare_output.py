"""What a comparison says, for people and for programs."""

from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table

from analysis.comparison.criteria import CRITERIA
from analysis.comparison.study import Comparison
from analysis.statistics.selection import Interval

WIDTH = 100
_NAME = 28  # columns; longer names are folded


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """The answer for JSON; differences are strategy minus best, in units of the criterion."""
    return {
        "best": comparison.selection.best,
        "decided": comparison.selection.decided,
        "confidence": comparison.selection.plan.confidence,
        "criterion": comparison.criterion.name,
        "indifference": comparison.selection.zone,
        "strategies": [
            {
                "name": name,
                "replications": comparison.replications(name),
                **{of.name: comparison.numbers(name, of) for of in CRITERIA},
            }
            for name in comparison.selection.values
        ],
        "pareto": list(comparison.front),
    }


def as_text(comparison: Comparison) -> str:
    """Two tables and the verdict."""
    console = Console(file=StringIO(), width=WIDTH, markup=False, highlight=False, no_color=True)
    console.print(_selection(comparison))
    console.print()
    console.print(_criteria(comparison))
    console.print()
    console.print(comparison.verdict())
    for note in comparison.notes():
        console.print(note)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("strategy", width=_NAME, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _selection(comparison: Comparison) -> Table:
    by = comparison.criterion
    table = _table(by.name.replace("_", " "), "minus best", "interval", "replications", "")
    for name in comparison.selection.values:
        table.add_row(
            name,
            f"{comparison.own(name, by).mean:.4g}",
            *_difference(comparison.to_best(name, by), name == comparison.selection.best),
            str(comparison.replications(name)),
            _mark(comparison, name),
        )
    return table


def _difference(value: Interval, is_best: bool) -> tuple[str, str]:
    if is_best:
        return "", ""
    return f"{value.mean:+.3g}", f"{value.low:+.3g} to {value.high:+.3g}"


def _mark(comparison: Comparison, name: str) -> str:
    if name == comparison.selection.best:
        return "best" if comparison.selection.decided else "leads"
    return "undecided" if name in comparison.selection.rivals else ""


_HEADS = {
    "provider_cost": "cost",
    "user_utility": "utility",
    "worst_decile": "worst 10%",
    "success": "solved",
    "delay_median": "delay 50%",
    "delay_p95": "95%",
    "refusals": "refusals",
    "fairness_gap": "gap",
}


def _criteria(comparison: Comparison) -> Table:
    table = _table(*(_HEADS[of.name] for of in CRITERIA), "Pareto")
    for name in comparison.selection.values:
        numbers = (f"{comparison.own(name, of).mean:.3g}" for of in CRITERIA)
        table.add_row(name, *numbers, "front" if name in comparison.front else "")
    return table

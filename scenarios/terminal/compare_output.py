"""What a comparison says, for people and for programs."""

from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table

from analysis.comparison.criteria import CRITERIA, Criterion
from analysis.comparison.study import Comparison
from analysis.statistics.selection import Interval

WIDTH = 100
_NAME = 28  # columns; longer names are folded


def to_dict(found: Comparison) -> dict[str, Any]:
    """The answer for JSON; differences are strategy minus best, in units of the criterion."""
    return {
        "best": found.selection.best,
        "decided": found.selection.decided,
        "confidence": found.selection.plan.confidence,
        "criterion": found.criterion.name,
        "indifference": found.selection.zone,
        "strategies": [
            {
                "name": name,
                "replications": found.replications(name),
                **{each.name: found.numbers(name, each) for each in CRITERIA},
            }
            for name in found.selection.values
        ],
        "pareto": list(found.front),
    }


def as_text(found: Comparison) -> str:
    """Two tables and the verdict."""
    console = Console(file=StringIO(), width=WIDTH, markup=False, highlight=False, no_color=True)
    console.print(_selection(found))
    console.print()
    console.print(_criteria(found))
    console.print()
    console.print(found.verdict())
    for note in found.notes():
        console.print(note)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines())


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("strategy", width=_NAME, overflow="fold")
    for column in columns:
        table.add_column(column, justify="right")
    return table


def _selection(found: Comparison) -> Table:
    by = found.criterion
    table = _table(by.name.replace("_", " "), "minus best", "interval", "replications", "")
    for name in found.selection.values:
        table.add_row(
            name,
            f"{found.own(name, by).mean:.4g}",
            *_difference(found.to_best(name, by), name == found.selection.best),
            str(found.replications(name)),
            _mark(found, name),
        )
    return table


def _difference(value: Interval, is_best: bool) -> tuple[str, str]:
    if is_best:
        return "", ""
    return f"{value.mean:+.3g}", f"{value.low:+.3g} to {value.high:+.3g}"


def _mark(found: Comparison, name: str) -> str:
    if name == found.selection.best:
        return "best" if found.selection.decided else "leads"
    return "undecided" if name in found.selection.rivals else ""


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


def _criteria(found: Comparison) -> Table:
    table = _table(*(_HEADS[each.name] for each in CRITERIA), "Pareto")
    for name in found.selection.values:
        numbers = (_number(found, name, each) for each in CRITERIA)
        table.add_row(name, *numbers, "front" if name in found.front else "")
    return table


def _number(found: Comparison, name: str, of: Criterion) -> str:
    return f"{found.own(name, of).mean:.3g}"

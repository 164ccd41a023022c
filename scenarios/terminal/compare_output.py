"""What a comparison says, for people and for programs."""

from io import StringIO
from typing import Any

from rich.console import Console
from rich.table import Table

from analysis.comparison.criteria import CRITERIA, OF_CLASSES, Criterion
from analysis.comparison.outcome import Comparison
from analysis.comparison.verdict import notes, sides, verdict
from analysis.statistics.selection import Interval

WIDTH = 100
_NAME = 28  # columns; longer names are folded


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """The answer for JSON; differences are strategy minus best, in units of the criterion, changes
    of classes strategy minus the reference.
    """
    selection = comparison.selection
    return {
        "best": None if comparison.overloaded else selection.best,
        "decided": comparison.decided,
        "stationary": not comparison.overloaded,
        "confidence": selection.plan.confidence,
        "criterion": comparison.criterion.name,
        "indifference": selection.zone,
        "strategies": [_of_strategy(comparison, name) for name in selection.values],
        "never_acted": list(comparison.idle),
        "pareto": list(comparison.front),
        "verdict": [verdict(comparison), *sides(comparison), *notes(comparison)],
        "window": {
            "tasks": comparison.measures.window.count,
            "warmup": comparison.measures.window.skip,
        },
    }


def _of_strategy(comparison: Comparison, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "replications": comparison.replications(name),
        "stationary": name not in comparison.overloaded,
        "utilisation": [at._asdict() for at in comparison.utilisation(name)],
        "regret": comparison.regret(name)._asdict(),
        **{of.name: comparison.numbers(name, of) for of in CRITERIA},
        "classes": {
            group: {
                of.name: {
                    **comparison.of_class(name, group, of)._asdict(),
                    "change": comparison.change(name, group, of)._asdict(),
                }
                for of in OF_CLASSES
            }
            for group in comparison.groups
        },
    }


def as_text(comparison: Comparison) -> str:
    """Tables of the selection, of all criteria, of loads and of classes, and the verdict."""
    console = Console(file=StringIO(), width=WIDTH, markup=False, highlight=False, no_color=True)
    for table in (_selection, _criteria, _loads, _classes):
        console.print(table(comparison))
        console.print()
    console.print(verdict(comparison))
    for sentence in (*sides(comparison), *notes(comparison)):
        console.print(sentence)
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
        return "best" if comparison.decided else "leads"
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


def _loads(comparison: Comparison) -> Table:
    """How busy each model is, and how far users are from their best answer."""
    models = range(1, len(comparison.utilisation(comparison.selection.best)) + 1)
    table = _table(*(f"load of M{i}" for i in models), "regret (% of V)")
    for name in comparison.selection.values:
        regret = comparison.regret(name)
        told = f"{100 * regret.mean:.2f} [{100 * regret.low:.2f}, {100 * regret.high:.2f}]"
        loads = (f"{100 * at.mean:.1f}%" for at in comparison.utilisation(name))
        table.add_row(name, *loads, "exact" if comparison.known(name) else told)
    return table


def _classes(comparison: Comparison) -> Table:
    """What each class of users gets."""
    table = _table("users", *(of.label for of in OF_CLASSES))
    for name in comparison.selection.values:
        for group in comparison.groups:
            row = [comparison.of_class(name, group, of) for of in OF_CLASSES]
            table.add_row(name, group, *map(_number, OF_CLASSES, row))
    return table


def _number(of: Criterion, value: Interval) -> str:
    if of.name in ("solved", "gave_up", "refused"):
        return f"{100 * value.mean:.1f}%"
    return f"{value.mean:.3g}"

"""What a comparison says, for people and for programs."""

import re
from collections.abc import Iterator, Sequence
from math import inf, isfinite
from textwrap import wrap
from typing import Any

from analysis.comparison.criteria import CRITERIA, OF_CLASSES, Criterion
from analysis.comparison.outcome import Comparison
from analysis.comparison.verdict import notes, sides, verdict
from analysis.comparison.words import short
from analysis.statistics.selection import Interval

WIDTH, _NAME = 80, 8  # columns; of them for names at least
_Row = tuple[str, ...]  # a name, and cells
_Table = tuple[_Row, list[_Row]]  # heads of the cells, and rows


def to_dict(comparison: Comparison) -> dict[str, Any]:
    """The answer for JSON; differences are strategy minus best, in units of the criterion, changes
    of classes strategy minus the reference.
    """
    selection, window = comparison.selection, comparison.measures.window
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
            "tasks": window.count,
            "warmup": window.skip,
            "horizon": window.until if isfinite(window.until) else None,
        },
    }


def _of_strategy(comparison: Comparison, name: str) -> dict[str, Any]:
    return {
        "name": name,
        "replications": comparison.replications(name),
        "stationary": name not in comparison.overloaded,
        "utilisation": [at._asdict() for at in comparison.utilisation(name)],
        "regret": comparison.regret(name)._asdict() if comparison.measures.reaction else None,
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
    lines: list[str] = []
    for table in (_selection, _criteria, _loads, _classes):
        lines += [*_lines(*table(comparison)), ""]
    for sentence in (verdict(comparison), *sides(comparison), *notes(comparison)):
        lines += wrap(sentence, WIDTH, break_on_hyphens=False)
    return "\n".join(lines)


def _lines(heads: Sequence[str], rows: Sequence[_Row]) -> Iterator[str]:
    """A table with heads of two lines; names of strategies are folded where there is no room for
    them, numbers never.
    """
    parts = [head.rpartition("\n") for head in ("strategy", *heads)]
    top, bottom = [part[0] for part in parts], [part[2] for part in parts]
    widths = [max(map(len, column)) for column in zip(top, bottom, *rows, strict=True)]
    room = min(widths[0], max(_NAME, WIDTH - sum(width + 1 for width in widths[1:])))
    for name, *cells in (top, bottom, *rows):
        first, *rest = _folded(name, room)
        right = (cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        yield " ".join([first.ljust(room), *right]).rstrip()
        yield from rest


def _folded(name: str, room: int) -> list[str]:
    """The lines of a name, which break behind its separators if they can.

    >>> _folded("added-delay:0.02/0.05", 12)
    ['added-delay:', '0.02/0.05']
    """
    pieces = rf".{{1,{room}}}$|.{{0,{room - 1}}}[:,/+=]|.{{1,{room}}}"
    return re.findall(pieces, name) or [""]


def _selection(comparison: Comparison) -> _Table:
    by = comparison.criterion
    rows: list[_Row] = [
        (
            name,
            short(comparison.own(name, by).mean),
            *_difference(comparison.to_best(name, by), name == comparison.selection.best),
            str(comparison.replications(name)),
            _mark(comparison, name),
        )
        for name in comparison.selection.values
    ]
    first = "best" if comparison.decided else "leader"
    return (_head(by), f"minus\n{first}", "interval", "runs", ""), rows


def _difference(value: Interval, is_best: bool) -> tuple[str, str]:
    if is_best:
        return "", ""
    if value == (0, 0, 0):
        return "same", ""
    return short(value.mean, "+"), f"[{short(value.low, '+')}, {short(value.high, '+')}]"


def _mark(comparison: Comparison, name: str) -> str:
    if name in comparison.overloaded:
        return "overload"
    if name == comparison.selection.best and not comparison.overloaded:
        return "best" if comparison.decided else "leads"
    return "undecided" if name in comparison.selection.rivals else ""


_HEADS = {
    "provider_cost": ("cost", "$/task"),
    "user_utility": ("utility", "$/task"),
    "worst_decile": ("worst", "10% $"),
    "success": ("solved", ""),
    "delay_median": ("delay", "50% $"),
    "delay_p95": ("delay", "95% $"),
    "refusals": ("refusals", "/task"),
    "fairness_gap": ("gap", "of V"),
}
_OFTEN_NOTHING = ("refusals", "fairness_gap")


def _head(of: Criterion) -> str:
    return "\n".join(_HEADS[of.name])


def _criteria(comparison: Comparison) -> _Table:
    names = comparison.selection.values
    shown = [
        of
        for of in CRITERIA
        if of.name not in _OFTEN_NOTHING or any(comparison.own(name, of).mean for name in names)
    ]
    rows = [
        (
            name,
            *(_number(of, comparison.own(name, of)) for of in shown),
            "yes" if name in comparison.front else "",
        )
        for name in names
    ]
    return (*map(_head, shown), "Pareto\nfront"), rows


def _loads(comparison: Comparison) -> _Table:
    """How busy each model is, and how far users are from their best answer."""
    slots = next(iter(comparison.scenarios.values())).offer.slots
    rows = []
    for name in comparison.selection.values:
        regret = comparison.regret(name)
        told = f"{100 * regret.mean:.2f} [{100 * regret.low:.2f}, {100 * regret.high:.2f}]"
        loads = (
            f"{100 * at.mean:.1f}%" if count < inf else "no queue"
            for at, count in zip(comparison.utilisation(name), slots, strict=True)
        )
        known = "exact" if comparison.measures.reaction else "nobody reacts"
        rows.append((name, *loads, known if comparison.known(name) else told))
    models = (f"load\nof M{i}" for i in range(1, len(slots) + 1))
    return (*models, "regret of users\n% of V"), rows


def _classes(comparison: Comparison) -> _Table:
    """What each class of users gets."""
    rows = [
        (name, group, *(_number(of, comparison.of_class(name, group, of)) for of in OF_CLASSES))
        for name in comparison.selection.values
        for group in comparison.groups
    ]
    heads = ("utility\n$/task", "solved", "gave\nup", "refused\nfor good", "did not\nbegin")
    return ("users", *heads, "median\nseconds", "95%\nseconds"), rows


def _number(of: Criterion, value: Interval) -> str:
    return f"{100 * value.mean:.1f}%" if of.unit == "share" else short(value.mean)

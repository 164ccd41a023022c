"""The page of a comparison. Import this module lazily: it loads matplotlib."""

from collections.abc import Mapping
from typing import Any

from analysis.comparison import figures
from analysis.comparison.assumptions import assumptions, headline
from analysis.comparison.criteria import CRITERIA, OF_CLASSES, criterion
from analysis.comparison.outcome import Comparison
from analysis.comparison.takeaways import takeaways
from analysis.comparison.verdict import counted, notes, sides, verdict
from analysis.comparison.words import range_of, short
from analysis.report.report import Report

_BIG = {
    "provider_cost": "cost to the provider, per task",
    "user_utility": "utility of users, per task: value less time",
    "success": "of tasks solved",
}


def report(comparison: Comparison, run: Mapping[str, Any]) -> Report:
    """Which strategy is best, how surely, and who pays for it.

    ``run``: more for the settings, of which the page uses ``game``, a name, ``adapt`` and
    ``command``, the command line that repeats it.
    """
    game = run.get("game")
    return Report(
        "comparison/page.html",
        {
            "comparison": comparison,
            "headline": headline(comparison, game),
            "verdict": verdict(comparison),
            "sides": sides(comparison),
            "notes": [note for note in notes(comparison) if note != counted(comparison)],
            "big": _big(comparison),
            "takeaways": takeaways(comparison),
            "assumptions": assumptions(comparison, game, run.get("adapt")),
            "criteria": CRITERIA,
            "of_classes": OF_CLASSES,
            "short": short,
            "range_of": range_of,
        },
        figures.draw(comparison),
        {
            "comparison": comparison.frame(),
            "classes": comparison.class_frame(),
            "loads": comparison.load_frame(),
            "replications": comparison.replication_frame(),
        },
        {**settings_of(comparison), **run},
    )


def _big(comparison: Comparison) -> list[tuple[str, ...]]:
    """What is read first: three numbers of the best strategy, each with its interval and what it
    is; under overload, where they mean nothing, the loads of the strategy that leads.
    """
    best = comparison.selection.best
    if comparison.overloaded:
        return [
            (f"{100 * at.mean:.0f}%", f"[{100 * at.low:.0f}, {100 * at.high:.0f}]",
             f"of what M{i} can do is asked of it under '{comparison.overloaded[0]}'")
            for i, at in enumerate(comparison.utilisation(comparison.overloaded[0]), start=1)
        ]  # fmt: skip
    told = {name: range_of(comparison.own(best, criterion(name)), criterion(name)) for name in _BIG}
    return [(*told[name].split(" ", 1), text) for name, text in _BIG.items()]


def settings_of(comparison: Comparison) -> dict[str, Any]:
    """What is needed to repeat the selection, what is guaranteed, and whether it means anything."""
    selection, window = comparison.selection, comparison.measures.window
    return {
        "strategies": list(selection.values),
        "criterion": comparison.criterion.name,
        "confidence": selection.plan.confidence,
        "indifference": selection.zone,
        "indifference_from": comparison.reference,
        "looks": list(selection.plan.looks),
        "best": None if comparison.overloaded else selection.best,
        "decided": comparison.decided,
        "stationary": not comparison.overloaded,
        "never_acted": list(comparison.idle),
        "utilisation": {
            name: [at.mean for at in comparison.utilisation(name)] for name in selection.values
        },
        "window": {"tasks": window.count, "warmup": window.skip, "horizon": window.until},
    }

"""What each chart of a comparison shows, in a sentence that follows from its numbers."""

from analysis.comparison.criteria import CRITERIA, OF_CLASSES
from analysis.comparison.outcome import Comparison
from analysis.comparison.verdict import beaten, users
from analysis.comparison.words import listed, quoted


def takeaways(comparison: Comparison) -> dict[str, str]:
    """The sentence above each chart, by the chart's name."""
    makers = {
        "differences": _differences,
        "pareto": _pareto,
        "criteria": _criteria,
        "classes": _classes,
    }
    if comparison.overloaded:
        return dict.fromkeys(makers, "Overload: this holds for runs of this length, and no other")
    told = {name: make(comparison) for name, make in makers.items()}
    if comparison.unsettled:
        told = {name: f"If users stay as they are, {_inside(text)}" for name, text in told.items()}
    return told


def _inside(text: str) -> str:
    return text[0].lower() + text[1:]


def _differences(comparison: Comparison) -> str:
    best, by = comparison.selection.best, comparison.criterion
    others = len(comparison.selection.values) - 1
    worse = [n for n in beaten(comparison, best, by) if comparison.to_best(n, by) != (0, 0, 0)]
    if not others:
        return f"'{best}' alone was played"
    if not worse:
        return f"In {by.label} '{best}' is not shown to be better than any other strategy"
    whole = {1: "the other strategy", 2: "both other strategies"}
    part = f"{len(worse)} of {others} other strategies"
    count = whole.get(others, f"all {others} others") if len(worse) == others else part
    return f"In {by.label} '{best}' is shown to be better than {count}"


def _pareto(comparison: Comparison) -> str:
    front = comparison.front
    others = len(comparison.selection.values) - len(front)
    if not others:
        return "No strategy is shown to be beaten on both sides, cost and utility"
    rest = "the other is" if others == 1 else f"the other {others} are"
    return f"On the Pareto front: {quoted(front)}; {rest} shown to be no better for either side"


def _criteria(comparison: Comparison) -> str:
    best = comparison.selection.best
    beat = [
        by.label
        for by in CRITERIA
        if any(
            comparison.to_best(name, by).times(by.sign).low > 0
            for name in comparison.selection.values
        )
    ]
    if not beat:
        return f"Nothing is shown to be better than '{best}' in any criterion"
    return f"Others are shown to be better than '{best}' in {listed(beat)}"


def _classes(comparison: Comparison) -> str:
    reference, utility = comparison.reference_strategy, OF_CLASSES[0]
    found = {
        (group, name): comparison.change(name, group, utility)
        for group in comparison.groups
        for name in comparison.selection.values
        if name != reference
    }
    parts = []
    for word, sign in (("worse", -1), ("better", 1)):
        for group in comparison.groups:
            names = [n for (g, n), x in found.items() if g == group and x.times(sign).low > 0]
            if names:
                parts.append(f"{users(group)} {word} off with {quoted(names)}")
    if not found:
        return f"What users get with '{reference}'"
    if not parts:
        return f"No class of users is shown to be better or worse off than with '{reference}'"
    return f"Shown, against '{reference}': {'; '.join(parts)}"

"""Where strategies lie in the plane of provider's cost and users' utility, and what is shown."""

from collections.abc import Sequence

from analysis.comparison.criteria import criterion
from analysis.comparison.outcome import FRONT, Comparison

Limits = tuple[tuple[float, float], tuple[float, float]]  # of x and y
Groups = list[tuple[tuple[float, float], list[str]]]  # places in the plane, and who is there
AXES = tuple(criterion(name) for name in FRONT)
_ROOM = 0.12  # around what is shown, as a part of it
_NEAR = (0.05, 0.06)  # parts of the plane within which two labels would touch


def limits(comparison: Comparison, names: Sequence[str]) -> Limits:
    """Limits around the intervals of ``names``, with room for labels."""
    found = []
    for by in AXES:
        ends = [comparison.own(name, by) for name in names]
        low, high = min(i.low for i in ends), max(i.high for i in ends)
        room = _ROOM * (high - low) or 0.05 * abs(high) or 1.0
        found.append((low - room, high + room))
    return found[0], found[1]


def near_front(comparison: Comparison) -> Limits | None:
    """Limits around the front if they take strategies apart that are one point among all."""
    whole = limits(comparison, list(comparison.selection.values))
    near = limits(comparison, comparison.front)
    inside = {name for _, members in groups(comparison, near) for name in members}
    before = [m for _, m in groups(comparison, whole) if inside & set(m)]
    return near if len(groups(comparison, near)) > len(before) else None


def groups(comparison: Comparison, seen: Limits) -> Groups:
    """The strategies within limits, those together that are too near for labels of their own."""
    found: Groups = []
    for name in comparison.selection.values:
        x, y = (
            (comparison.own(name, by).mean - low) / (high - low)
            for by, (low, high) in zip(AXES, seen, strict=True)
        )
        if not (0 <= x <= 1 and 0 <= y <= 1):
            continue
        for (a, b), members in found:
            if abs(x - a) < _NEAR[0] and abs(y - b) < _NEAR[1]:
                members.append(name)
                break
        else:
            found.append(((x, y), [name]))
    return found

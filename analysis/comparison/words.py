"""Numbers with their units, and lists, as sentences want them."""

from collections.abc import Sequence
from math import ceil, log10

from analysis.comparison.criteria import Criterion
from analysis.statistics.selection import Interval


def amount(value: float, of: Criterion) -> str:
    """A value of a criterion with its unit.

    >>> from analysis.comparison.criteria import CRITERIA
    >>> amount(-0.5, CRITERIA[0]), amount(0.25, CRITERIA[6])
    ('-$0.5 per task', '0.25 per task')
    """
    rest = of.unit.removeprefix("$").strip()
    return number(value, of) if rest in ("share", "") else f"{number(value, of)} {rest}"


def number(value: float, of: Criterion, digits: int = 3) -> str:
    """The same without "per task": money and shares as they are written."""
    if of.unit == "share":
        return f"{100 * value:.1f}%"
    money = "$" if of.unit.startswith("$") else ""
    return f"{'-' if value < 0 else ''}{money}{short(abs(value), digits=digits)}"


def range_of(value: Interval, of: Criterion) -> str:
    """A mean and its interval, in as many digits as it takes; the ends without a unit.

    >>> from analysis.comparison.criteria import CRITERIA
    >>> range_of(Interval(0.08199, 0.08192, 0.08206), CRITERIA[0])
    '$0.08199 [0.08192, 0.08206]'
    """
    return f"{number(value.mean, of, _digits(value))} {ends(value, of)}"


def ends(value: Interval, of: Criterion) -> str:
    """The ends of an interval, in the unit of its mean."""
    if of.unit == "share":
        return f"[{100 * value.low:.1f}, {100 * value.high:.1f}]"
    return "[{}, {}]".format(*(short(x, digits=_digits(value)) for x in value[1:]))


def _digits(value: Interval) -> int:
    """Three, or up to five if the ends would look alike."""
    width, size = value.high - value.low, max(map(abs, value))
    return min(5, max(3, 1 + ceil(log10(size / width)))) if width > 1e-9 * size else 3


def short(value: float, sign: str = "", digits: int = 3) -> str:
    """A number in three digits, or all that stand before the point.

    >>> short(0.12345), short(1234.5), short(2, "+")
    ('0.123', '1,234', '+2')
    """
    return f"{value:{sign},.0f}" if abs(value) >= 1000 else f"{value:{sign}.{digits}g}"


def listed(words: Sequence[str]) -> str:
    """Words with commas, and "and" before the last.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if words[1:] else words)


def quoted(names: Sequence[str]) -> str:
    """The same of strategies, whose names are quoted."""
    return listed([f"'{name}'" for name in names])

"""What a study found, as a record: for the terminal, the page and the README alike."""

from dataclasses import dataclass
from math import nan


@dataclass(frozen=True)
class Finding:
    """A ``value`` with its 95% interval from ``low`` to ``high``, and the ``text`` that names it.

    ``key``: what the page calls it, whatever its place among the others. ``form`` prints each of
    the three numbers. Where a number alone would not do, ``answer`` says it in words; a
    ``sentence`` is for the page.
    """

    key: str
    text: str
    value: float = nan
    low: float = nan
    high: float = nan
    form: str = "{:.1%}"
    answer: str = ""
    sentence: str = ""

    @property
    def numbers(self) -> tuple[str, str, str]:
        """Value, low and high as they are printed; - for what there is not."""
        value, low, high = (
            "-" if x != x else self.form.format(x) for x in (self.value, self.low, self.high)
        )
        return value, low, high

    @property
    def cell(self) -> str:
        """The answer, or value and interval, as a table shows them; - if there is nothing to tell.

        >>> Finding("pays", "throttling pays", 0.25, 0.046, 0.699).cell
        '25.0% [4.6, 69.9]'
        """
        value, low, high = self.numbers
        if self.answer or value == "-":
            return self.answer or value
        return f"{value} [{low.rstrip('%')}, {high.rstrip('%')}]"


def minus(text: str) -> str:
    """Signs as they are printed.

    >>> minus("-+")
    '−+'
    """
    return text.replace("-", "\u2212")

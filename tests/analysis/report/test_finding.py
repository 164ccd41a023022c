"""A finding as a table shows it."""

import pytest

from analysis.report.finding import Finding

NAN = float("nan")


@pytest.mark.parametrize(
    ("finding", "cell"),
    [
        (Finding("a", "share", 0.95181, 0.0023, 1.0), "95.2% [0.2, 100.0]"),
        (Finding("a", "change", 0.1, -0.05, 0.25, "{:+.1%}"), "+10.0% [-5.0, +25.0]"),
        (Finding("a", "nothing to tell"), "-"),
        (Finding("a", "of one game: no interval", 0.5), "50.0% [-, -]"),
        (Finding("a", "in words", answer="undecided"), "undecided"),
    ],
    ids=lambda value: value.text if isinstance(value, Finding) else "",
)
def test_the_cell_has_value_and_interval_or_words(finding: Finding, cell: str) -> None:
    assert finding.cell == cell


def test_numbers_are_printed_one_by_one() -> None:
    assert Finding("a", "share", 0.5, 0.25, NAN).numbers == ("50.0%", "25.0%", "-")

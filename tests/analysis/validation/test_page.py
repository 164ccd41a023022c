"""The page of the validation: short where all is well, open where it is not."""

from dataclasses import replace

from analysis.validation.check import Check
from analysis.validation.checks.play import Settings
from analysis.validation.figures import simulated_beside_exact
from analysis.validation.page import report

GOOD = Check("R1", "Theorem 2", "equivalence", "user_utility", 0.5, 0.01, 100, 0.5, 0.1, 2.33)
CHECKS = [GOOD, replace(GOOD, statement="Theorem 4", case="R2", exact=0.51)]


def test_details_are_folded_unless_a_check_failed() -> None:
    page = report(CHECKS, Settings()).html()
    assert "all 2 checks passed" in page
    assert page.count("1 of 1 checks passed") == 2
    assert "<details open" not in page
    wrong = report([CHECKS[0], replace(CHECKS[1], estimate=1.0)], Settings()).html()
    assert wrong.count("<details open") == 1
    assert "<details open><summary><b>Theorem 4</b>: 0 of 1 checks passed" in wrong


def test_tables_scroll_and_sections_are_listed() -> None:
    page = report(CHECKS, Settings()).html()
    wide = page.count("<table") - page.count('<table class="narrow"')
    assert wide == page.count('<div class="scroll"><table>') > 0
    assert page.count('<a href="#section-') == page.count('<h2 id="section-') == 3
    assert page.count("<figure>") == page.count('<figure><figcaption class="takeaway">') == 5


def test_one_large_value_does_not_squeeze_the_others() -> None:
    far = replace(GOOD, exact=54.0, estimate=54.0)
    figure = simulated_beside_exact([*CHECKS, far], "user_utility", "utility")
    [axes] = figure.axes
    at = [axes.transData.transform((x, x)) for x in (0.0, 0.5, 54.0)]
    assert at[1][0] - at[0][0] > 0.1 * (at[2][0] - at[0][0])

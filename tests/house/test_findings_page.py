"""The tables of docs/findings.md hold what the commands print with their default options."""

from typing import Any

import pytest

from analysis.claims.findings import headlines
from analysis.claims.study import solved
from analysis.congestion import findings as congestion_findings
from analysis.congestion import study as congestion_study
from analysis.games.catalogue import pairs
from analysis.runs.jobs import processes
from analysis.theory.stability import stability
from analysis.throttling import findings as throttling_findings
from analysis.throttling.study import Sizes, study
from analysis.throttling.systems import systems
from scenarios import congestion
from scenarios.findings import command
from tests.tools.running import ROOT

TEXT = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")


def test_the_findings_are_those_of_the_command() -> None:
    """The numbers that `queuit findings` prints with its default options."""
    default: dict[str | None, Any] = {option.name: option.default for option in command.params}
    claims = [solved(k, default["games"], default["seed"])[-1] for k in (0, 1)]
    for row in zip(*map(headlines, claims), strict=True):
        cells = " | ".join(finding.cell for finding in row)
        assert f"\n| {row[0].text} | {cells} |\n" in TEXT


def test_how_sure_pairs_are_is_what_the_command_says() -> None:
    """The shares that `queuit pairs` prints with its default options, and that all change."""
    found = {name: stability(pair) for name, pair in pairs().items()}
    close, other = found.pop("gpt-4.1/o3"), found.pop("opus-4/thinking")
    assert f"in {close.order_changes:.0%} of draws" in TEXT
    assert close.optimum_changes == close.order_changes
    assert f"with thinking in {other.order_changes:.0%}" in TEXT
    assert close.changed_by and other.changed_by and all(each.changed_by for each in found.values())


@pytest.mark.slow
def test_the_throttling_findings_are_those_of_the_command() -> None:
    """The numbers that `queuit throttle study` prints with its default options (minutes)."""
    sizes = Sizes()
    with processes() as executor:
        found = throttling_findings.findings(study(sizes, systems(sizes), executor))
    for finding in found:
        assert f"\n| {finding.text} | {finding.cell} |\n" in TEXT, finding.text


@pytest.mark.slow
def test_the_findings_on_load_are_those_of_the_command() -> None:
    """The numbers that `queuit congestion` prints with its default options (minutes)."""
    default: dict[str | None, Any] = {
        option.name: option.default for option in congestion.command.params
    }
    size = congestion_study.Size(default["games"], default["tasks"], default["seed"])
    with processes() as executor:
        found = congestion_study.study(size, executor)
    for finding in congestion_findings.headlines(found):
        assert f"\n| {finding.text} | {finding.cell} |\n" in TEXT, finding.text
    arrived = {play.arrived for play in found.plays}
    assert (len(found.plays), arrived) == (9, {True})

"""The README is true: its example runs, and what it points to exists."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from analysis.claims.findings import findings, headlines
from analysis.congestion import findings as congestion_findings
from analysis.congestion import study as congestion_study
from analysis.games.distributions import draw
from analysis.runs.jobs import processes
from analysis.theory.outcomes import outcomes
from analysis.throttling import findings as throttling_verdict
from analysis.throttling.study import Sizes, study
from analysis.throttling.systems import systems
from scenarios import congestion
from scenarios.findings import command

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def example() -> str:
    [code] = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    return str(code)


def test_the_example_is_short_and_runs(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [line for line in example().splitlines() if line.strip()]
    assert len(lines) <= 15
    exec(compile(example(), "README.md", "exec"), {})
    assert "'abandoned'" in capsys.readouterr().out


def test_files_and_functions_of_the_table_exist() -> None:
    for path in re.findall(r"`(tests/[\w/]+\.py)`|\]\((\w[\w/]*\.md)\)", TEXT):
        assert (ROOT / (path[0] or path[1])).is_file(), path
    modules = re.findall(r"`((?:sim|agents|analysis)\.[\w.]+)`", TEXT)
    assert len(modules) >= 6
    for name in modules:
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(module), attribute) or find_spec(name), name


def test_ci_runs_exactly_the_test_command_of_the_readme() -> None:
    command = "pip install uv && uv run pytest"
    assert f"    {command} " in TEXT
    assert f"\n{command}\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_findings_are_those_of_the_command() -> None:
    """The numbers that `queuit findings` prints with its default options."""
    default: dict[str | None, Any] = {option.name: option.default for option in command.params}
    claims = [findings(outcomes(draw(default["games"], default["seed"], k))) for k in (0, 1)]
    for row in zip(*map(headlines, claims), strict=True):
        cells = " | ".join(finding.cell for finding in row)
        assert f"\n| {row[0].text} | {cells} |\n" in TEXT


@pytest.mark.slow
def test_the_throttling_findings_are_those_of_the_command() -> None:
    """The numbers that `queuit throttle study` prints with its default options (minutes)."""
    sizes = Sizes()
    with processes() as executor:
        verdict = throttling_verdict.findings(study(sizes, systems(sizes), executor))
    for finding in verdict:
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
    for each in congestion_findings.headlines(found):
        assert f"\n| {each.text} | {each.cell} |\n" in TEXT, each.text
    arrived = {play.arrived for play in found.plays}
    assert (len(found.plays), arrived) == (9, {True})

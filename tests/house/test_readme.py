"""The README is true and short: its examples run, and its map is that of the folders."""

import re
from pathlib import Path

import pytest

from agents import Cascade, Stationary, stackelberg
from analysis.theory.load import utilisation
from scenarios.compare import command
from scenarios.options.systems import read_system
from tests.tools.running import ROOT, queuit

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
PLAN = {"adapt", "as_json", "budget", "confidence", "criterion", "engine", "indifference", "out"}
PLAN |= {
    "strategies",
    "workers",
    "tasks",
    "warmup",
    "horizon",
    "participation",
}  # how systems are compared, not what they are
PACKAGES = ("sim", "agents", "analysis", "scenarios", "tests")


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)^## ", TEXT, flags=re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def folders(path: Path) -> set[str]:
    return {each.name for each in path.iterdir() if each.is_dir() and each.name != "__pycache__"}


def test_it_has_at_most_a_thousand_words() -> None:
    assert len(TEXT.split()) <= 1000


def test_the_example_is_short_and_runs(capsys: pytest.CaptureFixture[str]) -> None:
    [code] = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 15
    exec(compile(code, "README.md", "exec"), {})
    assert "'abandoned'" in capsys.readouterr().out


def test_the_output_of_the_first_screen_is_real() -> None:
    [(words, count, shown)] = re.findall(
        r"^    \$ queuit (.*) \| head -(\d+)\n((?:    .*\n)+)", TEXT, flags=re.MULTILINE
    )
    lines = queuit(*words.split()).out.splitlines()[: int(count)]
    assert [line.removeprefix("    ") for line in shown.splitlines()] == lines


def test_the_numbers_of_the_findings_are_those_of_the_tables() -> None:
    """Which other tests compare with runs of the commands."""
    tables = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    rows = {
        "a static routing is optimal": ("95.2%", "94.1% [89.3, 98.0]"),
        "throttling pays the provider": ("9.4% [3.9, 16.3]",),
        "if so: cost saved, mean": ("41.7% [32.7, 50.2]",),
        "if so: users' loss in V, mean": ("76.3% [68.8, 88.9]",),
        "time against theory, 85% busy: bursts of 8": ("383.3%",),
    }
    shown = re.findall(r"\d+\.\d+%(?: \[[^]]*\])?", section("Three findings"))
    assert sorted(shown) == sorted(number for numbers in rows.values() for number in numbers)
    for row, numbers in rows.items():
        [cells] = re.findall(rf"^\| {re.escape(row)} \|(.*)\|$", tables, flags=re.MULTILINE)
        assert all(number in cells for number in numbers), row


def test_the_compared_system_is_not_overloaded() -> None:
    """In the README and in the help of the command, with the utilisation beside it."""
    pattern = r"queuit throttle compare (--game gpt.*? --slots \d+ \d+)"
    helped = queuit("throttle", "compare", "--help").out
    [system] = re.findall(pattern, TEXT)
    assert re.findall(pattern, helped) == [system]
    assert [f"{load:.2f}" for load in loads(system)] == ["0.71"] * 2
    assert "both models are 71% busy" in TEXT
    assert "a utilisation of .71" in helped


def loads(words: str) -> tuple[float, ...]:
    """The utilisation of both models in the equilibrium without queues."""
    options = command.make_context("compare", words.split()).params
    system = read_system(**{name: options[name] for name in options.keys() - PLAN})
    best = stackelberg(system.game)
    routing = Cascade(best.initial, best.cascade)
    return utilisation(system.replace(routing=routing, abandonment=Stationary(best.abandonment)))


def test_ci_runs_exactly_the_test_command_of_the_readme() -> None:
    command = "pip install uv && uv run pytest"
    assert f"    {command} " in TEXT
    assert f"\n{command}\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_commands_to_set_up_stand_word_for_word() -> None:
    assert "    pip install uv && uv run queuit validate " in TEXT
    assert "`python -m venv .venv && .venv/bin/pip install -e .`" in TEXT


def test_the_map_shows_every_folder() -> None:
    shown: dict[str, set[str]] = {}
    package = ""
    lines = re.findall(r"^(  )?(\w+)/ +\w", section("Where things are"), re.MULTILINE)
    for indent, name in lines:
        package = package if indent else name
        shown.setdefault(package, set()).update({name} if indent else ())
    mirrored = set(PACKAGES) - {"tests"}
    assert folders(ROOT / "tests") >= mirrored
    real = {package: folders(ROOT / package) for package in PACKAGES}
    assert shown == real | {"tests": real["tests"] - mirrored}

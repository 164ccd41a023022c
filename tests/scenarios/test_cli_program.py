"""The program as a whole: help, start-up, other ways to run it."""

import sys
from pathlib import Path

import pytest
from click import Option

from scenarios.cli import main
from scenarios.options.stored import policy_classes
from tests.tools.behaviours import behaviours
from tests.tools.running import HEAVY, QUEUIT, ROOT, process, queuit, refused

RUNS = {
    "solve": ("solve", "--game", "R14", "--json"),
    "simulate": ("simulate", "--game", "R14", "--tasks", "50", "--json"),
    "pairs": ("pairs", "--value-of-time", "0.02"),
    "findings": ("findings", "--games", "100", "--workers", "1"),
    "validate_equilibrium": ("validate", "--tasks", "20", "--precision", "0.1"),
}
LONG = ("findings", "validate_equilibrium")
NAMES = {name: words[0] for name, words in RUNS.items()} | {
    "compile": "compile",  # tests/scenarios/test_compile_command.py runs it
    "congestion": "congestion",  # tests/scenarios/test_congestion_command.py runs it
    "paper_figures": "figures",
}
slow = pytest.mark.slow  # plays the whole catalogue


def ways(name: str) -> list[tuple[object, ...]]:
    """The installed command, the module and the file."""
    return [
        (QUEUIT, NAMES[name]),
        (sys.executable, "-m", f"scenarios.{name}"),
        (sys.executable, ROOT / "scenarios" / f"{name}.py"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_three_ways_to_ask_for_help(name: str, tmp_path: Path) -> None:
    helps = [process(*way, "--help", cwd=tmp_path) for way in ways(name)]
    assert [(ran.code, ran.err) for ran in helps] == [(0, "")] * 3
    assert len({ran.out.split("\n", 1)[1] for ran in helps}) == 1  # all but "Usage: ..."


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=slow if name in LONG else ()) for name in RUNS]
)
def test_three_ways_to_run_a_scenario(name: str, tmp_path: Path) -> None:
    first, *others = (process(*way, *RUNS[name][1:], cwd=tmp_path) for way in ways(name))
    assert (first.code, first.err) == (0, "")
    assert others == [first] * 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["validate_equilibrium", "congestion"])
def test_three_ways_to_be_refused(name: str, tmp_path: Path) -> None:
    for way in ways(name):
        refused(process(*way, "--tasks", "0", cwd=tmp_path), "tasks = 0 must be a whole")


COMMANDS = list(NAMES.values())


@pytest.mark.parametrize("words", [["--help"], ["--version"], *([c, "--help"] for c in COMMANDS)])
def test_help_imports_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    program = f"""
import sys
from scenarios.cli import main
try:
    main({words!r})
except SystemExit as end:
    assert not end.code
print(sorted(set(sys.modules) & set({HEAVY!r})))
"""
    ran = process(sys.executable, "-c", program, cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1] == "[]"


def test_every_option_is_explained() -> None:
    for name, command in main.commands.items():
        text = queuit(name, "--help").out
        assert command.help
        for parameter in command.params:
            assert isinstance(parameter, Option), parameter
            assert parameter.help, (name, parameter.name)
            assert parameter.opts[0] in text
        assert name in queuit("--help").out


def test_without_arguments_the_help_is_shown_line_by_line() -> None:
    ran = queuit()
    lines = (ran.out + ran.err).splitlines()
    assert len(lines) == len(queuit("--help").out.splitlines())


def test_a_foreign_agents_package_is_named(tmp_path: Path) -> None:
    package = tmp_path / "agents"
    package.mkdir()
    (package / "__init__.py").write_text('"""Somebody else\'s."""\n')
    for way in ((QUEUIT, "solve"), (sys.executable, ROOT / "scenarios" / "solve.py")):
        ran = process(*way, "--game", "R14", cwd=ROOT, PYTHONPATH=str(tmp_path))
        refused(ran, "agents", str(package), "environment of its own")


def test_stored_scenarios_may_name_every_policy() -> None:
    assert len(behaviours()) >= 23
    assert behaviours().items() <= policy_classes().items()

"""`queuit validate`."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import analysis.validation.checks.games
import sim
import sim.processes.task
import sim.rule
from analysis.validation.cases.games import all_cases
from analysis.validation.cases.networks import congestion_cases
from analysis.validation.check import Check
from analysis.validation.planted.games import planted_errors
from analysis.validation.planted.planting import Planted
from scenarios.terminal.validate_output import print_checks
from sim import expectations
from tests.tools.running import Ran, queuit


@pytest.fixture
def few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """The study on four games instead of all; stays in this process with --workers 1."""
    few = [case for case in all_cases() if case.name in ("R3", "R8", "R14", "gpt-4.1/o3")]
    monkeypatch.setattr("analysis.validation.cases.games.all_cases", lambda: few)
    monkeypatch.setattr("analysis.validation.cases.networks.congestion_cases", list)


def validate(*words: object) -> Ran:
    fast = ("--tasks", 300, "--precision", 0.2, "--workers", 1)
    return queuit("validate", *fast, *words)


@pytest.mark.usefixtures("few_cases")
def test_validate_agrees() -> None:
    ran = validate()
    assert ran.code == 0, ran.err
    for name in ("R3", "R8", "R14", "gpt-4.1/o3"):
        assert name in ran.out
    assert "FAILED" not in ran.out + ran.err
    assert validate() == ran
    assert validate("--seed", 2).out != ran.out


@pytest.mark.usefixtures("few_cases")
def test_validate_notices_a_broken_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = sim.rule.next_state

    def swapped(
        model: int, solved: bool, q: float, s: float, abandon: float, cascade: float
    ) -> int:
        return rule(model, solved, q, 1 - s if model == 1 else s, abandon, cascade)

    monkeypatch.setattr(sim.processes.task, "next_state", swapped)
    ran = validate()
    assert ran.code == 1
    failed = [line for line in ran.err.splitlines() if line.startswith("FAILED: ")]
    assert any(" in R14 " in line for line in failed)
    assert not any(" in R3 " in line for line in failed)  # one pass and out: no cascade


@pytest.mark.usefixtures("few_cases")
def test_validate_notices_a_broken_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: Any) -> Any:
        right = expectations(*arguments)
        return replace(right, delay=right.delay * 1.3)

    monkeypatch.setattr(analysis.validation.checks.games, "expectations", wrong)
    ran = validate()
    assert ran.code == 1
    failed = [line for line in ran.err.splitlines() if line.startswith("FAILED: ")]
    assert len(failed) == 4
    assert all(" of delay in " in line for line in failed)


@pytest.mark.usefixtures("few_cases")
def test_validate_plays_one_case_alone() -> None:
    ran = validate("--case", "R14", "--case", "R3")
    assert ran.code == 0
    assert "R14" in ran.out
    assert "R3" in ran.out
    assert "R8" not in ran.out
    assert "22 of 22 checks passed" in ran.out
    assert "600 tasks (" in ran.out  # 300 per case as SimPy processes


def test_the_table_of_validate_fits_a_terminal() -> None:
    """The longest name, the longest U and the longest J of the catalogue, at default settings."""
    words: list[object] = ["validate", "--workers", 1, "--tasks", 10]
    for name in ("deepseek-v3.2/reasoner", "flash-2.5/thinking", "deepseek-v3/r1"):
        words += ["--case", name]
    ran = queuit(*words)
    assert ran.code == 0
    assert "…" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_table_of_queues_fits_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Every case and metric, three of its margins off and far from certain: the longest numbers."""
    checks = []
    for case in congestion_cases():
        for name, exact in case.exact.items():
            margin = case.margin * case.scales[name]
            checks.append(
                Check(
                    case.name,
                    case.statement,
                    "equivalence",
                    name,
                    exact - 3 * margin,
                    margin / 4,
                    10**6,
                    exact,
                    margin,
                    2.33,
                )
            )
    print_checks(checks)
    table = capsys.readouterr().out
    assert all(case.name in table for case in congestion_cases())
    assert "…" not in table
    assert max(map(len, table.splitlines())) <= 80


def test_the_self_test_runs_the_command_and_misses_what_is_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    errors = planted_errors()
    some = [each for each in errors if each.name in ("wrong beta", "one engine never cascades")]
    monkeypatch.setattr("analysis.validation.planted.games.planted_errors", lambda: some)
    ran = queuit("validate", "--self-test", "--precision", 0.3, "--tasks", 100)
    assert ran.code == 0, ran.out
    assert ran.out.count("caught: ") == 2
    assert ran.out.count("exit 1, ") == 2
    assert "engines of tasks that differ in R14" in ran.out
    harmless = Planted("nothing", (), "R3", "equivalence")
    monkeypatch.setattr(
        "analysis.validation.planted.games.planted_errors", lambda: [*some, harmless]
    )
    ran = queuit("validate", "--self-test", "--precision", 0.3, "--tasks", 100)
    assert ran.code == 1
    assert "MISSED: nothing" in ran.out
    assert "2 of 3 planted errors caught" in ran.out


@pytest.mark.slow
def test_the_self_test_catches_every_planted_error_at_default_precision() -> None:
    ran = queuit("validate", "--self-test")
    assert ran.code == 0, ran.out
    assert ran.out.count("caught: ") == ran.out.count("exit 1, ") == len(planted_errors()) >= 12


@pytest.mark.slow
def test_an_interrupted_validation_leaves_no_half_files_and_no_processes(tmp_path: Path) -> None:
    """Ctrl-C reaches the whole group of processes of a terminal."""
    words = [sys.executable, "-m", "scenarios.validate_equilibrium", "--workers", "2"]
    run = subprocess.Popen(
        [*words, "--out", str(tmp_path / "out")],
        start_new_session=True,
        # tests that run in the background of a shell inherit that Ctrl-C is ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(8)  # at work by now
    assert run.poll() is None
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert err.splitlines()[-1] == "queuit: interrupted"
    assert list((tmp_path / "out").iterdir()) == []
    assert _ended(run.pid)


def _ended(group: int) -> bool:
    """Whether a group of processes is gone within ten seconds: ended ones wait to be collected."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False

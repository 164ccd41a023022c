"""The README is true: its example runs, and what it points to exists."""

import re
from pathlib import Path

import pytest

import agents
import analysis.misalignment
import analysis.throttling
import sim.markov

ROOT = Path(__file__).parent.parent
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
    for name in re.findall(r"`(theorem_\w)`", TEXT):
        stackelberg = agents.routing.stackelberg
        assert hasattr(agents.abandonment.best_response, name) or name in dir(stackelberg)
    assert callable(sim.markov.visits)
    assert callable(analysis.misalignment.proposition_1)
    assert callable(analysis.throttling.proposition_2)


def test_ci_runs_exactly_the_test_command_of_the_readme() -> None:
    command = "pip install uv && uv run pytest"
    assert f"    {command} " in TEXT
    assert f"\n{command}\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")

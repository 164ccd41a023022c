"""The README is true: its example runs, and what it points to exists."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

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
    modules = re.findall(r"`((?:sim|agents|analysis)\.[\w.]+)`", TEXT)
    assert len(modules) >= 6
    for name in modules:
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(module), attribute) or find_spec(name), name


def test_ci_runs_exactly_the_test_command_of_the_readme() -> None:
    command = "pip install uv && uv run pytest"
    assert f"    {command} " in TEXT
    assert f"\n{command}\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")

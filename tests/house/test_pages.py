"""README, CONTRIBUTING and docs: what they point to exists, what they show runs."""

import re
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.tools.running import ROOT

DOCS = sorted((ROOT / "docs").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS]
FLOORS = "sim|agents|analysis|scenarios|tests"


def blocks(page: Path) -> list[str]:
    """The examples in Python of a page."""
    text = page.read_text(encoding="utf-8")
    return [str(code) for code in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)]


@pytest.mark.parametrize("page", [ROOT / "README.md", *DOCS], ids=lambda page: page.name)
def test_every_example_in_python_runs(page: Path) -> None:
    shared: dict[str, object] = {}  # later blocks of a page may go on from earlier ones
    for code in blocks(page):
        exec(compile(code, page.name, "exec"), shared)


def test_there_are_examples() -> None:
    assert sum(len(blocks(page)) for page in PAGES) >= 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)\)", text):
        assert target.startswith("https://") or (page.parent / target).is_file(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_modules_and_functions_that_a_page_names_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for path in re.findall(rf"`((?:{FLOORS})/[\w/]+(?:\.\w+)?)/?`", text):
        assert (ROOT / path).exists(), path
    for name in re.findall(rf"(?:`|python -m )((?:{FLOORS})(?:\.\w+)+)`", text):
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(module), attribute) or find_spec(name), name


def test_every_statement_has_a_function_and_a_test() -> None:
    text = (ROOT / "docs" / "statements.md").read_text(encoding="utf-8")
    [_, _, *rows] = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) >= 13
    assert len(re.findall(rf"`(?:{FLOORS})\.[\w.]+`", text)) >= 6
    assert all(re.search(r"`tests/[\w/]+\.py`", row) for row in rows)


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"(docs/{page.name})" in readme for page in DOCS)

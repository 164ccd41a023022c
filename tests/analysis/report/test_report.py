"""A report: everything is saved in one way, and a page never stands beside missing figures."""

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
import pytest
from markupsafe import Markup
from matplotlib.figure import Figure

from analysis.report.contents import with_contents
from analysis.report.report import Report, joined, number
from analysis.report.style import canvas, edges, legend_below, rows

WRITTEN = {"line.png", "line.svg", "table.parquet", "table.csv", "settings.json", "report.html"}


def report(**changes: Any) -> Report:
    figure, axes = canvas(2.0)
    axes.plot([0, 1], label="one line")
    parts: dict[str, Any] = {
        "template": "report/page.html",
        "context": {"title": "Is P < m?"},
        "figures": {"line": figure},
        "frames": {"table": pd.DataFrame({"x": [0.1, 0.2]})},
        "settings": {"seed": 1},
    }
    return Report(**parts | changes)


def test_everything_is_written_and_the_page_named(tmp_path: Path) -> None:
    page = report().write(tmp_path / "new")
    assert page == tmp_path / "new" / "report.html"
    assert {path.name for path in page.parent.iterdir()} == WRITTEN
    assert "<h1>Is P &lt; m?</h1>" in page.read_text(encoding="utf-8")
    settings = json.loads((page.parent / "settings.json").read_text())
    assert settings == {"version": version("queuit"), "seed": 1}
    for frame in (
        pd.read_csv(page.parent / "table.csv"),
        pd.read_parquet(page.parent / "table.parquet"),
    ):
        assert frame.x.tolist() == [0.1, 0.2]


def test_equal_reports_have_equal_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        report().write(tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert (tmp_path / "two" / path.name).read_bytes() == path.read_bytes()


class Unsaved(Figure):
    """It can be shown in a page, but not be saved as PNG."""

    def savefig(self, *args: Any, **how: Any) -> None:
        if how["format"] == "png":
            raise OSError("no space")
        super().savefig(*args, **how)


def test_no_page_stands_beside_missing_figures(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no space"):
        report(figures={"line": Unsaved()}).write(tmp_path)
    assert not (tmp_path / "report.html").exists()


def test_a_page_that_lacks_something_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(jinja2.UndefinedError, match="title"):
        report(context={}).write(tmp_path)
    assert not list(tmp_path.iterdir())


def test_frames_are_joined_with_their_names_in_front() -> None:
    parts = {"a": pd.DataFrame({"x": [1, 2]}), "b": pd.DataFrame({"x": [3]})}
    whole = joined(parts, "part")
    assert list(whole.columns) == ["part", "x"]
    assert whole.to_dict("list") == {"part": ["a", "a", "b"], "x": [1, 2, 3]}
    assert whole.index.tolist() == [0, 1, 2]


def test_numbers_that_do_not_exist_are_dashes() -> None:
    assert number("%+.1f", 2) == "+2.0"
    assert number("%+.1f", float("nan")) == "\u2013"


# --- what figures share


def test_cells_reach_half_a_step_beyond_their_centres() -> None:
    assert edges(np.array([0.0, 1.0, 2.0])) == (-0.5, 2.5)
    assert edges(np.array([3.0])) == (2.5, 3.5)


def test_rows_begin_at_the_top() -> None:
    _, axes = canvas(2.0)
    rows(axes, ["first", "second"])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["first", "second"]
    assert axes.get_ylim() == (1.5, -0.5)


def test_the_legend_is_that_of_the_first_panel() -> None:
    figure, panels = canvas(2.0, columns=2)
    for axes, name in zip(panels, ("a", "b"), strict=True):
        axes.plot([0, 1], label=name)
    legend_below(figure, 1)
    [legend] = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["a"]


# --- what pages share


def test_sections_are_listed_and_linked() -> None:
    body = Markup("<h2>One &lt; two</h2><p>text</p><h2>Two</h2><h2>Three</h2>")
    page = with_contents(body)
    assert page.index("<nav") < page.index("<h2")
    for k, title in enumerate(("One &lt; two", "Two", "Three"), start=1):
        assert f'<a href="#section-{k}">{title}</a>' in page
        assert f'<h2 id="section-{k}">{title}</h2>' in page

"""`queuit throttle study`: what it writes and prints, and how it refuses bad input."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from analysis.throttling import page as throttling_study_report
from analysis.throttling import study, systems
from scenarios import compare_throttling
from scenarios.compare_throttling import line
from sim import Population

SMALL = ("--cells", "3", "--games", "1", "--tasks", "20", "--replications", "2")
FIGURES = ("figure5", "separate", "protection", "fronts", "storms", "classes")
FRAMES = (
    *("figure5", "separate", "separate_simulated", "protection"),
    *("confirmed", "fronts", "storms", "classes"),
)


@pytest.fixture(scope="module")
def few_systems() -> Iterator[None]:
    """Fewer systems than the study has: each is made in the same way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(systems, "LOADS", {"high load": 0.9})
        patch.setattr(systems, "STORM_LOADS", (0.8, 1.4))
        patch.setattr(systems, "LIMITS", ("none", "priority:paid"))
        patch.setattr(study, "MAP_CELLS", 9)
        yield


def run(*options: str) -> Result:
    return CliRunner().invoke(compare_throttling.command, [*SMALL, *options])


@pytest.fixture(scope="module")
def written(few_systems: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("study") / "new"
    result = run("--workers", "1", "--out", str(folder))
    assert result.exit_code == 0, result.output
    return folder, result.output


def test_the_summary_fits_a_terminal(written: tuple[Path, str]) -> None:
    folder, output = written
    lines = output.splitlines()
    assert lines[0] == f"report: {folder / 'report.html'}"
    assert max(map(len, lines[1:])) <= 80
    for text in (
        "Figure 5",
        "queues, P \u2265 m",
        "o3-mini, high load",
        "at load 1.4",
        "priority",
    ):
        assert any(text in each for each in lines), text


def test_everything_is_written(written: tuple[Path, str]) -> None:
    folder, _ = written
    wanted = [f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")]
    wanted += [f"{name}.{kind}" for name in FRAMES for kind in ("csv", "parquet")]
    wanted += ["report.html", "settings.json"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(wanted)
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    assert (settings["seed"], settings["games"], settings["tasks"]) == (1, 1, 20)
    for name in FRAMES:
        frame = pd.read_parquet(folder / f"{name}.parquet")
        assert len(frame) == len(pd.read_csv(folder / f"{name}.csv")) > 0
    assert len(pd.read_parquet(folder / "figure5.parquet")) == 25
    assert len(pd.read_parquet(folder / "separate_simulated.parquet")) == 18


def test_the_page_is_self_contained(written: tuple[Path, str]) -> None:
    page = (written[0] / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == len(FIGURES)
    assert not re.search(r"<(script|link|img|iframe)\b|@import|src=|url\((?!#)", page)
    assert "nan" not in re.sub(r"<svg.*?</svg>|finance", "", page, flags=re.DOTALL)


def test_any_number_of_workers_gives_the_same_bytes(
    written: tuple[Path, str], tmp_path: Path
) -> None:
    assert run("--workers", "2", "--out", str(tmp_path)).exit_code == 0
    for path in written[0].iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--cells", "1"), "cells = 1 must be a whole number from 2 to 101"),
        (("--games", "0"), "games = 0 must be a whole number from 1 to 100000"),
        (("--tasks", "19"), "tasks = 19 must be a whole number from 20 to 1000000"),
        (("--tasks", "many"), "'many' is not a valid integer"),
        (("--replications", "1"), "replications = 1 must be a whole number from 2 to 1000"),
        (("--seed", "-1"), "seed = -1 must be"),
        (("--workers", "0"), "workers = 0 must be"),
    ],
)
def test_bad_input_is_one_line(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    result = run("--out", str(tmp_path / "study"), *options)
    assert result.exit_code == 2
    assert message in result.output
    assert len(result.output.splitlines()) == 1
    assert not (tmp_path / "study").exists()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("taken", encoding="utf-8")
    result = run("--out", str(tmp_path / "file"))
    assert result.exit_code == 2
    assert "must be a place that can be written" in result.output
    assert len(result.output.splitlines()) == 1


def test_an_error_on_the_way_leaves_no_half_written_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(study, "study", lambda *_: None)
    monkeypatch.setattr(throttling_study_report, "report", fails)
    result = run("--workers", "1", "--out", str(tmp_path))
    assert result.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_an_answer_that_does_not_fit_goes_below() -> None:
    assert line("question", "answer", 10) == "question\n    answer"


def test_the_systems_have_the_loads_and_retries_that_are_stated() -> None:
    """gpt-4o/o3-mini: M2 is always asked, 1 / .297 passes of 26.09 s on 8 slots."""
    sizes = study.Sizes()
    start = systems.system("gpt-4o/o3-mini", 0.9, sizes)
    second = start.game.models[1]
    seconds = second.t / start.value_of_time / second.p
    arrivals: Any = start.arrivals
    assert arrivals.rate * seconds / 8 == pytest.approx(0.9)
    made = systems.storms(sizes)
    rules: list[Any] = [made[key].person.persistence for key in list(made)[:2]]
    nag, back_off = rules
    assert nag.attempts - 1 == systems.RETRIES
    waits = [2**k / 2 for k in range(back_off.attempts - 1)]
    assert sum(waits) == pytest.approx(systems.RETRIES, abs=0.6)
    population = systems.classes(sizes).start.arrivals
    assert isinstance(population, Population)
    assert population.rate * seconds / 8 == pytest.approx(0.61, abs=0.005)

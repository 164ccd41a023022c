"""`queuit findings`: what it writes and prints, and how it refuses bad input."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from analysis.claims import study
from analysis.claims.findings import HEADLINES
from analysis.games.catalogue import pairs
from analysis.report import report
from scenarios import findings

SMALL = ("--games", "150", "--workers", "1")
FIGURES = ("optima", "misalignment", "throttling", "safe_penalties")
FRAMES = ("claims", "played", "compared")


def run(*options: str) -> Result:
    return CliRunner().invoke(findings.command, options)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("findings") / "new"
    result = run(*SMALL, "--out", str(folder))
    assert result.exit_code == 0, result.output
    return folder, result.output


def test_the_table_fits_a_terminal_and_tells_what_was_found(written: tuple[Path, str]) -> None:
    folder, output = written
    lines = output.splitlines()
    assert lines[0] == f"report: {folder / 'report.html'}"
    assert max(map(len, lines[1:])) <= 80
    for headline in HEADLINES:
        assert sum(line.strip().startswith(headline) for line in lines) == 1
    assert "150 games solved, 150 simulated; largest |z|" in output
    claims = pd.read_parquet(folder / "claims.parquet")
    static = claims[(claims.claim == "static") & (claims.group == "all")]
    for estimate, low, high in static[["estimate", "ci_low", "ci_high"]].to_numpy():
        assert f"{estimate:.1%} [{100 * low:.1f}, {100 * high:.1f}]" in output


def test_everything_is_written(written: tuple[Path, str]) -> None:
    folder, _ = written
    wanted = [f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")]
    wanted += [f"{name}.{kind}" for name in FRAMES for kind in ("csv", "parquet")]
    wanted += ["pairs.csv", "pairs.parquet", "report.html", "settings.json"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(wanted)
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    assert (settings["seed"], settings["games"], settings["simulated_games"]) == (1, 150, 150)
    for name in FRAMES:
        frame = pd.read_parquet(folder / f"{name}.parquet")
        assert frame.columns[0] == "distribution"
        assert set(frame.distribution) == set(settings["distributions"])
        assert len(pd.read_csv(folder / f"{name}.csv")) == len(frame)
    stable = pd.read_csv(folder / "pairs.csv").set_index("pair")
    assert list(stable.index) == list(pairs())
    assert 0.26 < stable.order_changes["gpt-4.1/o3"] < 0.31


def test_the_page_is_self_contained(written: tuple[Path, str]) -> None:
    page = (written[0] / "report.html").read_text(encoding="utf-8")
    assert page.count("<svg") == len(FIGURES)
    assert not re.search(r"<(script|link|img|iframe)\b|@import|src=|url\((?!#)", page)
    outside = re.findall(r'href="([^"]*)"', page)
    assert all(link.startswith("#") for link in outside)
    assert all(f"<td>{name}</td>" in page for name in pairs())
    assert "nan" not in re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)


@pytest.mark.slow
def test_any_number_of_workers_gives_the_same_bytes(
    written: tuple[Path, str], tmp_path: Path
) -> None:
    folder, _ = written
    assert run("--games", "150", "--workers", "2", "--out", str(tmp_path)).exit_code == 0
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_without_out_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*SMALL, "--seed", "2")
    assert result.exit_code == 0
    assert "report" not in result.output
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--games", "99"), "games = 99 must be a whole number from 100 to 1000000"),
        (("--games", "1000001"), "games = 1000001 must be"),
        (("--games", "many"), "'many' is not a valid integer"),
        (("--seed", "-1"), "seed = -1 must be"),
        (("--seed", str(2**64)), "seed = 18446744073709551616 must be"),
        (("--workers", "0"), "workers = 0 must be"),
    ],
)
def test_bad_input_is_one_line(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    result = run(*SMALL, "--out", str(tmp_path / "findings"), *options)
    assert result.exit_code == 2
    assert message in result.output
    assert len(result.output.splitlines()) == 1
    assert not (tmp_path / "findings").exists()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("taken", encoding="utf-8")
    result = run(*SMALL, "--out", str(tmp_path / "file"))
    assert result.exit_code == 2
    assert "must be a place that can be written" in result.output
    assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(("module", "name"), [(study, "simulated"), (report, "render")])
def test_an_error_on_the_way_leaves_no_half_written_file(
    module: object, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(module, name, fails)
    assert run(*SMALL, "--out", str(tmp_path)).exit_code != 0
    assert not list(tmp_path.iterdir())

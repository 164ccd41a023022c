"""`queuit congestion`: what it prints and writes, and how it refuses bad input."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from analysis.congestion import study
from analysis.congestion.page import FRAMES
from scenarios import congestion

FIGURES = (
    "load", "regimes", "thresholds", "interior", "fictitious_play", "errors", "routers",
)  # fmt: skip


def run(*options: str) -> Result:
    return CliRunner().invoke(congestion.command, options)


@pytest.mark.slow
def test_everything_is_written_and_fits_a_terminal(tmp_path: Path) -> None:
    result = run("--games", "30", "--tasks", "60", "--workers", "2", "--out", str(tmp_path))
    assert result.exit_code == 0, result.output
    assert max(map(len, result.output.splitlines()[1:])) <= 80
    wanted = [f"{name}.{kind}" for name in FIGURES for kind in ("png", "svg")]
    wanted += [f"{name}.{kind}" for name in (*FRAMES, "paths") for kind in ("csv", "parquet")]
    wanted += ["report.html", "settings.json"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(wanted)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["']?http|url\((?!#)|@import""", page)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--games", "9"), "games = 9 must be a whole number from 10 to 100000"),
        (("--tasks", "1"), "tasks = 1 must be a whole number from 50 to 1000000"),
        (("--seed", "-1"), "seed = -1 must be"),
        (("--workers", "0"), "workers = 0 must be"),
    ],
)
def test_bad_input_is_one_line(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    result = run(*options, "--out", str(tmp_path / "new"))
    assert result.exit_code == 2
    assert message in result.output
    assert len(result.output.splitlines()) == 1
    assert not (tmp_path / "new").exists()


def test_random_games_are_feasible_and_as_stated() -> None:
    size = study.Size(games=200)
    games = study.random_games(size)
    assert games == study.random_games(size)
    for game in games:
        least = min(station.capacity for station in game.stations)
        assert 0.05 * least <= game.arrival_rate <= 0.95 * least
        assert all(1 <= station.slots <= 4 for station in game.stations)

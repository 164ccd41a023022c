"""`queuit throttle incentive`: three ways to run it, its JSON, its files, its refusals."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scenarios.throttling_incentive import command

SMALL = ("--game", "R2", "--axis", "penalty=0:1:5", "--tasks", "200")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def test_json_has_a_row_per_game_and_is_the_same_for_any_number_of_workers() -> None:
    one = run(*SMALL, "--json")
    assert one.exit_code == 0
    rows = json.loads(one.output)
    assert [row["penalty"] for row in rows] == [0, 0.25, 0.5, 0.75, 1]
    assert set(rows[0]) == {
        "penalty", "gain_exact", "gain_simulated", "standard_error", "user_loss_exact",
        "user_loss_simulated", "user_loss_standard_error",
    }  # fmt: skip
    assert run(*SMALL, "--json", "--workers", "2").output == one.output


def test_two_axes_and_files(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "place"
    line = (*SMALL, "--axis", "c2=.3:.5:3", "--out", str(out))
    result = run(*line)
    assert result.exit_code == 0
    assert {path.name for path in out.iterdir()} == {
        "report.html", "incentive.png", "incentive.svg", "incentive.parquet", "incentive.csv",
        "settings.json",
    }  # fmt: skip
    assert result.stdout.splitlines()[-1] == f"report: {out / 'report.html'}"
    machine = run(*line, "--json")
    assert machine.stderr == f"report: {out / 'report.html'}\n"
    assert len(json.loads(machine.stdout)) == 15
    page = (out / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["']?http|url\((?!#)|@import""", page)
    assert not re.search(r"[a-z0-9]\.[A-Z]", re.sub("<.*?>", "", page))  # a space between sentences
    assert len((out / "incentive.csv").read_text().splitlines()) == 1 + 15


def test_a_long_table_is_thinned_along_each_axis() -> None:
    lines = run(
        *SMALL[:2], "--axis", "penalty=0:1:9", "--axis", "c2=.3:.5:11", "--tasks", "9"
    ).output
    shown = [line.split()[:2] for line in lines.splitlines()[1:-2]]
    penalties, costs = ("0", "0.25", "0.5", "0.75", "1"), ("0.3", "0.36", "0.42", "0.48", "0.5")
    assert shown == [[penalty, cost] for penalty in penalties for cost in costs]
    assert "(25 of 99 games are shown;" in lines


def test_a_number_that_an_axis_varies_need_not_be_given() -> None:
    numbers = ("--p", ".2", ".6", "--t", ".2", ".7", "--c", ".1", ".5", "--value", "2")
    assert run(*numbers, *SMALL[2:]).output == run(*numbers, "--penalty", "7", *SMALL[2:]).output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--axis", "penalty"), "axis = 'penalty' must be NAME=LO:HI:COUNT"),
        (("--axis", "penalty=0:1"), "axis = 'penalty=0:1' must be NAME=LO:HI:COUNT"),
        (("--axis", "x=0:1:2"), "axis = 'x' must be one of p1"),
        (("--axis", "penalty=-1:1:3"), "penalty = -1.0 must be a finite number of at least 0"),
        (("--axis", "p1=.1:.9:3"), "must be less than p2"),
        (("--axis", "penalty=0:1:3", "--tasks", "0"), "tasks = 0 must be a whole number"),
        (("--axis", "penalty=0:1:3", "--out", "/dev/null/x"), "out = '/dev/null/x' must be"),
        ((), "Missing option '--axis'"),
    ],
)
def test_nonsense_is_one_line(arguments: tuple[str, ...], message: str) -> None:
    result = run("--game", "R2", *arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert len(result.output.strip().splitlines()) == 1

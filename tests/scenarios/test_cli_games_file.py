"""`queuit solve --games`: a table of games."""

import csv
import json
import math
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import floats, lists, sampled_from

from scenarios.options.games_text import shown
from tests.tools.running import COLUMNS, SOLVED, TABLE, Ran, queuit, refused, row

HEADER = ",".join(COLUMNS)
GOOD = ".3,.6,.2,.7,.4,.5,1,3"


def solve_file(tmp_path: Path, text: str | bytes) -> tuple[Ran, Path]:
    source, target = tmp_path / "games.csv", tmp_path / "solved.csv"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    return queuit("solve", "--games", source, "--out", target), target


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(path.read_text(encoding="utf-8"))))


def cell(value: object) -> str:
    return "" if value is None else json.dumps(value).strip('"')


def test_a_table_of_games_gives_what_single_games_give(tmp_path: Path) -> None:
    # any order of columns, columns of one's own, a byte order mark, blank lines
    lines = [
        ",".join(["label", *map(str, row(name)[::-1]), f'"{name}, said ""so"""']) for name in TABLE
    ]
    header = ",".join(["kind", *COLUMNS[::-1], "note"])
    ran, target = solve_file(tmp_path, "\ufeff" + "\n\n".join([header, *lines]) + "\n\n")
    assert ran.code == 0, ran.err
    rows = read(target)
    assert len(rows) == len(TABLE)
    for name, found in zip(TABLE, rows, strict=True):
        single = queuit("solve", "--game", name, "--json").json
        low, high = single["cascade_range"] or (None, None)
        single |= {"cascade_low": low, "cascade_high": high}
        for column in (*SOLVED, "cascade_low", "cascade_high"):
            assert found[column] == cell(single[column]), (name, column)
        assert (found["kind"], found["note"]) == ("label", f'{name}, said "so"')
        assert [float(found[column]) for column in COLUMNS] == row(name)


def test_a_table_may_have_one_row_or_none(tmp_path: Path) -> None:
    ran, target = solve_file(tmp_path, f"{HEADER}\n{GOOD}\n")
    assert ran.code == 0
    [only] = read(target)
    assert only["statement"] == "Theorem A"
    assert only["tie"] == "false"
    header = target.read_text().splitlines()[0]
    ran, target = solve_file(tmp_path, f"{HEADER}\n")
    assert ran.code == 0
    assert target.read_text().splitlines() == [header]


@pytest.mark.parametrize("size", [1, 3, 7, 14])
def test_parts_of_a_table_do_not_show(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join([HEADER, *(",".join(map(str, row(name))) for name in TABLE)])
    _, target = solve_file(tmp_path, text)
    whole = target.read_bytes()
    monkeypatch.setattr("scenarios.options.games_rows._BLOCK", 40 * size)
    monkeypatch.setattr("scenarios.options.games_rows._PART", size)
    for blank in ("", " ", "\f"):  # with the last one all are read row by row
        table = text.replace(",1.25", f",{blank}1.25")
        assert solve_file(tmp_path, table)[0].out == f"14 games solved: {target}\n"
        assert target.read_bytes().replace(f",{blank}".encode(), b",") == whole
    before = target.read_bytes()
    refused(solve_file(tmp_path, f"{text}\n\n{GOOD[:-1]}-1\n")[0], "line 17", "penalty", "-1")
    assert target.read_bytes() == before


def test_a_plain_table_is_not_read_row_by_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scenarios.options.games_file.one_by_one", pytest.fail)
    ran, _ = solve_file(
        tmp_path,
        f'\ufeff{HEADER},note\r\n{GOOD},x\r\n\r\n{GOOD},"y, z"\n{GOOD.replace(",", " , ")},',
    )
    assert ran.code == 0


@pytest.mark.parametrize("number", ["1", " 1", "1\n"])  # with the last all are read row by row
def test_texts_of_ones_own_stay_as_they_are(number: str, tmp_path: Path) -> None:
    notes = ["a, b", 'say "so"', "two\nlines", "a\rb", "", " x ", "é", "# 1", "nan", "'", "\\"]
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["my\nnote", *COLUMNS])
    rows = [[note, ".3", ".60", "2E-1", "0.7", ".40", "5e-1", number, "+3"] for note in notes]
    writer.writerows(rows)
    ran, target = solve_file(tmp_path, text.getvalue())
    assert ran.code == 0, ran.err
    with target.open(newline="", encoding="utf-8") as file:
        header, *found = csv.reader(file)
    assert header[:9] == ["my\nnote", *COLUMNS]
    assert [cells[:9] for cells in found] == rows


@given(lists(floats(allow_nan=True) | sampled_from([0.0, -0.0, 1e-4, 1e10, 1e16, 0.5])))
def test_results_are_shown_as_python_shows_them(numbers: list[float]) -> None:
    texts = [repr(x) if math.isfinite(x) else "" for x in numbers]
    assert shown(np.array(numbers, float)).to_pylist() == texts


def test_a_table_can_replace_itself(tmp_path: Path) -> None:
    file = tmp_path / "games.csv"
    file.write_text(f"{HEADER}\n{GOOD}\n")
    assert queuit("solve", "--games", file, "--out", file).code == 0
    first = file.read_text()
    assert queuit("solve", "--games", file, "--out", file).code == 0
    assert file.read_text() == first


@pytest.mark.parametrize(
    ("broken", "parts"),
    [
        (".3,abc,.2,.7,.4,.5,1,3", ("p2", "'abc'", "number")),
        (".3,,.2,.7,.4,.5,1,3", ("p2", "''", "number")),
        (".3,1.5,.2,.7,.4,.5,1,3", ("p2", "1.5", "between 0 and 1")),
        (".7,.6,.2,.7,.4,.5,1,3", ("p1", "0.7", "less than")),
        (".3,.6,nan,.7,.4,.5,1,3", ("t1", "nan", "greater than 0")),
        (".3,.6,.2,.7,.4,1e999,1,3", ("c2", "inf", "finite")),
        (".3,.6,.2,.7,.4,.5,-1,3", ("value", "-1", "greater than 0")),
        (".3,.6,.2,.7,.4,.5,1,-3", ("penalty", "-3", "at least 0")),
        (".3,.6,.2,.7,.4,.5,1", ("7 cells", "8")),
        (".3,.6,.2,.7,.4,.5,1,3,4", ("9 cells", "8")),
    ],
)
def test_a_broken_row_is_named_by_its_line(
    broken: str, parts: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "solved.csv").write_text("before")
    ran, target = solve_file(tmp_path, f"{HEADER}\n{GOOD}\n\n{broken}\n{GOOD}\n")
    refused(ran, "line 4", *parts)
    assert target.read_text() == "before"
    assert {file.name for file in tmp_path.iterdir()} == {"games.csv", "solved.csv"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("p1,p2,t1,t2,c1,c2,value\n.3,.6,.2,.7,.4,.5,1\n", ("penalty",)),
        (f"{HEADER},p1\n{GOOD},.3\n", ("p1",)),
        ("", ("p1", "penalty")),
        (b"\xff\xfe\x00\n", ()),
    ],
)
def test_a_file_that_is_no_table_of_games_is_refused(
    text: str | bytes, parts: tuple[str, ...], tmp_path: Path
) -> None:
    ran, _ = solve_file(tmp_path, text)
    refused(ran, "games", "games.csv", *parts)
    assert [file.name for file in tmp_path.iterdir()] == ["games.csv"]


def test_places_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    source, file, directory = tmp_path / "games.csv", tmp_path / "file", tmp_path / "directory"
    source.write_text(f"{HEADER}\n{GOOD}\n")
    file.write_text("before")
    directory.mkdir()
    refused(queuit("solve", "--games", tmp_path / "no.csv", "--out", file), "games", "no.csv")
    refused(queuit("solve", "--games", directory, "--out", file), "games", str(directory))
    refused(queuit("solve", "--games", source, "--out", file / "x"), "out", str(file / "x"))
    refused(queuit("solve", "--games", source, "--out", directory), "out", str(directory))
    for out in (file, file / "x"):
        refused(queuit("simulate", "--game", "R1", "--tasks", 9, "--out", out), "out", str(out))
    assert file.read_text() == "before"
    assert {each.name for each in tmp_path.rglob("*")} == {"games.csv", "file", "directory"}

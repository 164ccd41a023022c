"""Tables of games: CSV in, CSV out, a part at a time, whole or not at all."""

import csv
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, TextIO, TypeVar

import numpy as np

from analysis.report.files import check_replaceable, whole_file
from scenarios.options.games_rows import COLUMNS, Part, Row, one_by_one, quickly
from scenarios.options.games_text import lines, quoted, shown, strings
from scenarios.terminal.output import progress
from sim.checks import InputError, refuse
from sim.game import Game

T = TypeVar("T")
Solve = Callable[[Game], dict[str, Any]]


def solve_file(source: Path, target: Path, solve: Solve) -> int:
    """Write the rows of ``source`` with the columns of ``solve`` to ``target``; count them.

    Columns of one's own are kept, those called like a result replaced. InputError names the line
    of a row that is no game; then ``target`` stays as it was.
    """
    check_replaceable(target)
    try:
        with source.open(newline="", encoding="utf-8-sig") as file:
            header, before, rows = _read(source, file)
            with (
                progress(source.stat().st_size, "solving") as advance,
                whole_file(target) as temporary,
                temporary.open("wb") as out,
            ):
                with suppress(ValueError):
                    return _write(header, quickly(source, header, before, advance), solve, out)
                out.seek(0)
                out.truncate()
                return _write(header, one_by_one(file, header, rows, advance), solve, out)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        refuse("games", str(source), f"a readable CSV file ({error})")


def _read(source: Path, file: TextIO) -> tuple[list[str], int, Iterator[Row]]:
    """The header, its lines, and the rows that are not blank, each with its line."""
    reader = csv.reader(file)
    header = [name.strip() for name in next(reader, [])]
    missing = [name for name in COLUMNS if header.count(name) != 1]
    if missing:
        refuse("games", str(source), f"a CSV file with one column each for {', '.join(missing)}")

    def rows() -> Iterator[Row]:
        for cells in reader:
            if any(map(str.strip, cells)):
                if len(cells) != len(header):
                    must = f"{len(cells)} cells must be {len(header)}, as in line 1"
                    raise InputError(f"line {reader.line_num}: {must}")
                yield reader.line_num, cells

    return header, reader.line_num, rows()


def _write(header: list[str], parts: Iterator[Part], solve: Solve, out: BinaryIO) -> int:
    none = np.zeros((2, 0))
    names = list(solve(Game.of(tuple(none), tuple(none), tuple(none), *none)))
    kept = [i for i, name in enumerate(header) if name not in names]
    out.write(lines([quoted(strings([name])) for name in [*(header[i] for i in kept), *names]]))
    count = 0
    for cells, results in _ahead((cells, solve(game)) for game, cells in parts):
        out.write(lines([*(cells[i] for i in kept), *map(shown, results.values())]))
        count += len(cells[0])
    return count


def _ahead(items: Iterator[T]) -> Iterator[T]:
    """The items, each of which is made while the one before is used."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item

"""Tables of games: CSV in, CSV out, a part at a time, whole or not at all."""

import csv
import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from analysis.report.files import check_replaceable, whole_file
from scenarios.terminal.output import progress
from sim.checks import InputError, refuse
from sim.game import Game

COLUMNS = ("p1", "p2", "t1", "t2", "c1", "c2", "value", "penalty")
_PART = 20_000  # rows at once
Row = tuple[int, list[str]]  # its line, and its cells
Solve = Callable[[Game], dict[str, Any]]


def solve_file(source: Path, target: Path, solve: Solve) -> int:
    """Write the rows of ``source`` with the columns of ``solve`` to ``target``; count them.

    Columns of one's own are kept, those called like a result replaced. InputError names the line
    of a row that is no game; then ``target`` stays as it was.
    """
    check_replaceable(target)
    try:
        with source.open(newline="", encoding="utf-8-sig") as file:
            header, rows = _read(source, file)
            with (
                progress(source.stat().st_size, "solving") as advance,
                whole_file(target) as temporary,
                temporary.open("w", newline="", encoding="utf-8") as out,
            ):
                return _write(header, rows, solve, out, lambda: advance(_position(file)))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        refuse("games", str(source), f"a readable CSV file ({error})")


def _position(file: TextIO) -> int:
    """Bytes that have been read; 0 for a pipe."""
    try:
        return os.lseek(file.fileno(), 0, os.SEEK_CUR)
    except OSError:
        return 0


def _write(
    header: list[str], rows: Iterator[Row], solve: Solve, out: TextIO, advance: Callable[[], None]
) -> int:
    writer = csv.writer(out, lineterminator="\n")
    where = [header.index(name) for name in COLUMNS]
    count, kept = 0, None
    while (part := list(islice(rows, _PART))) or kept is None:
        results = solve(_games(part, where))
        if kept is None:
            kept = [i for i, name in enumerate(header) if name not in results]
            writer.writerow([header[i] for i in kept] + list(results))
        own = ([cells[i] for _, cells in part] for i in kept)
        writer.writerows(zip(*own, *map(_texts, results.values()), strict=True))
        count += len(part)
        advance()
    return count


def _read(source: Path, file: TextIO) -> tuple[list[str], Iterator[Row]]:
    """The header, and the rows that are not blank, each with its line."""
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

    return header, rows()


def _games(rows: list[Row], where: list[int]) -> Game:
    """All rows as one game of arrays; the first row that is no game is named by its line."""
    try:
        return _game(np.array([[float(cells[i]) for i in where] for _, cells in rows]))
    except ValueError:
        for line, cells in rows:
            try:
                _game(np.array([_number(cells[i], k) for k, i in enumerate(where)]))
            except InputError as error:
                raise InputError(f"line {line}: {error}") from None
        raise


def _game(table: Any) -> Game:
    p1, p2, t1, t2, c1, c2, value, penalty = table.reshape(-1, len(COLUMNS)).T
    game = Game.of((p1, p2), (t1, t2), (c1, c2), value, penalty)
    game.pair()
    return game


def _number(text: str, column: int) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{COLUMNS[column]} = {text!r} must be a number") from None


def _texts(column: Any) -> Any:
    """A column of results for CSV: what is not finite stays empty."""
    if column.dtype == bool:
        return np.where(column, "true", "false").tolist()
    if column.dtype.kind != "f":
        return column.tolist()
    cells = column.astype(object)
    cells[~np.isfinite(column)] = None
    return cells.tolist()

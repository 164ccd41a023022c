"""Rows of a CSV file as games, some at a time: quickly where they are plain, else one by one."""

import os
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import compute
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, open_csv

from scenarios.options.games_text import quoted, strings
from sim.checks import InputError
from sim.game import Game

COLUMNS = ("p1", "p2", "t1", "t2", "c1", "c2", "value", "penalty")
_PART = 20_000  # rows that are read one by one
_BLOCK = 2**20  # bytes that are read quickly
Row = tuple[int, list[str]]  # its line, and its cells


class Part(NamedTuple):
    """Some rows: one game of arrays, and every column of the file, quoted where it must be."""

    game: Game
    cells: list[Any]


def quickly(
    source: Path, header: list[str], before: int, advance: Callable[[int], None]
) -> Iterator[Part]:
    """What follows the ``header`` of ``before`` lines, read by pyarrow.

    A ValueError says that `one_by_one` must read it instead: a pipe, which cannot be read twice,
    what pyarrow takes for no row or no number, and what is no game.
    """
    if not source.is_file():
        raise ValueError(f"{source} is no file")
    names = [str(i) for i in range(len(header))]
    with source.open("rb") as file:
        batches = open_csv(
            file,
            ReadOptions(block_size=_BLOCK, skip_rows=before, column_names=names),
            ParseOptions(newlines_in_values=True),
            ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
        for batch in batches:
            numbers = (batch.column(header.index(name)) for name in COLUMNS)
            game = _game([_floats(column) for column in numbers])
            cells = zip(header, batch.columns, strict=True)
            yield Part(game, [x if name in COLUMNS else quoted(x) for name, x in cells])
            advance(_position(file))


def _floats(column: Any) -> Any:
    """Numbers, with or without blanks around them; a ValueError if one is none."""
    return np.from_dlpack(compute.cast(compute.ascii_trim(column, " \t"), pa.float64()))


def one_by_one(
    file: IO[Any], header: list[str], rows: Iterator[Row], advance: Callable[[int], None]
) -> Iterator[Part]:
    """The ``rows`` of ``file``; InputError names the line of the first that is no game."""
    while part := list(islice(rows, _PART)):
        yield _part(part, header)
        advance(_position(file))


def _position(file: IO[Any]) -> int:
    """Bytes that have been read; 0 for a pipe."""
    try:
        return os.lseek(file.fileno(), 0, os.SEEK_CUR)
    except OSError:
        return 0


def _part(rows: list[Row], header: list[str]) -> Part:
    columns = [[cells[i] for _, cells in rows] for i in range(len(header))]
    texts = [columns[header.index(name)] for name in COLUMNS]
    try:
        game = _game([np.array(list(map(float, column))) for column in texts])
    except ValueError as error:
        raise _first_error(rows, texts) or error from None
    return Part(game, [quoted(strings(column)) for column in columns])


def _first_error(rows: list[Row], texts: list[list[str]]) -> InputError | None:
    """The error of the first row that is no game, which names its line."""
    for (line, _), cells in zip(rows, zip(*texts, strict=True), strict=True):
        try:
            _game([np.array([_number(*each)]) for each in zip(COLUMNS, cells, strict=True)])
        except InputError as error:
            return InputError(f"line {line}: {error}")
    return None


def _game(columns: Any) -> Game:
    p1, p2, t1, t2, c1, c2, value, penalty = columns
    game = Game.of((p1, p2), (t1, t2), (c1, c2), value, penalty)
    game.pair()
    return game


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{name} = {text!r} must be a number") from None

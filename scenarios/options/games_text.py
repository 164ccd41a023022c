"""Columns of numbers as columns of text, and those as the lines of a CSV file.

All in pyarrow's memory, where a column is text end to end. `pa.array`, `pa.scalar` and `to_numpy`
would import pandas, which takes longer than a small file.
"""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import compute


def strings(texts: Iterable[str]) -> Any:
    """A column of these texts."""
    cells = [text.encode() for text in texts]
    ends = np.cumsum([0, *map(len, cells)], dtype=np.int32)
    return pa.Array.from_buffers(
        pa.string(), len(cells), [None, pa.py_buffer(ends), pa.py_buffer(b"".join(cells))]
    )


_COMMA, _END, _QUOTE, _NOTHING = strings([",", "\n", '"', ""])


def lines(columns: list[Any]) -> Any:
    """The bytes of the rows of some columns of text."""
    *most, last = columns
    ends = compute.binary_join_element_wise(last, _NOTHING, _END)
    return compute.binary_join_element_wise(*most, ends, _COMMA).buffers()[2]


def quoted(column: Any) -> Any:
    """Text as in a CSV file, in quotes where it must be."""
    odd = compute.match_substring_regex(column, '[",\r\n]')
    if not odd.true_count:
        return column
    inside = compute.replace_substring(column, '"', '""')
    around = compute.binary_join_element_wise(_QUOTE, inside, _QUOTE, _NOTHING)
    return compute.if_else(odd, around, column)


def shown(column: Any) -> Any:
    """Numbers, texts or truths as Python shows them; a number that is not finite stays empty."""
    if column.dtype != np.float64:
        return _each_once(column)
    size = np.abs(column)
    # pyarrow shows whole numbers, very small and very large ones in another way; most are 0 or 1
    others = ~((size >= 1e-4) & (size < 1e10) & (column != np.trunc(column)))
    texts = compute.cast(_column(pa.float64(), column), pa.string())
    if not others.any():
        return texts
    bits = np.packbits(others, bitorder="little")
    where = pa.Array.from_buffers(pa.bool_(), len(column), [None, pa.py_buffer(bits)])
    return compute.replace_with_mask(texts, where, _each_once(column[others]))


def _each_once(column: Any) -> Any:
    """The texts of a column of few distinct values, which are told apart by their bytes."""
    codes = _column(pa.binary(column.itemsize), column).dictionary_encode()
    distinct = np.frombuffer(codes.dictionary.buffers()[1], column.dtype, len(codes.dictionary))
    return strings(map(_text, distinct.tolist())).take(codes.indices)


def _column(kind: Any, values: Any) -> Any:
    data = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(kind, len(values), [None, data])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if isinstance(value, float) and not math.isfinite(value) else str(value)

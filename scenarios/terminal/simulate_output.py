"""What a simulation says, and the files that keep it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from scenarios.terminal.output import check_replaceable, check_writable, to_json, whole_file
from sim.summary import METRICS

if TYPE_CHECKING:
    from analysis.statistics.intervals import Estimate
    from sim import Result, Scenario

_FILES = ("scenario.json", "summary.parquet", "passes.parquet", "tasks.parquet")
ROWS = 100_000  # of a row group
_FEW = 2**16  # bytes of different values up to which a column is kept as such


class Files:
    """Tasks and passes are written as they come, a summary and the scenario at the end."""

    def __init__(self, paths: dict[str, Path]) -> None:
        self._paths = paths
        self.tables = {name: _Table(paths[f"{name}.parquet"]) for name in ("tasks", "passes")}

    def add(self, result: "Result") -> "Result":
        """Write down a run, or the next part of it; hands it on."""
        self.tables["tasks"].add(result.task_frame())
        self.tables["passes"].add(result.pass_frame())
        return result

    def finish(self, scenario: "Scenario", answer: dict[str, Any]) -> None:
        """Write down what was played, and what is said of it."""
        rows = [{"metric": name, **answer[name]} for name in METRICS]
        summary = pd.DataFrame(rows).astype({"exact": float})
        summary.to_parquet(self._paths["summary.parquet"], index=False)
        stored = {"version": version("queuit"), "scenario": scenario.to_dict(), "answer": answer}
        self._paths["scenario.json"].write_text(to_json(stored) + "\n", encoding="utf-8")


@contextmanager
def files(out: Path) -> Iterator[Files]:
    """The files of a run in ``out``: they appear when the block ends, unless by an error."""
    check_writable(out)
    for name in _FILES:
        check_replaceable(out / name)
    with ExitStack() as stack:
        paths = {name: stack.enter_context(whole_file(out / name)) for name in _FILES}
        kept = Files(paths)
        try:
            yield kept
        finally:
            for table in kept.tables.values():
                table.close()


class _Table:
    """A parquet file whose row groups do not depend on how many rows come at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: Any = None
        self._rest: Any = None

    def add(self, frame: pd.DataFrame) -> None:
        if self._writer is None:
            self._open(pa.Schema.from_pandas(frame, preserve_index=False))
        more = pa.Table.from_pandas(frame, self._writer.schema, preserve_index=False)
        rows = pa.concat_tables([self._rest, more])
        whole = len(rows) // ROWS * ROWS
        for first in range(0, whole, ROWS):
            self._write(rows.slice(first, ROWS))
        self._rest = rows.slice(whole).combine_chunks()  # a copy: of a slice all would be kept

    def close(self) -> None:
        if self._writer is not None:
            self._write(self._rest)
            self._writer.close()

    def _open(self, schema: Any) -> None:
        self._writer = ParquetWriter(
            self._path,
            schema,
            dictionary_pagesize_limit=_FEW,
            use_dictionary=[name for name in schema.names if name != "task"],
            column_encoding={"task": "DELTA_BINARY_PACKED"},
        )
        self._rest = schema.empty_table()

    def _write(self, rows: Any) -> None:
        if len(rows):
            self._writer.write_table(rows.combine_chunks(), ROWS)


def as_text(answer: dict[str, Any], estimates: dict[str, "Estimate"], notes: list[str]) -> str:
    """A table of the metrics, everything else, and what to know about it."""
    lines = [f"{'':<16}{'mean':>14}{'95% interval':>32}{'exact':>16}"]
    for name, value in estimates.items():
        low, high = value.interval()
        exact = answer[name]["exact"]
        interval = f"[{low:.6g}, {high:.6g}]" if low <= high else "-"
        known = "-" if exact is None else f"{exact:.8g}"
        mean = "-" if value.mean != value.mean else f"{value.mean:.8g}"  # nobody has left yet
        lines.append(f"{name:<16}{mean:>14}{interval:>32}{known:>16}")
    rest = {name: value for name, value in answer.items() if name not in estimates}
    lines += [
        "",
        *(f"{name:<16}{_shown(value)}" for name, value in rest.items() if name != "engine"),
    ]
    if "engine" in rest:
        lines.append(f"{'engine':<16}{rest['engine']:>14}")
    if notes:
        lines += ["", *notes]
    return "\n".join(lines)


def _shown(value: Any) -> str:
    """A number, or one per model."""
    if isinstance(value, list):
        return "".join(f"{number:>14.8g}" for number in value)
    if value is None or isinstance(value, bool):
        return f"{'-' if value is None else str(value).lower():>14}"
    return f"{value:>14.8g}"

"""What all parts of the benchmark need: rows, clocks, fresh processes."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, process_time

# as on most machines: Python keeps the bytecode of what is imported, the first round writes it
USUAL = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(eq=False)
class Row:
    """One line of the table: measurements of all rounds, compared with those of ``base``."""

    name: str
    unit: str
    base: str = ""
    values: list[float] = field(default_factory=list)


def timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def busy(work: Callable[[], object]) -> float:
    """Seconds of processor time, which other programs lengthen less."""
    start = process_time()
    work()
    return process_time() - start


def fresh(program: str) -> list[float]:
    """The numbers that a process of its own prints."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, env=USUAL)
    return [float(number) for number in done.stdout.split()]


def wall_time(*command: str) -> float:
    start = perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=USUAL)
    return 1000 * (perf_counter() - start)


def table(rows: list[Row]) -> str:
    """Median, range and, for what has something to be compared with, the ratio of medians."""
    medians = {row.name: median(row.values) for row in rows}
    lines = [f"{'':<24}{'median':>10}{'least':>10}{'most':>10}  {'unit':<20}ratio"]
    for row in rows:
        numbers = (medians[row.name], min(row.values), max(row.values))
        ratio = f"{medians[row.name] / medians[row.base]:.2f}" if row.base else ""
        figures = "".join(f"{number:>10.4g}" for number in numbers)
        lines.append(f"{row.name:<24}{figures}  {row.unit:<20}{ratio}".rstrip())
    return "\n".join(lines)

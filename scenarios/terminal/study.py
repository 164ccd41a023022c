"""What the commands of studies share: limits of their numbers, workers, progress, tables.

Nothing heavy is imported before a command runs: `queuit --help` must feel instant.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from rich.table import Table

    from sim.checks import Rule

Limits = Mapping[str, tuple[int, int]]


def check_numbers(limits: Limits, **numbers: float | None) -> None:
    """Refuse the first number that lies outside its limits, both included, or breaks its rule.

    Those with limits are checked first, in the order of ``limits``. Without limits a seed has the
    rule of seeds, ``precision`` and ``indifference`` are positive, and anything else is a count.
    None stands for an option that was not given.
    """
    from sim.checks import COUNT, POSITIVE, SEED, check

    rules = {"seed": SEED, "precision": POSITIVE, "indifference": POSITIVE}
    rules |= {name: _between(*both) for name, both in limits.items()}
    for name in dict.fromkeys((*limits, *numbers)):
        if numbers[name] is not None:
            check(name, numbers[name], rules.get(name, COUNT))


def _between(least: int, most: int) -> "Rule":
    from sim.checks import Rule

    return Rule(f"a whole number from {least} to {most}", lambda number: least <= number <= most)


@contextmanager
def work(
    out: Path | None, workers: int | None, total: int, description: str
) -> "Iterator[tuple[Executor | None, Callable[[int], None]]]":
    """The workers of a study and its progress bar, once it is known that ``out`` can be written."""
    from scenarios.terminal.output import pool, progress

    executor = pool(workers, out)
    with progress(total, description) as advance, executor as entered:
        yield entered, advance


def plain_table(left: Sequence[str], right: Sequence[str]) -> "Table":
    """A table without lines; its columns are aligned to the ``left``, then to the ``right``."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    for name in left:
        table.add_column(name, no_wrap=True)
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def show(table: "Table", markup: bool = False) -> None:
    """Print a table; its cells may have ``markup`` such as [bold]."""
    from rich.console import Console

    Console().print(table, markup=markup)

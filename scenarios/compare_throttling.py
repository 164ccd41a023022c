"""The throttling study: does it pay, whom does it hurt, which strategy for whom."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scenarios.options.games import out_option, seed_option, workers_option
from scenarios.terminal.command import Command
from scenarios.terminal.study import check_numbers

if TYPE_CHECKING:
    from analysis.throttling.study import Sizes, Study

_LIMITS = {
    "cells": (2, 101), "games": (1, 100_000), "replications": (2, 1000), "tasks": (20, 1_000_000),
}  # fmt: skip


@click.command("study", cls=Command)
@click.option(
    "--cells", type=int, default=11, show_default=True, help="Of a simulated map, per axis."
)
@click.option("--games", type=int, default=1000, show_default=True, help="Random, with queues.")
@click.option("--tasks", type=int, default=500, show_default=True, help="Of each run with queues.")
@click.option(
    "--replications", type=int, default=20, show_default=True, help="Of each run, at most."
)
@seed_option
@workers_option
@out_option("report.html, figures, frames and settings.json")
def command(workers: int | None, out: Path | None, **numbers: int) -> None:
    """Which throttling strategy, for whom: the whole study on one page.

    What delays of either model bring the provider, whether a penalty protects users who queue,
    the strategies for two real pairs at low and high load, retry storms, and who is hurt. The same
    options give the same bytes for any number of workers.
    """
    check_numbers(_LIMITS, **numbers, workers=workers)
    from analysis.throttling.findings import findings
    from analysis.throttling.study import Sizes

    sizes = Sizes(**numbers)
    found = _study(sizes, workers, out)
    if out is not None:
        from analysis.throttling.page import report

        click.echo(f"report: {report(found).write(out)}")
    for finding in findings(found):
        click.echo(line(finding.text, finding.cell))


def line(text: str, answer: str, width: int = 80) -> str:
    """A row of the summary; an answer that does not fit goes below its text.

    >>> line("who is hurt", "free users", width=24)
    'who is hurt   free users'
    """
    space = width - len(text) - len(answer)
    return f"{text}{' ' * space}{answer}" if space > 0 else f"{text}\n{answer:>{width}}"


def _study(sizes: "Sizes", workers: int | None, out: Path | None) -> "Study":
    from analysis.throttling.study import study
    from analysis.throttling.systems import systems
    from scenarios.terminal.output import pool, progress

    with pool(workers, out) as executor:
        return study(sizes, systems(sizes), executor, progress)


if __name__ == "__main__":
    command()

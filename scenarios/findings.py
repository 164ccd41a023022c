"""The findings: what the paper claims in words, as numbers over games and over real pairs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scenarios.options.games import out_option, seed_option, workers_option
from scenarios.terminal.command import Command
from scenarios.terminal.study import check_numbers, plain_table, show, work

if TYPE_CHECKING:
    from analysis.claims.study import Study

_LIMITS = {"games": (100, 1_000_000)}


@click.command("findings", cls=Command)
@click.option(
    "--games", type=int, default=200_000, show_default=True, help="Games per distribution."
)
@seed_option
@workers_option
@out_option()
def command(games: int, seed: int, workers: int | None, out: Path | None) -> None:
    """How often is cascading worth it, are users worse off, does throttling pay?

    Answers over games drawn from the paper's range and over real pairs of models, with 95%
    intervals: those of real pairs are over the pairs, and the tasks that they were measured on. The
    games are solved exactly; up to 1,000 of each are also simulated, with every policy that is
    compared. The same games and seed give the same bytes for any number of workers.
    """
    check_numbers(_LIMITS, games=games, seed=seed, workers=workers)
    studies = _studies(games, seed, workers, out)
    if out is not None:
        from analysis.claims.page import report

        click.echo(f"report: {report(studies, seed).write(out)}")
    _print(studies)


def _studies(games: int, seed: int, workers: int | None, out: Path | None) -> "list[Study]":
    from analysis.claims.study import SIMULATED, study
    from analysis.games.distributions import DISTRIBUTIONS

    played = min(games, SIMULATED)  # of every distribution
    total = len(DISTRIBUTIONS) * played
    with work(out, workers, total, "drawing games") as (executor, advance):
        return [
            study(k, games, seed, executor, _after(k * played, advance))
            for k in range(len(DISTRIBUTIONS))
        ]


def _after(before: int, advance: Callable[[int], None]) -> Callable[[int], None]:
    return lambda done: advance(before + done)


def _print(studies: "list[Study]") -> None:
    from analysis.claims.findings import headlines

    table = plain_table(["with 95% interval"], [study.name for study in studies])
    for row in zip(*(headlines(study.claims) for study in studies), strict=True):
        text = row[0].text
        indent = "  " if text.startswith("if") else ""
        table.add_row(indent + text, *(finding.cell for finding in row))
    show(table)
    for study in studies:
        largest = study.compared.z.abs().max()
        click.echo(
            f"{study.name}: {len(study.games):,} games solved, {len(study.played):,} simulated; "
            f"largest |z| {largest:.1f}"
        )


if __name__ == "__main__":
    command()

"""The findings: what the paper claims in words, as numbers over games and over real pairs."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scenarios.options.games import seed_option, workers_option
from scenarios.terminal.command import Command

if TYPE_CHECKING:
    from analysis.claims.study import Study


@click.command("findings", cls=Command)
@click.option(
    "--games", type=int, default=200_000, show_default=True, help="Games per distribution."
)
@seed_option
@workers_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write report.html, figures and frames there.",
)
def command(games: int, seed: int, workers: int | None, out: Path | None) -> None:
    """How often is cascading worth it, are users worse off, does throttling pay?

    Answers over games drawn from the paper's range and over real pairs of models, with 95%
    intervals. The games are solved exactly; up to 1,000 of each are also simulated, with every
    policy that is compared. The same games and seed give the same bytes for any number of workers.
    """
    _check(games, seed, workers)
    studies = _studies(games, seed, workers, out)
    if out is not None:
        from analysis.claims.page import report

        click.echo(f"report: {report(studies, seed).write(out)}")
    _print(studies)


def _check(games: int, seed: int, workers: int | None) -> None:
    from sim.checks import COUNT, SEED, check, refuse

    if not 100 <= games <= 1_000_000:
        refuse("games", games, "a whole number from 100 to 1000000")
    check("seed", seed, SEED)
    if workers is not None:
        check("workers", workers, COUNT)


def _studies(games: int, seed: int, workers: int | None, out: Path | None) -> "list[Study]":
    from analysis.claims.study import SIMULATED, study
    from analysis.games.distributions import DISTRIBUTIONS
    from scenarios.terminal.output import check_writable, pool, progress

    if out is not None:
        check_writable(out)
    each = min(games, SIMULATED)
    with progress(len(DISTRIBUTIONS) * each, "drawing games") as advance, pool(workers) as executor:
        return [
            study(k, games, seed, executor, _after(k * each, advance))
            for k in range(len(DISTRIBUTIONS))
        ]


def _after(before: int, advance: Callable[[int], None]) -> Callable[[int], None]:
    return lambda done: advance(before + done)


def _print(studies: "list[Study]") -> None:
    from rich.console import Console
    from rich.table import Table

    from analysis.claims.findings import headlines

    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("with 95% interval", no_wrap=True)
    for study in studies:
        table.add_column(study.name, justify="right", no_wrap=True)
    for row in zip(*(headlines(study.claims) for study in studies), strict=True):
        text = row[0].text
        indent = "  " if text.startswith("if") else ""
        table.add_row(indent + text, *(finding.cell for finding in row))
    Console().print(table, markup=False)
    for study in studies:
        largest = study.compared.z.abs().max()
        click.echo(
            f"{study.name}: {len(study.games):,} games solved, {len(study.played):,} simulated; "
            f"largest |z| {largest:.1f}"
        )


if __name__ == "__main__":
    command()

"""Congestion: what the game becomes when latency is made by load; one page."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scenarios.options.games import seed_option, workers_option
from scenarios.terminal.command import Command

if TYPE_CHECKING:
    from analysis.congestion.study import Size, Study


@click.command("congestion", cls=Command)
@click.option(
    "--games", type=int, default=300, show_default=True, help="Random games to be optimised."
)
@click.option(
    "--tasks",
    type=int,
    default=1_000,
    show_default=True,
    help="Tasks of a short simulated run; long runs are in proportion.",
)
@seed_option
@workers_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write report.html, figures and frames there.",
)
def command(games: int, tasks: int, seed: int, workers: int | None, out: Path | None) -> None:
    """What changes when users make each other wait?

    Solves a game over load, the paper's regimes as load rises, and the provider's optimum over
    random games. Simulates the users' way to equilibrium, how far theory is off where it is not
    exact (variable service, caps on sharing, arrivals in bursts), and a router that looks at the
    queues; with 95% intervals. The same options give the same bytes for any number of workers.
    """
    from analysis.congestion.study import Size

    _check(games, tasks, seed, workers)
    study = _study(Size(games, tasks, seed), workers, out)
    if out is not None:
        from analysis.congestion.page import report

        click.echo(f"report: {report(study).write(out)}")
    _print(study)


def _check(games: int, tasks: int, seed: int, workers: int | None) -> None:
    from sim.checks import COUNT, SEED, check, refuse

    if not 10 <= games <= 100_000:
        refuse("games", games, "a whole number from 10 to 100000")
    if not 50 <= tasks <= 1_000_000:
        refuse("tasks", tasks, "a whole number from 50 to 1000000")
    check("seed", seed, SEED)
    if workers is not None:
        check("workers", workers, COUNT)


def _study(size: "Size", workers: int | None, out: Path | None) -> "Study":
    from analysis.congestion.study import number_of_jobs, study
    from scenarios.terminal.output import check_writable, pool, progress

    if out is not None:
        check_writable(out)
    with progress(number_of_jobs(size), "loading queues") as advance, pool(workers) as executor:
        return study(size, executor, advance)


def _print(study: "Study") -> None:
    from rich.console import Console
    from rich.table import Table

    from analysis.congestion.findings import headlines

    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("with 95% interval", no_wrap=True)
    table.add_column(f"{study.size.games:,} games", justify="right", no_wrap=True)
    for finding in headlines(study):
        table.add_row(finding.text, finding.cell)
    Console().print(table, markup=False)
    arrived = sum(play.arrived for play in study.plays)
    click.echo(f"fictitious play: {arrived} of {len(study.plays)} paths arrived")


if __name__ == "__main__":
    command()

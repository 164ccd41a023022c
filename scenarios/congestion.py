"""Congestion: what the game becomes when latency is made by load; one page."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scenarios.options.games import out_option, seed_option, workers_option
from scenarios.terminal.command import Command
from scenarios.terminal.study import check_numbers, plain_table, show, work

if TYPE_CHECKING:
    from analysis.congestion.study import Size, Study

_LIMITS = {"games": (10, 100_000), "tasks": (50, 1_000_000)}


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
@out_option()
def command(games: int, tasks: int, seed: int, workers: int | None, out: Path | None) -> None:
    """What changes when users make each other wait?

    Solves a game over load, the paper's regimes as load rises, and the provider's optimum over
    random games. Simulates the users' way to equilibrium, how far theory is off where it is not
    exact (variable service, caps on sharing, arrivals in bursts), and a router that looks at the
    queues; with 95% intervals. The same options give the same bytes for any number of workers.
    """
    check_numbers(_LIMITS, games=games, tasks=tasks, seed=seed, workers=workers)
    from analysis.congestion.study import Size

    study = _study(Size(games, tasks, seed), workers, out)
    if out is not None:
        from analysis.congestion.page import report

        click.echo(f"report: {report(study).write(out)}")
    _print(study)


def _study(size: "Size", workers: int | None, out: Path | None) -> "Study":
    from analysis.congestion.study import number_of_jobs, study

    with work(out, workers, number_of_jobs(size), "loading queues") as (executor, advance):
        return study(size, executor, advance)


def _print(study: "Study") -> None:
    from analysis.congestion.findings import headlines

    table = plain_table(["with 95% interval"], [f"{study.size.games:,} games"])
    for finding in headlines(study):
        table.add_row(finding.text, finding.cell)
    show(table)
    arrived = sum(play.arrived for play in study.plays)
    click.echo(f"fictitious play: {arrived} of {len(study.plays)} paths arrived")


if __name__ == "__main__":
    command()

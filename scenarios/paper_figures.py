"""The figures of the paper, from the theory and from simulation beside it."""

from pathlib import Path

import click

from analysis.paper.findings import Agreement, compare
from scenarios.options.games import seed_option
from scenarios.terminal.command import Command
from scenarios.terminal.study import check_numbers, show


@click.command("figures", cls=Command)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("results/figures"),
    show_default=True,
    metavar="DIR",
    help="Where PNG, SVG, PDF and CSV files go.",
)
@click.option("--cells", type=int, default=41, show_default=True, help="Of a map, per axis.")
@click.option(
    "--tasks", type=int, default=100_000, show_default=True, help="Tasks per simulated policy."
)
@seed_option
def command(out: Path, cells: int, tasks: int, seed: int) -> None:
    """Draw the paper's Figures 1, 3, 4 and 5, exact beside simulated, and compare the two.

    Every border comes from the theory; the simulated maps use the argmin of simulated costs and the
    argmax of simulated utilities. Departures from the printed figures are noted on them. Each
    figure is a PNG, an SVG and a PDF, with its numbers in a CSV. The same options and seed give the
    same bytes.
    """
    from analysis.paper import figures, study
    from analysis.paper.frames import frames
    from analysis.report.images import save
    from analysis.report.report import save_csv
    from scenarios.terminal.output import check_writable, progress

    _check(cells, tasks, seed)
    check_writable(out)
    with progress(len(study.rows()), "simulating") as advance:
        simulated = study.simulated_maps(cells, tasks, seed, advance)
    exact = study.exact_maps(cells)
    for name, figure in figures.draw(exact, simulated).items():
        for path in save(figure, out, name, ("png", "svg", "pdf")):
            click.echo(str(path))
    for name, frame in frames(exact, simulated).items():
        save_csv(frame, out, name)
        click.echo(str(out / f"{name}.csv"))
    _print(compare(exact, simulated), tasks)


def _check(cells: int, tasks: int, seed: int) -> None:
    from sim.checks import refuse

    check_numbers({"cells": (3, 1000)}, cells=cells, tasks=tasks)
    if tasks < 2:
        refuse("tasks", tasks, "at least 2, for a standard error")
    check_numbers({}, seed=seed)


def _print(agreements: list[Agreement], tasks: int) -> None:
    from rich.table import Table

    title = f"Exact and simulated maps ({tasks:,} tasks per policy)"
    table = Table(box=None, header_style="bold", title=title, title_justify="left")
    table.add_column("figure")
    for column in ("cells that agree", "off borders", "largest deviation"):
        table.add_column(column, justify="right")
    for row in agreements:
        deviation = "-" if row.deviation is None else f"{row.deviation:.2f} s.e."
        table.add_row(row.name, f"{row.share:.2%}", f"{row.inside:.2%}", deviation)
    show(table, markup=True)


if __name__ == "__main__":
    command()

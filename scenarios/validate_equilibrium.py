"""Check the simulation against the theory: the main job."""

from typing import TYPE_CHECKING

import click

from scenarios.command import Command

if TYPE_CHECKING:
    from analysis.validation import Check


@click.command("validate", cls=Command)
@click.option("--tasks", type=int, default=5_000, show_default=True, help="Tasks per game.")
@click.option("--seed", type=int, default=1, show_default=True, help="From 0 to 2^64 - 1.")
def command(tasks: int, seed: int) -> None:
    """Simulate every reference game and real pair at its equilibrium; exit 1 on disagreement.

    Every task is a SimPy process. Success, delay, costs, utilities and passes are compared with
    the exact values of the theory; a correct program fails with probability below 1/1000.
    """
    from analysis.validation import FALSE_ALARM, catalogue, validate
    from scenarios.output import progress
    from sim.checks import COUNT, SEED, check

    check("tasks", tasks, COUNT)
    check("seed", seed, SEED)
    with progress(tasks * len(catalogue()), "validating") as advance:
        checks = list(validate(tasks, seed, advance))
    _print(checks)
    failed = [each for each in checks if not each.passed]
    click.echo(
        f"{len(checks) - len(failed)} of {len(checks)} checks passed; limit |z| <= "
        f"{checks[0].limit:.2f}, so that a correct program fails with probability {FALSE_ALARM:g}"
    )
    if failed:
        for each in failed:
            click.echo(f"FAILED: {each.metric} of {each.game}", err=True)
        raise click.exceptions.Exit(1)


def _print(checks: "list[Check]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold")
    for column in ("game", "metric", "estimate (95%)", "exact", "z", ""):
        table.add_column(column, justify="left" if column in ("game", "metric") else "right")
    for each in checks:
        low, high = each.estimate.interval()
        table.add_row(
            each.game,
            each.metric,
            f"{each.estimate.mean:.5g} ± {(high - low) / 2:.1g}",
            f"{each.exact:.6g}",
            "-" if each.z is None else f"{each.z:+.2f}",
            "ok" if each.passed else "FAILED",
        )
    Console().print(table)


if __name__ == "__main__":
    command()

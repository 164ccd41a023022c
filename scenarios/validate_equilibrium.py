"""The validation study: does the simulation agree with the theory? The main job."""

from contextlib import nullcontext
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scenarios.command import Command

if TYPE_CHECKING:
    from analysis.play import Settings
    from analysis.validation import Check


@click.command("validate", cls=Command)
@click.option(
    "--precision",
    type=float,
    default=1.0,
    show_default=True,
    help="Divides the margins (1% of the scale); tasks grow with its square.",
)
@click.option(
    "--tasks",
    type=int,
    default=1_000,
    show_default=True,
    help="Tasks per case that also run as SimPy processes.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="From 0 to 2^64 - 1.")
@click.option(
    "--workers", type=int, help="Processes; 1 stays in this one.  [default: one per core]"
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write report.html, figures and frames there.",
)
@click.option(
    "--self-test", is_flag=True, help="Plant errors, one at a time, and show that each is caught."
)
def command(
    precision: float, tasks: int, seed: int, workers: int | None, out: Path | None, self_test: bool
) -> None:
    """Check theory against simulation; exit 1 when they disagree.

    Plays reference games, points of the paper's figures, games on every threshold, real pairs and
    policies that no optimum plays. Success, delay, costs, utilities and passes must be equivalent
    to the exact values; nobody may gain by deviating; misalignment and throttling gain must come
    out. A correct program fails with probability below 1/1000, a deviation of one margin is missed
    with probability at most 1/100.
    """
    from analysis.play import Settings
    from sim.checks import COUNT, POSITIVE, SEED, check

    check("precision", precision, POSITIVE)
    check("tasks", tasks, COUNT)
    check("seed", seed, SEED)
    if workers is not None:
        check("workers", workers, COUNT)
    settings = Settings(precision=precision, seed=seed, simpy_tasks=tasks)
    failed = _self_test(settings) if self_test else _study(settings, workers, out)
    if failed:
        raise click.exceptions.Exit(1)


def _study(settings: "Settings", workers: int | None, out: Path | None) -> bool:
    from analysis.cases import all_cases
    from analysis.files import check_writable
    from analysis.replications import processes
    from analysis.validation import validate
    from scenarios.output import progress

    if out is not None:
        check_writable(out)
    cases = all_cases()
    pool = nullcontext(None) if workers == 1 else processes(workers)
    with progress(len(cases), "validating") as advance, pool as executor:
        checks = validate(cases, settings, executor, advance)
    if out is not None:
        from analysis.report import write_validation

        write_validation(out, checks, settings)
        click.echo(f"report: {out / 'report.html'}")
    return _verdict(checks)


def _verdict(checks: "list[Check]") -> bool:
    """Print the table and the verdict; True if a check failed."""
    from analysis.play import FALSE_ALARM

    _print(checks)
    failed = [each for each in checks if not each.passed]
    for each in failed:
        click.echo(f"FAILED: {describe(each)}", err=True)
    click.echo(
        f"{len(checks) - len(failed)} of {len(checks)} checks passed "
        f"(a correct program fails with probability below {FALSE_ALARM:g})"
    )
    return bool(failed)


def describe(check: "Check") -> str:
    """One line that names a check and what it found."""
    return (
        f"{check.kind} of {check.metric} in {check.case} ({check.statement}): simulated "
        f"{check.estimate:.6g} (standard error {check.standard_error:.2g}), exact "
        f"{check.exact:.6g}, margin {check.margin:.2g} {check.detail}"
    ).rstrip()


def _print(checks: "list[Check]") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("case", no_wrap=True)
    for column in ("U simulated", "exact", "J simulated", "exact", "|z|", "checks"):
        table.add_column(column, justify="right", no_wrap=True)
    ordered = sorted(checks, key=lambda each: each.statement)
    for statement, of_statement in groupby(ordered, key=lambda each: each.statement):
        table.add_row(f"[bold]{statement}[/bold]")
        for case, group in groupby(of_statement, key=lambda each: each.case):
            table.add_row(*_row(case, list(group)))
    Console().print(table)


def _row(case: str, checks: "list[Check]") -> list[str]:
    by_metric = {each.metric: each for each in checks if each.kind == "equivalence"}
    cells = [f" {case}"]
    for metric in ("user_utility", "provider_cost"):
        each = by_metric[metric]
        cells += [f"{each.estimate:.4g}±{1.96 * each.standard_error:.1g}", f"{each.exact:.4g}"]
    z = [abs(each.z) for each in by_metric.values() if each.z is not None]
    passed = sum(each.passed for each in checks)
    mark = "" if passed == len(checks) else " FAILED"
    return [*cells, f"{max(z):.1f}" if z else "-", f"{passed}/{len(checks)}{mark}"]


def _self_test(settings: "Settings") -> bool:
    """Run the study's code on every planted error's case; True if an error goes unnoticed."""
    from analysis.cases import all_cases
    from analysis.planted import planted_errors
    from analysis.validation import validate
    from scenarios.output import progress

    errors = planted_errors()
    rows: list[tuple[Any, list[Check]]] = []
    with progress(len(errors) + 1, "planting errors") as advance:
        for error in errors:
            with error.applied():
                cases = [case for case in all_cases() if case.name == error.case]
                rows.append((error, [c for c in validate(cases, settings) if not c.passed]))
            advance(len(rows))
        touched = {error.case for error in errors}
        sound = validate([case for case in all_cases() if case.name in touched], settings)
    unnoticed = 0
    for error, failed in rows:
        named = [each for each in failed if each.kind == error.kind]
        unnoticed += not named
        click.echo(f"{'caught' if named else 'MISSED'}: {error.name}")
        if named:
            click.echo(f"        exit 1, {describe(named[0])}")
    alarms = [each for each in sound if not each.passed]
    click.echo(
        f"{len(rows) - unnoticed} of {len(rows)} planted errors caught; without them "
        f"{len(sound) - len(alarms)} of {len(sound)} checks of the same cases pass"
    )
    return bool(unnoticed or alarms)


if __name__ == "__main__":
    command()

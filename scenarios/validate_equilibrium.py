"""The validation study: does the simulation agree with the theory? The main job."""

from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scenarios.options.games import seed_option, workers_option
from scenarios.terminal.command import Command

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from analysis.validation.cases.games import Case
    from analysis.validation.cases.queue_case import QueueCase
    from analysis.validation.check import Check
    from analysis.validation.checks.play import Settings
    from analysis.validation.planted.planting import Planted


@click.command("validate", cls=Command)
@click.option(
    "--precision",
    type=float,
    default=1.0,
    show_default=True,
    help="Divides the margins (1% of the scale, 5% where SimPy alone can play); tasks grow with "
    "its square.",
)
@click.option(
    "--tasks",
    type=int,
    default=1_000,
    show_default=True,
    help="Tasks per case that also run as SimPy processes.",
)
@seed_option
@workers_option
@click.option(
    "--case", "names", multiple=True, metavar="NAME", help="This case alone; may be repeated."
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
    precision: float,
    tasks: int,
    seed: int,
    workers: int | None,
    names: tuple[str, ...],
    out: Path | None,
    self_test: bool,
) -> None:
    """Check theory against simulation; exit 1 when they disagree.

    Plays reference games, points of the paper's figures, games on every threshold, real pairs and
    policies that no optimum plays. Success, delay, costs, utilities and passes must be equivalent
    to the exact values; nobody may gain by deviating; misalignment and throttling gain must come
    out. Some tasks of every case are played again as SimPy processes, which must come out the same
    bit for bit. Then queues: networks of users in equilibrium with the load that they make, and
    single stations of the textbooks, in independent runs: 25 times as long, at a fifth of
    the margin, where the compiled engine can play them, too. A correct program
    fails with probability below 1/1000, a deviation of one margin is missed with probability at
    most 1/100.
    """
    from analysis.validation.checks.play import Settings
    from sim.checks import COUNT, POSITIVE, SEED, check

    check("precision", precision, POSITIVE)
    check("tasks", tasks, COUNT)
    check("seed", seed, SEED)
    if workers is not None:
        check("workers", workers, COUNT)
    settings = Settings(precision=precision, seed=seed, simpy_tasks=tasks)
    if self_test:
        if names or out is not None or workers is not None:
            raise click.UsageError("--self-test takes no --case, --out or --workers")
        failed = _self_test(settings)
    else:
        failed = _study(settings, workers, names, out)
    if failed:
        raise click.exceptions.Exit(1)


def _study(
    settings: "Settings", workers: int | None, names: tuple[str, ...], out: Path | None
) -> bool:
    """Validate, write and print; True if a check failed."""
    from scenarios.terminal.output import check_writable, pool

    games, queues = _chosen(names)
    if out is not None:
        check_writable(out)
    with pool(workers) as executor:
        checks = _checks(games, queues, settings, executor)
    if out is not None:
        from analysis.validation.page import report

        click.echo(f"report: {report(checks, settings).write(out)}")
    return _verdict(checks)


def _checks(
    games: "list[Case]",
    queues: "list[QueueCase]",
    settings: "Settings",
    executor: "Executor | None",
) -> "list[Check]":
    from analysis.validation.checks.games import validate
    from analysis.validation.checks.queues import check_queues, runs_of
    from scenarios.terminal.output import progress

    checks = []
    if games:
        with progress(len(games), "validating games") as advance:
            checks += validate(games, settings, executor, advance)
    if queues:
        with progress(runs_of(queues), "validating queues") as advance:
            checks += check_queues(queues, settings, executor, advance)
    return checks


def _chosen(names: tuple[str, ...]) -> "tuple[list[Case], list[QueueCase]]":
    from analysis.validation.cases.games import all_cases
    from analysis.validation.cases.networks import congestion_cases
    from sim.checks import refuse

    games, queues = all_cases(), congestion_cases()
    known = {case.name for case in games} | {case.name for case in queues}
    for name in names:
        if name not in known:
            refuse("case", name, "one of the table that queuit validate prints, such as R14")
    return (
        [case for case in games if not names or case.name in names],
        [case for case in queues if not names or case.name in names],
    )


def _verdict(checks: "list[Check]") -> bool:
    """Print the table and the verdict; True if a check failed."""
    from analysis.validation.cases.queue_case import is_queue
    from analysis.validation.checks.games import simpy_share
    from analysis.validation.checks.play import FALSE_ALARM

    _print([each for each in checks if not is_queue(each)])
    _print_queues([each for each in checks if is_queue(each)])
    failed = [each for each in checks if not each.passed]
    for each in failed:
        click.echo(f"FAILED: {describe(each)}", err=True)
    differ = sum(each.estimate for each in checks if each.kind == "engines")
    tasks, share = simpy_share(checks)
    if tasks:
        click.echo(
            f"{tasks:,} tasks ({share:.1%}) were played as SimPy processes, too: "
            f"{differ:.0f} differ"
        )
    click.echo(
        f"{len(checks) - len(failed)} of {len(checks)} checks passed "
        f"(a correct program fails with probability below {FALSE_ALARM:g})"
    )
    return bool(failed)


def describe(check: "Check") -> str:
    """One line that names a check and what it found."""
    limit = "at most" if check.one_sided else "exact"
    return (
        f"{check.kind} of {check.metric} in {check.case} ({check.statement}): simulated "
        f"{check.estimate:.6g} (standard error {check.standard_error:.2g}), {limit} "
        f"{check.exact:.6g}, margin {check.margin:.2g} {check.detail}"
    ).rstrip()


def _print_queues(checks: "list[Check]") -> None:
    """One row per mean: simulated with its 95% interval, and exact; regrets are at most 0."""
    from rich.console import Console
    from rich.table import Table

    if not checks:
        return
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    for column in ("case", "metric"):
        table.add_column(column, no_wrap=True)
    for column in ("simulated", "exact", "z", "margin", "ok"):
        table.add_column(column, justify="right", no_wrap=True)
    means = [each for each in checks if each.kind != "engines"]
    for statement, of_statement in groupby(means, key=lambda each: each.statement):
        table.add_row(f"[bold]{statement}[/bold]")
        for case, group in groupby(of_statement, key=lambda each: each.case):
            for k, each in enumerate(group):
                table.add_row("" if k else f" {case}", *_queue_row(each))
    Console().print(table)


_SHORT = {"user_utility": "U", "provider_cost": "J"}


def _queue_row(check: "Check") -> tuple[str, ...]:
    simulated, exact = _pair(check)
    metric = "regret" if check.one_sided else _SHORT.get(check.metric, check.metric)
    return (
        metric,
        simulated,
        f"<={check.exact:.0f}" if check.one_sided else exact,
        "" if check.z is None else f"{check.z:+.1f}",
        f"{check.margin:.2g}",
        "ok" if check.passed else "!",
    )


def _print(checks: "list[Check]") -> None:
    from rich.console import Console
    from rich.table import Table

    if not checks:
        return
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("case", no_wrap=True)
    for column in ("U simulated", "exact", "J simulated", "exact", "|z|", "ok"):
        table.add_column(column, justify="right", no_wrap=True)
    ordered = sorted(checks, key=lambda each: each.statement)
    for statement, of_statement in groupby(ordered, key=lambda each: each.statement):
        table.add_row(f"[bold]{statement}[/bold]")
        for case, group in groupby(of_statement, key=lambda each: each.case):
            table.add_row(*_row(case, list(group)))
    Console().print(table)


def _row(case: str, checks: "list[Check]") -> list[str]:
    """The case, marked if it failed; U and J with 95% intervals; the largest |z|."""
    by_metric = {each.metric: each for each in checks if each.kind == "equivalence"}
    passed = sum(each.passed for each in checks)
    cells = [f"{' ' if passed == len(checks) else '!'}{case}"]
    for metric in ("user_utility", "provider_cost"):
        cells += _pair(by_metric[metric])
    z = [abs(each.z) for each in checks if each.z is not None]
    return [*cells, f"{max(z):.1f}" if z else "-", f"{passed}/{len(checks)}"]


def _pair(check: "Check") -> tuple[str, str]:
    """Simulated with its 95% interval, to the interval's first digit, and exact to one more."""
    from math import floor, log10

    half = 1.96 * check.standard_error
    if half == 0.0:
        return f"{check.estimate:.4g}", f"{check.exact:.4g}"
    digits = max(0, -floor(log10(half)))
    return f"{check.estimate:.{digits}f}±{half:.1g}", f"{check.exact:.{digits + 1}f}"


def _self_test(settings: "Settings") -> bool:
    """Run this command on every planted error's case; True if an error goes unnoticed.

    Each must end with exit code 1 and name the check. Without errors the same cases must pass.
    """
    from analysis.validation.planted.games import planted_errors
    from scenarios.terminal.output import progress

    errors = planted_errors()
    found: list[str | None] = []
    with progress(len(errors) + 1, "planting errors") as advance:
        for error in errors:
            with error.applied():
                found.append(_named(error, *_run_alone([error.case], settings)))
            advance(len(found))
        code, output = _run_alone(sorted({error.case for error in errors}), settings)
    for error, line in zip(errors, found, strict=True):
        click.echo(f"{'MISSED' if line is None else 'caught'}: {error.name}")
        click.echo(f"        {line or f'{error.kind} in {error.case} should have failed'}")
    caught = len(errors) - found.count(None)
    click.echo(f"{caught} of {len(errors)} planted errors caught")
    click.echo(f"without them, the same cases: exit {code}, {output.splitlines()[-1]}")
    return caught < len(errors) or code != 0


def _run_alone(names: list[str], settings: "Settings") -> tuple[int, str]:
    """Exit code and output of this command on some cases, as anybody would run it."""
    arguments = ["--workers", "1", "--seed", str(settings.seed)]
    arguments += ["--precision", repr(settings.precision), "--tasks", str(settings.simpy_tasks)]
    for name in names:
        arguments += ["--case", name]
    output = StringIO()
    with redirect_stdout(output), redirect_stderr(output):
        try:
            command.main(arguments, prog_name="validate")
        except SystemExit as end:
            return int(end.code or 0), output.getvalue()
    raise AssertionError("a command ends its process")


def _named(error: "Planted", code: int, output: str) -> str | None:
    """The line that names the check that must catch the error; None if it does not, or exit 0."""
    for line in output.splitlines():
        if line.startswith(f"FAILED: {error.kind} of ") and f" in {error.case} (" in line:
            return f"exit {code}, {line.removeprefix('FAILED: ')}" if code == 1 else None
    return None


if __name__ == "__main__":
    command()

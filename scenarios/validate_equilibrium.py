"""The validation study: does the simulation agree with the theory? The main job."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scenarios.options.games import out_option, seed_option, workers_option
from scenarios.terminal.command import Command
from scenarios.terminal.study import check_numbers

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
@out_option()
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
    single stations of the textbooks, in independent runs: 9 or 25 times as long, at a third or a
    fifth of the margin, where the compiled engine can play them, too. A correct program fails with
    probability below 1/1000, a deviation of one margin is missed with probability at most 1/100.
    """
    check_numbers({}, precision=precision, tasks=tasks, seed=seed, workers=workers)
    from analysis.validation.checks.play import Settings

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
    from scenarios.terminal.output import pool

    games, queues = _chosen(names)
    with pool(workers, out) as executor:
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
    """Print what was found; True if a check failed."""
    from scenarios.terminal.validate_output import failures, print_checks

    print_checks(checks)
    return bool(failures(checks))


def _self_test(settings: "Settings") -> bool:
    """Validate every planted error's case; True if an error goes unnoticed.

    Each must fail the check that it names. Without errors the same cases must pass.
    """
    from analysis.validation.planted.games import planted_errors
    from scenarios.terminal.output import progress
    from scenarios.terminal.validate_output import failures, summary

    errors = planted_errors()
    catches: list[Check | None] = []
    with progress(len(errors) + 1, "planting errors") as advance:
        # first: a module that is loaded while an error is planted would keep it
        without = _alone(tuple({error.case for error in errors}), settings)
        advance(1)
        for error in errors:
            with error.applied():
                catches.append(_catch(error, _alone((error.case,), settings)))
            advance(1 + len(catches))
    for error, check in zip(errors, catches, strict=True):
        click.echo(_told(error, check))
    caught = len(errors) - catches.count(None)
    click.echo(f"{caught} of {len(errors)} planted errors caught")
    wrong = bool(failures(without))
    click.echo(f"without them, the same cases: exit {wrong:d}, {summary(without)}")
    return caught < len(errors) or wrong


def _alone(names: tuple[str, ...], settings: "Settings") -> "list[Check]":
    """The checks of some cases, played in this process."""
    from analysis.validation.checks.games import validate
    from analysis.validation.checks.queues import check_queues

    games, queues = _chosen(names)
    return [*validate(games, settings), *check_queues(queues, settings)]


def _catch(error: "Planted", checks: "list[Check]") -> "Check | None":
    """The failed check that the error names; None if it has not failed."""
    named = (check for check in checks if (check.kind, check.case) == (error.kind, error.case))
    return next((check for check in named if not check.passed), None)


def _told(error: "Planted", check: "Check | None") -> str:
    """Two lines: the error, and the check that caught it or should have."""
    from scenarios.terminal.validate_output import describe

    if check is None:
        return f"MISSED: {error.name}\n        {error.kind} in {error.case} should have failed"
    return f"caught: {error.name}\n        exit 1, {describe(check)}"


if __name__ == "__main__":
    command()

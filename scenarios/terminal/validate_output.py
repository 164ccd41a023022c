"""What a validation says: two tables, the failed checks, and the verdict."""

from itertools import groupby
from math import floor, log10

import click

from analysis.validation.cases.queue_case import is_queue
from analysis.validation.check import Check
from analysis.validation.checks.games import simpy_share
from analysis.validation.checks.play import FALSE_ALARM
from scenarios.terminal.study import plain_table, show


def print_checks(checks: list[Check]) -> None:
    """Print the tables and the verdict, and on standard error the checks that failed."""
    _games([check for check in checks if not is_queue(check)])
    _queues([check for check in checks if is_queue(check)])
    for check in failures(checks):
        click.echo(f"FAILED: {describe(check)}", err=True)
    differ = sum(check.estimate for check in checks if check.kind == "engines")
    tasks, share = simpy_share(checks)
    if tasks:
        click.echo(
            f"{tasks:,} tasks ({share:.1%}) were played as SimPy processes, too: "
            f"{differ:.0f} differ"
        )
    click.echo(summary(checks))


def failures(checks: list[Check]) -> list[Check]:
    """The checks that failed, in order."""
    return [check for check in checks if not check.passed]


def summary(checks: list[Check]) -> str:
    """How many checks passed, in one line."""
    return (
        f"{len(checks) - len(failures(checks))} of {len(checks)} checks passed "
        f"(a correct program fails with probability below {FALSE_ALARM:g})"
    )


def describe(check: Check) -> str:
    """One line that names a check and what it found."""
    limit = "at most" if check.one_sided else "exact"
    return (
        f"{check.kind} of {check.metric} in {check.case} ({check.statement}): simulated "
        f"{check.estimate:.6g} (standard error {check.standard_error:.2g}), {limit} "
        f"{check.exact:.6g}, margin {check.margin:.2g} {check.detail}"
    ).rstrip()


def _queues(checks: list[Check]) -> None:
    """One row per mean: simulated with its 95% interval, and exact; regrets are at most 0."""
    if not checks:
        return
    table = plain_table(["case", "metric"], ["simulated", "exact", "z", "margin", "ok"])
    means = [check for check in checks if check.kind != "engines"]
    for statement, of_statement in groupby(means, key=lambda check: check.statement):
        table.add_row(f"[bold]{statement}[/bold]")
        for case, of_case in groupby(of_statement, key=lambda check: check.case):
            for k, check in enumerate(of_case):
                table.add_row("" if k else f" {case}", *_queue_row(check))
    show(table, markup=True)


_SHORT = {"user_utility": "U", "provider_cost": "J"}


def _queue_row(check: Check) -> tuple[str, ...]:
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


def _games(checks: list[Check]) -> None:
    """One row per case: U and J, simulated and exact."""
    if not checks:
        return
    table = plain_table(["case"], ["U simulated", "exact", "J simulated", "exact", "|z|", "ok"])
    ordered = sorted(checks, key=lambda check: check.statement)
    for statement, of_statement in groupby(ordered, key=lambda check: check.statement):
        table.add_row(f"[bold]{statement}[/bold]")
        for case, of_case in groupby(of_statement, key=lambda check: check.case):
            table.add_row(*_row(case, list(of_case)))
    show(table, markup=True)


def _row(case: str, checks: list[Check]) -> list[str]:
    """The case, marked if it failed; U and J with 95% intervals; the largest |z|."""
    by_metric = {check.metric: check for check in checks if check.kind == "equivalence"}
    passed = sum(check.passed for check in checks)
    cells = [f"{' ' if passed == len(checks) else '!'}{case}"]
    for metric in ("user_utility", "provider_cost"):
        cells += _pair(by_metric[metric])
    z = [abs(check.z) for check in checks if check.z is not None]
    return [*cells, f"{max(z):.1f}" if z else "-", f"{passed}/{len(checks)}"]


def _pair(check: Check) -> tuple[str, str]:
    """Simulated with its 95% interval, to the interval's first digit, and exact to one more."""
    half = 1.96 * check.standard_error
    if half == 0.0:
        return f"{check.estimate:.4g}", f"{check.exact:.4g}"
    digits = max(0, -floor(log10(half)))
    return f"{check.estimate:.{digits}f}±{half:.1g}", f"{check.exact:.{digits + 1}f}"

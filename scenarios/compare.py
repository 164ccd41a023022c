"""Compare throttling strategies: which one is best, how sure, and who pays for it."""

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scenarios.options.games import (
    game_options,
    json_option,
    out_option,
    participation_option,
    seed_option,
    workers_option,
)
from scenarios.options.systems import read_system, system_options
from scenarios.terminal.command import Command, as_typed
from scenarios.terminal.study import check_numbers

if TYPE_CHECKING:
    from analysis.comparison.outcome import Comparison
    from analysis.report.report import Report
    from sim import Scenario

_ELSEWHERE = ("engine", "workers", "out", "as_json")  # options that do not change what is found
_LIMITS = {"tasks": (10, 10**7), "warmup": (0, 10**7)}


class _WithStrategies(Command):
    """Its help ends with the table of strategies, which is imported only then."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from agents.throttling.texts import describe

        formatter.write_paragraph()
        formatter.write("Strategies, and layers of them joined by +:\n")
        formatter.write("".join(f"  {line}\n" for line in describe().splitlines()))


@click.command("compare", cls=_WithStrategies)
@game_options
@system_options
@click.option(
    "--population",
    metavar="CLASS:USERS:RATE/UNIT:V:W,...",
    help="Users instead of --arrival-rate: classes with own rate (per s, min, h, d), V and W.",
)
@click.option(
    "--refused",
    default="rational",
    show_default=True,
    metavar="rational|obey|leave|FIRST[:FACTOR[:ATTEMPTS]]",
    help="Refused users return when told to if the task is worth the wait, return whatever it "
    "costs, leave, or back off (seconds).",
)
@participation_option
@click.option(
    "--strategies",
    metavar="S,S,...",
    help="What to compare; default: what makes sense for the system.",
)
@click.option(
    "--adapt",
    type=click.Choice(("users", "both", "none")),
    default="users",
    show_default=True,
    help="Who reacts to a strategy before it is judged.",
)
@click.option(
    "--criterion",
    default="provider-cost",
    show_default=True,
    metavar="NAME",
    help="What the best is best at: provider-cost, user-utility, worst-decile, success, "
    "delay-median, delay-p95, refusals or fairness-gap.",
)
@click.option(
    "--confidence",
    type=float,
    default=0.95,
    show_default=True,
    help="Probability that the selection and the intervals are right.",
)
@click.option(
    "--indifference",
    type=float,
    metavar="X",
    help="Difference that does not matter, in units of the criterion.  [default: 1% of it "
    "under none]",
)
@click.option(
    "--tasks",
    type=int,
    metavar="N",
    help="Tasks of each replication that count.  [default: 400 relaxation times, at least 4000]",
)
@click.option(
    "--warmup",
    type=int,
    metavar="N",
    help="Tasks before them that do not.  [default: 5 relaxation times]",
)
@click.option(
    "--horizon",
    type=float,
    metavar="T",
    help="A finite day instead of the long run: the tasks of the first T seconds count, from an "
    "empty system on.",
)
@click.option(
    "--budget", type=int, default=160, show_default=True, help="Replications per strategy at most."
)
@click.option(
    "--engine",
    type=click.Choice(("auto", "simpy", "compiled")),
    default="auto",
    show_default=True,
    help="What plays it; the results are the same.",
)
@seed_option
@workers_option
@out_option("report.html, figures, frames and settings.json")
@json_option
def command(
    strategies: str | None,
    adapt: str,
    criterion: str,
    participation: str,
    confidence: float,
    indifference: float | None,
    budget: int,
    engine: str,
    tasks: int | None,
    warmup: int | None,
    horizon: float | None,
    workers: int | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Which throttling strategy is best, for whom, and how sure that is.

    Every strategy is played on the same tasks with the same random numbers, after the users (with
    --adapt both the provider, too) have reacted to it: exactly where theory knows how, otherwise
    anew in every replication. What is compared is the long run: under overload no winner is
    named. Strategies that are shown to be worse are dropped; the best is named as soon as it is
    within the indifference zone of the best there is, with probability --confidence. If --budget
    does not suffice for that, or users are not near their equilibrium, no winner is named.

    \b
    queuit throttle compare --game R2
    queuit throttle compare --game gpt-4.1/o3 --arrival-rate .3 --slots 10 22
    (a utilisation of .71 at both models, before users react)
    queuit throttle compare --game R1 --population free:80:2/h:2:.01,paid:20:10/h:4:.05 --json
    """
    from agents import Joins
    from analysis.comparison.criteria import criterion as named
    from analysis.comparison.steady import Lengths, react
    from analysis.comparison.strategies import read_strategies
    from analysis.comparison.study import compare
    from analysis.statistics.selection import Plan
    from scenarios.terminal.compare_output import as_text, to_dict
    from scenarios.terminal.output import pool, progress, to_json
    from sim.checks import POSITIVE, check

    by, plan = named(criterion), Plan(confidence, budget)
    check_numbers(_LIMITS, indifference=indifference, workers=workers, tasks=tasks, warmup=warmup)
    if horizon is not None:
        check("horizon", horizon, POSITIVE)
    start = read_system(**options)
    if participation == "rational":
        start = start.replace(joining=Joins(1.0))
    throttles = read_strategies(strategies, start)
    lengths = Lengths(tasks, warmup, math.inf if horizon is None else horizon)
    with pool(workers, out) as executor:
        with progress(2 * len(throttles), "users react") as advance:
            scenarios, how = react(start, throttles, adapt, lengths, engine, executor, advance)
        with progress(len(scenarios) * plan.budget, "comparing") as advance:
            comparison = compare(
                scenarios, plan, by, indifference, executor, advance, measures=how, engine=engine
            )
    click.echo(to_json(to_dict(comparison)) if as_json else as_text(comparison))
    if out is not None:
        asked = {"game": options["name"], "adapt": adapt, "lengths": asdict(lengths)}
        page = _report(comparison, start, asked).write(out)
        click.echo(f"report: {page}", err=as_json)


def _report(found: "Comparison", start: "Scenario", asked: dict[str, Any]) -> "Report":
    from analysis.comparison.page import report

    command_line = as_typed(click.get_current_context(), "queuit throttle compare", _ELSEWHERE)
    return report(found, {**asked, "command": command_line, "scenario": start.to_dict()})


if __name__ == "__main__":
    command()

"""Compare throttling strategies: which one is best, how sure, and who pays for it."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scenarios.command import Command
from scenarios.options import (
    UNLIMITED,
    game_options,
    json_option,
    persistence,
    population,
    read_game,
    seed_option,
    service_time,
    system_options,
    workers_option,
)

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from analysis.comparison import Comparison
    from analysis.criteria import Criterion
    from analysis.selection import Plan
    from sim import Game, Poisson, Population, Scenario, Throttle


_EFFORT = 0.5  # of the thinking, if that leaves M2 the better model


class _WithStrategies(Command):
    """Its help ends with the table of strategies, which is imported only then."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from scenarios.strategies import describe

        formatter.write_paragraph()
        formatter.write("Strategies, and layers of them joined by +:\n")
        formatter.write("".join(f"  {line}\n" for line in describe().splitlines()))


@click.command("compare", cls=_WithStrategies)
@game_options
@system_options
@click.option(
    "--population",
    "crowd",
    metavar="CLASS:USERS:RATE/UNIT:V:W,...",
    help="Users instead of --arrival-rate: classes with own rate (per s, min, h, d), V and W.",
)
@click.option(
    "--refused",
    default="obey",
    show_default=True,
    metavar="obey|leave|FIRST[:FACTOR[:ATTEMPTS]]",
    help="Refused users return when told to, leave, or back off (seconds).",
)
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
    "--tasks", type=int, default=2_000, show_default=True, help="Tasks of each replication."
)
@click.option(
    "--budget", type=int, default=160, show_default=True, help="Replications per strategy at most."
)
@seed_option
@workers_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write report.html, figures, frames and settings.json there.",
)
@json_option
def command(
    strategies: str | None,
    adapt: str,
    criterion: str,
    confidence: float,
    indifference: float | None,
    budget: int,
    workers: int | None,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Which throttling strategy is best, for whom, and how sure that is.

    Every strategy is played on the same tasks with the same luck, after the users (with --adapt
    both the provider, too) have reacted to it. Strategies that are shown to be worse are dropped;
    the best is named as soon as it is within the indifference zone of the best there is, with
    probability --confidence. If --budget does not suffice for that, no winner is named.

    \b
    queuit throttle compare --game R2
    queuit throttle compare --game gpt-4.1/o3 --arrival-rate .3 --slots 3 12
    queuit throttle compare --game R1 --population free:80:2/h:2:.01,paid:20:10/h:4:.05 --json
    """
    from analysis.criteria import criterion as named
    from analysis.selection import Plan
    from scenarios.compare_output import as_text, to_dict
    from scenarios.output import check_writable, pool, to_json
    from sim.checks import COUNT, POSITIVE, check

    by, plan = named(criterion), Plan(confidence, budget)
    if indifference is not None:
        check("indifference", indifference, POSITIVE)
    if workers is not None:
        check("workers", workers, COUNT)
    start = read_system(**options)
    throttles = read_strategies(strategies, start)
    if out is not None:
        check_writable(out)
    with pool(workers) as executor:
        found = _play(react(start, throttles, adapt, executor), plan, by, indifference, executor)
    if out is not None:
        _write(out, found, start, adapt)
    click.echo(to_json(to_dict(found)) if as_json else as_text(found))


def read_system(
    *,
    arrival_rate: float | None,
    slots: tuple[float, float],
    service: str,
    crowd: str | None,
    refused: str,
    tasks: int,
    seed: int,
    **game: Any,
) -> "Scenario":
    """The scenario of the options without a throttle; nobody has optimised yet."""
    from agents import Cascade, NoThrottle, Stationary
    from sim import Scenario

    arrivals = _arrivals(arrival_rate, crowd, slots)
    solved, value_of_time = read_game(**game)
    return Scenario(
        solved,
        routing=Cascade(1),
        abandonment=Stationary(0.0),
        throttle=NoThrottle(),
        arrivals=arrivals,
        service_time=service_time(service),
        slots=slots,
        value_of_time=value_of_time,
        tasks=tasks,
        seed=seed,
        persistence=persistence(refused),
    )


def _arrivals(
    rate: float | None, crowd: str | None, slots: tuple[float, float]
) -> "Poisson | Population":
    from sim import Poisson

    if crowd is not None:
        if rate is not None:
            raise click.UsageError("--population goes without --arrival-rate: classes have rates")
        return population(crowd)
    if rate is None and slots != UNLIMITED:
        raise click.UsageError(
            "missing --arrival-rate R or --population: finite --slots need one of them"
        )
    return Poisson(1.0 if rate is None else rate)


def read_strategies(text: str | None, scenario: "Scenario") -> "dict[str, Throttle]":
    """The throttles of a list of strategies by their names; None: `defaults`."""
    from scenarios.strategies import parse
    from sim import Population
    from sim.checks import refuse

    names = defaults(scenario) if text is None else [name.strip() for name in text.split(",")]
    if not any(names):
        refuse("strategies", text, "at least one strategy")
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        refuse("strategies", twice[0], "named once")
    crowd = scenario.arrivals
    classes = crowd.classes if isinstance(crowd, Population) else ()
    value_of_time = scenario.value_of_time
    throttles = {name: parse(name, scenario.game, value_of_time, classes) for name in names}
    for name, throttle in throttles.items():
        _check_pair(name, replace(scenario, throttle=throttle).at_work)
    return throttles


def _check_pair(name: str, at_work: "Game") -> None:
    """Users and provider react by theorems that ask for p1 < p2: say so before any work."""
    from sim.checks import InputError

    try:
        at_work.pair()
    except InputError as error:
        raise InputError(f"strategy = {name!r}: {error}") from error


def defaults(scenario: "Scenario") -> list[str]:
    """What makes sense for a system: queue strategies need finite slots, limits need a population.

    Delays of 10% and, at M2 alone, just enough to make it worthless; limits near the needs of
    the class with the busiest users.
    """
    from sim import Population

    first, second = scenario.game.pair()
    names = ["none", f"added-delay:{0.1 * first.t:.3g}/{0.1 * second.t:.3g}"]
    if 1 - (1 - second.p) ** _EFFORT > first.p:
        names.append(f"effort:{_EFFORT:g}")
    worth = scenario.game.value * second.p - second.t
    if worth > 0:
        names.append(f"added-delay:0/{1.01 * worth:.3g}")
    slots = [each for each in scenario.slots if each < float("inf")]
    if slots:
        most = int(max(slots))
        names += [f"load-delay:{second.t / most:.3g}", f"queue-limit:{2 * most}"]
        names += [f"downgrade:{most}"]
    if isinstance(scenario.arrivals, Population):
        names += _limits(scenario.arrivals)
        if slots and len(scenario.arrivals.classes) > 1:
            names.append(f"priority:{scenario.arrivals.classes[-1].name}")
    return names


def _limits(crowd: "Population") -> list[str]:
    """Per-user limits: the rate of the busiest class, and ten of its tasks per window."""
    busiest = max(each.rate for each in crowd.classes)
    unit, seconds = ("h", 3600.0) if busiest * 3600 < 3600 else ("s", 1.0)
    window = max(1, round(10 / busiest / seconds))
    cap = f"cap:10/{window}{unit}"
    return [f"rate-limit:{busiest * seconds:.3g}/{unit}", cap, f"{cap}:fallback"]


def react(
    start: "Scenario",
    throttles: "Mapping[str, Throttle]",
    adapt: str,
    executor: "Executor | None" = None,
) -> "dict[str, Scenario]":
    """The equilibrium without throttling, and from there the reaction to every throttle."""
    from analysis.adaptation import adapted, baseline
    from analysis.replications import run_jobs
    from scenarios.output import progress

    with progress(len(throttles) + 1, "users react") as advance:
        base = baseline(start)
        advance(1)
        jobs = [replace(base, throttle=throttle) for throttle in throttles.values()]
        reacted = run_jobs(
            partial(adapted, adapt=adapt), jobs, executor, lambda done: advance(done + 1)
        )
    return dict(zip(throttles, reacted, strict=True))


def _play(
    scenarios: "Mapping[str, Scenario]",
    plan: "Plan",
    by: "Criterion",
    indifference: float | None,
    executor: "Executor | None",
) -> "Comparison":
    from analysis.comparison import compare
    from scenarios.output import progress

    with progress(len(scenarios) * plan.budget, "comparing") as advance:
        return compare(scenarios, plan, by, indifference, executor, advance)


def _write(out: Path, found: "Comparison", start: "Scenario", adapt: str) -> None:
    from analysis.comparison_report import write_comparison

    write_comparison(out, found, {"adapt": adapt, "scenario": start.to_dict()})
    click.echo(f"report: {out / 'report.html'}", err=True)


if __name__ == "__main__":
    command()

"""Simulate a game and compare with the exact expectations."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scenarios.options.games import (
    game_options,
    json_option,
    out_option,
    participation_option,
    read_game,
    seed_option,
)
from scenarios.options.systems import (
    UNLIMITED,
    read_discipline,
    server_options,
    service_time,
    system_options,
)
from scenarios.terminal.command import Command

if TYPE_CHECKING:
    from analysis.statistics.intervals import Estimate
    from scenarios.terminal.notes import Overrides
    from scenarios.terminal.simulate_output import Files
    from sim import Game, Result, Scenario, Summary


@click.command("simulate", cls=Command)
@game_options
@click.option("--route", type=click.IntRange(1, 2), help="First model; default: the equilibrium's.")
@click.option("--cascade", type=float, metavar="S", help="Probability that a re-prompt cascades.")
@click.option("--abandon", type=float, metavar="Q", help="Probability of quitting after a failure.")
@click.option("--tasks", type=int, default=100_000, show_default=True, help="Arrivals.")
@participation_option
@seed_option
@system_options
@click.option(
    "--added-delay",
    nargs=2,
    type=float,
    metavar="D1 D2",
    help="Throttle: delay added to each answer, money (like --t).",
)
@server_options
@click.option(
    "--engine",
    type=click.Choice(["auto", "simpy", "vectorised", "compiled"]),
    default="auto",
    show_default=True,
    help="What plays it; the results are the same.",
)
@out_option("tasks, passes, summary (parquet) and scenario.json")
@json_option
@click.option("--timing", is_flag=True, help="Add the engine and its tasks per second.")
def command(
    route: int | None,
    cascade: float | None,
    abandon: float | None,
    tasks: int,
    participation: str,
    seed: int,
    arrival_rate: float | None,
    slots: tuple[float, float],
    service: str,
    added_delay: tuple[float, float] | None,
    service_rate: tuple[float, float] | None,
    discipline: str | None,
    horizon: float | None,
    engine: str,
    out: Path | None,
    as_json: bool,
    timing: bool,
    **options: Any,
) -> None:
    """Play a game many times: means, standard errors and exact values.

    Plays the equilibrium (of the throttled game with --added-delay); --route, --cascade and
    --abandon each replace just that part. Service at a model takes t / (value of time) seconds on
    average, or 1 / --service-rate.

    With finite slots what is played is the equilibrium of the game without load: users do not
    respond to waiting. Their equilibrium under load is that of `queuit solve --service-rate`; it is
    for exponential service (or any with --discipline ps), while --service is deterministic by
    default. Errors then come from batch means. Delay and utility are exact, in the long run, for
    exponential service with fcfs and for any service with ps, and have no exact value otherwise.

    With --participation rational users begin only if it is worth it. Played is the optimum, without
    load, of a provider who knows that, by as many users as have U >= 0 at the latencies that they
    make. Theory must have these: no queues, or such that delay is exact.

    With a --horizon nothing is exact, as it cuts off the longest tasks. If as much work comes as
    can be done, or more, the run ends with the arrivals (or the --horizon, if earlier) and its
    means are marked as not stationary. --engine auto takes the fastest that can play it.

    \b
    queuit simulate --game R14
    queuit simulate --game gpt-4.1/o3 --arrival-rate .1 --slots 3 8 --service lognormal:1
    queuit simulate --game R14 --service-rate 4 1 --arrival-rate 1 --slots 1 3 --discipline ps
    """
    import numpy as np

    from analysis.theory.load import load_report, stationary
    from scenarios.terminal.notes import notes
    from scenarios.terminal.output import progress, to_json
    from scenarios.terminal.simulate_output import as_text, files
    from sim.engine import choose

    if arrival_rate is None and slots != UNLIMITED:
        raise click.UsageError("missing --arrival-rate R: finite --slots need it")
    game, value_of_time = read_game(**options, service_rate=service_rate)
    overrides, voluntary = (route, cascade, abandon), participation == "rational"
    with np.errstate(all="ignore"):  # numbers at the edge of the range overflow to null
        scenario = _scenario(
            game,
            added_delay,
            overrides,
            voluntary=voluntary,
            value_of_time=value_of_time,
            tasks=tasks,
            seed=seed,
            slots=slots,
            rate=1.0 if arrival_rate is None else arrival_rate,
            service=service,
            discipline=discipline or "fcfs",
            horizon=float("inf") if horizon is None else horizon,
        )
        engine = choose(scenario, engine)  # refused before anything is touched
        with nullcontext() if out is None else files(out) as kept:
            with progress(tasks, "simulating") as advance:
                run = _played(scenario, engine, kept, advance)
            estimates, exact = summarise(scenario, run)
            answer = _answer(scenario, run, estimates, exact, timing, voluntary)
            queues = slots != UNLIMITED and (service_rate is not None or discipline is not None)
            if queues or horizon is not None or not stationary(scenario):
                answer |= load_report(scenario, run)
            if kept is not None:
                kept.finish(scenario, answer)
    said = notes(scenario, answer, overrides)
    click.echo(to_json(answer) if as_json else as_text(answer, estimates, said))


def _scenario(
    game: "Game",
    added_delay: tuple[float, float] | None,
    overrides: "Overrides",
    *,
    voluntary: bool,
    value_of_time: float,
    tasks: int,
    seed: int,
    slots: tuple[float, float],
    rate: float,
    service: str,
    discipline: str,
    horizon: float,
) -> "Scenario":
    """The scenario of the options: the equilibrium of the throttled game, parts replaced."""
    from agents import AddedDelay, Cascade, NoThrottle, Stationary
    from analysis.theory.load import limited
    from sim import Offer, Person, Poisson, Scenario

    delays = added_delay or (0.0, 0.0)
    system = Scenario(
        game,
        Offer(
            Cascade(1),
            AddedDelay(tuple(d / value_of_time for d in delays)) if any(delays) else NoThrottle(),
            slots=slots,
            discipline=read_discipline(discipline),
            service_time=service_time(service),
        ),
        Person(Stationary(0.0)),
        Poisson(rate),
        value_of_time=value_of_time,
        tasks=tasks,
        horizon=horizon,
        seed=seed,
    )
    return limited(_with_equilibrium(system, overrides, voluntary))


def _with_equilibrium(system: "Scenario", overrides: "Overrides", voluntary: bool) -> "Scenario":
    """``system`` with the equilibrium of its game without load, parts replaced, and who begins."""
    from agents import Cascade, Stationary, stackelberg, voluntary_stackelberg
    from analysis.reaction.exact import announced
    from analysis.theory.participation import participating

    game = announced(system)
    optimum = voluntary_stackelberg(game).equilibrium if voluntary else stackelberg(game)
    route, cascade, abandon = overrides
    played = system.replace(
        routing=Cascade(
            optimum.initial if route is None else route,
            optimum.cascade if cascade is None else cascade,
        ),
        abandonment=Stationary(optimum.abandonment if abandon is None else abandon),
    )
    return participating(played) if voluntary else played


def _played(
    scenario: "Scenario", engine: str, kept: "Files | None", tell: Callable[[int], None]
) -> "Result | Summary":
    """The run in full, if it is short, or its summary; all of it goes to the files that are kept.

    Of a long one, that is where 'auto' takes the kernel, its summary speaks, whatever plays it: to
    choose an engine changes nothing, and the kernel needs no memory for the tasks. Not where a
    horizon cuts batches, of which a summary knows less.
    """
    from sim import chunks, condense, simulate, stream
    from sim.engine import choose

    long = choose(scenario) == "compiled" and scenario.horizon == float("inf")
    if long and engine == "compiled":
        if kept is None:
            return stream(scenario, progress=tell)
        return condense(scenario, map(kept.add, chunks(scenario, passes=True, progress=tell)))
    result = simulate(scenario, engine=engine, passes=kept is not None, progress=tell)
    if kept is not None:
        kept.add(result)
    return condense(scenario, result) if long else result


def summarise(
    scenario: "Scenario", run: "Result | Summary"
) -> tuple[dict[str, "Estimate"], dict[str, float | None]]:
    """Estimates of all metrics, and their exact values where theory has them.

    Without queues every metric is exact; with them delay and utility are so where
    `analysis.theory.product_form` has the mean delay. Nothing is exact under a throttle that
    answers to the load.
    """
    from analysis.statistics.intervals import of_run
    from analysis.theory.load import has_queues
    from sim.summary import METRICS

    queues = has_queues(scenario)
    exact = _exact(scenario)
    if queues:
        exact |= _exact_under_load(scenario, exact["success"])
    if scenario.horizon < float("inf"):  # those cut off are not like those who left
        exact = dict.fromkeys(METRICS)
    return of_run(run, queues), exact


def _exact(scenario: "Scenario") -> dict[str, float | None]:
    from agents import effective
    from analysis.theory.participation import expected_of_all
    from sim import expectations
    from sim.summary import METRICS

    game = effective(scenario.game, scenario.offer.throttle, scenario.value_of_time)
    if game is None:
        return dict.fromkeys(METRICS)
    route, abandonment, _ = scenario.table.whole()
    theory = expectations(game, route.initial, route.escalation, abandonment)
    theory = expected_of_all(scenario, theory)
    return {name: float(getattr(theory, name)) for name in METRICS}


def _exact_under_load(scenario: "Scenario", success: float | None) -> dict[str, float | None]:
    from analysis.theory.participation import delay_of_all

    delay = delay_of_all(scenario)
    if delay is None or success is None:
        return {"delay": None, "user_utility": None}
    return {"delay": delay, "user_utility": float(scenario.game.value) * success - delay}


def _answer(
    scenario: Any,
    run: "Result | Summary",
    estimates: dict[str, "Estimate"],
    exact: dict[str, float | None],
    timing: bool,
    voluntary: bool,
) -> dict[str, Any]:
    from analysis.theory.load import participation
    from sim.summary import METRICS

    answer: dict[str, Any] = {
        name: {
            "mean": estimates[name].mean,
            "standard_error": estimates[name].standard_error,
            "exact": exact[name],
        }
        for name in METRICS
    }
    answer |= {"tasks": scenario.tasks, **run.counts(), "seed": scenario.seed}
    answer |= {"initial": scenario.offer.routing.initial, "cascade": scenario.offer.routing.s}
    answer["abandonment"] = scenario.person.abandonment.q
    if voluntary:
        answer["participation"] = participation(scenario)
    if timing:
        arrived = sum(run.counts().values())
        answer |= {"engine": run.engine, "tasks_per_second": arrived / run.seconds}
    return answer


if __name__ == "__main__":
    command()

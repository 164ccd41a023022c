"""Solve games exactly."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from scenarios.options.congestion import congestion_options, given_options, solve_congested
from scenarios.options.games import (
    game_options,
    json_option,
    participation_option,
    read_game,
)
from scenarios.terminal.command import Command

_RESULTS = (
    "regime",
    "initial",
    "cascade",
    "abandonment",
    "user_utility",
    "provider_cost",
    "success",
    "delay",
    "service_cost",
    "misalignment",
    "throttling_gain",
    "statement",
    "tie",
)

_IRRELEVANT = dict.fromkeys(("cascade", "cascade_range"), "irrelevant")


@click.command("solve", cls=Command)
@game_options
@click.option(
    "--games",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Solve every row; columns p1,p2,t1,t2,c1,c2,value,penalty.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE.csv",
    help="Where --games writes the rows with their results.",
)
@congestion_options
@participation_option
@json_option
def command(
    games: Path | None,
    out: Path | None,
    as_json: bool,
    congestion: dict[str, Any],
    participation: str,
    **options: Any,
) -> None:
    """The equilibrium of a game: routing, abandonment, utilities, and what throttling would gain.

    With --service-rate, which replaces --t, latency is what the load makes of it. With
    --participation rational users begin only if it is worth it; what is answered is then the
    optimum of a provider who knows that, and the share of the users who begin.

    \b
    queuit solve --p .3 .6 --t .2 .7 --c .4 .5 --value 1 --penalty 3
    queuit solve --game R14 --json
    queuit solve --game R12 --participation rational
    queuit solve --games games.csv --out solved.csv
    queuit solve --p .2 .6 --c .1 .5 --value 5 --penalty 1 --arrival-rate .5 --service-rate 1 .5
                 --slots 1 2
    """
    voluntary = participation == "rational"
    if games is None and out is not None:
        raise click.UsageError("--out FILE.csv goes with --games FILE.csv")
    if games is not None:
        given = [
            "--game" if key == "name" else f"--{key}"
            for key, value in options.items()
            if value is not None
        ] + given_options(congestion)
        if given or as_json:
            unused = given or ["--json"]
            raise click.UsageError(f"--games FILE.csv goes without {', '.join(unused)}")
        if out is None:
            raise click.UsageError("missing --out FILE.csv for the results of --games")
        from scenarios.options.games_file import solve_file

        count = solve_file(games, out, partial(solution, voluntary=voluntary))
        click.echo(f"{count} games solved: {out}")
        return
    if given_options(congestion):
        click.echo(solve_congested(options, congestion, voluntary, as_json))
        return
    game, _ = read_game(**options)
    results = solution(game, voluntary)
    if as_json:
        from scenarios.terminal.output import to_json

        click.echo(to_json(results))
    else:
        click.echo(_text(results))


def solution(game: Any, voluntary: bool = False) -> dict[str, Any]:
    """The results of one game, or columns of results for a game of arrays.

    ``voluntary``: users may decline; then they have the share who begin, too.
    """
    import numpy as np

    with np.errstate(all="ignore"):  # numbers at the edge of the range overflow to null
        return _results(game, voluntary)


def _results(game: Any, voluntary: bool) -> dict[str, Any]:
    import numpy as np

    from agents import stackelberg, voluntary_stackelberg
    from agents.theorems.throttling import throttling_gain
    from analysis.theory.misalignment import misalignment

    begun: dict[str, Any] = {}
    if voluntary:
        found = voluntary_stackelberg(game)
        optimum, begun["participation"] = found.equilibrium, found.participation
        gain = optimum.provider_cost - game.penalty  # enough delay keeps all away
    else:
        optimum = stackelberg(game)
        gain = throttling_gain(game, optimum)
    results = {name: getattr(optimum, name) for name in _RESULTS if hasattr(optimum, name)}
    results |= {"misalignment": misalignment(game, optimum), "throttling_gain": gain}
    results = {name: results[name] for name in _RESULTS} | begun
    if game.shape == ():
        results["cascade_range"] = optimum.cascade_range
        results["broken_assumptions"] = game.broken_assumptions()
    else:
        results["cascade_low"] = optimum.cascade_low
        results["cascade_high"] = optimum.cascade_high
        first, second = game.models
        orders = np.char.add(
            np.where(first.t < second.t, "", "t1 < t2;"),
            np.where(first.c < second.c, "", "c1 < c2"),
        )
        results["broken_assumptions"] = np.char.strip(orders, ";")
    return results


def _text(results: dict[str, Any]) -> str:
    from scenarios.terminal.meanings import span, with_meanings

    results = dict(results)
    broken = ", ".join(results.pop("broken_assumptions"))
    noise = 1e-12 * max(abs(results["user_utility"]), abs(results["provider_cost"]))
    shown = {name: _shown(value, noise) for name, value in results.items()}
    ends = results["cascade_range"]
    shown |= {"cascade_range": span(ends)} if ends else _IRRELEVANT
    lines = with_meanings(shown)
    if results.get("participation") == 0.0:
        lines.append("note: nobody begins; every task costs the penalty")
    if broken:
        lines.append(f"note: the paper assumes {broken}; the solution holds without it")
    return "\n".join(lines)


def _shown(value: Any, noise: float) -> str:
    if isinstance(value, float):
        return f"{0 if abs(value) < noise else value:.10g}"
    return str(value)


if __name__ == "__main__":
    command()

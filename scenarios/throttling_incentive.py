"""The incentive to throttle: what slowing users down brings the provider, over a range of games."""

from math import ceil, isqrt, prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scenarios.options.games import (
    game_options,
    json_option,
    out_option,
    read_game,
    seed_option,
)
from scenarios.terminal.command import Command
from scenarios.terminal.study import check_numbers, work

if TYPE_CHECKING:
    import pandas as pd

    from analysis.games.grid import Axis

_SHOWN = 25  # rows of the printed table


@click.command("incentive", cls=Command)
@game_options
@click.option(
    "--axis",
    "axes",
    multiple=True,
    required=True,
    metavar="NAME=LO:HI:COUNT",
    help="Vary p1, p2, t1, t2, c1, c2, value or penalty; both ends included. Once or twice.",
)
@click.option(
    "--tasks", type=int, default=10_000, show_default=True, help="Tasks per game and policy."
)
@seed_option
@click.option(
    "--workers", type=int, default=1, show_default=True, help="Processes; 1 stays in this one."
)
@out_option("report.html, the figure and the frame")
@json_option
def command(
    axes: tuple[str, ...],
    tasks: int,
    seed: int,
    workers: int,
    out: Path | None,
    as_json: bool,
    **options: Any,
) -> None:
    """What full throttling brings the provider and costs users, exact and simulated.

    Both models are delayed just enough that users leave after one pass; the gain is signed. An
    axis replaces that number of the game.

    \b
    queuit throttle incentive --game R2 --axis penalty=0:1:41
    queuit throttle incentive --game gpt-4.1/o3 --axis penalty=0:1:21 --axis value=.2:5:21 --out r
    """
    from analysis.incentive.study import incentive
    from scenarios.terminal.output import to_json

    check_numbers({}, tasks=tasks, seed=seed, workers=workers)
    chosen = tuple(read_axis(text) for text in axes)
    game, _ = read_game(**_completed(options, chosen))
    total = prod(axis.count for axis in chosen)
    with work(out, workers, total, "simulating") as (executor, advance):
        frame = incentive(game, chosen, seed, tasks, executor, advance)
    if out is not None:
        from analysis.incentive.page import report

        page = report(frame, chosen, _settings(game, chosen, seed, tasks)).write(out)
    if as_json:
        click.echo(to_json(frame.drop(columns="pays").to_dict("records")))
    else:
        _print(frame, chosen)
    if out is not None:
        click.echo(f"report: {page}", err=as_json)


def _completed(options: dict[str, Any], axes: "tuple[Axis, ...]") -> dict[str, Any]:
    """The options of the game; V and P need not be given where an axis replaces them."""
    replaced = {axis.name: axis.low for axis in axes if axis.name in options}
    return options if options["name"] else options | replaced


def read_axis(text: str) -> "Axis":
    """The axis that NAME=LO:HI:COUNT describes.

    >>> read_axis("penalty=0:20:81")
    Axis(name='penalty', low=0.0, high=20.0, count=81)
    """
    from analysis.games.grid import Axis
    from sim.checks import refuse

    name, _, rest = text.partition("=")
    try:
        low, high, count = rest.split(":")
        numbers = float(low), float(high), int(count)
    except ValueError:
        refuse("axis", text, "NAME=LO:HI:COUNT, such as penalty=0:20:81")
    return Axis(name, *numbers)


def _settings(game: Any, axes: "tuple[Axis, ...]", seed: int, tasks: int) -> dict[str, Any]:
    from analysis.games.grid import NUMBERS

    first, second = game.models
    numbers = (first.p, second.p, first.t, second.t, first.c, second.c, game.value, game.penalty)
    return {
        "seed": seed,
        "tasks": tasks,
        "game": dict(zip(NUMBERS, map(float, numbers), strict=True)),
        "axes": {axis.name: [axis.low, axis.high, axis.count] for axis in axes},
    }


def _print(frame: "pd.DataFrame", axes: "tuple[Axis, ...]") -> None:
    from analysis.incentive.study import largest_deviation

    names = [axis.name for axis in axes]
    heads = [*names, "gain", "simulated", "95% +-", "user loss", "simulated", "pays"]
    click.echo("".join(f"{head:>12}" for head in heads))
    shown = _spread(axes)
    for row in frame.iloc[shown].to_dict("records"):
        numbers = [row[name] for name in names]
        numbers += [row["gain_exact"], row["gain_simulated"], 1.96 * row["standard_error"]]
        numbers += [row["user_loss_exact"], row["user_loss_simulated"]]
        click.echo("".join(f"{x:>12.5g}" for x in numbers) + f"{'yes' if row['pays'] else '':>12}")
    if len(shown) < len(frame):
        click.echo(f"({len(shown)} of {len(frame)} games are shown; --json or --out has all)")
    click.echo(
        f"throttling pays in {frame['pays'].sum()} of {len(frame)} games; largest deviation of a "
        f"simulated gain: {largest_deviation(frame):.1f} standard errors"
    )


def _spread(axes: "tuple[Axis, ...]") -> list[int]:
    """The rows to print: values of each axis at equal steps, and both of its ends."""
    most = _SHOWN if len(axes) == 1 else isqrt(_SHOWN)
    rows = [0]
    for axis in axes:
        last = axis.count - 1
        chosen = (*range(0, last, max(1, ceil(last / (most - 1)))), last)
        rows = [row * axis.count + k for row in rows for k in chosen]
    return rows


if __name__ == "__main__":
    command()

"""Options about a game, and those that many commands share.

Nothing heavy is imported before a command runs: `queuit --help` must feel instant.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from sim.game import Game

F = TypeVar("F", bound=Callable[..., Any])

_GAME_OPTIONS = (
    click.option("--game", "name", metavar="NAME", help="A reference game (R1 ... R14) or a pair."),
    click.option("--p", nargs=2, type=float, metavar="P1 P2", help="Success probability per pass."),
    click.option("--t", nargs=2, type=float, metavar="T1 T2", help="Latency cost per pass, money."),
    click.option("--c", nargs=2, type=float, metavar="C1 C2", help="Service cost per pass, money."),
    click.option("--value", type=float, metavar="V", help="Value of a solved task, money."),
    click.option("--penalty", type=float, metavar="P", help="Cost of an unsolved task, money."),
)


def game_options(command: F) -> F:
    """Add the options that describe a game."""
    return all_of(_GAME_OPTIONS, command)


def all_of(options: tuple[Callable[[Any], Any], ...], command: F) -> F:
    """Add ``options``, the first of them first."""
    for option in reversed(options):
        command = option(command)
    return command


seed_option = click.option(
    "--seed", type=int, default=1, show_default=True, help="From 0 to 2^64 - 1."
)
workers_option = click.option(
    "--workers", type=int, help="Processes; 1 stays in this one.  [default: one per core]"
)


def out_option(what: str = "report.html, figures and frames") -> Callable[[F], F]:
    """The option of a folder for ``what`` a command writes."""
    return click.option(
        "--out", type=click.Path(path_type=Path), metavar="DIR", help=f"Write {what} there."
    )


participation_option = click.option(
    "--participation",
    type=click.Choice(["compulsory", "rational"]),
    default="compulsory",
    show_default=True,
    help="Is the first pass compulsory, as in the paper, or do users who expect a loss (U < 0) "
    "decline? A declined task costs the provider P, and its user nothing.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, full precision.")


def read_game(
    name: str | None,
    p: tuple[float, float] | None,
    t: tuple[float, float] | None,
    c: tuple[float, float] | None,
    value: float | None,
    penalty: float | None,
    service_rate: tuple[float, float] | None = None,
) -> tuple["Game", float]:
    """The game that the options describe, and its value of time (money per second).

    With --game, the other options replace what they name. A service rate replaces t by value of
    time / rate: a pass takes 1 / rate seconds on average.
    """
    from analysis.games.catalogue import named
    from sim.game import Game

    base, value_of_time = (None, 1.0) if name is None else named(name)
    if service_rate is not None:
        t = _latency_costs(t, service_rate, value_of_time)
    given = {"--p": p, "--t": t, "--c": c, "--value": value, "--penalty": penalty}
    if base is None:
        missing = [option for option, number in given.items() if number is None]
        if missing:
            raise click.UsageError(f"missing {', '.join(missing)} (or --game NAME)")
        game = Game.of(p or (), t or (), c or (), value, penalty)
    else:
        game = Game.of(
            p or tuple(m.p for m in base.models),
            t or tuple(m.t for m in base.models),
            c or tuple(m.c for m in base.models),
            base.value if value is None else value,
            base.penalty if penalty is None else penalty,
        )
    game.pair()
    return game, value_of_time


def _latency_costs(
    t: tuple[float, float] | None, rates: tuple[float, float], value_of_time: float
) -> tuple[float, float]:
    from sim.checks import POSITIVE, check

    if t is not None:
        raise click.UsageError("--service-rate replaces --t: give one of the two")
    for i, rate in enumerate(rates, start=1):
        check(f"service rate {i}", rate, POSITIVE)
    return value_of_time / rates[0], value_of_time / rates[1]

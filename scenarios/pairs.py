"""Real pairs of models: who would be routed where, how surely, and when throttling would pay."""

from typing import TYPE_CHECKING

import click

from scenarios.options.games import json_option, seed_option
from scenarios.terminal.command import Command

if TYPE_CHECKING:
    from analysis.games.catalogue import Pair


@click.command("pairs", cls=Command)
@click.option("--game", "name", metavar="NAME", help="One pair: also over a range of V and all P.")
@click.option(
    "--value",
    type=float,
    metavar="V",
    default=1.0,
    show_default=True,
    help="What a solved task is worth to a user, dollars.",
)
@click.option(
    "--penalty",
    type=float,
    metavar="P",
    default=0.25,
    show_default=True,
    help="What an unsolved task costs the provider, dollars.",
)
@click.option(
    "--value-of-time",
    type=float,
    metavar="W",
    default=0.01,
    show_default=True,
    help="What a second of waiting costs a user, dollars.",
)
@seed_option
@json_option
def command(
    name: str | None,
    value: float,
    penalty: float,
    value_of_time: float,
    seed: int,
    as_json: bool,
) -> None:
    """Equilibria of real standard/reasoning pairs, and how sure they are.

    One line per pair: what it comes to, and what becomes of that when the tasks that it was
    measured on are drawn anew, and when V, P or W is halved or doubled: no source tells them. With
    --game also the source, and the equilibria over a range of V and all P.

    \b
    queuit pairs --value 3
    queuit pairs --game gpt-4.1/o3
    """
    from analysis.theory.stability import stability
    from sim.checks import NON_NEGATIVE, POSITIVE, SEED, check

    rules = {"value": POSITIVE, "penalty": NON_NEGATIVE, "value-of-time": POSITIVE, "seed": SEED}
    for field, number in zip(rules, (value, penalty, value_of_time, seed), strict=True):
        check(field, number, rules[field])
    chosen = _chosen(name)
    found = [stability(pair, value, penalty, value_of_time, seed) for pair in chosen]
    if as_json:
        from scenarios.terminal.output import to_json

        click.echo(to_json([vars(each) for each in found]))
        return
    from scenarios.terminal.pairs_output import swept, table

    click.echo(table(found, f"V = ${value:g}, P = ${penalty:g}, w = ${value_of_time:g} per second"))
    if name is not None:
        click.echo(swept(chosen[0], value_of_time))


def _chosen(name: str | None) -> "list[Pair]":
    from analysis.games.catalogue import pairs
    from sim.checks import refuse

    if name is not None and name not in pairs():
        refuse("game", name, "one of " + ", ".join(pairs()))
    return [pair for pair in pairs().values() if name in (None, pair.name)]


if __name__ == "__main__":
    command()

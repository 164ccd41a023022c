"""Real pairs of models: who would be routed where, and when slowing users down would pay."""

from typing import Any

import click

from scenarios.terminal.command import Command

_VALUES = (0.1, 0.3, 1.0, 3.0, 10.0)


@click.command("pairs", cls=Command)
@click.option(
    "--value-of-time",
    type=float,
    metavar="W",
    default=0.01,
    show_default=True,
    help="What a second of waiting costs a user, dollars.",
)
def command(value_of_time: float) -> None:
    """Equilibria of real standard/reasoning pairs, over a range of task values.

    One block per pair: success, seconds and dollars per pass, source and date; then one line per
    task value V and range of the provider's penalty P over which the equilibrium stays the same.
    Delta U is what users lose because the provider decides; the last column tells for which
    penalties throttling would lower the provider's cost. No source tells V or P: they are swept.
    """
    from analysis.games.catalogue import pairs
    from sim.checks import POSITIVE, check

    check("value-of-time", value_of_time, POSITIVE)
    for pair in pairs().values():
        click.echo(_block(pair, value_of_time))


def _block(pair: Any, value_of_time: float) -> str:
    facts = "success {:.3f} | {:.3f}   seconds {:.4g} | {:.4g}   dollars {:.4g} | {:.4g}".format(
        *pair.p, *pair.seconds, *pair.dollars
    )
    head = f"{pair.name}\n  {facts}\n  {pair.source}, {pair.dates[0]} | {pair.dates[1]}"
    title = f"  {'V $':>5} {'regime':>6}  {'penalty P $':<17}{'routing':<15}{'q*':>3}"
    title += f"{'U*':>9}{'Delta U':>9}  throttling pays for"
    lines = [line for value in _VALUES for line in _lines(pair, value, value_of_time)]
    return "\n".join([head, title, *lines, ""])


def _lines(pair: Any, value: float, value_of_time: float) -> list[str]:
    from agents.theorems.throttling import paying_penalties
    from analysis.theory.misalignment import misalignment
    from analysis.theory.penalties import segments

    game = pair.game(value=value, penalty=0.0, value_of_time=value_of_time)
    pays = paying_penalties(game)
    throttling = "no P" if pays is None else f"{pays[0]:.3g} < P < {pays[1]:.3g}"
    lines = []
    for segment in segments(game):
        optimum = segment.optimum
        above = "" if segment.low == 0 else f"{segment.low:.3g} < "
        below = "" if segment.high == float("inf") else f" < {segment.high:.3g}"
        penalties = "all" if not above + below else f"{above}P{below}"
        gap = misalignment(game, optimum)
        lines.append(
            f"  {value:>5g} {optimum.regime:>6}  {penalties:<17}{_routing(optimum):<15}"
            f"{optimum.abandonment:>3g}{optimum.user_utility:>9.3f}{gap:>9.3f}  {throttling}"
        )
    return lines


def _routing(optimum: Any) -> str:
    if optimum.initial == 2:
        return "reasoning"
    low, high = optimum.cascade_range
    cascade = f"{low:.3g}" if low == high else f"{low:.3g}..{high:.3g}"
    return "standard" if high == 0 else f"1, s={cascade}"


if __name__ == "__main__":
    command()

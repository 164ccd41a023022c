"""The command line: `queuit COMMAND`."""

import click

from scenarios import (
    compile,  # noqa: A004
    congestion,
    findings,
    pairs,
    paper_figures,
    simulate,
    solve,
    throttle,
    validate_equilibrium,
)
from scenarios.terminal.command import Group


@click.group("queuit", cls=Group)
@click.version_option(package_name="queuit")
def main() -> None:
    """Who gets which model, how long do they wait, and when do they give up?

    queuit solves and simulates the game between users who prompt, re-prompt or quit, and a
    provider who routes them between a standard and a reasoning model.
    """


for module in (
    solve,
    simulate,
    pairs,
    throttle,
    validate_equilibrium,
    paper_figures,
    findings,
    congestion,
    compile,
):
    main.add_command(module.command)

if __name__ == "__main__":
    main()

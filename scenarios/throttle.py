"""The throttling laboratory: what stands in the way of users, for whom, at what price."""

import click

from scenarios import compare
from scenarios.command import Group


@click.group("throttle", cls=Group)
def command() -> None:
    """Compare strategies that slow users down, cap them, downgrade them or turn them away."""


command.add_command(compare.command)

if __name__ == "__main__":
    command()

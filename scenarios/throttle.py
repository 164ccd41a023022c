"""The throttling laboratory: what stands in the way of users, for whom, at what price."""

import click

from scenarios import compare, throttling_incentive
from scenarios.command import Group


@click.group("throttle", cls=Group)
def command() -> None:
    """Throttling: compare strategies that slow, cap or refuse users; map what it brings."""


for module in (compare, throttling_incentive):
    command.add_command(module.command)

if __name__ == "__main__":
    command()

"""The throttling laboratory: what stands in the way of users, for whom, at what price."""

import click

from scenarios import compare, compare_throttling, throttling_incentive
from scenarios.terminal.command import Group


@click.group("throttle", cls=Group)
def command() -> None:
    """Throttling: compare strategies that slow, cap or refuse users; what it brings; the study."""


for module in (compare, throttling_incentive, compare_throttling):
    command.add_command(module.command)

if __name__ == "__main__":
    command()

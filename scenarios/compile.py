"""Compile ahead of time what fast engines need."""

from collections.abc import Callable, Iterator
from time import perf_counter
from types import FunctionType
from typing import Any

import click

from scenarios.terminal.command import Command

# what a rule answers, by the base of the behaviours whose rule it is
_METHODS = {
    "Gate": ("admit",),
    "ScalarAbandonment": ("probability",),
    "ScalarJoining": ("joins",),
    "ScalarPatience": ("limits",),
    "ScalarPersistence": ("again",),
    "ScalarRouting": ("first", "escalation"),
}


@click.command("compile", cls=Command)
def command() -> None:
    """Compile the engine once, so that no later run waits for it.

    Compiled are the kernel that plays long runs, the rules of all behaviours, and the games whose
    latency is made by load. The code is kept on disk beside queuit's own files, or in the cache of
    the user if those cannot be written: once per machine, user and version of queuit. Without this
    command the first run that needs a part of the kernel compiles that, and says so. All of it
    takes about two minutes; what is compiled already is only loaded.

    \b
    queuit compile
    queuit compile && queuit simulate --game R14 --tasks 10000000
    """
    begin = perf_counter()
    for name, compile_it in _PARTS.items():
        click.echo(f"{name:<28}{_timed(compile_it)}")
    place = _place()
    if place is None:
        click.echo("nothing is kept: neither queuit's files nor the user's cache can be written")
    else:
        click.echo(f"kept on disk, the kernel in {place}")
    click.echo(f"{perf_counter() - begin:.1f} seconds in all")


def _timed(compile_it: Callable[[], None]) -> str:
    """What it took."""
    from sim.compiled.warm import watched

    compiled: list[None] = []
    begin = perf_counter()
    with watched(lambda: compiled.append(None)):
        compile_it()
    done = "compiled" if compiled else "loaded: was compiled already"
    return f"{perf_counter() - begin:6.1f} s  {done}"


def _kernel() -> None:
    from sim.compiled import warm

    for part in warm.PARTS:
        warm.load(part)


def _rules() -> None:
    from sim.compiled.rules import address

    for method, rule in shipped_rules():
        address(method, rule)


def shipped_rules() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Method and rule of every behaviour that `agents` exports: functions that it hands on."""
    import agents

    for name, methods in _METHODS.items():
        base: Any = getattr(agents, name)
        for behaviour in (getattr(agents, exported) for exported in agents.__all__):
            if isinstance(behaviour, type) and issubclass(behaviour, base) and behaviour != base:
                yield from zip(methods, _named(behaviour), strict=True)


def _named(behaviour: Any) -> list[FunctionType]:
    """The module's functions that a behaviour names where it says what its rules are."""
    says = behaviour.pair if hasattr(behaviour, "pair") else behaviour.scalar
    known = (says.__globals__.get(name) for name in says.__code__.co_names)
    return [function for function in known if isinstance(function, FunctionType)]


def _congested_games() -> None:
    from agents import CongestedGame, congested_optimum
    from sim.theory.stations import Station

    stations = (Station(1.0, 2.0), Station(2.0, 1.0))
    game = CongestedGame((0.4, 0.8), (0.1, 0.5), 5.0, 1.0, 0.5, stations)
    congested_optimum(game, compiled=True)


_PARTS = {"the kernel": _kernel, "rules of behaviours": _rules, "congested games": _congested_games}


def _place() -> str | None:
    """Where the kernel's code is kept, if it is."""
    from sim.compiled import kernel

    place: str | None = kernel.play.stats.cache_path
    return place


if __name__ == "__main__":
    command()

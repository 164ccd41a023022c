"""Compile the kernel, or load it: what a scenario needs, or all of it, ahead of time."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numba.core import event

from sim.compiled import kernel, room, setup
from sim.compiled.memory import More, Output, Rules, State
from sim.game import Game
from sim.policies import Route, Routing, View
from sim.records import Task
from sim.scenario import Offer, Scenario
from sim.servers.disciplines import ProcessorSharing
from sim.summary import Totals


def alone() -> None:
    """What plays tasks that do not meet."""
    rules, state, output, _ = _nobody()
    kernel.gaps(rules, 0, np.zeros(0))
    kernel.sample(rules, state, np.zeros(0), 0, 0, output)


def plain() -> None:
    """What plays the paper's game."""
    _play()


def general() -> None:
    """What plays all the rest."""
    _play(discipline=ProcessorSharing())


def totals() -> None:
    """What adds up tasks that are written down."""
    kernel.total(
        Totals.empty(0), *(np.zeros(0, kind) for kind in (np.int64, float, float, np.int64))
    )


PARTS = {part.__name__: part for part in (alone, plain, general, totals)}


def load(part: str) -> None:
    """Load one of `PARTS`; who listens to the logger 'queuit' is told if it must be compiled."""
    with watched(_say):
        PARTS[part]()


@contextmanager
def watched(tell: Callable[[], None]) -> Iterator[None]:
    """``tell`` is called whenever a function is about to be compiled, not when it is loaded."""

    class _Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            tell()

        def on_end(self, event: Any) -> None:
            """Nobody asks."""

    with event.install_listener("numba:compile", _Listener()):
        yield


@cache  # once is enough
def _say() -> None:
    logging.getLogger("queuit").info(
        "Compiling the engine, once on this machine (about a minute) ..."
    )


class _First(Routing):
    """Every pass at the first model."""

    def table(self, models: int) -> Route:
        """The same always."""
        return Route(1, (0.0,) * (models - 1))

    def first(self, state: Any, task: Task, view: View) -> tuple[int, Any]:
        """Never asked."""
        return 1, state

    def escalation(self, state: Any, task: Task, view: View) -> tuple[float, Any]:
        """Never asked."""
        return 0.0, state


def _play(**system: Any) -> None:
    rules, state, output, more = _nobody(**system)
    if more is not None:
        kernel.start(rules, state, more)
    kernel.play(rules, state, output, more, 0)


def _nobody(**system: Any) -> tuple[Rules, State, Output, More | None]:
    """What the kernel gets to play no task at all."""
    game = Game.of((0.5, 0.5), (1.0, 1.0), (1.0, 1.0), value=1.0, penalty=1.0)
    scenario = Scenario(game, Offer(_First(), slots=(1.0, 1.0), **system), tasks=1)
    rules, models, more = setup.rules(scenario, 0), setup.models(scenario), setup.more(scenario, 64)
    state = room.state(models, 64, more, False)
    return rules._replace(tasks=0), state, room.output(0, False), more

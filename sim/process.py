"""The process of a task: what is needed of SimPy's."""

from collections.abc import Generator
from typing import Any

import simpy

Process = Generator[simpy.Event, Any, None]


class Sure(simpy.Event):
    """An event that will happen and has nothing to tell: to be scheduled by who makes it."""

    # SimPy writes them into each of its events
    _ok = True
    _value = None


class Life:
    """Runs a process that nobody waits for or interrupts, from now on.

    Unlike that of a `simpy.Process`, its start and its end are no events of their own: it goes to
    its first event at once. Its events cannot fail.
    """

    __slots__ = ("_process",)

    def __init__(self, process: Process) -> None:
        self._process = process
        self._go_on()

    def _go_on(self, _: simpy.Event | None = None) -> None:
        for event in self._process:
            callbacks = event.callbacks
            if callbacks is not None:  # else it has happened
                callbacks.append(self._go_on)
                return

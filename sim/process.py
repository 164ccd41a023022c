"""The process of a task: what is needed of SimPy's."""

from collections.abc import Generator
from typing import Any

import simpy
from simpy.events import URGENT

Process = Generator[simpy.Event, Any, None]


class Sure(simpy.Event):
    """An event that will happen and has nothing to tell: to be scheduled by who makes it."""

    # SimPy writes them into each of its events
    _ok = True
    _value = None


class Life(Sure):
    """Runs a process that nobody waits for or interrupts, and is the event that it starts at.

    It starts when a `simpy.Process` would: at once, but after what is going on. That it ends is no
    event, and its events cannot fail.
    """

    def __init__(self, env: simpy.Environment, process: Process) -> None:
        self.env = env
        self.callbacks = [self._go_on]
        self._process = process
        env.schedule(self, URGENT)

    def _go_on(self, _: simpy.Event) -> None:
        for event in self._process:
            if event.callbacks is not None:  # else it has happened
                event.callbacks.append(self._go_on)
                return

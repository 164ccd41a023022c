"""How a scalar rule is asked on SimPy: its parameters and what it remembers, as rows of numbers."""

from array import array
from functools import cached_property
from typing import Any

import numpy as np

from sim.policies import View
from sim.records import Task
from sim.scalars import ALL, USER, Memory, Scalar

_WIDE = 64  # numbers of a row whose memory is taken only when it is written


class ByRule:
    """A behaviour that decides by one scalar rule, which `scalar` names."""

    def scalar(self) -> Scalar:
        """The rule with its parameters and its memory."""
        raise NotImplementedError

    @cached_property
    def asked(self) -> "Asked":
        """The rule, ready to be asked."""
        return Asked(self.scalar())


class Asked:
    """A ``rule``, its ``own`` parameters, the ``width`` of its memory, whether it is ``random``."""

    def __init__(self, scalar: Scalar) -> None:
        self.rule = scalar.rule
        self.own = array("d", scalar.own)
        self.width = scalar.memory
        self.random = scalar.random

    def luck(self, view: View) -> float:
        """The first word of the question's luck, if the rule looks at it."""
        return view.luck.words[0] if self.random else 0.0


class Memories(Asked):
    """A rule, and what it remembers of each user or task, or of all."""

    def __init__(self, scalar: Scalar) -> None:
        super().__init__(scalar)
        self._of = scalar.of
        self._rows: dict[int, Memory] = {}

    def row(self, task: Task) -> Memory:
        """The row that a question about ``task`` may change."""
        owner = task.user if self._of == USER else 0 if self._of == ALL else task.id
        row = self._rows.get(owner)
        if row is None:
            row = self._rows[owner] = zeros(self.width)
        return row


def zeros(width: int) -> Memory:
    """A row that remembers nothing yet; parts of it are views, as in compiled code."""
    if width <= _WIDE:
        row: Any = memoryview(array("d", bytes(8 * width)))
    else:
        row = np.zeros(width).data
    memory: Memory = row
    return memory


NOTHING = zeros(0)

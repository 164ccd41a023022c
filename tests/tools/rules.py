"""Scalar rules compiled alone, to be compared with the same rules in Python."""

from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim.compiled import jit, rules


def compiled(rule: Callable[..., Any]) -> Any:
    """``rule``, and the functions of its module that it calls, compiled as for the kernel."""
    compiler = njit(**rules.OPTIONS)
    return compiler(jit.linked(rule, {}, compiler))


def row(*numbers: float) -> NDArray[np.float64]:
    """A row as compiled code has it."""
    return np.array(numbers, float)


def same(rule: Callable[..., Any], questions: list[tuple[Any, ...]], memory: int = -1) -> bool:
    """Whether a rule that is asked one question after the other says and remembers the same bytes.

    ``questions`` are without the memory, of so many numbers (-1: it is not asked with one); rows of
    numbers are tuples.
    """
    fast, plain, quick = compiled(rule), array("d", bytes(8 * max(memory, 0))), row(*[0] * memory)
    for question in questions:
        slow: list[Any] = [array("d", x) if isinstance(x, tuple) else x for x in question]
        rows: list[Any] = [row(*x) if isinstance(x, tuple) else x for x in question]
        if memory >= 0:
            slow, rows = [*slow, plain], [*rows, quick]
        if numbers(rule(*slow)) != numbers(fast(*rows)) or plain.tobytes() != quick.tobytes():
            return False
    return True


def numbers(answer: Any) -> bytes:
    """The bytes of a number, or of several."""
    return row(*(answer if isinstance(answer, tuple) else (answer,))).tobytes()


def called(function: Any) -> Any:
    """A function that only compiled code can call, for tests."""

    def call(*arguments: Any) -> Any:
        return function(*arguments)

    return njit(call)

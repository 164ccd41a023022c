"""Functions of congested games as plain numbers, compiled for those who have thousands of games."""

import sys
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from agents.congestion import response, search
from sim.theory import erlang, markov, stations

F = TypeVar("F", bound=Callable[..., Any])
_ENTRIES = (response.response, response.begins, search.cheapest)


def version(function: F, compiled: bool) -> F:
    """``function``, or the same ``compiled``, with the same results bit for bit.

    Compiled code is twenty to a hundred times as fast. To load it takes as long as some hundred
    optima; the very first time on a machine it is compiled, some ten seconds.
    """
    twin: F = _compiled()[function] if compiled else function
    return twin


@cache
def _compiled() -> dict[Any, Any]:
    """The compiled version of each entry."""
    from numba import njit, objmode

    from sim.compiled import jit

    def many(slots: float, offered: float) -> Any:
        with objmode(blocked="float64"):  # scipy's, in Python
            blocked = erlang.erlang_b_of_many(slots, offered)
        return blocked  # noqa: RET504

    locked = njit(**jit.OPTIONS | {"nogil": False})
    known: dict[Any, Any] = {erlang.erlang_b_of_many: locked(many)}
    entry = jit.entry(sys.modules[__name__], erlang, jit, markov, response, search, stations)
    return {function: entry(jit.linked(function, known)) for function in _ENTRIES}

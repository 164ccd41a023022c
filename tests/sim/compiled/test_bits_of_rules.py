"""What Python and compiled code would compute differently is refused, not played."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from sim import InputError
from sim.compiled.rules import address
from sim.scalars import Answer, Counts, Memory, Own


def cubed(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Memory) -> float:
    return min(1.0, elapsed**3)


def _square(x: float) -> float:
    return float(pow(x, 2))


def squared(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Memory) -> float:
    return _square(elapsed)


def gamma(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Memory) -> float:
    return math.gamma(elapsed)


def halfway(
    now: float, group: int, queued: Counts, serving: Counts, luck: float, own: Own, memory: Memory
) -> Any:
    return 1.5


def ranked(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Any:
    return 0, 0.0, 0, 0.5


@pytest.mark.parametrize(
    ("method", "rule", "reason"),
    [
        ("probability", cubed, "a power has other bits"),
        ("probability", squared, "a power has other bits"),
        ("probability", gamma, "math.gamma has other bits"),
        ("first", halfway, "answer 1 must be a whole number"),
        ("admit", ranked, "answer 4 must be a whole number"),
    ],
)
def test_rules_with_other_bits_are_refused(
    method: str, rule: Callable[..., Any], reason: str
) -> None:
    with pytest.raises(InputError, match=rf"test_bits_of_rules.py, line \d+\) .*: {reason}"):
        address(method, rule)


LIMIT = 0.1


def limited(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    return 0, LIMIT, 0, 0


def test_whole_numbers_stand_for_seconds_and_other_constants_are_another_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = address("admit", limited)
    assert address("admit", limited) == first
    monkeypatch.setitem(limited.__globals__, "LIMIT", 3)  # seconds that are whole
    assert address("admit", limited) != first

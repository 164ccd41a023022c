"""What counts as valid input, and the one sentence that says so.

Every refusal names the field, the offending value and what is allowed, so that the command line
can print it as it is.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

Numbers = float | NDArray[np.float64]


class InputError(ValueError):
    """A value outside its allowed range; the message names field, value and range."""


@dataclass(frozen=True)
class Rule:
    """A condition on a number (or on every element of an array) and its name in words."""

    allowed: str
    holds: Callable[[Any], Any]


INSIDE_UNIT = Rule("strictly between 0 and 1", lambda x: (x > 0) & (x < 1))
UNIT = Rule("between 0 and 1", lambda x: (x >= 0) & (x <= 1))
POSITIVE = Rule("a finite number greater than 0", lambda x: (x > 0) & (x < np.inf))
NON_NEGATIVE = Rule("a finite number of at least 0", lambda x: (x >= 0) & (x < np.inf))
AT_LEAST_ONE = Rule("a finite number of at least 1", lambda x: (x >= 1) & (x < np.inf))
SLOTS = Rule(
    "a whole number of at least 1, or inf", lambda x: (x >= 1) & ((x == np.inf) | (x // 1 == x))
)
FINITE_SLOTS = Rule(
    "a finite whole number of at least 1 where slots are shared",
    lambda x: (x >= 1) & (x < np.inf) & (x // 1 == x),
)
COUNT = Rule(
    "a whole number of at least 1 and below 2^32", lambda x: isinstance(x, int) and 1 <= x < 2**32
)
PAIR = Rule("1 or 2", lambda x: (x == 1) | (x == 2))
DURATION = Rule("seconds of at least 0, or inf", lambda x: x >= 0)
AFTER = Rule("seconds greater than 0, or inf", lambda x: x > 0)
HORIZON = Rule(
    "greater than 0 (seconds), or inf",
    lambda x: (x > 0) & ((x == np.inf) | (x <= sys.float_info.max)),
)
SEED = Rule("a whole number from 0 to 2^64 - 1", lambda x: (x >= 0) & (x < 2**64) & (x == x // 1))


def check(field: str, value: object, rule: Rule) -> None:
    """Raise InputError unless ``rule`` holds for ``value`` (for an array: for all its elements).

    >>> check("p1", 0.5, INSIDE_UNIT)
    >>> check("p1", 1.5, INSIDE_UNIT)
    Traceback (most recent call last):
    sim.checks.InputError: p1 = 1.5 must be strictly between 0 and 1
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not rule.holds(value):
            refuse(field, value, rule.allowed)
        return
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf":
        refuse(field, value, rule.allowed)
    array = np.atleast_1d(value)
    wrong = ~np.asarray(rule.holds(array), dtype=bool)
    if wrong.any():
        refuse(field, array[wrong][0].item(), rule.allowed)


def refuse(field: str, value: object, allowed: str) -> NoReturn:
    """Raise the InputError for ``field``."""
    raise InputError(f"{field} = {value!r} must be {allowed}")


def check_policy(field: str, policy: object, *methods: str) -> None:
    """Raise InputError unless ``policy`` is an object, not a class, that has all ``methods``.

    >>> check_policy("routing", 3, "first")
    Traceback (most recent call last):
    sim.checks.InputError: routing = 3 must be a policy with the method 'first'
    """
    if isinstance(policy, type):
        raise InputError(
            f"{field} = {policy.__name__} must be an instance of it: {policy.__name__}(...)"
        )
    for method in methods:
        if not callable(getattr(policy, method, None)):
            refuse(field, policy, f"a policy with the method {method!r}")


def answered(policy: object, method: str, value: Any, rule: Rule) -> float:
    """The number that ``method`` of ``policy`` has answered; InputError unless ``rule`` holds."""
    if not isinstance(value, int | float | np.number | np.bool_) or not rule.holds(value):
        refuse_answer(policy, method, value, rule.allowed)
    return float(value)


def chosen(policy: object, method: str, value: Any, choices: range, what: str) -> int:
    """The whole number of ``choices`` that ``method`` has answered; InputError for another one."""
    if not isinstance(value, int | np.integer) or value not in choices:
        refuse_answer(policy, method, value, f"{what} from {choices[0]} to {choices[-1]}")
    return int(value)


def speaks_for(policy: object, extra: str, *methods: str) -> bool:
    """Whether ``policy`` has the method ``extra``, and not of an older class than ``methods``.

    A class that decides anew with one of ``methods``, and inherits ``extra``, is not spoken for.
    """
    for ancestor in type(policy).__mro__:
        if extra in vars(ancestor):
            return True
        if any(method in vars(ancestor) for method in methods):
            return False
    return False


def refuse_answer(policy: object, method: str, value: object, allowed: str) -> NoReturn:
    """Raise the InputError for what ``method`` of ``policy`` has answered."""
    refuse(f"{type(policy).__name__}.{method}", value, allowed)


TOO_MANY_REFUSALS = (
    "throttle: users ask for more than it ever lets in, and come back whenever they are told to: "
    "refusals grow without end; allow more, or let users leave or back off (persistence)"
)

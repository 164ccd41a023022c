"""Decisions that are scalar functions of numbers, written once and played by both engines.

A behaviour whose decision is a module-level function of numbers (a *rule*) says so by
``scalars(models)``, an optional extra beside ``table(models)``. Its class calls the rule on SimPy;
the kernel calls the same rule, compiled. A rule is plain Python on numbers and rows of numbers: no
objects, no random numbers of its own, no global state. Which one it is says what it gets, in this
order, and what it returns:

===========  ==================================================  ===================================
method       arguments                                           returns
===========  ==================================================  ===================================
admit        now, model, group, queued, luck, own, memory        code, seconds, model, priority
first        now, group, queued, serving, luck, own, memory      model
escalation   now, model, queued, serving, luck, own, memory      s
probability  now, model, passes, elapsed, own, memory            q
limits       now, model, queued, luck, own                       seconds to wait, seconds in all
again        now, model, told, refusals, luck, own               seconds
joins        now, model, queued, own                             probability
===========  ==================================================  ===================================

``now`` seconds since the start; ``model`` the model that is asked for, or that has failed, from 1;
``group`` the class of the user; ``queued`` passes that wait at the model, ``serving`` passes in
service; of a routing both are rows, by model (place 0 is not used); ``passes`` finished ones of the
task; ``elapsed`` seconds since the task came; ``told`` seconds after which the throttle asks the
user to come back; ``refusals`` of the task; ``luck`` the first word of the question's random
numbers, 0 unless the rule is ``random``; ``own`` the behaviour's parameters; ``memory`` the numbers
that the rule remembers, which it may change. An ``admit`` answers with the code `ADMIT` (then
``seconds`` is the delay, ``model`` 0 for the one that is asked for) or `REFUSE` (then ``seconds``
says when to ask again; infinity: never).
"""

from collections.abc import Callable, MutableSequence, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sim.checks import refuse, speaks_for
from sim.tables import Row, holds

ADMIT, REFUSE = 0, 1
Answer = tuple[int, float, int, int]  # of ``admit``: code, seconds, model, priority
Own = Sequence[float]
Memory = MutableSequence[float]
Counts = Sequence[int]  # passes by model
USER, TASK, ALL = "user", "task", "all"  # whose memory
EVERYBODY = -1  # no class of users in particular


@dataclass(frozen=True)
class Scalar:
    """A decision as numbers.

    ``rule`` the function; ``own`` its parameters; ``memory`` how many numbers it remembers, 0 at
    first, and ``of`` whom: every user, every task, or all together; ``random``: whether it looks at
    its luck. A user's rule for giving up that is ``random`` gets no luck for each question: the
    first number of its memory is then the user's own uniform, drawn when the user comes.
    """

    rule: Callable[..., Any]
    own: tuple[float, ...] = ()
    memory: int = 0
    of: str = USER
    random: bool = False

    def __post_init__(self) -> None:
        if self.of not in (USER, TASK, ALL):
            refuse("of", self.of, f"'{USER}', '{TASK}' or '{ALL}'")


class Gates(NamedTuple):
    """A throttle as rules that are asked one behind the other, and seconds of hold per model.

    ``rules`` with the part of the question's luck that each has (0: all of it), and the class of
    users that it is asked about (`EVERYBODY`); the others pass it.
    """

    rules: tuple[tuple[Scalar, int, int], ...]
    hold: Row


def gates(throttle: Any, models: int) -> Gates | None:
    """The rules of a throttle, none for a table; None if it is neither."""
    hold = holds(throttle, models)
    if hold is not None:
        return Gates((), hold)
    rules: Gates | None = scalars(throttle, models, "admit", "hold", "init", "learn")
    return rules


def scalars(policy: Any, models: int, *methods: str) -> Any:
    """What ``scalars`` of a policy says; None if it says nothing, or not for its own ``methods``.

    A `Scalar` for a rule of a user, a pair of them (first, escalation) for a routing, `Gates` for a
    throttle.
    """
    if not speaks_for(policy, "scalars", *methods):
        return None
    return policy.scalars(models)

"""What is played: where a task begins, whether it is passed on, whether its user stays."""

from typing import Any, NamedTuple


class Policy(NamedTuple):
    """The provider's routing with a user's answer: (i, s, q); numbers, or arrays of many games.

    ``initial`` 1 or 2; ``cascade`` the probability s, 0 where it is irrelevant (initial 2);
    ``abandonment`` the probability q.

    >>> "({}, {:g}) q={:g}".format(*Policy(1, 0.25, 0.0))
    '(1, 0.25) q=0'
    """

    initial: Any
    cascade: Any
    abandonment: Any

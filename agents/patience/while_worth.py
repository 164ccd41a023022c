"""Who is turned away waits while what is expected is worth the wait."""

import math
from dataclasses import dataclass

from agents.patience.scalar import ScalarPersistence
from sim.checks import DURATION, check, refuse
from sim.game import Game
from sim.scalars import Own, Scalar
from sim.theory.markov import expectations


@dataclass(frozen=True)
class WhileWorth(ScalarPersistence):
    """Ask again when told to, unless that is longer than it is worth: then give the task up.

    ``seconds`` per model: the longest wait that a pass there is worth, that is what it and all
    after it are expected to bring the user, divided by the value of time (0: no wait is). Waits
    before this one do not count, as they are lost either way. The last number holds for the models
    above, too. Who is not told when to return (an infinite wait) gives up.

    >>> WhileWorth(seconds=(60.0, 240.0))
    WhileWorth(seconds=(60.0, 240.0))
    """

    seconds: tuple[float, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.seconds, tuple) or not self.seconds:
            refuse("seconds", self.seconds, "a tuple of numbers, one per model")
        for model, seconds in enumerate(self.seconds, start=1):
            check(f"wait for model {model}", seconds, DURATION)

    @classmethod
    def of(
        cls, game: Game, cascade: float, abandonment: float, value_of_time: float = 1.0
    ) -> "WhileWorth":
        """Users who expect of a pass what ``game`` promises: U from there on, without this wait.

        ``game`` with the latency costs that there are; ``cascade`` s; ``abandonment`` their q;
        ``value_of_time`` in money per second. A pass that is worth less than nothing is worth no
        wait.

        >>> game = Game.of((0.5, 0.8), (1, 1), (0.1, 0.5), value=4, penalty=1)
        >>> WhileWorth.of(game, cascade=0.0, abandonment=0.0, value_of_time=0.5)
        WhileWorth(seconds=(4.0, 5.5))
        """
        models = range(1, len(game.models) + 1)
        worth = (expectations(game, i, cascade, abandonment).user_utility for i in models)
        return cls(tuple(max(float(U), 0.0) / value_of_time for U in worth))

    def scalar(self) -> Scalar:
        """The rule with the seconds of each model."""
        return Scalar(while_worth, self.seconds)


def while_worth(now: float, model: int, told: float, refusals: int, luck: float, own: Own) -> float:
    """As long as told, or never."""
    return told if 0.0 < told <= own[min(model, len(own)) - 1] else math.inf

"""A provider who knows the game, and commits to the routing that is best for it."""

from dataclasses import dataclass, field

from agents.routing.cascade import Cascade
from agents.theorems.stackelberg import stackelberg
from sim.game import Game


@dataclass(frozen=True)
class Stackelberg(Cascade):
    """A provider who knows the game and commits to its optimal routing.

    >>> game = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), value=2, penalty=1)
    >>> Stackelberg(game).table(2)
    Route(initial=1, escalation=(0.0,))
    """

    initial: int = field(init=False)
    s: float | tuple[float, ...] = field(init=False)
    game: Game

    def __post_init__(self) -> None:
        optimum = stackelberg(self.game)
        object.__setattr__(self, "initial", optimum.initial)
        object.__setattr__(self, "s", optimum.cascade)

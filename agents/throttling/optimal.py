"""The throttle that is best for a provider who knows the game."""

from dataclasses import dataclass, field

from agents.theorems.throttling import best_throttle
from agents.throttling.added_delay import AddedDelay
from sim.checks import POSITIVE, check
from sim.game import Game


@dataclass(frozen=True)
class Optimal(AddedDelay):
    """A provider who knows the game and adds the delays that cost it least (`best_throttle`).

    The throttling provider of the paper. ``seconds`` are computed once: money over
    ``value_of_time`` (money per second). Optimal without queues, and if users know of the delays.

    >>> game = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), value=2, penalty=0.1)
    >>> [round(seconds, 3) for seconds in Optimal(game).seconds]
    [0.0, 0.9]
    """

    seconds: tuple[float, ...] = field(init=False)
    game: Game
    value_of_time: float = 1.0

    def __post_init__(self) -> None:
        check("value of time", self.value_of_time, POSITIVE)
        delays = best_throttle(self.game).delays
        object.__setattr__(self, "seconds", tuple(d / self.value_of_time for d in delays))

"""Users who know the game, and answer the provider in the way that is best for them."""

from dataclasses import dataclass, field

from agents.abandonment.stationary import Stationary
from agents.theorems.responses import best_response
from sim.game import Game


@dataclass(frozen=True)
class BestResponse(Stationary):
    """A user who knows the game and the provider's routing, and plays the best response to it.

    ``q`` is computed once, and then played. Ties as in `Response`.

    >>> game = Game.of((0.4, 0.6), (0.2, 0.9), (0.1, 0.5), value=1, penalty=0.6)
    >>> BestResponse(game, initial=2).q
    1.0
    """

    q: float = field(init=False)
    game: Game
    initial: int
    cascade: float = 0.0

    def __post_init__(self) -> None:
        response = best_response(self.game, self.initial, self.cascade)
        object.__setattr__(self, "q", response.q)

"""Shorter thinking of the last model."""

from dataclasses import dataclass, replace

from agents.throttling.none import NoThrottle
from sim.checks import INSIDE_UNIT, Numbers, Rule, check, refuse
from sim.game import Game, Model

_SHARE = Rule("greater than 0 and at most 1", lambda x: (x > 0) & (x <= 1))


@dataclass(frozen=True)
class Effort(NoThrottle):
    """The last model thinks only ``share`` of its usual time: t and c times share, and a lower p.

    What a "reasoning effort" setting of an API does when the provider turns it down. ``p`` is the
    success probability that is left. None: 1 - (1 - p)^share, thinking as a series of independent
    tries, of which share are made (the pass@k rule).

    >>> game = Game.of((0.4, 0.75), (0.2, 0.5), (0.1, 0.3), value=2, penalty=1)
    >>> Effort(share=0.5).work(game).models[1]
    Model(p=0.5, t=0.25, c=0.15)
    """

    share: float
    p: float | None = None

    def __post_init__(self) -> None:
        check("effort", self.share, _SHARE)
        if self.p is not None:
            check("p of effort", self.p, INSIDE_UNIT)

    def work(self, game: Game) -> Game:
        """The game with a last model that is quicker, cheaper and worse."""
        last = game.models[-1]
        short = Model(self._success(last.p), self.share * last.t, self.share * last.c)
        return replace(game, models=(*game.models[:-1], short))

    def _success(self, p: Numbers) -> Numbers:
        if self.p is None:
            return 1 - (1 - p) ** self.share
        check("p of effort", self.p, INSIDE_UNIT)
        if not (self.p <= p if isinstance(p, float) else (self.p <= p).all()):
            refuse("p of effort", self.p, f"at most {p}, the p of full effort")
        return self.p

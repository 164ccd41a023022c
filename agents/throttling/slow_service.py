"""Slow service: the work itself is done at a lower rate."""

from dataclasses import dataclass, replace

from agents.throttling.none import NoThrottle
from sim.checks import AT_LEAST_ONE, check, refuse
from sim.game import Game


@dataclass(frozen=True)
class SlowService(NoThrottle):
    """A pass at M_i takes ``factors[i - 1]`` >= 1 times as long, and keeps its slot that long.

    A "damaged good" (Deneckere and McAfee, "Damaged Goods", Journal of Economics & Management
    Strategy, 1996: a printer sold as a cheaper, slower one with wait states added). Unlike an added
    delay it takes capacity away. In theory: t_i times its factor, p and c as before.

    >>> game = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), value=2, penalty=1)
    >>> [model.t for model in SlowService((1, 3)).work(game).models]
    [0.2, 1.5]
    """

    factors: tuple[float, ...]

    def __post_init__(self) -> None:
        for i, factor in enumerate(self.factors, start=1):
            check(f"slow service {i}", factor, AT_LEAST_ONE)

    def table(self, models: int) -> tuple[float, ...]:
        """Nothing is held back; InputError unless there is one factor per model."""
        if len(self.factors) != models:
            refuse("slow service", self.factors, f"{models} factors, one per model")
        return (0.0,) * models

    def work(self, game: Game) -> Game:
        """The game with longer passes."""
        self.table(len(game.models))
        pairs = zip(game.models, self.factors, strict=True)
        return replace(game, models=tuple(replace(m, t=m.t * factor) for m, factor in pairs))

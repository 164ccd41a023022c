"""What a throttle does to the quantities of the theory, where that is exact."""

from sim.game import Game
from sim.policies import Reworking, Throttle
from sim.tables import holds as fixed


def effective(game: Game, throttle: Throttle | None, value_of_time: float = 1.0) -> Game | None:
    """The game that users and provider really play, or None where the load decides it.

    Exact for a throttle with a table: its work, and holds as latency costs t_i + w x seconds, w the
    ``value_of_time`` (money per second). What per-user limits do is in `sim.theory.loss`.

    >>> from agents import AddedDelay, QueueLimit
    >>> game = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), value=2, penalty=1)
    >>> [model.t for model in effective(game, AddedDelay((1.0, 0.0)), 0.1).models]
    [0.30000000000000004, 0.5]
    >>> effective(game, QueueLimit(9)) is None
    True
    """
    holds = fixed(throttle, len(game.models))
    if holds is None:
        return None
    at_work = throttle.work(game) if isinstance(throttle, Reworking) else game
    return at_work.delayed(*(value_of_time * hold for hold in holds))

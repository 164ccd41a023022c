"""Grids of games: one or two numbers of a game vary."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim.checks import refuse
from sim.game import Game

NUMBERS = ("p1", "p2", "t1", "t2", "c1", "c2", "value", "penalty")
_MOST = 100_000  # games of a grid


@dataclass(frozen=True)
class Axis:
    """``count`` values of one number of the game, from ``low`` to ``high``, both included.

    >>> Axis("penalty", 0.0, 2.0, 5).values.tolist()
    [0.0, 0.5, 1.0, 1.5, 2.0]
    """

    name: str
    low: float
    high: float
    count: int

    def __post_init__(self) -> None:
        if self.name not in NUMBERS:
            refuse("axis", self.name, "one of " + ", ".join(NUMBERS))
        if not (np.isfinite(self.low) and np.isfinite(self.high) and self.low <= self.high):
            refuse(f"axis {self.name}", (self.low, self.high), "finite, the lower end first")
        if self.count < 1 or (self.count == 1 and self.low < self.high):
            refuse(
                f"count of axis {self.name}", self.count, "at least 2 (1 if both ends are equal)"
            )

    @property
    def values(self) -> np.ndarray:
        """Shape (count,)."""
        return np.linspace(self.low, self.high, self.count)


def grid(game: Game, axes: tuple[Axis, ...]) -> tuple[Game, dict[str, np.ndarray]]:
    """The games of the grid as flat arrays, the last axis fastest, and the axes' columns."""
    names = [axis.name for axis in axes]
    if not 1 <= len(axes) <= 2 or len(set(names)) < len(names):
        refuse("axis", names, "one or two different numbers of the game")
    if np.prod([axis.count for axis in axes]) > _MOST:
        refuse("axis", [axis.count for axis in axes], f"at most {_MOST} games together")
    mesh = np.meshgrid(*(axis.values for axis in axes), indexing="ij")
    columns = {name: each.ravel() for name, each in zip(names, mesh, strict=True)}
    games = _with_numbers(game, columns)
    games.pair()
    return games, columns


def _with_numbers(game: Game, columns: Mapping[str, np.ndarray]) -> Game:
    first, second = game.models
    plain = dict(zip(NUMBERS, (first.p, second.p, first.t, second.t, first.c, second.c, game.value,
                               game.penalty), strict=True))  # fmt: skip
    n = len(next(iter(columns.values())))
    full = {name: np.full(n, float(x)) for name, x in plain.items()} | dict(columns)
    p1, p2, t1, t2, c1, c2, value, penalty = (full[name] for name in NUMBERS)
    return Game.of((p1, p2), (t1, t2), (c1, c2), value, penalty)


def single(games: Game, place: int) -> Game:
    """The game at a place of an array of games, in plain numbers."""
    game = games.take(place)
    p, t, c = (tuple(float(getattr(m, name)) for m in game.models) for name in "ptc")
    return Game.of(p, t, c, float(game.value), float(game.penalty))

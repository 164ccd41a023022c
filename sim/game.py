"""The game of docs/theory.md, section 1: who offers what, and what it is worth to whom.

A game holds numbers or numpy arrays of one shape; everything computed from it has that shape.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from sim.checks import INSIDE_UNIT, NON_NEGATIVE, POSITIVE, InputError, Numbers, check, refuse

# V p - t is rarely exactly 0 in floating point (3 * 0.1 - 0.3 = 5.6e-17): what is left of a
# difference of equal numbers after a few roundings counts as 0.
_ROUNDING = 4 * np.finfo(float).eps


@dataclass(frozen=True)
class Model:
    """One model of the provider.

    ``p`` success probability of one pass; ``t`` latency cost of one pass to the user (money:
    value of time x seconds); ``c`` service cost of one pass to the provider (money).

    >>> Model(p=0.4, t=0.2, c=0.1).cost_of_pass
    0.25
    """

    p: Numbers
    t: Numbers
    c: Numbers

    @property
    def cost_of_pass(self) -> Numbers:
        """k = c / p, the mean service cost until success (money)."""
        return self.c / self.p


@dataclass(frozen=True)
class Game:
    """Models in order of escalation (the standard model first), the stakes of user and provider.

    ``value`` V of a solved task to the user and ``penalty`` P of an unsolved one to the provider,
    both in money. Raises InputError when a number is outside its range. The number of models is
    free; the numbered theorems ask for two with p1 < p2 (`Game.pair`).

    >>> game = Game((Model(0.4, 0.2, 0.1), Model(0.7, 0.5, 0.3)), value=2, penalty=1)
    >>> game.regime
    '++'
    """

    models: tuple[Model, ...]
    value: Numbers
    penalty: Numbers

    def __post_init__(self) -> None:
        if not self.models:
            refuse("models", self.models, "at least one model")
        for i, model in enumerate(self.models, start=1):
            check(f"p{i}", model.p, INSIDE_UNIT)
            check(f"t{i}", model.t, POSITIVE)
            check(f"c{i}", model.c, POSITIVE)
        check("value", self.value, POSITIVE)
        check("penalty", self.penalty, NON_NEGATIVE)
        try:
            _ = self.shape
        except ValueError as error:
            raise InputError(f"the game's arrays must have one shape: {error}") from None

    @classmethod
    def of(
        cls, p: tuple[Any, ...], t: tuple[Any, ...], c: tuple[Any, ...], value: Any, penalty: Any
    ) -> "Game":
        """The game from the columns of the paper's table: one entry per model in p, t and c."""
        for name, column in (("t", t), ("c", c)):
            if len(column) != len(p):
                refuse(name, column, f"{len(p)} numbers, one per model as in p")
        models = tuple(Model(*row) for row in zip(p, t, c, strict=True))
        return cls(models, value, penalty)

    @cached_property
    def xi(self) -> tuple[Numbers, ...]:
        """Net value xi_i = V p_i - t_i of a pass at each model (money); rounding noise is 0."""
        return tuple(_net_value(self.value, model) for model in self.models)

    @property
    def regime(self) -> Any:
        """Signs of (xi_1, xi_2): '++', '--', '-+' or '+-'; ties as in docs/theory.md, section 1."""
        self.pair()
        xi_1, xi_2 = self.xi
        both_up = (np.asarray(xi_1) >= 0) & (np.asarray(xi_2) >= 0)
        both_down = (np.asarray(xi_1) <= 0) & (np.asarray(xi_2) <= 0)
        signs = np.where(both_up, "++", np.where(both_down, "--", np.where(xi_1 < 0, "-+", "+-")))
        return signs.item() if signs.ndim == 0 else signs

    def pair(self) -> tuple[Model, Model]:
        """The standard and the reasoning model; InputError unless there are two with p1 < p2."""
        if len(self.models) != 2:
            raise InputError(f"models = {len(self.models)} must be 2 for the numbered theorems")
        first, second = self.models
        wrong = ~(np.asarray(first.p) < np.asarray(second.p))
        if wrong.any():
            p1, p2 = (np.broadcast_to(m.p, wrong.shape)[wrong][0].item() for m in self.models)
            raise InputError(f"p1 = {p1!r} must be less than p2 = {p2!r}")
        return first, second

    def broken_assumptions(self) -> list[str]:
        """Orders that the paper assumes and the closed forms do not need, where they fail."""
        first, second = self.pair()
        orders = {"t1 < t2": first.t < second.t, "c1 < c2": first.c < second.c}
        return [order for order, holds in orders.items() if not np.all(holds)]

    def delayed(self, *delays: Numbers) -> "Game":
        """The game with ``delays`` (money, one per model) added to the latency costs."""
        if len(delays) != len(self.models):
            refuse("added delay", delays, f"{len(self.models)} numbers, one per model")
        for i, delay in enumerate(delays, start=1):
            check(f"added delay {i}", delay, NON_NEGATIVE)
        models = (replace(m, t=m.t + d) for m, d in zip(self.models, delays, strict=True))
        return replace(self, models=tuple(models))

    def flat(self) -> "Game":
        """The same games with every number a one-dimensional array of the common length."""
        numbers = [x for m in self.models for x in (m.p, m.t, m.c)] + [self.value, self.penalty]
        shape = np.broadcast_shapes(*(np.shape(x) for x in numbers))
        return self._map(lambda x: np.broadcast_to(np.asarray(x, float), shape).reshape(-1))

    def take(self, which: Any) -> "Game":
        """The games that an index, slice or mask ``which`` selects from a flat game."""
        return self._map(lambda x: x[which])

    @property
    def shape(self) -> tuple[int, ...]:
        """The common shape of all numbers; () for a single game."""
        numbers = [x for m in self.models for x in (m.p, m.t, m.c)] + [self.value, self.penalty]
        return np.broadcast_shapes(*{getattr(x, "shape", ()) for x in numbers})

    def _map(self, change: Any) -> "Game":
        # Already validated: skipping __post_init__ keeps slicing cheap.
        models = []
        for old in self.models:
            model = object.__new__(Model)
            model.__dict__.update(p=change(old.p), t=change(old.t), c=change(old.c))
            models.append(model)
        game = object.__new__(Game)
        game.__dict__.update(
            models=tuple(models), value=change(self.value), penalty=change(self.penalty)
        )
        return game


def _net_value(value: Numbers, model: Model) -> Numbers:
    worth: Numbers = value * model.p
    xi: Any = worth - model.t
    result: Numbers = xi * (abs(xi) > _ROUNDING * worth) + 0.0  # + 0.0 turns -0.0 into 0.0
    return result

"""What the game comes to: the record that the solver fills and the simulator plays."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.theorems.policy import Policy
from sim.theory.markov import Expectations


@dataclass(frozen=True)
class Equilibrium:
    """The strong Stackelberg equilibrium of a game (numbers) or of many (arrays).

    ``regime`` '++', '--', '-+' or '+-'. ``policy``: initial model, cascade and abandonment, which
    is carried with it, because at s_0 one rounding error would flip it; ``cascade_low`` to
    ``cascade_high`` the closed range of optimal s, NaN where irrelevant. ``expected`` per task when
    it is played. ``statement`` the theorem that decides. ``tie``: some xi is 0, or another routing
    has the same J. Fields of policy and expectations are fields of the equilibrium, too.
    """

    regime: Any
    policy: Policy
    cascade_low: Any
    cascade_high: Any
    expected: Expectations
    statement: Any
    tie: Any

    initial = property(attrgetter("policy.initial"))
    cascade = property(attrgetter("policy.cascade"))
    abandonment = property(attrgetter("policy.abandonment"))
    success = property(attrgetter("expected.success"))
    delay = property(attrgetter("expected.delay"))
    service_cost = property(attrgetter("expected.service_cost"))
    user_utility = property(attrgetter("expected.user_utility"))
    provider_cost = property(attrgetter("expected.provider_cost"))
    passes = property(attrgetter("expected.passes"))

    @property
    def cascade_range(self) -> tuple[float, float] | None:
        """Optimal cascades of a single game; None where s is irrelevant."""
        if np.isnan(self.cascade_low):
            return None
        return self.cascade_low, self.cascade_high

    def single(self) -> "Equilibrium":
        """The record of plain numbers, from arrays of one element."""
        alone: Equilibrium = _map(lambda x: x.item(), self)
        return alone

    def reshape(self, shape: tuple[int, ...]) -> "Equilibrium":
        """The same results in another shape."""
        shaped: Equilibrium = _map(lambda x: x.reshape(shape), self)
        return shaped

    @classmethod
    def joined(
        cls, parts: Sequence["Equilibrium"], order: NDArray[Any] | None = None
    ) -> "Equilibrium":
        """Those of all ``parts``, one after the other, or picked from there in an ``order``."""
        which = slice(None) if order is None else order
        whole: Equilibrium = _map(lambda *arrays: np.concatenate(arrays)[which], *parts)
        return whole


def _map(change: Callable[..., Any], *records: Any) -> Any:
    """A record of what ``change`` makes of the numbers of ``records`` in the same place."""
    kind = type(records[0])
    if is_dataclass(kind):
        parts = [[getattr(record, f.name) for record in records] for f in fields(kind)]
        return kind(*(_map(change, *part) for part in parts))
    if isinstance(records[0], tuple):
        values = [_map(change, *part) for part in zip(*records, strict=True)]
        return tuple(values) if kind is tuple else kind(*values)
    return change(*records)

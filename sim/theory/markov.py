"""Expectations of one task: docs/theory.md, sections 2 and 8.

The engines never import this file: it knows the answers that they are checked against.
"""

from dataclasses import dataclass
from typing import Any

from sim.checks import Rule, check
from sim.game import Game


@dataclass(frozen=True)
class Expectations:
    """Expectations per task; shapes follow the inputs, money unless said otherwise.

    ``visits`` passes at each model; ``success`` probability that the task is solved; ``delay``
    latency cost; ``service_cost``; ``user_utility`` U; ``provider_cost`` J; ``passes`` in all.
    """

    visits: tuple[Any, ...]
    success: Any
    delay: Any
    service_cost: Any
    user_utility: Any
    provider_cost: Any
    passes: Any


def visits(game: Game, initial: Any, escalation: Any, abandonment: Any) -> tuple[Any, ...]:
    """Mean number of passes of a task at each model (docs/theory.md, equation 2.1).

    ``initial``: number of the first model, from 1. ``escalation``: probability s that a re-prompt
    goes one model up, one number or a tuple with one per model but the last. ``abandonment``:
    probability q of giving up after a failed pass, one number or a tuple with one per model.
    Raises InputError if there is no such ``initial``; s and q are the caller's to check.

    >>> game = Game.of((0.4, 0.8), (0.1, 0.5), (0.1, 0.4), value=2, penalty=0.5)
    >>> [round(v, 6) for v in visits(game, 1, 0.25, 0.1)]
    [1.680672, 0.276696]
    """
    n = len(game.models)
    check("initial", initial, Rule(f"a model from 1 to {n}", lambda i: (i >= 1) & (i <= n)))
    s = escalation if isinstance(escalation, tuple) else (escalation,) * (n - 1)
    q = abandonment if isinstance(abandonment, tuple) else (abandonment,) * n
    result: list[Any] = []
    inflow: Any = 0.0
    for k, (model, s_k, q_k) in enumerate(zip(game.models, (*s, 0.0), q, strict=True), start=1):
        passes, inflow = passes_at((initial == k) * 1.0 + inflow, model.p, s_k, q_k)
        result.append(passes)
    return tuple(result)


def passes_at(inflow: Any, p: Any, s: Any, q: Any) -> tuple[Any, Any]:
    """Passes at a model that ``inflow`` tasks come to, and the tasks that go on to the next."""
    again = (1 - p) * (1 - q)
    leave = p + (1 - p) * q  # = 1 - again, without cancellation
    passes = inflow / (leave + again * s)
    return passes, passes * again * s


def expectations(game: Game, initial: Any, escalation: Any, abandonment: Any) -> Expectations:
    """Expected success, delay, costs and utilities when the three choices are played.

    Arguments as in `visits`. U = V S - L and J = C + P (1 - S) of docs/theory.md, section 2.

    >>> game = Game.of((0.4, 0.8), (0.1, 0.5), (0.1, 0.4), value=2, penalty=0.5)
    >>> e = expectations(game, 1, 0.25, 0.1)
    >>> [round(x, 6) for x in (e.success, e.delay, e.service_cost, e.user_utility, e.provider_cost)]
    [0.893626, 0.306415, 0.278746, 1.480836, 0.331933]
    """
    v = visits(game, initial, escalation, abandonment)
    q = abandonment if isinstance(abandonment, tuple) else (abandonment,) * len(v)
    success = sum(v_k * m.p for v_k, m in zip(v, game.models, strict=True))
    delay = sum(v_k * m.t for v_k, m in zip(v, game.models, strict=True))
    cost = sum(v_k * m.c for v_k, m in zip(v, game.models, strict=True))
    # 1 - S as a sum of positive terms: exactly 0 when nobody gives up
    failure = sum(v_k * (1 - m.p) * q_k for v_k, m, q_k in zip(v, game.models, q, strict=True))
    return Expectations(
        visits=v,
        success=success,
        delay=delay,
        service_cost=cost,
        user_utility=game.value * success - delay,
        provider_cost=cost + game.penalty * failure,
        passes=sum(v),
    )

"""Users who decline what is worth nothing to them: docs/theory.md, section 12.

The paper's first pass is compulsory. Here a user who expects U < 0 under the announced policy does
not begin: the task costs the provider P, and its user nothing.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from agents.theorems.equilibrium import Equilibrium
from agents.theorems.responses import best_response, s_low
from agents.theorems.stackelberg import IRRELEVANT, Row, assemble, leave_cost, stay_cost
from agents.theorems.ties import RELATIVE, at_most
from sim.game import Game
from sim.theory.markov import Expectations, visits


@dataclass(frozen=True)
class Voluntary:
    """What a game comes to if users may decline: numbers, or arrays of many games.

    ``equilibrium``: the provider's optimum, its expectations over all tasks that come, declined
    ones included; where nobody begins its policy is one under which nobody does. ``participation``:
    the share of the users who begin.
    """

    equilibrium: Equilibrium
    participation: Any


def s_begin(game: Game) -> Any:
    """Regime -+: the least cascade at which users begin, -xi_1 p_2 / ((1 - p_1) xi_2).

    There U_1(s, 0) = 0. It is above `s_0`; where it is above 1 nobody begins at M1. Meaningless in
    other regimes.
    """
    first, second = game.pair()
    xi_1, xi_2 = game.xi
    return -xi_1 * second.p / ((1 - first.p) * xi_2)


def begins(game: Game, initial: Any, cascade: Any, abandonment: Any = None) -> Any:
    """The share of users who begin under (``initial``, ``cascade``): 1 if U >= 0, else 0.

    ``abandonment``: the q that they play; None: the best response. Who expects 0 within rounding
    begins. Single numbers give a single number. Raises InputError as `best_response` does.

    >>> game = Game.of((0.2, 0.8), (0.5, 0.6), (0.3, 0.6), value=2, penalty=1)  # -+
    >>> [begins(game, 1, s) for s in (0.0, 0.09, s_begin(game), 0.11)]
    [0.0, 0.0, 1.0, 1.0]
    """
    q = best_response(game, initial, cascade).q if abandonment is None else abandonment
    parts = list(zip(visits(game, initial, cascade, q), game.xi, strict=True))
    utility = sum(z * xi for z, xi in parts)  # of net values, of which rounding noise is 0
    size = sum(z * abs(xi) for z, xi in parts)
    share = np.where(utility >= -RELATIVE * size, 1.0, 0.0)
    return share.item() if share.ndim == 0 else share


def of_all(expected: Expectations, share: Any, penalty: Any) -> Expectations:
    """Expectations over all tasks that come, a ``share`` of which begins and has ``expected``.

    A declined task costs the provider the ``penalty`` (money), and nobody anything else.

    >>> from sim.theory.markov import expectations
    >>> game = Game.of((0.4, 0.7), (1, 2), (0.1, 0.3), value=5, penalty=2)
    >>> of_all(expectations(game, 1, 0.0, 0.0), 0.5, 2.0).provider_cost
    1.125
    """
    parts = {
        name: share * value + 0.0  # no minus 0
        for name, value in vars(expected).items()
        if name not in ("visits", "provider_cost")
    }
    passes = tuple(share * z for z in expected.visits)
    cost = share * expected.provider_cost + (1 - share) * penalty
    return Expectations(visits=passes, provider_cost=cost, **parts)


def voluntary_stackelberg(game: Game) -> Voluntary:
    """The provider's optimum if users may decline (Theorem B): the least of these costs.

    Where users begin and stay: k_1 or k_2 in ++; k_2, or J_1(s_begin, 0) if that is cheaper and
    some cascade is enough, in -+; k_1, or J_1(s_low, 0) if that is cheaper, in +-. And P, by a
    policy that keeps all away: there is none in ++. At equality users begin. A single game gives
    plain numbers, games of arrays give arrays of their common shape.

    >>> game = Game.of((0.3, 0.6), (0.2, 0.7), (0.4, 0.5), value=1, penalty=1)
    >>> optimum = voluntary_stackelberg(game)  # the first pass at M2, if compulsory, cost .9
    >>> optimum.participation, optimum.equilibrium.provider_cost
    (0.0, 1.0)
    """
    game.pair()
    flat = game.flat()
    optimum = assemble(flat, *_cases(flat))
    share = begins(flat, *optimum.policy)
    expected = of_all(optimum.expected, share, flat.penalty)
    found = replace(optimum, regime=flat.regime, expected=expected)
    if game.shape == ():
        return Voluntary(found.single(), share.item())
    return Voluntary(found.reshape(game.shape), share.reshape(game.shape))


def _cases(game: Game) -> tuple[tuple[Row, ...], tuple[Any, ...]]:
    """The cases, of which the first that holds decides, and the costs that they compare."""
    k_1, k_2 = (m.cost_of_pass for m in game.models)
    regime = game.regime
    both, rising, falling = regime == "++", regime == "-+", regime == "+-"
    flat_1, flat_2 = (xi == 0 for xi in game.xi)  # in --: begin, and leave after one pass
    dear = ~at_most(k_1, k_2)
    with np.errstate(divide="ignore", invalid="ignore"):
        enough, low = s_begin(game), s_low(game)
    climbs = rising & ~dear & (enough <= 1)
    enough, low = np.where(climbs, enough, 0.0), np.where(falling & dear, low, 0.0)
    begun = np.select(
        [both, climbs, rising, falling, flat_1, flat_2],
        [np.minimum(k_1, k_2), stay_cost(game, enough), k_2, stay_cost(game, low)]
        + [leave_cost(game, i) for i in (1, 2)],
        np.inf,
    )
    worth = at_most(begun, game.penalty)
    rows = (
        Row(both & ~dear, "Theorem 3.1", 1, (0.0, 0.0, 0.0), 0.0),
        Row(both, "Theorem 3.1", 2, IRRELEVANT, 0.0),
        Row(climbs & worth, "Theorem B", 1, (enough, enough, enough), 0.0),
        Row(rising & worth, "Theorem B", 2, IRRELEVANT, 0.0),
        Row(falling & worth, "Theorem B", 1, (low, low, low), 0.0),
        Row(flat_1 & worth, "Theorem B", 1, (0.0, 0.0, 1.0), 1.0),
        Row(flat_2 & worth, "Theorem B", 2, IRRELEVANT, 1.0),
        Row(falling | flat_1, "Theorem B", 2, IRRELEVANT, 1.0),  # from here on nobody begins
        Row(True, "Theorem B", 1, IRRELEVANT, 1.0),
    )
    other = np.where(both, np.maximum(k_1, k_2), game.penalty)
    return rows, (begun, other)

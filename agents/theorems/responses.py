"""The rational user: Theorems 1 and 2 (docs/theory.md, section 3).

Everything here takes single games or games of arrays; results have the common shape.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from agents.theorems.ties import close
from sim.checks import PAIR, UNIT, check
from sim.game import Game
from sim.theory.markov import expectations


@dataclass(frozen=True)
class Response:
    """The user's optimal probability of giving up, ``q``.

    ``tie``: another q does as well. At s_0 the provider's preference then decides (strong
    Stackelberg); where some xi is 0 the convention of the regimes does (docs/theory.md, section 1).
    """

    q: Any
    tie: Any


def s_0(game: Game) -> Any:
    """Regime -+: the cascade at which the user is indifferent between staying and leaving.

    s_0 = -xi_1 / (xi_2 / p_2 - xi_1), in (0, 1). Meaningless in other regimes.
    """
    _, second = game.pair()
    xi_1, xi_2 = game.xi
    return -xi_1 / (xi_2 / second.p - xi_1)


def s_low(game: Game) -> Any:
    """Regime +-: the largest cascade at which the user never gives up, s_dagger(0)."""
    return s_dagger(game, 0.0)


def s_high(game: Game) -> Any:
    """Regime +-: the smallest cascade at which the user always gives up, xi_1 / (xi_1 - xi_2)."""
    xi_1, xi_2 = game.xi
    return xi_1 / (xi_1 - xi_2)


def s_dagger(game: Game, q: Any) -> Any:
    """Regime +-: the cascade to which ``q`` is the best response; increasing in q.

    The root of a quadratic in the form that does not cancel.
    """
    first, second = game.pair()
    xi_1, xi_2 = game.xi
    kappa = (1 - first.p) * (1 - second.p) * (1 - q) ** 2
    b = second.p + (1 - second.p) * q
    x, z = xi_2 * kappa, xi_1 * b**2
    y = xi_2 * (1 - kappa) - z
    return 2 * z / (-y + np.sqrt(y * y - 4 * x * z))


def q_dagger(game: Game, cascade: Any) -> Any:
    """Regime +-, s in (s_low, s_high): the interior best response, the root of F(s, .).

    F = e_0 + 2 e_1 q + e_2 q^2; of the two equal forms of the root the one without cancellation.
    """
    first, second = game.pair()
    xi_1, xi_2 = game.xi
    s, p_1, p_2 = np.asarray(cascade, float), first.p, second.p
    stay = (1 - s) * (1 - p_2)
    e_0 = xi_1 * (1 - s) * p_2**2 + xi_2 * s * (1 - (1 - p_1) * (1 - p_2) * (1 - s))
    e_1 = stay * (xi_1 * p_2 + xi_2 * s * (1 - p_1))
    e_2 = stay * (xi_1 * (1 - p_2) - xi_2 * s * (1 - p_1))
    root = np.sqrt(np.maximum(e_1 * e_1 - e_0 * e_2, 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(e_1 > 0, -e_0 / (e_1 + root), (root - e_1) / e_2)


def theorem_1(game: Game) -> Response:
    """Routed to the reasoning model: stay iff its net value is positive."""
    xi_1, xi_2 = (np.asarray(xi) for xi in game.xi)
    stays = (xi_2 > 0) | ((xi_2 == 0) & (xi_1 >= 0))  # a tie counts with the regime
    return Response(q=np.where(stays, 0.0, 1.0), tie=xi_2 == 0)


def theorem_2(game: Game, cascade: Any) -> Response:
    """Routed to the standard model with cascade s: stay, leave, or in +- anything between.

    At s_0 both 0 and 1 are optimal and the provider prefers the cheaper one; within rounding of
    s_0 the result is therefore decided by J, never by recomputing U.
    """
    xi_1, xi_2 = game.xi
    regime = np.asarray(game.regime)
    s = np.asarray(cascade, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        knife, low, high = s_0(game), s_low(game), s_high(game)
        inner = np.clip(q_dagger(game, s), 0.0, 1.0)
    at_knife = (regime == "-+") & close(s, knife)
    stays = expectations(game, 1, s, 0.0).provider_cost
    leaves = expectations(game, 1, s, 1.0).provider_cost
    mixed = np.where(at_knife, np.where(stays <= leaves, 0.0, 1.0), np.where(s < knife, 1.0, 0.0))
    falling = np.select([s <= low, s >= high], [0.0, 1.0], inner)
    q = np.select([regime == "++", regime == "--", regime == "-+"], [0.0, 1.0, mixed], falling)
    flat_1, flat_2 = np.asarray(xi_1) == 0, np.asarray(xi_2) == 0
    indifferent = (flat_1 & flat_2) | (flat_1 & (s == 0)) | (flat_2 & (s == 1))
    return Response(q=q, tie=at_knife | indifferent)


def best_response(game: Game, initial: Any, cascade: Any) -> Response:
    """The user's best response to the routing (``initial``, ``cascade``).

    ``initial``: 1 or 2; ``cascade`` in [0, 1], ignored for 2. Single numbers give single numbers.
    Raises InputError when one is outside its range.

    >>> game = Game.of((0.4, 0.6), (0.2, 0.9), (0.1, 0.5), value=1, penalty=0.6)  # +-
    >>> [round(best_response(game, 1, s).q, 6) for s in (0.2, 0.3, 0.5)]
    [0.0, 0.453531, 1.0]
    """
    check("initial", initial, PAIR)
    check("cascade", cascade, UNIT)
    one, two = theorem_2(game, cascade), theorem_1(game)
    standard = np.asarray(initial) == 1
    q, tie = np.where(standard, one.q, two.q), np.where(standard, one.tie, two.tie)
    return Response(q.item(), tie.item()) if q.ndim == 0 else Response(q, tie)

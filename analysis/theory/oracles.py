"""Slow, independent ways to the same answers: nothing here uses a theorem.

The fundamental matrix gives the expectations, a search on ever finer grids the best response and
the provider's optimum.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents.theorems.policy import Policy
from sim.game import Game
from sim.theory.markov import Expectations, expectations

_POINTS = 9  # of a grid; each round keeps the cells beside the best point: a quarter
_TIE = 2e-15  # relative difference of utilities that is mere rounding


def fundamental_matrix(
    game: Game, initial: int, escalation: tuple[float, ...], abandonment: tuple[float, ...]
) -> Expectations:
    """Expectations of a single game from N = (I - Q)^-1 of the absorbing chain of its passes."""
    n = len(game.models)
    p, t, c = (np.array([getattr(m, x) for m in game.models], float) for x in "ptc")
    again = (1 - p) * (1 - np.array(abandonment))
    up = np.array((*escalation, 0.0))
    transient = np.diag(again * (1 - up)) + np.diag((again * up)[:-1], k=1)
    absorbed = np.column_stack([p, (1 - p) * np.array(abandonment)])
    visits = np.linalg.solve((np.eye(n) - transient).T, np.eye(n)[initial - 1])
    success, failure = visits @ absorbed
    return Expectations(
        visits=tuple(visits),
        success=success,
        delay=visits @ t,
        service_cost=visits @ c,
        user_utility=game.value * success - visits @ t,
        provider_cost=visits @ c + game.penalty * failure,
        passes=visits.sum(),
    )


def search_response(game: Game, initial: int, cascade: Any, rounds: int = 13) -> NDArray[Any]:
    """The q in [0, 1] with the largest user utility, by search; among equals the cheapest.

    ``game`` holds arrays or numbers that broadcast with ``cascade``. The grid is refined ``rounds``
    times around its best point, so that utilities with one maximum or with the maximum at an end
    are found to about 4^-rounds.
    """
    s = np.asarray(cascade, float)[..., None]
    wide = _widen(game, s.ndim)
    low, high = np.zeros(s.shape), np.ones(s.shape)
    for _ in range(rounds):
        q = low + (high - low) * np.linspace(0, 1, _POINTS)
        best = _pick(q, expectations(wide, initial, s, q).user_utility.argmax(-1))
        step = (high - low) / (_POINTS - 1)
        low, high = np.maximum(best - step, 0.0), np.minimum(best + step, 1.0)
    candidates = np.concatenate([best, np.zeros_like(best), np.ones_like(best)], axis=-1)
    played = expectations(wide, initial, s, candidates)
    top = played.user_utility.max(-1, keepdims=True)
    equal = played.user_utility >= top - _TIE * (np.abs(top) + wide.value)
    cost = np.where(equal, played.provider_cost, np.inf)
    return _pick(candidates, cost.argmin(-1))[..., 0]


@dataclass(frozen=True)
class Optimum:
    """Result of a search: the least provider cost J, the policy that has it, the user's best U."""

    policy: Policy
    provider_cost: NDArray[Any]
    user_utility: NDArray[Any]
    best_for_user: NDArray[Any]


def search_optimum(game: Game, points: int = 33, rounds: int = 16) -> Optimum:
    """The provider's optimum of flat games, by search over (i, s) with a searching user.

    A grid of ``points`` cascades is refined where the cost is least and where the user's response
    starts to move; and where it jumps the jump is followed, because the infimum may lie at its very
    edge, between points that all cost more.
    """
    s = np.linspace(0, 1, points) * np.ones((game.shape[0], 1))
    column = _widen(game, 2)
    q = search_response(column, 1, s)
    cost = expectations(column, 1, s, q).provider_cost
    cells = _cells(q, cost)
    low, high = np.take_along_axis(s, cells, 1), np.take_along_axis(s, cells + 1, 1)
    found = [_refine(game, low[:, j], high[:, j], rounds) for j in range(1, cells.shape[1])]
    jump = _follow_jump(game, low[:, 0], high[:, 0], rounds)
    tries = [(s[:, 0], q[:, 0]), (s[:, -1], q[:, -1]), *jump, *found]
    cascades = np.column_stack([try_[0] for try_ in tries])
    responses = np.column_stack([try_[1] for try_ in tries])
    return _compare(game, cascades, responses, expectations(column, 1, s, q).user_utility.max(1))


def _compare(
    game: Game, cascades: NDArray[Any], responses: NDArray[Any], utility: NDArray[Any]
) -> Optimum:
    column = _widen(game, 2)
    one = expectations(column, 1, cascades, responses)
    q_2 = search_response(column, 2, np.zeros((game.shape[0], 1)))
    two = expectations(column, 2, 0.0, q_2)
    cost = np.column_stack([two.provider_cost, one.provider_cost])
    index = cost.argmin(1)[:, None]

    def at(last: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
        return _pick(np.column_stack([last, others]), index[:, 0])[:, 0]

    return Optimum(
        policy=Policy(
            np.where(index[:, 0] == 0, 2, 1),
            at(np.zeros(len(index)), cascades),
            at(q_2, responses),
        ),
        provider_cost=_pick(cost, index[:, 0])[:, 0],
        user_utility=at(two.user_utility, one.user_utility),
        best_for_user=np.maximum(utility, two.user_utility[:, 0]),
    )


def _cells(q: NDArray[Any], cost: NDArray[Any]) -> NDArray[Any]:
    """Indices of the grid cells worth a closer look, the largest jump of q first: (games, 4)."""
    last = q.shape[1] - 2
    least = cost.argmin(1)
    jump = np.abs(np.diff(q, axis=1))
    return np.column_stack(
        [
            jump.argmax(1),
            np.clip(least - 1, 0, last),
            np.clip(least, 0, last),
            (jump > 1e-6).argmax(1),
        ]
    )


def _refine(game: Game, low: NDArray[Any], high: NDArray[Any], rounds: int) -> tuple[Any, Any]:
    column = _widen(game, 2)
    low, high = low[:, None], high[:, None]
    for _ in range(rounds):
        s = low + (high - low) * np.linspace(0, 1, _POINTS)
        q = search_response(column, 1, s)
        index = expectations(column, 1, s, q).provider_cost.argmin(1)
        best, step = _pick(s, index), (high - low) / (_POINTS - 1)
        low, high = np.maximum(best - step, low), np.minimum(best + step, high)
    return best[:, 0], _pick(q, index)[:, 0]


def _follow_jump(
    game: Game, low: NDArray[Any], high: NDArray[Any], rounds: int
) -> list[tuple[Any, Any]]:
    """Both sides of the largest jump of q, whatever they cost."""
    column = _widen(game, 2)
    low, high = low[:, None], high[:, None]
    for _ in range(rounds):
        s = low + (high - low) * np.linspace(0, 1, _POINTS)
        index = np.abs(np.diff(search_response(column, 1, s), axis=1)).argmax(1)
        low, high = _pick(s, index), _pick(s, index + 1)
    return [(end[:, 0], search_response(column, 1, end)[:, 0]) for end in (low, high)]


def _pick(values: NDArray[Any], index: NDArray[Any]) -> NDArray[Any]:
    return np.take_along_axis(values, index[..., None], -1)


def _widen(game: Game, dimensions: int) -> Game:
    """The game with axes of length 1 appended, to broadcast against grids."""
    if game.shape == ():
        return game
    missing = dimensions - len(game.shape)
    return game.take((..., *(None,) * missing))

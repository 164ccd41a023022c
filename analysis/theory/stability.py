"""How far a real pair's equilibrium hangs on what is not known: errors of p, and V, P, w."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agents import stackelberg
from analysis.games.catalogue import PENALTY, VALUE, VALUE_OF_TIME, Pair
from analysis.games.resampling import ordered, resampled
from analysis.theory.outcomes import kinds
from sim.game import Game

RESAMPLES = 10_000  # standard error of a share: at most .005
CHANGES = {  # factors of value, penalty and value of time
    "V/2": (0.5, 1, 1),
    "V*2": (2, 1, 1),
    "P/2": (1, 0.5, 1),
    "P*2": (1, 2, 1),
    "w/2": (1, 1, 0.5),
    "w*2": (1, 1, 2),
}
_EXCHANGED = str.maketrans("12", "21")


@dataclass(frozen=True)
class Stability:
    """A pair's equilibrium, and how often it would be another one.

    ``k_1``, ``k_2``: cost-of-pass (dollars); ``regime``; ``optimum``, one of `KINDS`. Shares of
    resamples of the pair's own tasks: ``order_changes``, where the other k is the less;
    ``regime_changes``; ``optimum_changes``. ``changed_by``: the `CHANGES`, one at a time, that make
    another regime or optimum.
    """

    pair: str
    k_1: float
    k_2: float
    order_changes: float
    regime: str
    regime_changes: float
    optimum: str
    optimum_changes: float
    changed_by: str


def stability(
    pair: Pair,
    value: float = VALUE,
    penalty: float = PENALTY,
    value_of_time: float = VALUE_OF_TIME,
    seed: int = 1,
) -> Stability:
    """What becomes of a pair's equilibrium when its tasks are resampled, and V, P, w change.

    Dollars, and dollars per second. The errors are of p; those of seconds and dollars per pass are
    not known. InputError as by `Game`.

    >>> from analysis.games.catalogue import pairs
    >>> found = stability(pairs()["gpt-4.1/o3"])
    >>> found.optimum, round(found.order_changes, 2)
    ('cascade', 0.28)
    """
    game = pair.game(value, penalty, value_of_time)
    [[regime], [optimum]] = _verdicts(game.flat())
    p = resampled(pair, RESAMPLES, seed)
    regimes, optima = _verdicts(_with_p(game, p).flat())
    dollars = np.array(pair.dollars)[:, None]
    order = np.sign(np.subtract(*(dollars / p))) != np.sign(np.subtract(*pair.k))
    return Stability(
        *(pair.name, *pair.k, float(order.mean())),
        *(str(regime), float((regimes != regime).mean())),
        *(str(optimum), float((optima != optimum).mean())),
        changed_by=_changed_by(pair, (value, penalty, value_of_time), (regime, optimum)),
    )


def _changed_by(pair: Pair, stakes: tuple[float, ...], verdict: tuple[str, str]) -> str:
    with np.errstate(over="ignore"):  # `Game` refuses what is not finite
        changed = np.array(list(CHANGES.values())).T * np.array(stakes)[:, None]
    regimes, optima = _verdicts(pair.game(*changed).flat())
    other = (regimes != verdict[0]) | (optima != verdict[1])
    return " ".join(name for name, each in zip(CHANGES, other, strict=True) if each)


def _with_p(game: Game, p: NDArray[Any]) -> Game:
    t, c = zip(*((model.t, model.c) for model in game.models), strict=True)
    return Game.of(tuple(p), t, c, game.value, game.penalty)


def _verdicts(game: Game) -> tuple[NDArray[Any], NDArray[Any]]:
    """Regimes and optima; where M1 solves more than M2, a cascade goes from M2 to M1."""
    games, exchanged = ordered(game)
    best = stackelberg(games)
    both = zip(best.regime, kinds(best), exchanged, strict=True)
    named = [(r[::-1], _back(kind)) if back else (r, kind) for r, kind, back in both]
    regimes, optima = np.array(named).T
    return regimes, optima


def _back(kind: str) -> str:
    other = str(kind).translate(_EXCHANGED)
    return f"{other} back" if other == kind else other

"""What the user loses because the provider decides: docs/theory.md, section 5."""

from typing import Any

import numpy as np

from agents.theorems.equilibrium import Equilibrium
from agents.theorems.stackelberg import D, stackelberg
from sim.game import Game


def best_for_user(game: Game) -> Any:
    """The largest utility that any routing gives a best-responding user (money).

    ++: max xi_i / p_i; --: max xi_i; -+: xi_2 / p_2; +-: xi_1 / p_1.
    """
    first, second = game.pair()
    xi_1, xi_2 = game.xi
    stay_1, stay_2 = xi_1 / first.p, xi_2 / second.p
    regime = np.asarray(game.regime)
    best = np.select(
        [regime == "++", regime == "--", regime == "-+"],
        [np.maximum(stay_1, stay_2), np.maximum(xi_1, xi_2), stay_2],
        stay_1,
    )
    return best.item() if best.ndim == 0 else best


def misalignment(game: Game, optimum: Equilibrium | None = None) -> Any:
    """Delta_U >= 0: the user's best utility minus the one at the provider's optimum (money).

    >>> game = Game.of((0.3, 0.6), (0.5, 0.9), (0.2, 0.5), value=1, penalty=2)
    >>> round(misalignment(game), 10)
    0.1
    """
    optimum = stackelberg(game) if optimum is None else optimum
    gap = np.maximum(best_for_user(game) - optimum.user_utility, 0.0)
    return gap.item() if np.ndim(gap) == 0 else gap


def proposition_1(game: Game) -> Any:
    """Whether Proposition 1 says that Delta_U = 0.

    In ++ iff k_1 - k_2 and xi_2/p_2 - xi_1/p_1 have the same sign, in -- iff xi_2 - xi_1 and P - D
    have; otherwise iff xi of the chosen model is positive and s* = 0 (for i* = 2 only the first).
    Erratum: it fails on ties (k_1 = k_2, P at a threshold, a user who prefers neither model).
    """
    first, second = game.pair()
    xi_1, xi_2 = game.xi
    optimum = stackelberg(game)
    regime = np.asarray(game.regime)
    stay = np.sign(first.cost_of_pass - second.cost_of_pass) == np.sign(
        xi_2 / second.p - xi_1 / first.p
    )
    leave = np.sign(xi_2 - xi_1) == np.sign(game.penalty - D(game))
    chosen = np.where(np.asarray(optimum.initial) == 1, xi_1, xi_2)
    mixed = (chosen > 0) & (np.asarray(optimum.cascade) == 0)
    aligned = np.select([regime == "++", regime == "--"], [stay, leave], mixed)
    return bool(aligned) if aligned.ndim == 0 else aligned

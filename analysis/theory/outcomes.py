"""What each game of many comes to: optimum, misalignment, throttling, as columns.

Exact, by the theorems; the differences that make up the claims of the paper's abstract.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from agents import best_response, stackelberg
from agents.theorems.equilibrium import Equilibrium
from agents.theorems.policy import Policy
from agents.theorems.stackelberg import leave_cost
from agents.theorems.throttling import cheapest_pass, throttling_pays
from sim.game import Game
from sim.theory.markov import expectations

Array = NDArray[Any]

REGIMES = {  # signs of V p - t: whether one more pass is worth its time to users
    "++": "both worth it",
    "--": "neither worth it",
    "-+": "only M2 worth it",
    "+-": "only M1 worth it",
}
KINDS = ("M1, stay", "M2, stay", "M1, leave", "M2, leave", "threat", "cascade")
_ENOUGH = 1 + 1e-6  # t_hat_i in V p_i: the mildest delay that makes users leave
_ROUNDING = 1e-12  # relative


class Played(NamedTuple):
    """What is played in each game: a policy, and delays added to t_1, t_2 (money)."""

    policy: Policy
    delays: tuple[Array, Array]


class Difference(NamedTuple):
    """``metric`` (money) under the ``policy`` less that under ``base``.

    ``scale``: what it is a part of; ``among``: the games that it matters in; columns of `outcomes`.
    """

    metric: str
    policy: str
    base: str
    scale: str
    among: str


DIFFERENCES = {
    "saving": Difference("provider_cost", "static", "optimum", "static_cost", "not static"),
    "gap": Difference("user_utility", "favourite", "optimum", "value", "misaligned"),  # Delta_U
    "gain": Difference("provider_cost", "optimum", "throttle", "provider_cost", "pays"),
    "loss": Difference("user_utility", "optimum", "throttle", "value", "pays"),
}


def policies(game: Game, optimum: Equilibrium) -> dict[str, Played]:
    """The optimum; the static routings that cost least and that users like best; full throttling.

    Full throttling delays both models until users leave after one pass; the delays are the mildest
    that do, so that what users lose by them is the least.
    """
    none = np.zeros(game.shape)
    static = [_static(game, i) for i in (1, 2)]
    cost, utility = (
        [_expected(game, played)[name] for played in static]
        for name in ("provider_cost", "user_utility")
    )
    first, second = (np.maximum(game.value * m.p * _ENOUGH - m.t, 0.0) for m in game.models)
    last = np.where(leave_cost(game, 1) <= leave_cost(game, 2), 1, 2)
    return {
        "optimum": Played(optimum.policy, (none, none)),
        "static": _choose(cost[0] <= cost[1], *static),
        "favourite": _choose(utility[0] >= utility[1], *static),
        "throttle": _static(game.delayed(first, second), last)._replace(delays=(first, second)),
    }


def _static(game: Game, initial: Any) -> Played:
    initial, none = np.broadcast_to(initial, game.shape), np.zeros(game.shape)
    return Played(Policy(initial, none, best_response(game, initial, none).q), (none, none))


def _choose(one: Array, first: Played, second: Played) -> Played:
    chosen = (np.where(one, a, b) for a, b in zip(first.policy, second.policy, strict=True))
    return Played(Policy(*chosen), first.delays)


def _expected(game: Game, played: Played) -> dict[str, Any]:
    return vars(expectations(game.delayed(*played.delays), *played.policy))


def differences(game: Game, played: dict[str, Played]) -> dict[str, Array]:
    """The exact `DIFFERENCES` of each game (money); what is within rounding of 0 is 0."""
    values = {name: _expected(game, each) for name, each in played.items()}
    found = {}
    for name, (metric, policy, base, *_) in DIFFERENCES.items():
        a, b = values[policy][metric], values[base][metric]
        found[name] = np.where(abs(a - b) <= _ROUNDING * (abs(a) + abs(b)), 0.0, a - b)
    return found


def outcomes(game: Game) -> pd.DataFrame:
    """One row per game of an array of games: what the claims are about.

    ``regime``; ``optimum``, one of `KINDS`; ``value``, ``penalty``, ``m``, ``provider_cost`` J*;
    ``static_cost``, the least of a static routing; `DIFFERENCES` in money, and as ``*_share`` of
    their scale; ``safety``: the penalty m where throttling pays for some penalty below it, else
    NaN. Whether users are ``unwilling``: U* < 0, so that only the compulsory first pass brings
    them; some optimum is ``static`` or ``not static``, and then but a ``threat``; users are
    ``misaligned``; throttling ``pays`` and then ``hurts`` users, it ``can_pay`` at another penalty,
    and users are ``safe``: P is at least m.
    """
    best, m = stackelberg(game), cheapest_pass(game)
    parts = differences(game, policies(game, best))
    static, pays = ~(best.cascade_low > 0), throttling_pays(game)
    first, second = (each.cost_of_pass for each in game.models)
    can_pay = (best.regime == "++") | ((best.regime == "-+") & (first > second))
    columns = {
        "regime": best.regime,
        "optimum": kinds(best),
        "value": game.value,
        "penalty": game.penalty,
        "m": m,
        "provider_cost": best.provider_cost,
        "static_cost": best.provider_cost + parts["saving"],
        **parts,
        "safety": np.where(can_pay, m, np.nan),
        "unwilling": best.user_utility < 0,
        "static": static,
        "not static": ~static,
        "threat": ~static & (best.abandonment == 1),
        "misaligned": parts["gap"] > 0,
        "pays": pays,
        "hurts": pays & (parts["loss"] > 0),
        "can_pay": can_pay,
        "safe": game.penalty >= m,
    }
    frame = pd.DataFrame(columns)
    scales = {name: each.scale for name, each in DIFFERENCES.items()} | {"safety": "value"}
    return frame.assign(**{f"{name}_share": frame[name] / frame[by] for name, by in scales.items()})


def kinds(best: Equilibrium) -> Array:
    """What each optimum is, one of `KINDS`; at a threat users leave before the cascade."""
    one, leave, cascades = best.initial == 1, best.abandonment == 1, best.cascade_low > 0
    choices = [cascades & leave, cascades, one & leave, one, leave]
    names = ["threat", "cascade", "M1, leave", "M1, stay", "M2, leave"]
    return np.select(choices, names, "M2, stay")

"""The rational provider: Theorems 3, 4, 5 and A (docs/theory.md, sections 4 and 7).

One function per statement, its cases in printed order; the first case that holds decides, so that
at equality of J the earlier one does. Conditions such as P <= P_1 are tested on the provider costs
that they compare, which are sums of positive terms, rather than on the thresholds, which cancel.
"""

from typing import Any, NamedTuple

import numpy as np

from agents.theorems.equilibrium import Equilibrium
from agents.theorems.policy import Policy
from agents.theorems.responses import s_0, s_high, s_low
from agents.theorems.ties import at_most
from sim.game import Game
from sim.theory.markov import expectations

_CHUNK = 8192  # games at once: the working set stays in cache
_REGIMES = {"Theorem 3.1": "++", "Theorem 3.2": "--", "Theorem 4": "-+"}  # the rest: "+-"
IRRELEVANT = (0.0, np.nan, np.nan)


class Row(NamedTuple):
    """One row of the table of docs/theory.md, section 4."""

    holds: Any
    statement: str
    initial: int
    cascade: tuple[Any, Any, Any]  # representative, lowest, highest
    abandonment: float


def stay_cost(game: Game, cascade: Any) -> Any:
    """J_1(s, 0) = (c_1 + (1 - p_1) k_2 s) / (p_1 + (1 - p_1) s), monotone in s (money)."""
    first, second = game.models
    failed = (1 - first.p) * cascade
    return (first.c + failed * second.cost_of_pass) / (first.p + failed)


def leave_cost(game: Game, initial: int) -> Any:
    """Cost c_i + P (1 - p_i) of one pass at M_i after which the user always leaves (money)."""
    model = game.models[initial - 1]
    return model.c + game.penalty * (1 - model.p)


def D(game: Game) -> Any:
    """Marginal cost of success, (c_2 - c_1) / (p_2 - p_1): the threshold of Theorem 3.2 (money)."""
    first, second = game.pair()
    return (second.c - first.c) / (second.p - first.p)


def P_1(game: Game) -> Any:
    """Threshold (k_2 - c_1) / (1 - p_1) of Theorem 4 for k_1 > k_2 (money)."""
    first, second = game.pair()
    return (second.cost_of_pass - first.c) / (1 - first.p)


def P_2(game: Game) -> Any:
    """Threshold (c_1 (1 - s_0) + k_2 s_0) / (p_1 + (1 - p_1) s_0) of Theorem 4, k_1 <= k_2."""
    first, second = game.pair()
    s = s_0(game)
    return (first.c * (1 - s) + second.cost_of_pass * s) / (first.p + (1 - first.p) * s)


def P_3(game: Game) -> Any:
    """Threshold (J_1(s_low, 0) - c_2) / (1 - p_2) of Theorem A (money)."""
    _, second = game.pair()
    return (stay_cost(game, s_low(game)) - second.c) / (1 - second.p)


def theorem_3(game: Game) -> Equilibrium:
    """Regimes ++ (Theorem 3.1) and -- (Theorem 3.2): the user's choice does not depend on s."""
    k_1, k_2 = (m.cost_of_pass for m in game.models)
    stays = np.asarray(game.regime) == "++"
    one, two = leave_cost(game, 1), leave_cost(game, 2)
    rows = (
        Row(stays & at_most(k_1, k_2), "Theorem 3.1", 1, (0.0, 0.0, 0.0), 0.0),
        Row(stays, "Theorem 3.1", 2, IRRELEVANT, 0.0),
        Row(at_most(one, two), "Theorem 3.2", 1, (0.0, 0.0, 1.0), 1.0),  # P <= D
        Row(True, "Theorem 3.2", 2, IRRELEVANT, 1.0),
    )
    return assemble(game, rows, (np.where(stays, k_1, one), np.where(stays, k_2, two)))


def theorem_4(game: Game) -> Equilibrium:
    """Regime -+: let users leave, or keep them with the reasoning model or a cascade of s_0."""
    first, second = game.pair()
    k_1, k_2 = first.cost_of_pass, second.cost_of_pass
    s = s_0(game)
    leave, knife = leave_cost(game, 1), stay_cost(game, s)
    dear = ~at_most(k_1, k_2)
    leaving = (0.0, 0.0, s)
    rows = (
        Row(dear & at_most(leave, k_2), "Theorem 4", 1, leaving, 1.0),  # P <= P_1
        Row(dear, "Theorem 4", 2, IRRELEVANT, 0.0),
        Row(at_most(leave, knife), "Theorem 4", 1, leaving, 1.0),  # P <= P_2
        Row(True, "Theorem 4", 1, (s, s, s), 0.0),
    )
    return assemble(game, rows, (leave, k_2, knife))


def theorem_5(game: Game) -> Equilibrium:
    """Regime +-, except where k_2 < k_1 and P > k_2: the paper leaves that to `theorem_a`.

    In 5.2 a cascade is announced but never played: it is a threat that makes users leave.
    """
    first, second = game.pair()
    k_1, k_2 = first.cost_of_pass, second.cost_of_pass
    one, two = leave_cost(game, 1), leave_cost(game, 2)
    high = s_high(game)
    patient = at_most(k_1, game.penalty) & at_most(k_1, k_2)
    rows = (
        Row(patient, "Theorem 5.1", 1, (0.0, 0.0, 0.0), 0.0),
        # Erratum: the paper's proof of 5.2 prints J_1(1, 1) without the penalty.
        Row(at_most(one, two), "Theorem 5.2", 1, (1.0, high, 1.0), 1.0),  # P <= D
        # Erratum: of the five candidates of Section 4.2 the last is J_2(1), printed as J_2(0).
        Row(True, "Theorem 5.3", 2, IRRELEVANT, 1.0),
    )
    return assemble(game, rows, (k_1, stay_cost(game, s_low(game)), one, two))


def theorem_a(game: Game) -> Equilibrium:
    """Regime +-, k_2 < k_1 and P > k_2, which the paper leaves open: docs/theory.md, section 7.

    No cascade strictly between s_low and s_high is ever strictly optimal, so that J* is the least
    of k_1, J_1(s_low, 0), c_1 + P (1 - p_1) and c_2 + P (1 - p_2); here the first and third never.
    """
    k_1 = game.models[0].cost_of_pass
    low = s_low(game)
    one, two, keep = leave_cost(game, 1), leave_cost(game, 2), stay_cost(game, low)
    rows = (
        Row(at_most(two, keep), "Theorem A", 2, IRRELEVANT, 1.0),  # P <= P_3
        Row(True, "Theorem A", 1, (low, low, low), 0.0),
    )
    return assemble(game, rows, (k_1, keep, one, two))


def stackelberg(game: Game) -> Equilibrium:
    """The provider's optimum and the user's response to it, by the theorem of the game's regime.

    A single game gives plain numbers, games of arrays give arrays of their common shape.

    >>> game = Game.of((0.3, 0.6), (0.2, 0.7), (0.4, 0.5), value=1, penalty=3)
    >>> e = stackelberg(game)
    >>> e.regime, e.initial, round(e.cascade, 10), e.abandonment, e.statement
    ('+-', 1, 0.3086371091, 0.0, 'Theorem A')
    >>> round(e.provider_cost, 10)
    1.1240051085
    """
    game.pair()
    flat = game.flat()
    size = flat.shape[0]
    starts = range(0, max(size, 1), _CHUNK)
    result = Equilibrium.joined([_solved(flat.take(slice(k, k + _CHUNK))) for k in starts])
    return result.single() if game.shape == () else result.reshape(game.shape)


def _solved(game: Game) -> Equilibrium:
    """The equilibria of a flat game, each by its theorem."""
    regime = game.regime
    k_1, k_2 = (m.cost_of_pass for m in game.models)
    falling = regime == "+-"
    open_cell = falling & ~at_most(k_1, k_2) & ~at_most(game.penalty, k_2)
    chosen = {
        theorem_3: (regime == "++") | (regime == "--"),
        theorem_4: regime == "-+",
        theorem_5: falling & ~open_cell,
        theorem_a: open_cell,
    }
    places = {theorem: np.flatnonzero(which) for theorem, which in chosen.items()}
    parts = {t: index for t, index in places.items() if index.size} or places
    order = np.argsort(np.concatenate(list(parts.values())))
    return Equilibrium.joined([t(game.take(index)) for t, index in parts.items()], order)


def assemble(game: Game, rows: tuple[Row, ...], candidates: tuple[Any, ...]) -> Equilibrium:
    """The equilibrium by the first row that holds; a tie where two candidates cost the least."""
    shape = np.shape(candidates[0])
    which = np.select([np.broadcast_to(row.holds, shape) for row in rows], range(len(rows)))
    initial = np.array([row.initial for row in rows], np.int8)[which]
    abandonment = np.array([row.abandonment for row in rows])[which]
    cascade, low, high = (
        np.choose(which, [row.cascade[part] for row in rows]) for part in range(3)
    )
    least = np.minimum.reduce(candidates)
    equal = sum(at_most(cost, least).astype(int) for cost in candidates)
    xi_1, xi_2 = game.xi
    return Equilibrium(
        regime=np.array([_REGIMES.get(row.statement, "+-") for row in rows])[which],
        policy=Policy(initial, cascade, abandonment),
        cascade_low=low,
        cascade_high=high,
        expected=expectations(game, initial, cascade, abandonment),
        statement=np.array([row.statement for row in rows], dtype="U11")[which],
        tie=(equal > 1) | (xi_1 == 0) | (xi_2 == 0),
    )

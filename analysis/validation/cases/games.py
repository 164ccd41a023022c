"""What the validation study plays: games, policies, and what theory says of them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from agents.theorems.policy import Policy
from agents.theorems.responses import best_response, s_0, s_high, s_low
from agents.theorems.stackelberg import P_1, P_2, P_3, D, stackelberg
from analysis.games.catalogue import REFERENCE, VALUE_OF_TIME, pairs
from sim.game import Game


@dataclass(frozen=True)
class Case:
    """One game, one routing with one response: a policy.

    ``statement`` that theory has on it; ``rational_user``: q is a best response; ``optimum``: the
    routing is the provider's optimum, too.
    """

    name: str
    statement: str
    game: Game
    policy: Policy
    value_of_time: float = 1.0
    rational_user: bool = True
    optimum: bool = True


def all_cases() -> list[Case]:
    """The catalogue: reference games, figures, thresholds, real pairs, and stated policies."""
    return [*_references(), *_figures(), *_thresholds(), *_pairs(), *_mixed(), *_stationary()]


def equilibrium(name: str, game: Game, value_of_time: float = 1.0) -> Case:
    """The case of a game at its equilibrium, whose q* is carried with it."""
    optimum = stackelberg(game)
    return Case(name, optimum.statement, game, optimum.policy, value_of_time)


def _references() -> Iterator[Case]:
    for name, game in REFERENCE.items():
        yield equilibrium(name, game)


def _figures() -> Iterator[Case]:
    """Points of the paper's figures (docs/theory.md, section 9): every area of every figure."""
    p = (0.1, 0.3)
    for xi_1, xi_2 in (
        (0.4, 0.5),
        (-0.5, -0.3),
        (-0.5, 0.3),
        (-0.5, 0.8),
        (0.8, -0.2),
        (0.5, -0.35),
    ):
        times = (10 * p[0] - xi_1, 10 * p[1] - xi_2)
        yield _played(f"fig 3 ({xi_1:g}, {xi_2:g})", Game.of(p, times, (1.0, 2.0), 10.0, 5.0), 0.25)
    games = {"4 left": ((1.0, 2.0), 9.0), "4 right": ((0.5, 2.5), 6.5), "5": ((0.5, 1.5), 8.0)}
    for figure, (times, value) in games.items():
        for x, penalty in ((-1.0, 4.0), (-1.0, 16.0), (1.0, 4.0), (1.0, 9.5), (1.0, 16.0)):
            costs = (1.0, p[1] * (1.0 / p[0] - x))
            game = Game.of(p, times, costs, value, penalty)
            yield equilibrium(f"fig {figure} ({x:g}, {penalty:g})", game)


def _played(name: str, game: Game, cascade: float) -> Case:
    q = best_response(game, 1, cascade).q
    return Case(name, "Theorem 2", game, Policy(1, cascade, q), optimum=False)


def _thresholds() -> Iterator[Case]:
    """Games on every threshold and one percent to either side of it."""
    for name, symbol, border in (
        ("R1", "k_1", _k_1),  # where throttling begins to pay
        ("R3", "D", D),
        ("R5", "P_1", P_1),
        ("R7", "P_2", P_2),
        ("R9", "k_1", _k_1),
        ("R11", "k_2", lambda game: game.models[1].cost_of_pass),
        ("R14", "k_1", _k_1),  # no threshold: the print has it where P_3 belongs
        ("R14", "P_3", P_3),
    ):
        game = REFERENCE[name]
        for factor in (0.99, 1.0, 1.01):
            moved = replace(game, penalty=factor * float(border(game)))
            yield equilibrium(f"{name} at {factor:g} {symbol}", moved)
    for name, symbol, border in (("R8", "s_0", s_0), ("R14", "s_L", s_low), ("R14", "s_H", s_high)):
        for factor in (0.99, 1.01):
            cascade = factor * float(border(REFERENCE[name]))
            yield _played(f"{name}, s={factor:g} {symbol}", REFERENCE[name], cascade)
    # k_1 = k_2 and xi_1 = 0: ties of the other kinds
    yield equilibrium("k_1 = k_2", Game.of((0.25, 0.5), (0.125, 0.5), (0.125, 0.25), 2.0, 1.0))
    yield equilibrium("xi_1 = 0", Game.of((0.1, 0.4), (0.3, 0.5), (0.1, 0.5), 3.0, 1.0))


def _k_1(game: Game) -> float:
    return float(game.models[0].cost_of_pass)


def _pairs() -> Iterator[Case]:
    for name, pair in pairs().items():
        yield equilibrium(name, pair.game(), VALUE_OF_TIME)


def _mixed() -> Iterator[Case]:
    """Policies that no optimum plays: s between s_low and s_high, answered by q_dagger."""
    for name in ("R9", "R11", "R13"):
        game = REFERENCE[name]
        low, high = float(s_low(game)), float(s_high(game))
        for share in (0.25, 0.75):
            s = low + share * (high - low)
            yield _played(f"{name} s={s:.3f}", game, s)


def _stationary() -> Iterator[Case]:
    """Users who give up with a fixed probability, whatever is best for them, in each regime."""
    for name in ("R1", "R3", "R6", "R11"):
        for policy in (Policy(1, 0.25, 0.3), Policy(2, 0.0, 0.7)):
            label = "{} ({}, {:g}) q={:g}".format(name, *policy)
            game = REFERENCE[name]
            yield Case(label, "Section 2", game, policy, rational_user=False, optimum=False)

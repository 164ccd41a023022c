"""Errors planted one at a time, in the simulator or in a theorem, to show that the study sees them.

Each replaces functions of the program, never an expected number, and names the case and the kind of
check that must fail. The errata of the printed paper are among them, in the form in which somebody
would have programmed them.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from agents.theorems import responses as user
from agents.theorems import stackelberg as provider
from agents.theorems.policy import Policy
from analysis.theory.misalignment import proposition_1
from analysis.validation.planted.planting import Patch, Planted
from analysis.validation.planted.queues import planted_in_queues
from sim import rule, vectorised
from sim.draws import CASCADE, SUCCESS
from sim.game import Game
from sim.records import Columns
from sim.results import Result
from sim.scenario import Scenario
from sim.theory import markov

# --- errors in the simulator's rule: in SimPy and numpy, unless it is about their agreement


def _rule(scalar: Callable[..., int], vector: Callable[..., Any]) -> tuple[Patch, ...]:
    return (
        ("sim.processes.task", "next_state", scalar),
        ("sim.vectorised", "_next_states", vector),
        ("sim.engine", "choose", _without_kernel),
    )


def _without_kernel(scenario: Scenario, engine: str = "auto", runs: int = 1) -> str:
    """The kernel has the right rule compiled in, so that its twin plays in its place."""
    return "simpy" if engine == "simpy" else "vectorised"


_next_state, _next_states = rule.next_state, vectorised._next_states


def _swapped(model: int, solved: bool, q: float, s: float, abandon: float, cascade: float) -> int:
    return _next_state(model, solved, q, 1.0 - s if s > 0.0 else s, abandon, cascade)


def _swapped_states(tables: Any, model: Any, words: Any) -> Any:
    flipped = np.where(tables.s > 0.0, 1.0 - tables.s, tables.s)
    return _next_states(replace(tables, s=flipped), model, words)


def _stubborn(model: int, solved: bool, q: float, s: float, abandon: float, cascade: float) -> int:
    return _next_state(model, solved, q * q, s, abandon, cascade)


def _stubborn_states(tables: Any, model: Any, words: Any) -> Any:
    return _next_states(replace(tables, q=tables.q**2), model, words)


def _one_luck(model: int, solved: bool, q: float, s: float, abandon: float, cascade: float) -> int:
    return _next_state(model, solved, q, s, cascade, cascade)


def _one_luck_states(tables: Any, model: Any, words: Any) -> Any:
    solved = words[:, SUCCESS] < tables.p[model]
    quits = ~solved & (words[:, CASCADE] < tables.q[model])
    return solved, quits, words[:, CASCADE] < tables.s[model]


def _flat(model: int, solved: bool, q: float, s: float, abandon: float, cascade: float) -> int:
    return _next_state(model, solved, q, 0.0, abandon, cascade)


# --- errors in the accounts


_metrics = Result.metrics


def _changed(change: Callable[[Result, Columns], Columns]) -> tuple[Patch, ...]:
    def metrics(self: Result) -> Columns:
        return change(self, _metrics(self))

    return (("sim.results", "Result.metrics", metrics),)


def _penalty_on_success(result: Result, m: Columns) -> Columns:
    return m | {"provider_cost": m["service_cost"] + result.penalty * m["success"]}


def _latency_once(result: Result, m: Columns) -> Columns:
    delay = m["delay"] / m["passes"]
    return m | {"delay": delay, "user_utility": result.value * m["success"] - delay}


def _free_first_pass(result: Result, m: Columns) -> Columns:
    cost = m["service_cost"] * (1.0 - 1.0 / m["passes"])
    return m | {
        "service_cost": cost,
        "provider_cost": m["provider_cost"] - m["service_cost"] + cost,
    }


# --- errors in the theory


_visits = markov.visits


def _wrong_beta(game: Game, initial: Any, escalation: Any, abandonment: Any) -> tuple[Any, ...]:
    v_1, v_2 = _visits(game, initial, escalation, abandonment)
    second = game.models[1]
    return v_1, v_2 * (second.p + (1 - second.p) * abandonment) / second.p


def _printed_j2(game: Game, initial: int) -> Any:
    """Erratum, Section 4.2: the last of the five candidates as J_2(0) = k_2."""
    return _leave_cost(game, 1) if initial == 1 else game.models[1].cost_of_pass


_leave_cost = provider.leave_cost


def _no_penalty(game: Game, initial: int) -> Any:
    """Erratum, proof of Theorem 5.2: J_1(1, 1) without the penalty."""
    return game.models[0].c + 0 * game.penalty if initial == 1 else _leave_cost(game, 2)


def _other_model(game: Game, initial: int) -> Any:
    """Erratum, proof of Theorem 5.3: P < D where P > D is meant."""
    return _leave_cost(game, 3 - initial)


def _never_leave(game: Game) -> Any:
    """Erratum, text after Theorem 5: in -+ the cascade is s = 1 instead of s_0."""
    return np.ones(game.shape)


def _printed_border(game: Game) -> Any:
    """Erratum, Figure 4 right: the cascade begins at P = 10, which is k_1, instead of P_3."""
    right = _theorem_a(game)
    keeps = game.penalty > game.models[0].cost_of_pass
    low = user.s_low(game)
    return replace(
        right,
        policy=Policy(
            np.where(keeps, 1, 2).astype(np.int8),
            np.where(keeps, low, 0.0),
            np.where(keeps, 0.0, 1.0),
        ),
    )


_theorem_a = provider.theorem_a


def _most(game: Game) -> Any:
    """Erratum, Section 4.2: 'taking the maximum' of the candidates."""
    right = _theorem_5(game)
    cost = [provider.leave_cost(game, i) for i in (1, 2)]
    worse = np.where(cost[0] >= cost[1], 1, 2).astype(np.int8)
    return replace(right, policy=Policy(worse, np.ones(worse.shape), right.tie + 1.0))


_theorem_5 = provider.theorem_5


def _reversed_theorem_2(game: Game, cascade: Any) -> Any:
    """Erratum, proof of Theorem 2.3: U_1(s, 0) for s < s_0."""
    right = _theorem_2(game, cascade)
    mixed = np.asarray(game.regime) == "-+"
    return replace(right, q=np.where(mixed, 1.0 - right.q, right.q))


_theorem_2 = user.theorem_2


def _stay_until_s_high(game: Game, cascade: Any) -> Any:
    return np.zeros(np.shape(cascade))


def _s_0_per_pass(game: Game) -> Any:
    """The net value of one pass at M2 taken for that of all passes: -xi_1 / (xi_2 - xi_1)."""
    xi_1, xi_2 = game.xi
    return -xi_1 / (xi_2 - xi_1)


def _stay_gap(game: Game, optimum: Any = None) -> Any:
    """Erratum, Figure 5 middle: U_2 at q = 0 where users leave."""
    right = provider.stackelberg(game) if optimum is None else optimum
    second = game.models[1]
    stay = np.where(right.initial == 2, game.xi[1] / second.p, right.user_utility)
    return float(game.xi[0] / game.models[0].p - stay)


def _grid_gap(game: Game, optimum: Any = None) -> Any:
    """Erratum, Figure 5 left: the gap at the next s of a grid of 100, 5/99, instead of s_0."""
    s = np.ceil(99 * user.s_0(game)) / 99
    best: Any = game.xi[1] / game.models[1].p
    return float(best - _expectations(game, 1, s, 0.0).user_utility)


_expectations = markov.expectations


def _by_the_signs(game: Game, optimum: Any = None) -> Any:
    """Erratum, Proposition 1: in ++ users lose what the other model gives unless signs agree."""
    first, second = (xi / m.p for xi, m in zip(game.xi, game.models, strict=True))
    return 0.0 if proposition_1(game) else float(np.abs(first - second))


def _reversed_signs(game: Game, optimum: Any = None) -> Any:
    """Erratum, Proposition 1.2: in -- users lose nothing where sign(xi_2 - xi_1) = sign(D - P)."""
    xi_1, xi_2 = game.xi
    agree = (xi_2 > xi_1) == (provider.D(game) > game.penalty)
    return 0.0 if agree else float(np.abs(xi_1 - xi_2))


def _gain_of_m1(game: Game, optimum: Any = None) -> Any:
    """Erratum, Section 6: 'either (or both) throttled', with M1 alone as good as both."""
    right = provider.stackelberg(game) if optimum is None else optimum
    return float(right.provider_cost - provider.leave_cost(game, 1))


_ROUTING = "agents.theorems.stackelberg"
_USERS = "agents.theorems.responses"


def planted_errors() -> list[Planted]:
    """All of them; each must make `validate` fail, at default precision, by the named check."""
    return [*_of_the_simulator(), *_of_the_theorems(), *planted_in_queues(), *_errata()]


def _of_the_simulator() -> Iterator[Planted]:
    eq = "equivalence"
    leaves = "R11 (2, 0) q=0.7"
    mixes = "R11 (1, 0.25) q=0.3"
    yield Planted("cascade direction swapped", _rule(_swapped, _swapped_states), "R14", eq)
    yield Planted("q squared", _rule(_stubborn, _stubborn_states), leaves, eq)
    yield Planted("one uniform, two choices", _rule(_one_luck, _one_luck_states), mixes, eq)
    only_simpy = (("sim.processes.task", "next_state", _flat),)
    yield Planted("one engine never cascades", only_simpy, "R14", "engines")
    yield Planted("penalty charged on success", _changed(_penalty_on_success), "R1", eq)
    yield Planted("latency counted once per task", _changed(_latency_once), "R1", eq)
    yield Planted("first pass costs nothing", _changed(_free_first_pass), "R2", eq)


def _of_the_theorems() -> Iterator[Planted]:
    regret = "user regret"
    beta = (("sim.theory.markov", "visits", _wrong_beta),)
    yield Planted("wrong beta", beta, "R6 (2, 0) q=0.7", "equivalence")
    per_pass = ((_ROUTING, "s_0", _s_0_per_pass), (_USERS, "s_0", _s_0_per_pass))
    yield Planted("s_0 of a single pass at M2", per_pass, "fig 3 (-0.5, 0.8)", regret)
    exchanged = ((_USERS, "s_0", user.s_low), (_USERS, "s_low", user.s_0))
    yield Planted("s_0 and s_low exchanged", exchanged, "fig 3 (-0.5, 0.3)", regret)
    ends = ((_ROUTING, "s_low", user.s_high), (_ROUTING, "s_high", user.s_low))
    yield Planted("s_low and s_high exchanged", ends, "R14", regret)
    patient = ((_USERS, "q_dagger", _stay_until_s_high),)
    yield Planted("no q between 0 and 1", patient, "R9 s=0.357", regret)


def _errata() -> Iterator[Planted]:
    """Each erratum of docs/theory.md, section 10, that says something else than the theorem."""
    regret = "provider regret"
    reverse = ((_USERS, "theorem_2", _reversed_theorem_2),)
    yield Planted("erratum: U_1(s, 0) below s_0", reverse, "fig 3 (-0.5, 0.8)", "user regret")
    for name, function, wrong, case in (
        ("J_2(0) for J_2(1)", "leave_cost", _printed_j2, "R14"),
        ("J_1(1, 1) without P", "leave_cost", _no_penalty, "R11"),
        ("P < D for P > D", "leave_cost", _other_model, "R11"),
        ("maximum of the candidates", "theorem_5", _most, "R9"),
        ("s = 1 for s_0", "s_0", _never_leave, "R8"),
        ("Figure 4, k_1 for P_3", "theorem_a", _printed_border, "R14 at 1.01 k_1"),
    ):
        yield Planted(f"erratum: {name}", ((_ROUTING, function, wrong),), case, regret)
    for name, gap, case in (
        ("Figure 5 left, a grid in s", _grid_gap, "fig 4 left (-1, 16)"),
        ("Figure 5 middle, users who stay", _stay_gap, "R11"),
        ("Proposition 1 on ties", _by_the_signs, "k_1 = k_2"),
        ("Proposition 1.2, P < D", _reversed_signs, "R4"),
    ):
        patch = (("analysis.validation.checks.games", "misalignment", gap),)
        yield Planted(f"erratum: {name}", patch, case, "misalignment")
    gain = (("analysis.validation.checks.games", "throttling_gain", _gain_of_m1),)
    yield Planted("erratum: throttling M1 alone does", gain, "R4", "throttling gain")

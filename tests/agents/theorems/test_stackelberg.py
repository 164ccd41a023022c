import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents import Equilibrium, Stackelberg, best_response, stackelberg
from agents.theorems.responses import s_0, s_high, s_low
from agents.theorems.stackelberg import P_1, P_2, P_3, D, leave_cost, stay_cost
from agents.theorems.throttling import throttling_gain
from analysis.games.catalogue import REFERENCE
from analysis.theory.misalignment import best_for_user, misalignment
from analysis.theory.oracles import search_optimum
from sim import Game, InputError, Route, expectations
from tests.tools.strategies import REGIMES, each, pairs, probabilities, random_pairs

TEN_DIGITS = 1e-10
S_L, S_H, S_0 = 0.3086371091, 0.5, 0.1071428571

NAMES = (
    *("regime", "initial", "cascade", "cascade_low", "cascade_high", "abandonment", "success"),
    *("delay", "service_cost", "user_utility", "provider_cost", "passes", "statement", "tie"),
)
# name: regime, i*, (s*, lowest, highest), q*, U*, J*, Delta_U, gain, statement
NO_S = (0.0, math.nan, math.nan)
TABLE: dict[str, tuple[Any, ...]] = {
    "R1": ("++", 1, (0, 0, 0), 0, 1.5, 0.25, 0, -0.35, "3.1"),
    "R2": ("++", 2, NO_S, 0, 1.625, 0.5, 0, -0.1, "3.1"),
    "R3": ("--", 1, (0, 0, 1), 1, -0.2, 0.55, 0, 0, "3.2"),
    "R4": ("--", 2, NO_S, 1, -0.3, 1.3, 0.1, 0, "3.2"),
    "R5": ("-+", 1, (0, 0, 0.0740740741), 1, -0.1, 0.62, 1.35, 0, "4"),
    "R6": ("-+", 2, NO_S, 0, 1.25, 0.75, 0, -0.15, "4"),
    "R7": ("-+", 1, (0, 0, S_0), 1, -0.1, 0.29, 0.9333333333, 0, "4"),
    "R8": ("-+", 1, (S_0, S_0, S_0), 0, -0.1, 0.475, 0.9333333333, -0.725, "4"),
    "R9": ("+-", 1, (0, 0, 0), 0, 0.5, 0.25, 0, -0.21, "5.1"),
    "R10": ("+-", 1, (1, 0.4, 1), 1, 0.2, 0.38, 0.3, 0, "5.2"),
    "R11": ("+-", 2, NO_S, 1, -0.1, 0.74, 0.4333333333, 0, "5.3"),
    "R12": ("+-", 2, NO_S, 1, -0.1, 0.9, 0.4333333333, 0, "A"),
    "R13": (
        "+-", 1, (0.4537197676,) * 3, 0, 0.2595507195, 1.1457244832, 0.4071159472,
        -0.0042755168, "A",
    ),
    "R14": ("+-", 1, (S_L,) * 3, 0, 0.1240051085, 1.1240051085, 0.2093282249, -0.5759948915, "A"),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_reference_games(name: str) -> None:
    game = REFERENCE[name]
    regime, initial, cascade, q, U, J, gap, gain, statement = TABLE[name]
    e = stackelberg(game)
    assert (e.regime, e.initial, e.abandonment) == (regime, initial, q)
    assert e.statement == f"Theorem {statement}"
    found = (e.cascade, e.cascade_low, e.cascade_high)
    assert found == pytest.approx(cascade, abs=TEN_DIGITS, nan_ok=True)
    assert e.cascade_range == (None if cascade is NO_S else pytest.approx(cascade[1:], abs=1e-10))
    assert e.user_utility == pytest.approx(U, abs=TEN_DIGITS)
    assert e.provider_cost == pytest.approx(J, abs=TEN_DIGITS)
    assert misalignment(game) == pytest.approx(gap, abs=TEN_DIGITS)
    assert throttling_gain(game) == pytest.approx(gain, abs=TEN_DIGITS)
    assert not e.tie


@pytest.mark.parametrize(
    ("names", "threshold", "value"),
    [
        (("R5", "R6"), s_0, 0.0740740741),
        (("R5", "R6"), P_1, 0.5625),
        (("R7", "R8"), s_0, 0.1071428571),
        (("R7", "R8"), P_2, 0.53125),
        (("R9", "R10"), s_low, 0.2275707706),
        (("R9", "R10"), s_high, 0.4),
        (("R11", "R12", "R14"), s_low, 0.3086371091),
        (("R11", "R12", "R14"), s_high, 0.5),
        (("R11", "R12", "R14"), P_3, 1.5600127712),
        (("R13",), s_low, 0.4537197676),
        (("R13",), s_high, 0.8),
        (("R13",), P_3, 1.2428741386),
        (("R3", "R4"), D, 1.0),
    ],
)
def test_thresholds_of_the_reference_games(
    names: tuple[str, ...], threshold: Any, value: float
) -> None:
    for name in names:
        assert threshold(REFERENCE[name]) == pytest.approx(value, abs=TEN_DIGITS)


# ---------------------------------------------------------------- against brute force


def assert_optimal(games: Game, e: Equilibrium) -> None:
    """J, U and max U of a search that knows no theorem.

    The search refines s to (1/32) 4^-16 = 7e-12 and q to 4^-13 = 1.5e-8 of the unit interval. It
    can therefore miss an end of the mixed range of +- by as much as makes q indistinguishable from
    0: at most about 1e-7, times slopes of J and U of order 1e2.
    """
    found = search_optimum(games)
    slack = np.where(e.regime == "+-", 1e-5, 1e-8)
    assert (np.abs(e.provider_cost - found.provider_cost) <= slack).all()
    assert (np.abs(e.user_utility - found.user_utility) <= slack).all()
    assert np.abs(best_for_user(games) - found.best_for_user).max() < 1e-12 * 400
    gap = found.best_for_user - found.user_utility
    assert (np.abs(misalignment(games) - gap) <= slack + 1e-9).all()


@pytest.mark.parametrize("regime", REGIMES)
def test_no_search_finds_a_cheaper_routing(regime: str) -> None:
    games = random_pairs(regime, 300, seed=41)
    e = stackelberg(games)
    assert not e.tie.any()
    assert_optimal(games, e)


def test_every_row_of_the_table_is_searched() -> None:
    rows = set()
    for regime in REGIMES:
        e = stackelberg(random_pairs(regime, 300, seed=41))
        rows |= set(zip(e.statement, e.initial, e.abandonment, e.cascade > 0, strict=True))
    # of the 12 rows two of -+ look alike, and (2) in +- has two names, Theorem 5.3 and A
    assert len(rows) == 12 - 1 + 1


def test_the_search_catches_a_candidate_that_is_missing() -> None:
    """Without Theorem A the open cell would be played as Theorem 5.3 says."""
    games = random_pairs("+-", 300, seed=41)
    e = stackelberg(games)
    wrong = np.where(e.statement == "Theorem A", leave_cost(games, 2), e.provider_cost)
    with pytest.raises(AssertionError):
        assert_optimal(games, replace(e, expected=replace(e.expected, provider_cost=wrong)))


@pytest.mark.slow
@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("seed", range(8))
def test_no_search_finds_a_cheaper_routing_in_many_more_games(regime: str, seed: int) -> None:
    games = random_pairs(regime, 1000, seed=1000 + seed)
    assert_optimal(games, stackelberg(games))


# ---------------------------------------------------------------- properties


def near_tie(game: Game, distance: float = 1e-9) -> bool:
    """Two costs that the table compares are so close that rounding could decide."""
    k_1, k_2 = (float(m.cost_of_pass) for m in game.models)
    costs = [k_1, k_2, float(game.penalty), float(leave_cost(game, 1)), float(leave_cost(game, 2))]
    if game.regime == "-+":
        costs.append(float(stay_cost(game, s_0(game))))
    if game.regime == "+-":
        costs.append(float(stay_cost(game, s_low(game))))
    costs.sort()
    return any(b - a <= distance * b for a, b in pairwise(costs))


@given(pairs())
def test_the_equilibrium_is_what_its_choices_come_to(game: Game) -> None:
    e = stackelberg(game)
    played = expectations(game, e.initial, e.cascade, e.abandonment)
    for f in ("success", "delay", "service_cost", "user_utility", "provider_cost", "passes"):
        assert getattr(e, f) == pytest.approx(getattr(played, f), rel=1e-13, abs=1e-300)


@given(pairs())
def test_the_response_is_the_users_best(game: Game) -> None:
    assume(not near_tie(game))
    e = stackelberg(game)
    assert e.abandonment == best_response(game, e.initial, e.cascade).q


@given(pairs(), probabilities)
def test_every_cascade_of_the_optimal_range_is_as_good(game: Game, part: float) -> None:
    e = stackelberg(game)
    assume(e.cascade_range is not None and not near_tie(game))
    low, high = e.cascade_low, e.cascade_high
    assert 0 <= low <= e.cascade <= high <= 1
    s = low + part * (high - low)
    if e.statement == "Theorem 4" and e.abandonment == 1 and s > high * (1 - 1e-9):
        return  # at s_0 itself the provider's tie decides
    q = best_response(game, 1, s).q
    # rounding of low + part * (high - low) may leave the range by one unit in the last place
    assert q == pytest.approx(e.abandonment, abs=1e-6)
    J = expectations(game, 1, s, e.abandonment).provider_cost
    assert pytest.approx(e.provider_cost, rel=1e-12) == J


@given(pairs(), st.integers(-30, 30), st.integers(-30, 30))
def test_only_ratios_matter(game: Game, i: int, j: int) -> None:
    a, b = 2.0**i, 2.0**j  # exact in floating point
    p, t, c = (tuple(float(getattr(m, x)) for m in game.models) for x in "ptc")
    V, P = float(game.value), float(game.penalty)
    scaled = Game.of(p, tuple(a * x for x in t), tuple(b * x for x in c), a * V, b * P)
    one, two = stackelberg(game), stackelberg(scaled)
    for name in ("regime", "initial", "cascade", "abandonment", "statement", "tie", "success"):
        assert getattr(one, name) == getattr(two, name)
    assert two.user_utility == a * one.user_utility
    assert two.provider_cost == pytest.approx(b * one.provider_cost, rel=1e-15)


@given(pairs(), st.floats(0.001, 1000), st.floats(0.001, 1000))
def test_only_ratios_matter_for_factors_that_round(game: Game, a: float, b: float) -> None:
    assume(not near_tie(game))
    p, t, c = (tuple(float(getattr(m, x)) for m in game.models) for x in "ptc")
    V, P = float(game.value), float(game.penalty)
    scaled = Game.of(p, tuple(a * x for x in t), tuple(b * x for x in c), a * V, b * P)
    one, two = stackelberg(game), stackelberg(scaled)
    for name in ("regime", "initial", "abandonment", "statement"):
        assert getattr(one, name) == getattr(two, name)
    assert two.provider_cost == pytest.approx(b * one.provider_cost, rel=1e-11)


@given(pairs())
def test_no_provider_pays_less_than_the_cheapest_pass_and_the_penalty(game: Game) -> None:
    e = stackelberg(game)
    k_1, k_2 = (float(m.cost_of_pass) for m in game.models)
    assert e.provider_cost >= min(k_1, k_2, float(game.penalty)) * (1 - 1e-13)


@given(pairs())
def test_the_optimum_is_the_least_of_the_four_candidates_of_theorem_a(game: Game) -> None:
    assume(game.regime == "+-")
    candidates = (
        game.models[0].cost_of_pass,
        stay_cost(game, s_low(game)),
        leave_cost(game, 1),
        leave_cost(game, 2),
    )
    assert stackelberg(game).provider_cost == pytest.approx(min(candidates), rel=1e-12)


@given(pairs(), st.floats(0.01, 1))
def test_higher_costs_never_help_the_provider(game: Game, more: float) -> None:
    J = stackelberg(game).provider_cost
    first, second = game.models
    for dearer in (
        replace(game, penalty=game.penalty + more),
        replace(game, models=(replace(first, c=first.c + more), second)),
        replace(game, models=(first, replace(second, c=second.c + more))),
    ):
        assert stackelberg(dearer).provider_cost >= J * (1 - 1e-12)


@given(pairs())
def test_thresholds_are_ordered_as_section_4_says(game: Game) -> None:
    k_1, k_2 = (float(m.cost_of_pass) for m in game.models)
    assume(abs(k_1 - k_2) > 1e-6 * k_1)
    assert (D(game) < k_2) == (k_2 < k_1)
    if game.regime == "+-" and k_2 < k_1:
        assert P_3(game) > k_2


@given(pairs(), probabilities)
def test_staying_and_leaving_cost_what_the_expectations_say(game: Game, s: float) -> None:
    stay = expectations(game, 1, s, 0.0).provider_cost
    assert stay_cost(game, s) == pytest.approx(stay, rel=1e-13)
    for i in (1, 2):
        leave = expectations(game, i, s, 1.0).provider_cost
        assert leave_cost(game, i) == pytest.approx(leave, rel=1e-13)


@pytest.mark.parametrize(
    ("name", "threshold"),
    [("R3", D), ("R5", P_1), ("R7", P_2), ("R11", D), ("R12", P_3), ("R13", P_3)],
)
def test_the_routing_changes_at_the_threshold_and_the_cost_does_not(
    name: str, threshold: Any
) -> None:
    at = float(threshold(REFERENCE[name]))
    below, exact, above = (
        stackelberg(replace(REFERENCE[name], penalty=at * factor))
        for factor in (1 - 1e-7, 1, 1 + 1e-7)
    )
    assert (below.initial, below.abandonment) == (exact.initial, exact.abandonment)
    assert (below.initial, below.abandonment) != (above.initial, above.abandonment)
    assert (below.tie, exact.tie, above.tie) == (False, True, False)
    assert above.provider_cost == pytest.approx(below.provider_cost, rel=1e-6)


# ---------------------------------------------------------------- ties


def test_the_tie_of_section_4() -> None:
    game = Game.of((0.5, 0.75), (1.25, 1), (0.5, 0.5625), value=2, penalty=0.5)
    assert P_1(game) == 0.5
    e = stackelberg(game)
    assert (e.initial, e.cascade_range, e.abandonment) == (1, (0, s_0(game)), 1)
    assert (e.provider_cost, e.user_utility, e.tie) == (0.75, -0.25, True)
    dearer = stackelberg(replace(game, penalty=0.5 + 1e-9))
    assert dearer.provider_cost == pytest.approx(0.75, abs=1e-8)
    assert dearer.user_utility == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("t", "regime"), [((0.125, 0.5), "++"), ((0.75, 0.5), "-+"), ((0.125, 1.5), "+-")]
)
def test_equal_costs_of_pass_go_to_the_standard_model(t: tuple[float, float], regime: str) -> None:
    game = Game.of((0.25, 0.5), t, (0.125, 0.25), value=2, penalty=2)
    e = stackelberg(game)
    assert game.models[0].cost_of_pass == game.models[1].cost_of_pass == 0.5
    assert (e.regime, e.initial, e.tie) == (regime, 1, True)
    assert e.provider_cost == pytest.approx(0.5, rel=1e-15)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_one_rounding_error_does_not_break_a_tie(off: int) -> None:
    c_2 = 0.25 if off == 0 else math.nextafter(0.25, 0.25 + off)
    game = Game.of((0.25, 0.5), (0.125, 0.5), (0.125, c_2), value=2, penalty=1)
    e = stackelberg(game)
    assert (e.initial, e.tie) == (1, True)


def test_a_penalty_of_exactly_D_goes_to_the_standard_model() -> None:
    game = Game.of((0.25, 0.5), (1, 2), (0.125, 0.5), value=2, penalty=1.5)
    assert (game.regime, D(game)) == ("--", 1.5)
    e = stackelberg(game)
    assert (e.initial, e.cascade_range, e.abandonment, e.tie) == (1, (0, 1), 1, True)


def test_a_penalty_of_exactly_k_1_keeps_users_in_theorem_5_1() -> None:
    game = Game.of((0.25, 0.5), (0.125, 1.5), (0.125, 0.5), value=2, penalty=0.5)
    e = stackelberg(game)
    assert (e.regime, e.statement, e.abandonment, e.tie) == ("+-", "Theorem 5.1", 0, True)
    cheaper = stackelberg(replace(game, penalty=0.5 - 1e-6))
    assert (cheaper.statement, cheaper.abandonment, cheaper.tie) == ("Theorem 5.2", 1, False)


@pytest.mark.parametrize(("t_1", "regime"), [(0.5, "++"), (0.5, "--")])
def test_a_net_value_of_zero_is_reported_as_a_tie(t_1: float, regime: str) -> None:
    t_2 = 0.5 if regime == "++" else 2.0
    e = stackelberg(Game.of((0.25, 0.5), (t_1, t_2), (0.1, 0.4), value=2, penalty=1))
    assert (e.regime, e.tie) == (regime, True)


def test_a_free_service_never_happens_but_a_free_penalty_may() -> None:
    e = stackelberg(replace(REFERENCE["R11"], penalty=0))
    assert (e.statement, e.initial, e.cascade_range) == ("Theorem 5.2", 1, (0.5, 1.0))


# ---------------------------------------------------------------- arrays


@pytest.mark.parametrize("regime", REGIMES)
def test_arrays_and_single_games_agree_exactly(regime: str) -> None:
    games = random_pairs(regime, 200, seed=17)
    many = stackelberg(games)
    for i, game in enumerate(each(games)):
        one = stackelberg(game)
        for name in NAMES:
            a, b = getattr(many, name)[i], getattr(one, name)
            assert a == b or (np.isnan(a) and np.isnan(b)), name


def test_mixed_regimes_keep_their_order_across_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    singles = [game for r in REGIMES for game in each(random_pairs(r, 25, seed=18))]
    columns = [np.array([getattr(g.models[i], x) for g in singles]) for x in "ptc" for i in (0, 1)]
    V, P = (np.array([getattr(g, x) for g in singles]) for x in ("value", "penalty"))
    order = np.random.default_rng(1).permutation(100)
    p_1, p_2, t_1, t_2, c_1, c_2, V, P = (x[order].reshape(4, 25) for x in (*columns, V, P))
    games = Game.of((p_1, p_2), (t_1, t_2), (c_1, c_2), V, P)
    whole = stackelberg(games)
    assert whole.provider_cost.shape == (4, 25)
    expected = [stackelberg(singles[i]).provider_cost for i in order]
    assert whole.provider_cost.ravel().tolist() == expected
    monkeypatch.setattr("agents.theorems.stackelberg._CHUNK", 7)
    chunked = stackelberg(games)
    for name in NAMES:
        assert getattr(whole, name).tobytes() == getattr(chunked, name).tobytes()


def test_numbers_broadcast_against_arrays() -> None:
    e = stackelberg(replace(REFERENCE["R5"], penalty=np.array([0.4, 1.5])))
    assert e.initial.tolist() == [1, 2]
    assert e.provider_cost == pytest.approx([0.62, 0.75])


def test_no_games_have_no_equilibria() -> None:
    e = stackelberg(replace(REFERENCE["R5"], penalty=np.array([])))
    assert e.provider_cost.shape == (0,)


@given(pairs())
def test_single_games_give_plain_numbers(game: Game) -> None:
    types = {name: type(getattr(stackelberg(game), name)) for name in NAMES}
    assert types.pop("regime") is types.pop("statement") is str
    assert types.pop("initial") is int
    assert types.pop("tie") is bool
    assert set(types.values()) == {float}


def test_more_than_two_models_and_wrong_orders_are_refused() -> None:
    with pytest.raises(InputError, match=r"^models = 3 must be 2"):
        stackelberg(Game.of((0.1, 0.2, 0.3), (1, 1, 1), (1, 1, 1), 1, 1))
    with pytest.raises(InputError, match=r"^p1 = 0\.5 must be less than p2 = 0\.2$"):
        stackelberg(Game.of((0.5, 0.2), (1, 1), (1, 1), 1, 1))


# ---------------------------------------------------------------- the policy


@given(pairs())
def test_the_policy_plays_the_optimum(game: Game) -> None:
    e = stackelberg(game)
    policy = Stackelberg(game)
    assert (policy.initial, policy.s) == (e.initial, e.cascade)
    assert policy.table(2) == Route(e.initial, (e.cascade,))


# ---------------------------------------------------------------- why p1 < p2


def test_theorem_a_needs_p1_below_p2() -> None:
    """The counterexample of docs/theory.md, section 7.7, with p1 > p2."""
    game = Game.of((0.6, 0.01), (0.3, 0.015), (60.1, 0.01), value=1, penalty=101)
    from scipy import optimize

    from tests.agents.theorems.test_responses import F

    low = float(optimize.brentq(lambda s: F(game, s, 0.0), 0, 1))
    four = (
        game.models[0].cost_of_pass, stay_cost(game, low), leave_cost(game, 1), leave_cost(game, 2)
    )  # fmt: skip
    assert four == pytest.approx((100.1667, 99.5247, 100.5, 100), abs=5e-5)
    q = float(optimize.brentq(lambda q: F(game, 0.25, q), 0, 1))
    assert q == pytest.approx(0.0544, abs=5e-5)
    assert expectations(game, 1, 0.25, q).provider_cost == pytest.approx(98.2355, abs=5e-5)

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import optimize

from agents import BestResponse, best_response
from agents.theorems.responses import q_dagger, s_0, s_dagger, s_high, s_low, theorem_1, theorem_2
from analysis.theory.oracles import search_response
from sim import Game, InputError, expectations
from tests.tools.strategies import REGIMES, each, pairs, probabilities, random_pairs


def F(game: Game, s: float, q: float) -> float:
    """docs/theory.md, equation 3.1: its sign says whether the user gains by staying more."""
    p_1, p_2 = (float(m.p) for m in game.models)
    xi_1, xi_2 = (float(xi) for xi in game.xi)
    B = p_2 + (1 - p_2) * q
    inner = 1 - (1 - p_1) * (1 - p_2) * (1 - s) * (1 - q) ** 2
    return xi_1 * (1 - s) * B**2 + xi_2 * s * inner


def utility(game: Game, initial: int, s: float, q: Any) -> Any:
    return expectations(game, initial, s, q).user_utility


GRID = np.linspace(0, 1, 1001)


def assert_nothing_better(game: Game, initial: int, s: float, q: float) -> None:
    """No q of a fine grid beats ``q`` by more than rounding (up to 20 passes at both models)."""
    rounding = 1e-13 * 400 * float(game.value)
    assert utility(game, initial, s, GRID).max() <= utility(game, initial, s, q) + rounding


@given(pairs(), probabilities)
def test_theorem_1_no_other_response_does_better(game: Game, s: float) -> None:
    q = best_response(game, 2, s).q
    assert q == (0 if game.xi[1] > 0 else 1)
    assert_nothing_better(game, 2, s, q)


@given(pairs(), probabilities)
def test_theorem_2_no_other_response_does_better(game: Game, s: float) -> None:
    assert_nothing_better(game, 1, s, best_response(game, 1, s).q)


def test_a_response_that_is_a_little_off_is_noticed() -> None:
    game = Game.of((0.4, 0.6), (0.2, 0.9), (0.1, 0.5), 1, 0.6)
    q = best_response(game, 1, 0.3).q
    for wrong in (q + 0.001, q - 0.001):  # the utility is flat here: quadratic in the error
        with pytest.raises(AssertionError):
            assert_nothing_better(game, 1, 0.3, wrong)


@pytest.mark.parametrize("regime", REGIMES)
@pytest.mark.parametrize("initial", [1, 2])
def test_both_theorems_meet_a_numerical_search(regime: str, initial: int) -> None:
    """300 games of each regime. The search brackets the peak to 4^-13 of the unit interval; the
    peak is flat, so that U itself resolves q to sqrt(eps U / U'') only: compared are utilities."""
    games = random_pairs(regime, 300, seed=31)
    s = np.random.default_rng(32).uniform(size=300)
    found = search_response(games, initial, s)
    theory = best_response(games, initial, s)
    assert not theory.tie.any()
    searched, claimed = (expectations(games, initial, s, q).user_utility for q in (found, theory.q))
    rounding = 1e-13 * games.value
    assert (claimed >= searched - rounding).all()
    assert (searched >= claimed - rounding).all()
    ends = (theory.q == 0) | (theory.q == 1)
    assert np.array_equal(found[ends], theory.q[ends])


@pytest.mark.parametrize(("regime", "q"), [("++", 0.0), ("--", 1.0)])
@given(data=st.data(), s=probabilities)
def test_theorem_2_1_and_2_2_the_cascade_does_not_matter(
    regime: str, q: float, data: st.DataObject, s: float
) -> None:
    assert best_response(data.draw(pairs(regime)), 1, s).q == q


@given(pairs("-+"), probabilities)
def test_theorem_2_3_users_leave_below_s_0_and_stay_above(game: Game, s: float) -> None:
    knife = s_0(game)
    assert 0 < knife < 1
    assume(abs(s - knife) > 1e-9)
    assert best_response(game, 1, s).q == (1 if s < knife else 0)


@given(pairs("-+"))
def test_s_0_makes_staying_and_leaving_equally_good(game: Game) -> None:
    def advantage(s: float) -> float:
        return float(utility(game, 1, s, 0.0) - utility(game, 1, s, 1.0))

    root = float(optimize.brentq(advantage, 0, 1, xtol=1e-15, rtol=1e-14))
    # U is computed to about 1e-14 V; its slope in s near s_0 is at least (xi_2/p_2 - xi_1)(1 - p_1)
    slope = float((game.xi[1] / game.models[1].p - game.xi[0]) * (1 - game.models[0].p))
    assert s_0(game) == pytest.approx(root, abs=1e-14 + 4e-13 * float(game.value) / slope)


@given(pairs("-+"))
def test_the_tie_at_s_0_goes_the_providers_way_even_one_rounding_error_off(game: Game) -> None:
    knife = float(s_0(game))
    for s in (math.nextafter(knife, 0), knife, math.nextafter(knife, 1)):
        response = best_response(game, 1, s)
        stay, leave = (expectations(game, 1, s, q).provider_cost for q in (0.0, 1.0))
        assert response.tie
        assert response.q == (0 if stay <= leave else 1)
    assert not best_response(game, 1, knife * (1 - 1e-9)).tie
    assert not best_response(game, 1, knife * (1 + 1e-9)).tie


def test_recomputing_the_utility_at_s_0_would_flip_the_response() -> None:
    games = random_pairs("-+", 1000, seed=3)
    knife = s_0(games)
    stays = utility(games, 1, knife, 0.0) >= utility(games, 1, knife, 1.0)
    assert 0 < stays.sum() < 1000


@given(pairs("+-"))
def test_s_low_and_s_high_are_the_roots_of_F(game: Game) -> None:
    low, high = float(s_low(game)), float(s_high(game))
    assert 0 < low < high < 1
    for q, s in ((0.0, low), (1.0, high)):
        root = optimize.brentq(lambda x, q=q: F(game, x, q), 0, 1, xtol=1e-15, rtol=1e-14)
        scale = float(game.xi[0] - game.xi[1])
        slope = abs(F(game, s + 1e-7, q) - F(game, s - 1e-7, q)) / 2e-7
        assert s == pytest.approx(float(root), abs=1e-13 + 1e-15 * scale / slope)


@given(pairs("+-"), probabilities)
def test_theorem_2_4_users_stay_up_to_s_low_and_leave_from_s_high(game: Game, s: float) -> None:
    low, high = s_low(game), s_high(game)
    q = best_response(game, 1, s).q
    assert (q == 0) == (s <= low) or min(q, abs(s - low)) < 1e-7
    assert (q == 1) == (s >= high) or min(1 - q, abs(s - high)) < 1e-7
    assert best_response(game, 1, low).q == 0
    assert best_response(game, 1, high).q == 1


@given(pairs("+-"), st.floats(0.001, 0.999))
def test_in_between_the_response_is_the_root_of_F(game: Game, part: float) -> None:
    low, high = float(s_low(game)), float(s_high(game))
    s = low + part * (high - low)
    q = float(q_dagger(game, s))
    assume(low < s < high)
    assert F(game, s, 0.0) < 0 < F(game, s, 1.0) or high - low < 1e-9
    root = float(optimize.brentq(lambda x: F(game, s, x), 0, 1, xtol=1e-15, rtol=1e-14))
    slope = (F(game, s, 1.0) - F(game, s, 0.0)) / 2  # F is convex in q and rises at its root
    rise = abs(F(game, s, min(root + 1e-6, 1)) - F(game, s, max(root - 1e-6, 0))) / 2e-6
    scale = float(game.xi[0] - game.xi[1])
    assert q == pytest.approx(root, abs=1e-13 + 4e-15 * scale / max(min(slope, rise), 1e-9))


@given(pairs("+-"), probabilities)
def test_s_dagger_is_the_inverse_of_q_dagger(game: Game, q: float) -> None:
    s = float(s_dagger(game, q))
    rounding = (
        1e-15  # s_dagger(q) may be a step beside its ends where q is a rounding beside 0 or 1
    )
    assert s_low(game) * (1 - rounding) <= s <= s_high(game) * (1 + rounding)
    # dq/ds is bounded here by the slope of s_dagger
    step = 1e-4
    lower, upper = max(q - step, 0.0), min(q + step, 1.0)
    slope = float(s_dagger(game, upper) - s_dagger(game, lower)) / (upper - lower)
    assert float(q_dagger(game, s)) == pytest.approx(q, abs=1e-12 + 1e-14 / slope)


@given(pairs("+-"))
def test_s_dagger_increases_from_s_low_to_s_high(game: Game) -> None:
    values = s_dagger(game, np.linspace(0, 1, 101))
    assert (np.diff(values) > 0).all()
    assert values[0] == pytest.approx(s_low(game), rel=1e-14)
    assert values[-1] == pytest.approx(s_high(game), rel=1e-14)


def net_values(xi_1: float, xi_2: float) -> Game:
    """The game of Figure 3, p = (.1, .3), with the given net values."""
    return Game.of((0.1, 0.3), (2.0 - xi_1, 6.0 - xi_2), (1, 1), value=20, penalty=1)


@pytest.mark.parametrize(
    ("slope", "xi_1", "below", "above"),
    # crossing each border from below (smaller xi_2) to above, at s = .25
    [(-0.9, -0.5, 1, 0), (-0.5118, 0.5, None, 0), (-3.0, 0.3, 1, None)],
)
def test_borders_of_figure_3(
    slope: float, xi_1: float, below: float | None, above: float | None
) -> None:
    off = 1e-4  # of the slope: the printed one has four digits
    for tilt, q in ((-off, below), (off, above)):
        response = best_response(net_values(xi_1, slope * xi_1 + tilt * abs(xi_1)), 1, 0.25).q
        assert response == q if q is not None else 0 < response < 1


def test_arrays_give_what_single_games_give() -> None:
    rng = np.random.default_rng(8)
    for regime in REGIMES:
        games = random_pairs(regime, 60, seed=8)
        s, initial = rng.uniform(size=60), rng.integers(1, 3, 60)
        many = best_response(games, initial, s)
        for i, game in enumerate(each(games)):
            one = best_response(game, int(initial[i]), float(s[i]))
            assert (many.q[i], many.tie[i]) == (one.q, one.tie)


@given(pairs(), st.sampled_from([1, 2]), probabilities)
def test_single_games_give_plain_numbers(game: Game, initial: int, s: float) -> None:
    response = best_response(game, initial, s)
    assert type(response.q) is float
    assert type(response.tie) is bool


@given(pairs(), probabilities, st.integers(-30, 30))
def test_only_the_ratio_of_value_and_latency_matters(game: Game, s: float, power: int) -> None:
    k = 2.0**power  # exact in floating point
    p, t, c = (tuple(getattr(m, x) for m in game.models) for x in "ptc")
    scaled = Game.of(p, tuple(k * x for x in t), c, k * float(game.value), game.penalty)
    assert best_response(scaled, 1, s) == best_response(game, 1, s)


def tied(t_1: float, t_2: float) -> Game:
    """p = (.25, .5), V = 2: xi = (.5 - t_1, 1 - t_2) without rounding."""
    return Game.of((0.25, 0.5), (t_1, t_2), (1, 1), value=2, penalty=1)


TIES = [  # t_1, t_2, initial, s, q, tie
    (0.5, 0.5, 1, 0.0, 0, True),  # xi = (0, +): only without a cascade nothing is to be gained
    (0.5, 0.5, 1, 0.5, 0, False),
    (0.5, 0.5, 2, 0.0, 0, False),
    (0.5, 2.0, 1, 0.0, 1, True),  # xi = (0, -)
    (0.5, 2.0, 1, 0.5, 1, False),
    (0.5, 2.0, 2, 0.0, 1, False),
    (0.5, 1.0, 1, 0.3, 0, True),  # xi = (0, 0)
    (0.5, 1.0, 2, 0.3, 0, True),
    (0.25, 1.0, 1, 0.5, 0, False),  # xi = (+, 0)
    (0.25, 1.0, 1, 1.0, 0, True),  # M1 is seen once whatever q is
    (0.25, 1.0, 2, 0.0, 0, True),
    (0.75, 1.0, 1, 0.5, 1, False),  # xi = (-, 0)
    (0.75, 1.0, 1, 1.0, 1, True),
    (0.75, 1.0, 2, 0.0, 1, True),
]


@pytest.mark.parametrize(("t_1", "t_2", "initial", "s", "q", "tie"), TIES)
def test_ties_of_net_values_follow_the_regime_and_are_reported(
    t_1: float, t_2: float, initial: int, s: float, q: float, tie: bool
) -> None:
    game = tied(t_1, t_2)
    response = best_response(game, initial, s)
    assert (response.q, response.tie) == (q, tie)
    utilities = utility(game, initial, s, GRID)
    assert tie == (np.ptp(utilities) < 1e-12)
    assert_nothing_better(game, initial, s, q)


def test_the_theorems_name_their_case() -> None:
    game = Game.of((0.4, 0.6), (0.2, 0.9), (0.1, 0.5), 1, 0.6)  # +-
    assert theorem_1(game).q == best_response(game, 2, 0.3).q == 1
    assert theorem_2(game, 0.3).q == best_response(game, 1, 0.3).q


@given(pairs(), st.sampled_from([1, 2]), probabilities)
def test_the_policy_plays_the_best_response(game: Game, initial: int, s: float) -> None:
    q = best_response(game, initial, s).q
    policy = BestResponse(game, initial, s)
    assert policy.q == q
    assert policy.table(2) == (q, q)
    assert policy.probability(None, None, None) == q  # type: ignore[arg-type]


CHAIN = Game.of(
    (0.1425, 0.158, 0.6237),
    (1.425 + 2.1292, 1.58 - 0.7127, 6.237 - 0.8456),  # xi = (-2.1292, .7127, .8456) with V = 10
    (1, 1, 1),
    value=10,
    penalty=1,
)


@pytest.mark.parametrize(("s_2", "q"), [(0.05, 0), (0.1, 1)])
def test_in_a_chain_of_three_a_higher_cascade_may_drive_users_away(s_2: float, q: float) -> None:
    assert CHAIN.xi == pytest.approx((-2.1292, 0.7127, 0.8456))
    utilities = expectations(CHAIN, 1, (0.3683, s_2), GRID).user_utility
    assert GRID[utilities.argmax()] == q


@given(st.data())
def test_sign_rule_of_chains(data: st.DataObject) -> None:
    """- .. - + .. + : only 0 and 1 are best; + .. + - .. - : the utility has a single peak."""
    n = data.draw(st.integers(2, 5))
    change = data.draw(st.integers(1, n - 1))
    first = data.draw(st.sampled_from([-1, 1]))
    p = data.draw(st.tuples(*[st.floats(0.05, 0.95)] * n))
    sizes = data.draw(st.tuples(*[st.floats(0.01, 1)] * n))
    s = data.draw(st.tuples(*[st.floats(0, 1)] * (n - 1)))
    t = tuple(
        10 * p_k - size * (first if k < change else -first)
        for k, (p_k, size) in enumerate(zip(p, sizes, strict=True))
    )
    assume(min(t) > 0)
    utilities = expectations(Game.of(p, t, (1,) * n, 10, 1), 1, s, np.linspace(0, 1, 101))
    steps = np.diff(utilities.user_utility)
    moves = np.sign(steps[np.abs(steps) > 1e-11])
    falls_then_rises = sorted(moves.tolist()) == moves.tolist()
    rises_then_falls = sorted(moves.tolist(), reverse=True) == moves.tolist()
    assert rises_then_falls if first > 0 else falls_then_rises


@pytest.mark.parametrize("answer", [best_response, BestResponse])
def test_a_routing_that_cannot_be_is_refused(answer: Any) -> None:
    game = Game.of((0.4, 0.6), (0.2, 0.9), (0.1, 0.5), value=1, penalty=0.6)
    for initial in (0, 3, math.nan, "1"):
        with pytest.raises(InputError, match=r"^initial = .* must be 1 or 2$"):
            answer(game, initial, 0.2)
    for cascade in (-0.1, 1.1, math.nan, None):
        with pytest.raises(InputError, match=r"^cascade = .* must be between 0 and 1$"):
            answer(game, 1, cascade)

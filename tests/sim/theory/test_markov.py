from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.theory.oracles import fundamental_matrix
from sim import Expectations, Game, InputError, expectations, visits
from tests.tools.strategies import chains, pairs, probabilities, random_pairs, vectors

# Passes per task are at most 1/p_1 + ... + 1/p_5 <= 100 here, so sums of a few hundred roundings
# stay far below a relative error of 1e-11.
CLOSE = 1e-11
FIELDS = ("success", "delay", "service_cost", "user_utility", "provider_cost", "passes")


def assert_same(a: Expectations, b: Expectations, game: Game) -> None:
    scale = float(
        np.max(np.abs([game.value, game.penalty, 1.0, b.delay, b.service_cost, b.passes]))
    )
    assert a.visits == pytest.approx(b.visits, rel=CLOSE, abs=CLOSE)
    for name in FIELDS:
        assert getattr(a, name) == pytest.approx(getattr(b, name), abs=CLOSE * scale), name


@given(chains(1, 5), st.data())
def test_expectations_are_those_of_the_fundamental_matrix(game: Game, data: st.DataObject) -> None:
    n = len(game.models)
    initial = data.draw(st.integers(1, n))
    s = data.draw(vectors(n - 1, probabilities))
    q = data.draw(vectors(n, probabilities))
    assert_same(expectations(game, initial, s, q), fundamental_matrix(game, initial, s, q), game)


def recursion(
    game: Game, x: list[float], initial: int, s: tuple[float, ...], q: tuple[float, ...]
) -> float:
    """docs/theory.md, section 8: X_k = (x_k + alpha_k s_k X_{k+1}) / (1 - alpha_k (1 - s_k))."""
    total = 0.0
    for k in range(len(game.models), initial - 1, -1):
        alpha = (1 - float(game.models[k - 1].p)) * (1 - q[k - 1])
        s_k = s[k - 1] if k <= len(s) else 0.0
        total = (x[k - 1] + alpha * s_k * total) / (1 - alpha * (1 - s_k))
    return total


@given(chains(1, 5), st.data())
def test_expectations_are_those_of_the_backward_recursion(game: Game, data: st.DataObject) -> None:
    n = len(game.models)
    initial = data.draw(st.integers(1, n))
    s = data.draw(vectors(n - 1, probabilities))
    q = data.draw(vectors(n, probabilities))
    p, t, c = ([float(getattr(m, name)) for m in game.models] for name in "ptc")
    xi = [float(x) for x in game.xi]
    S, L, C, U, N = (recursion(game, x, initial, s, q) for x in (p, t, c, xi, [1.0] * n))
    found = expectations(game, initial, s, q)
    J = C + float(game.penalty) * (1 - S)
    assert_same(found, Expectations(found.visits, S, L, C, U, J, N), game)


def test_the_oracle_notices_a_probability_that_is_a_millionth_off() -> None:
    game = Game.of((0.4, 0.8), (0.1, 0.5), (0.1, 0.4), 2, 0.5)
    off = Game.of((0.4, 0.8 * (1 + 1e-6)), (0.1, 0.5), (0.1, 0.4), 2, 0.5)
    with pytest.raises(AssertionError):
        assert_same(
            expectations(game, 1, 0.25, 0.1),
            fundamental_matrix(off, 1, (0.25,), (0.1, 0.1)),
            game,
        )


def test_the_numeric_example_of_the_theory() -> None:
    game = Game.of((0.4, 0.8), (0.1, 0.5), (0.1, 0.4), value=2, penalty=0.5)
    found = expectations(game, 1, 0.25, 0.1)
    printed = (0.893626, 0.306415, 0.278746, 1.480836, 0.331933, 1.957368)
    assert [getattr(found, name) for name in FIELDS] == pytest.approx(printed, abs=5e-7)


@given(pairs(), probabilities, probabilities)
def test_two_models_have_the_closed_visits(game: Game, s: float, q: float) -> None:
    p_1, p_2 = (float(m.p) for m in game.models)
    alpha, beta = (1 - p_1) * (1 - q), 1 / (p_2 + (1 - p_2) * q)
    v_1 = 1 / (1 - alpha * (1 - s))
    assert visits(game, 1, s, q) == pytest.approx((v_1, alpha * beta * s * v_1), rel=CLOSE)
    assert visits(game, 2, s, q) == pytest.approx((0.0, beta), rel=CLOSE)


@given(pairs(), probabilities, probabilities, st.sampled_from([1, 2]))
def test_cost_is_an_average_of_both_costs_of_pass_and_the_penalty(
    game: Game, s: float, q: float, initial: int
) -> None:
    found = expectations(game, initial, s, q)
    solved = [v * m.p for v, m in zip(found.visits, game.models, strict=True)]
    weights = (*solved, 1 - found.success)
    costs = (*(m.cost_of_pass for m in game.models), game.penalty)
    average = sum(w * c for w, c in zip(weights, costs, strict=True))
    assert sum(weights) == pytest.approx(1, abs=CLOSE)
    assert found.provider_cost == pytest.approx(average, rel=CLOSE, abs=CLOSE)


@given(chains(1, 4))
def test_whoever_leaves_at_once_makes_one_pass(game: Game) -> None:
    found = expectations(game, 1, 0.5, 1.0)
    first = game.models[0]
    assert found.visits == (1.0, *(0.0,) * (len(game.models) - 1))
    assert found.success == first.p
    assert found.provider_cost == first.c + game.penalty * (1 - first.p)


@given(chains(1, 5), probabilities)
def test_whoever_never_leaves_costs_no_penalty(game: Game, s: float) -> None:
    found = expectations(game, 1, s, 0.0)
    assert found.success == pytest.approx(1.0, abs=CLOSE)
    assert found.provider_cost == found.service_cost


def test_staying_to_the_end_costs_no_rounding_error_of_a_huge_penalty() -> None:
    game = Game.of((0.1, 0.3), (1, 2), (1, 2), value=9, penalty=1e15)
    assert expectations(game, 1, 0.3, 0.0).provider_cost < 100


def test_arrays_give_what_single_games_give() -> None:
    rng = np.random.default_rng(5)
    games = random_pairs("-+", 40, seed=5)
    s, q = rng.uniform(size=40), rng.uniform(size=40)
    initial = rng.integers(1, 3, 40)
    found = expectations(games, initial, s, q)
    for i in range(40):
        one = expectations(games.take(i), initial[i], s[i], q[i])
        for name in FIELDS:
            assert getattr(found, name)[i] == getattr(one, name)
        assert tuple(v[i] for v in found.visits) == one.visits


def test_choices_broadcast_against_games() -> None:
    s: Any = np.linspace(0, 1, 4)[:, None]
    q: Any = np.linspace(0, 1, 3)
    game = Game.of((0.4, 0.8), (0.1, 0.5), (0.1, 0.4), value=2, penalty=0.5)
    utility = expectations(game, 1, s, q).user_utility
    assert utility.shape == (4, 3)
    assert utility[2, 1] == expectations(game, 1, 2 / 3, 0.5).user_utility


@given(pairs(), st.floats(0, 0.99), st.floats(0.01, 0.99))
def test_the_slope_of_the_utility_is_that_of_section_3(game: Game, s: float, q: float) -> None:
    p_1, p_2 = (float(m.p) for m in game.models)
    xi_1, xi_2 = game.xi
    B = p_2 + (1 - p_2) * q
    alpha = (1 - p_1) * (1 - q)
    F = xi_1 * (1 - s) * B**2 + xi_2 * s * (1 - (1 - p_1) * (1 - p_2) * (1 - s) * (1 - q) ** 2)
    exact = -(1 - p_1) * F / (B**2 * (1 - alpha * (1 - s)) ** 2)
    step = 1e-30j  # a complex step: exact, because nothing is subtracted
    found = expectations(game, 1, s, q + step).user_utility.imag / step.imag
    scale = float(game.value) / 0.05**2  # bounds V dv/dq
    assert found == pytest.approx(exact, abs=CLOSE * scale)


@pytest.mark.parametrize("initial", [0, 3, np.array([1, 3]), float("nan"), "1"])
def test_a_first_model_that_does_not_exist_is_refused(initial: Any) -> None:
    game = Game.of((0.4, 0.8), (0.1, 0.5), (0.1, 0.4), 2, 0.5)
    with pytest.raises(InputError, match=r"^initial = .* must be a model from 1 to 2$"):
        visits(game, initial, 0.25, 0.1)

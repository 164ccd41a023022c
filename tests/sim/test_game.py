import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim import Game, InputError, Model
from sim.checks import COUNT, HORIZON, NON_NEGATIVE, POSITIVE, SEED, SLOTS, check
from tests.tools.strategies import REGIMES, chains, each, pairs, random_pairs

GOOD: dict[str, Any] = {
    "p": (0.4, 0.7), "t": (0.2, 0.5), "c": (0.1, 0.3), "value": 2.0, "penalty": 1.0,
}  # fmt: skip
NAN, INF = float("nan"), float("inf")
OPEN = "strictly between 0 and 1"
ABOVE = "a finite number greater than 0"
FROM = "a finite number of at least 0"


def refused(value: Any, *, field: str, shown: Any, allowed: str) -> Any:
    message = re.escape(f"{field} = {shown!r} must be {allowed}")
    return pytest.raises(InputError, match=f"^{message}$")


@pytest.mark.parametrize(
    "bad", [0, 1, 0.0, 1.0, -0.1, 1.5, NAN, INF, -INF, "0.5", True, None, 0.5j]
)
@pytest.mark.parametrize("index", [0, 1])
def test_success_probabilities_lie_strictly_inside_the_unit_interval(bad: Any, index: int) -> None:
    p = [0.4, 0.7]
    p[index] = bad
    with refused(bad, field=f"p{index + 1}", shown=bad, allowed=OPEN):
        Game.of(**{**GOOD, "p": tuple(p)})


@pytest.mark.parametrize("bad", [0, 0.0, -1, -1e-300, NAN, INF, "1", False, None, [1.0]])
@pytest.mark.parametrize("field", ["t", "c"])
def test_latency_and_service_costs_are_positive_and_finite(bad: Any, field: str) -> None:
    with refused(bad, field=f"{field}2", shown=bad, allowed=ABOVE):
        Game.of(**{**GOOD, field: (0.2, bad)})


@pytest.mark.parametrize("bad", [0, -2.0, NAN, INF, "2", True])
def test_the_value_is_positive_and_finite(bad: Any) -> None:
    with refused(bad, field="value", shown=bad, allowed=ABOVE):
        Game.of(**{**GOOD, "value": bad})


@pytest.mark.parametrize("bad", [-1e-9, -1, NAN, INF, "0", False])
def test_the_penalty_is_not_negative_and_finite(bad: Any) -> None:
    with refused(bad, field="penalty", shown=bad, allowed=FROM):
        Game.of(**{**GOOD, "penalty": bad})


def test_a_penalty_of_zero_is_fine() -> None:
    assert Game.of(**{**GOOD, "penalty": 0}).penalty == 0


@pytest.mark.parametrize(
    ("field", "bad", "shown", "allowed"),
    [
        ("value", np.array([2.0, 0.0, -1.0]), 0.0, ABOVE),
        ("value", np.array([[2.0, 1.0], [NAN, 1.0]]), NAN, ABOVE),
        ("penalty", np.array([1.0, -3.0]), -3.0, FROM),
        ("penalty", np.array([1, -3]), -3, FROM),
    ],
)
def test_one_bad_element_of_an_array_is_refused_by_its_value(
    field: str, bad: Any, shown: float, allowed: str
) -> None:
    with refused(bad, field=field, shown=shown, allowed=allowed):
        Game.of(**{**GOOD, field: bad})


@pytest.mark.parametrize("kind", [bool, object, "U3", complex])
def test_arrays_of_anything_but_numbers_are_refused(kind: Any) -> None:
    with pytest.raises(InputError, match=r"^value = array\("):
        Game.of(**{**GOOD, "value": np.array([1, 1]).astype(kind)})


@pytest.mark.parametrize("bad", [np.float64(1.5), np.float32(1.5), np.int64(3), np.bool_(True)])
def test_numpy_numbers_are_shown_as_plain_ones(bad: Any) -> None:
    with refused(bad, field="p1", shown=bad.item(), allowed=OPEN):
        Game.of(**{**GOOD, "p": (bad, 0.7)})


@pytest.mark.parametrize("good", [np.float64(0.5), np.float32(0.5), np.array([0.5]), 0.5])
def test_numpy_numbers_are_numbers(good: Any) -> None:
    check("p", good, POSITIVE)


@pytest.mark.parametrize("bad", [0, -1, 1.0, 2**32, INF, NAN, True, "3", np.float64(2)])
def test_a_count_is_a_whole_number_of_at_least_one(bad: Any) -> None:
    with pytest.raises(
        InputError, match=r"^tasks = .* must be a whole number of at least 1 and below 2\^32$"
    ):
        check("tasks", bad, COUNT)


@pytest.mark.parametrize("bad", [0, 0.5, 1.5, -1, -INF, NAN, "inf", True])
def test_slots_are_whole_or_infinite(bad: Any) -> None:
    with pytest.raises(InputError, match=r"must be a whole number of at least 1, or inf$"):
        check("slots", bad, SLOTS)


@pytest.mark.parametrize("good", [1, 2.0, 10**6, INF, np.float64(INF), np.int64(4)])
def test_one_two_and_infinitely_many_slots_are_fine(good: Any) -> None:
    check("slots", good, SLOTS)


@pytest.mark.parametrize("bad", [-1, 2**64, 0.5, NAN, INF, "1", True])
def test_a_seed_has_64_bits(bad: Any) -> None:
    with pytest.raises(InputError, match=r"^seed = .* must be a whole number from 0 to 2\^64 - 1$"):
        check("seed", bad, SEED)


@pytest.mark.parametrize("bad", [0, -1, NAN, -INF, "inf", True])
def test_a_horizon_is_positive(bad: Any) -> None:
    with pytest.raises(InputError, match=r"^horizon = .* must be greater than 0 \(seconds\)"):
        check("horizon", bad, HORIZON)


def test_a_game_has_at_least_one_model() -> None:
    with refused((), field="models", shown=(), allowed="at least one model"):
        Game((), 1.0, 1.0)


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match=r"^c = \(0.1,\) must be 2 numbers"):
        Game.of(**{**GOOD, "c": (0.1,)})


def test_arrays_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match="must have one shape"):
        Game.of(**{**GOOD, "p": (np.full(3, 0.1), np.full(2, 0.5))})


@pytest.mark.parametrize(("p_1", "p_2"), [(0.7, 0.4), (0.5, 0.5)])
def test_the_theorems_ask_for_p1_below_p2(p_1: float, p_2: float) -> None:
    game = Game.of(**{**GOOD, "p": (p_1, p_2)})
    with pytest.raises(InputError, match=f"^p1 = {p_1} must be less than p2 = {p_2}$"):
        game.pair()


def test_the_offending_pair_of_an_array_is_named() -> None:
    game = Game.of(**{**GOOD, "p": (np.array([0.1, 0.8]), 0.7)})
    with pytest.raises(InputError, match=r"^p1 = 0\.8 must be less than p2 = 0\.7$"):
        game.pair()


@given(chains(1, 5).filter(lambda game: len(game.models) != 2))
def test_the_theorems_ask_for_two_models(game: Game) -> None:
    with pytest.raises(InputError, match=f"^models = {len(game.models)} must be 2"):
        game.pair()


@given(pairs())
def test_models_hold_their_numbers(game: Game) -> None:
    first, second = game.pair()
    assert first.cost_of_pass == first.c / first.p
    assert (first, second) == game.models
    assert game.shape == ()


@pytest.mark.parametrize("regime", REGIMES)
@given(data=st.data())
def test_regimes_are_the_signs_of_the_net_values(regime: str, data: st.DataObject) -> None:
    game = data.draw(pairs(regime))
    signs = "".join("+" if game.value * m.p > m.t else "-" for m in game.models)
    assert game.regime == regime == signs
    for xi, m in zip(game.xi, game.models, strict=True):
        assert xi == game.value * m.p - m.t


TIE = 3 * 0.1  # 0.30000000000000004: 3 * 0.1 - 0.3 is 5.6e-17, not 0


@pytest.mark.parametrize(
    ("t", "regime", "signs"),
    [
        ((0.3, 0.5), "++", (0, 1)),
        ((0.3, 0.6), "++", (0, 0)),
        ((0.2, 0.6), "++", (1, 0)),
        ((0.3, 0.7), "--", (0, -1)),
        ((0.4, 0.6), "--", (-1, 0)),
        ((0.4, 0.5), "-+", (-1, 1)),
        ((0.2, 0.7), "+-", (1, -1)),
    ],
)
def test_ties_count_as_both_up_or_else_both_down(
    t: tuple[float, float], regime: str, signs: tuple[int, int]
) -> None:
    game = Game.of((0.1, 0.2), t, (1, 1), value=3, penalty=1)
    assert TIE != 0.3
    assert tuple(np.sign(np.array(game.xi)).tolist()) == signs
    assert game.regime == regime


def test_a_net_value_beyond_rounding_is_not_a_tie() -> None:
    game = Game.of((0.1, 0.2), (TIE * (1 - 1e-14), 0.6), (1, 1), value=3, penalty=1)
    assert game.xi[0] > 0


def test_a_zero_net_value_has_no_sign() -> None:
    game = Game.of((0.1, 0.2), (TIE * (1 + 2.3e-16), 0.5), (1, 1), value=3, penalty=1)
    assert np.copysign(1.0, game.xi[0]) == 1.0


@pytest.mark.parametrize(
    ("t", "c", "broken"),
    [
        ((1, 2), (1, 2), []),
        ((2, 1), (1, 2), ["t1 < t2"]),
        ((1, 2), (2, 1), ["c1 < c2"]),
        ((1, 1), (1, 1), ["t1 < t2", "c1 < c2"]),
        ((np.array([1, 3]), 2), (1, 2), ["t1 < t2"]),
    ],
)
def test_orders_that_only_the_paper_assumes_are_reported(
    t: tuple[Any, Any], c: tuple[Any, Any], broken: list[str]
) -> None:
    assert Game.of((0.1, 0.2), t, c, value=3, penalty=1).broken_assumptions() == broken


@given(chains(1, 4), st.data())
def test_delays_add_to_the_latency_costs_only(game: Game, data: st.DataObject) -> None:
    delays = data.draw(st.tuples(*[st.floats(0, 9)] * len(game.models)))
    slow = game.delayed(*delays)
    for old, new, delay in zip(game.models, slow.models, delays, strict=True):
        assert (new.p, new.t, new.c) == (old.p, old.t + delay, old.c)
    assert (slow.value, slow.penalty) == (game.value, game.penalty)


@pytest.mark.parametrize(
    ("delays", "message"),
    [
        ((1.0,), "added delay = (1.0,) must be 2 numbers, one per model"),
        ((1.0, -1.0), f"added delay 2 = -1.0 must be {FROM}"),
        ((NAN, 1.0), f"added delay 1 = nan must be {FROM}"),
    ],
)
def test_bad_delays_are_refused(delays: tuple[float, ...], message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}$"):
        Game.of(**GOOD).delayed(*delays)


def test_flat_broadcasts_every_number_to_one_axis() -> None:
    value = np.array([[1.0], [2.0]])
    penalty = np.array([0.0, 1.0, 2.0])
    game = Game.of(**{**GOOD, "value": value, "penalty": penalty})
    flat = game.flat()
    assert game.shape == (2, 3)
    assert flat.shape == (6,)
    assert np.array_equal(flat.value, [1, 1, 1, 2, 2, 2])
    assert np.array_equal(flat.penalty, [0, 1, 2, 0, 1, 2])
    assert np.array_equal(flat.models[1].p, [0.7] * 6)


def test_take_selects_games() -> None:
    games = random_pairs("+-", 9, seed=1)
    singles = each(games)
    assert each(games.take(slice(2, 5))) == singles[2:5]
    assert each(games.take(np.array([7, 0]))) == [singles[7], singles[0]]
    assert each(games.take(np.arange(9) > 6)) == singles[7:]


def test_arrays_of_games_have_the_net_values_and_regimes_of_single_ones() -> None:
    for regime in REGIMES:
        games = random_pairs(regime, 50, seed=2)
        assert games.regime.tolist() == [regime] * 50
        assert [tuple(x) for x in np.array(games.xi).T.tolist()] == [g.xi for g in each(games)]


def test_records_cannot_be_changed() -> None:
    for record, name in ((Model(0.5, 1, 1), "p"), (Game.of(**GOOD), "value")):
        with pytest.raises(AttributeError):
            setattr(record, name, 0.1)


def test_non_negative_includes_zero_but_no_negative_number() -> None:
    check("x", 0, NON_NEGATIVE)
    check("x", np.array([0.0, 1.0]), NON_NEGATIVE)
    with pytest.raises(InputError):
        check("x", -0.1, NON_NEGATIVE)

"""The maps of the paper's figures: exact cell by cell, simulated within stated chances."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from agents import Cascade, Stationary, best_response, stackelberg
from agents.theorems.policy import Policy
from agents.theorems.responses import s_0, s_high, s_low
from agents.theorems.stackelberg import P_1, P_2, P_3, D
from agents.theorems.throttling import throttling_gain, throttling_pays
from analysis.games.planes import FALLING, PLANES, RISING, VALUED, Kind, Plane
from analysis.paper import study
from analysis.paper.study import PolicyMap
from analysis.theory.misalignment import misalignment
from sim import Offer, Person, Scenario, expectations, simulate
from tests.tools.chance import z_bound

CELLS, TASKS, SEED = 41, 8_000, 5
EXACT = study.exact_maps(CELLS)
Maps = tuple[study.Plays, study.Maps]


@pytest.fixture(scope="module")
def simulated() -> Maps:
    plays = study.play(study.rows(), TASKS, SEED)
    policies = tuple(study.simulated_policies(plane, plays, CELLS) for plane in PLANES)
    return plays, study.Maps(study.simulated_responses(plays, CELLS), policies, TASKS)


def table(plane: Plane, x: float, penalty: float) -> Kind:
    """docs/theory.md, section 4, read as a map."""
    game = plane.game(x, penalty)
    if plane is VALUED:
        return Kind.M1_STAY if x <= 0 else Kind.M2_STAY
    if plane is RISING and x <= 0:
        return Kind.M1_LEAVE if penalty <= P_2(game) else Kind.CASCADE_STAY
    if plane is RISING:
        return Kind.M1_LEAVE if penalty <= P_1(game) else Kind.M2_STAY
    if x <= 0:
        return Kind.M1_STAY if penalty >= game.models[0].cost_of_pass else Kind.M1_LEAVE
    if penalty <= D(game):
        return Kind.M1_LEAVE
    return Kind.M2_LEAVE if penalty <= P_3(game) else Kind.CASCADE_STAY


def random_cells(count: int) -> list[tuple[int, int]]:
    rng = np.random.default_rng(7)
    cells = rng.integers(0, CELLS, size=(2 * count, 2))
    return [(int(i), int(j)) for i, j in cells if 20 not in (i, j)][:count]  # 20: exact ties


@pytest.mark.parametrize("plane", PLANES, ids=lambda plane: plane.regime)
def test_exact_maps_are_the_theorems_cell_by_cell(plane: Plane) -> None:
    data = EXACT.policies[PLANES.index(plane)]
    for i, j in random_cells(150):
        x, penalty = float(data.difference[j]), float(data.penalty[i])
        game = plane.game(x, penalty)
        optimum = stackelberg(game)
        assert data.kind[i, j] == table(plane, x, penalty)
        assert data.cascade[i, j] == pytest.approx(optimum.cascade, abs=1e-14)
        assert data.abandonment[i, j] == optimum.abandonment
        assert data.gap[i, j] == pytest.approx(misalignment(game), abs=1e-12)
        assert data.gain[i, j] == pytest.approx(throttling_gain(game), abs=1e-12)
        if plane is VALUED:
            assert (data.gain[i, j] > 0) == throttling_pays(game)


def test_exact_responses_cell_by_cell() -> None:
    data = EXACT.response
    for i, j in random_cells(150):
        xi_1, xi_2 = float(data.xi_1[j]), float(data.xi_2[i])
        game = study.response_game(xi_1, xi_2)
        assert game.xi == pytest.approx((xi_1, xi_2), abs=1e-12)
        assert data.q[i, j] == best_response(game, 1, 0.25).q


def test_borders_of_figure_3() -> None:
    data = EXACT.response
    x, y = np.meshgrid(data.xi_1, data.xi_2)
    left, right = x < -1e-9, x > 1e-9
    off = np.minimum.reduce([abs(y - slope * x) for slope in (-0.9, -0.5118, -3)]) > 1e-4
    assert np.array_equal((data.q == 1)[left & off], (y < -0.9 * x)[left & off])
    assert np.array_equal((data.q == 0)[right & off], (y > -0.5118 * x)[right & off])
    assert np.array_equal((data.q == 1)[right & off], (y < -3 * x)[right & off])


def test_numbers_of_the_errata() -> None:
    assert RISING.threshold == pytest.approx(0.0410958904, abs=5e-11)
    assert FALLING.threshold == pytest.approx(0.0570203561, abs=5e-11)
    assert VALUED.threshold is None
    borders = P_3(FALLING.game(np.array([0.25, 0.5, 1.0, 1.5, 2.0]), 0.0))
    assert borders == pytest.approx([9.9860, 9.9720, 9.9441, 9.9161, 9.8882], abs=5e-5)
    rising, falling, _ = EXACT.policies
    assert set(np.unique(rising.gap[rising.kind != Kind.M2_STAY]).round(10)) == {2.4333333333}
    assert falling.gap[falling.kind == Kind.M2_LEAVE] == pytest.approx(2.05)
    area = falling.kind == Kind.CASCADE_STAY
    assert area.mean() > 0.2
    assert falling.cascade[area] == pytest.approx(0.0570203561, abs=5e-11)
    assert not falling.abandonment[area].any()


def test_regimes_of_the_planes() -> None:
    assert [plane.regime for plane in PLANES] == ["-+", "+-", "++"]


def test_plays_are_priced_as_the_games_themselves_are_played() -> None:
    policies = [Policy(1, 0.2, 0.1), Policy(2, 0.0, 0.0), Policy(1, 1.0, 1.0)]
    plays = study.play(policies, 3000, SEED)
    game = FALLING.game(1.0, 7.0)
    wants, stakes = np.array([-0.5, -2.5, 6.5]), np.array([1.0, game.models[1].c, -7.0])
    played = []
    for initial, s, q in policies:
        scenario = Scenario(
            game, Offer(Cascade(initial, s)), Person(Stationary(q)), tasks=3000, seed=SEED
        )
        played.append(simulate(scenario).metrics())
    for k, metrics in enumerate(played):
        assert plays.means[k] @ wants == pytest.approx(metrics["user_utility"].mean(), rel=1e-12)
        cost = 7.0 + plays.means[k] @ stakes
        assert cost == pytest.approx(metrics["provider_cost"].mean(), rel=1e-12)
    paired = played[0]["user_utility"] - played[1]["user_utility"]
    error = paired.std(ddof=1) / len(paired) ** 0.5
    assert plays.error(0, wants, 1, wants) == pytest.approx(error, rel=1e-9)
    assert plays.error(0, stakes, 0, stakes) == 0


def test_no_formula_enters_the_simulated_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stackelberg", "best_response", "misalignment", "throttling_gain"):
        monkeypatch.delattr(study, name)
    told: list[int] = []
    result = study.simulated_maps(5, 300, SEED, told.append)
    assert result.tasks == 300
    assert told == list(range(1, len(study.rows()) + 1))


def excess(data: PolicyMap, plays: study.Plays) -> NDArray[Any]:
    """Exact cost of the simulated optimum above the exact one, in paired standard errors."""
    game = data.plane.game(data.difference, data.penalty[:, None])
    first, second = game.models
    prices = (first.c, second.c, -game.penalty)
    stakes = np.stack([np.broadcast_to(price, game.shape) for price in prices], -1)
    best = stackelberg(game)
    initial = np.where(np.isin(data.kind, (Kind.M2_STAY, Kind.M2_LEAVE)), 2, 1)
    cost = expectations(game, initial, data.cascade, data.abandonment).provider_cost
    chosen = index(plays, initial, data.cascade, data.abandonment)
    optimal = index(plays, best.initial, best.cascade, best.abandonment)
    regret, error = cost - best.provider_cost, plays.error(chosen, stakes, optimal, stakes)
    return np.asarray(np.where(regret > 1e-9, regret / np.maximum(error, 1e-12), 0.0))


def index(plays: study.Plays, initial: Any, cascade: Any, abandonment: Any) -> NDArray[Any]:
    wanted = np.stack([initial, cascade, abandonment], -1)[..., None, :]
    found = abs(plays.rows - wanted).sum(-1)
    assert (found.min(-1) < 1e-12).all()
    return np.asarray(found.argmin(-1))


def response_excess(data: study.ResponseMap, plays: study.Plays) -> NDArray[Any]:
    """Exact utility that the simulated answer forgoes against the q of the grid, in errors."""
    game = study.response_game(data.xi_1, data.xi_2[:, None])
    group = plays.group(1, study.FIXED_CASCADE)
    grid = plays.rows[group, 2]
    wide = study.response_game(data.xi_1[:, None], data.xi_2[:, None, None])
    utility = expectations(wide, 1, study.FIXED_CASCADE, grid).user_utility
    chosen = abs(grid - data.q[..., None]).argmin(-1)
    best = utility.argmax(-1)
    prices = (-game.models[0].t, -game.models[1].t, game.value)
    wants = np.stack([np.broadcast_to(price, game.shape) for price in prices], -1)
    error = plays.error(group[best], wants, group[chosen], wants)
    regret = utility.max(-1) - np.take_along_axis(utility, chosen[..., None], -1)[..., 0]
    return np.asarray(np.where(regret > 1e-9, regret / np.maximum(error, 1e-12), 0.0))


BOUND = z_bound(3 * CELLS**2)  # one policy against one optimum per cell of three planes
RESPONSE_BOUND = z_bound(41 * CELLS**2)  # any of the 41 responses may look better


def test_simulated_policies_are_optimal_up_to_chance(simulated: Maps) -> None:
    plays, found = simulated
    for exact, data in zip(EXACT.policies, found.policies, strict=True):
        assert excess(data, plays).max() <= BOUND
        differ = exact.kind != data.kind
        tie = np.zeros_like(differ)
        tie[20], tie[:, 20] = True, True
        assert differ[~tie].mean() < 0.1  # the bound above has something to compare


def test_simulated_responses_are_optimal_up_to_chance(simulated: Maps) -> None:
    plays, found = simulated
    assert response_excess(found.response, plays).max() <= RESPONSE_BOUND
    assert (abs(found.response.q - EXACT.response.q) <= 0.05).mean() > 0.8


def test_simulated_values_agree_where_both_play_the_same(simulated: Maps) -> None:
    _, found = simulated
    bound = z_bound(4 * CELLS**2)
    for exact, data in zip(EXACT.policies, found.policies, strict=True):
        same = exact.kind == data.kind
        if data.plane is not VALUED:  # there all cascades are equal to users: a maximum of noise
            assert (abs(data.gap - exact.gap) <= bound * data.gap_error + 1e-9)[same].all()
        assert (abs(data.gain - exact.gain) <= bound * data.gain_error + 1e-9)[same].all()
    loss = found.policies[2].loss[EXACT.policies[2].gain > 0]
    assert loss == pytest.approx(3.0, abs=0.5)


def test_a_simulator_with_another_p_is_noticed() -> None:
    plays = study.play(study.rows(), TASKS, SEED, p=(0.12, 0.3))
    found = [study.simulated_policies(plane, plays, CELLS) for plane in PLANES]
    assert max(excess(data, plays).max() for data in found) > 2 * BOUND
    responses = [row for row in study.rows() if row[1] == study.FIXED_CASCADE]
    plays = study.play(responses, 20_000, SEED, p=(0.15, 0.3))
    assert response_excess(study.simulated_responses(plays, CELLS), plays).max() > RESPONSE_BOUND


def test_the_same_seed_gives_the_same_maps() -> None:
    once, again, other = (study.play([Policy(1, 0.3, 0.2)], 500, seed).means for seed in (1, 1, 2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_ties_are_not_carried_against_the_evidence() -> None:
    """A cascade that is not s_0 is no tie: users then leave, whatever the provider prefers."""
    wrong = Plane(t=(1.5, 2.0), value=9.0)  # its s_0 is larger than that of RISING
    assert wrong.threshold is not None
    assert RISING.threshold is not None
    low = RISING.threshold
    plays = study.play([Policy(1, low, 0.0), Policy(1, low, 1.0)], TASKS, SEED)
    tie = (np.full(2, True), 0.0)
    one = [(1, low)]
    true = np.array([-RISING.t[0], -RISING.t[1], RISING.value])
    false = np.array([-wrong.t[0], -wrong.t[1], wrong.value])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(study, "candidates", lambda plane: one)
        assert study._answers(RISING, plays, true, tie).tolist() == [0]
        assert study._answers(wrong, plays, false, tie).tolist() == [1]


def test_thresholds_have_a_meaning_only_in_their_regime() -> None:
    rising, falling = RISING.game(0.0, 1.0), FALLING.game(0.0, 1.0)
    assert RISING.threshold == float(s_0(rising))
    assert FALLING.threshold == float(s_low(falling)) < float(s_high(falling))

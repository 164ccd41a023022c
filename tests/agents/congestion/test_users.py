"""The users' equilibrium under congestion: reference points, zero regret, limits, order."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from agents import CongestedEquilibrium, CongestedGame, best_response, congested_equilibrium
from agents.congestion.game import KINDS
from agents.congestion.users import Commitment, outcome
from analysis.theory.anarchy import regret
from sim import InputError, expectations
from sim.theory.stations import Station
from tests.tools.congested_games import both_indifferent, measure, random_game, random_policy
from tests.tools.strategies import seeds


def game(
    p: tuple[float, float],
    V: float,
    rate: float,
    mu: tuple[float, float],
    n: tuple[float, float],
    P: float = 1.0,
    c: tuple[float, float] = (0.1, 0.5),
    **changes: Any,
) -> CongestedGame:
    """The game in the order of the table of docs/theory.md, section 11."""
    discipline = changes.pop("discipline", "fcfs")
    stations = (Station(n[0], mu[0], discipline), Station(n[1], mu[1], discipline))
    return CongestedGame(p, c, V, P, rate, stations, **changes)


A = game((0.2, 0.6), 5, 0.5, (1, 0.5), (1, 2))
B = game((0.4, 0.6), 4, 0.5, (1.5, 0.25), (1, 2))
C = game((0.4, 0.7), 4, 0.5, (1.5, 0.5), (1, 2))
D = game((0.5, 0.8), 8, 0.5, (1.5, 0.6), (1, 2), added_delay=(0.7, 0.4))
E = game((0.3, 0.5), 60, 0.55, (0.55, 0.6), (3, 2))
F = game((0.2, 0.4), 10, 0.4, (1, 0.3), (1, 1))
SHARED = game((0.2, 0.6), 5, 0.5, (1, 0.5), (1, 2), discipline="ps")
MIXED = game((0.3, 0.7), 5, 0.7, (1, 0.4), (2, 2), P=2.6, c=(0.1, 0.6))
FLAT = game((0.2, 0.3), 10, 0.5, (1, 0.5), (2, 2), P=3.7, c=(0.3, 0.4))

# name: game, (i, s), kind, and what is printed, with all printed digits
POINTS: dict[str, tuple[CongestedGame, tuple[int, float], str, dict[str, str]]] = {
    "A": (A, (1, 0.5), "{0,1} mix",
          {"share": ".325397", "W1": "2.55405", "W2": "2.06757", "U": "-1.55405",
           "J": ".8421517"}),
    "A shared": (SHARED, (1, 0.5), "{0,1} mix",
                 {"share": ".6279846746", "W1": "3.44030651", "W2": "1.53581609",
                  "U": "-2.4403065089", "J": ".7883582801"}),
    "B": (B, (1, 0.15), "interior",
          {"q": ".530912", "W1": "1.18657", "W2": "4.01875", "U": ".43286", "J": ".5988291"}),
    "C": (C, (2, 0.0), "scalar indifference",
          {"W2": "2.8", "U": "0", "z2": "1.0690449676", "J": ".7861910065", "q": ".784714489"}),
    "D": (D, (1, 0.4), "all stay",
          {"W1": "1.27273", "W2": "1.70441", "U": "4.43024", "J": ".3214286"}),
    "E": (E, (1, 0.35), "all stay",
          {"W1": "2.39521", "W2": "2.00757", "U": "53.80015", "J": ".6330275"}),
    "G": (replace(A, value=1), (1, 0.5), "all leave", {"U": "-1.8", "J": ".9"}),
    "(1, 0)": (MIXED, (1, 0.0), "scalar indifference", {"J": "1.478291"}),
    "(1, 1)": (MIXED, (1, 1.0), "scalar indifference", {"J": "1.174723"}),
    "(2)": (MIXED, (2, 0.0), "all leave", {"J": "1.380000"}),
    "mixed": (MIXED, (1, 0.325), "{0,1} mix", {"share": ".897254", "J": ".6990545870"}),
    "cheapest": (MIXED, (1, 0.333889), "{0,1} mix", {"U": "-.141933", "J": ".6981109"}),
    "flat": (FLAT, (1, 0.16), "double indifference", {"U": "0", "J": "1.6356546829"}),
    "as flat": (FLAT, (1, 0.165), "double indifference", {"U": "0", "J": "1.6356546829"}),
}  # fmt: skip


def numbers(e: CongestedEquilibrium) -> dict[str, float]:
    (q, share), *_ = e.support
    return {
        "q": q, "share": share, "U": e.user_utility, "J": e.provider_cost,
        "W1": e.sojourns[0], "W2": e.sojourns[1], "z1": e.visits[0], "z2": e.visits[1],
    }  # fmt: skip


@pytest.mark.parametrize("name", POINTS)
def test_reference_points(name: str) -> None:
    game, policy, kind, printed = POINTS[name]
    e = congested_equilibrium(game, *policy)
    assert (e.kind, e.stable) == (kind, True)
    found = numbers(e)
    for symbol, text in printed.items():
        half = 0.5 * 10.0 ** -len(text.partition(".")[2]) if "." in text else 1e-12
        assert found[symbol] == pytest.approx(float(text), abs=half * 1.001), symbol
    assert regret(game, e) < 1e-12


def test_point_F_is_exact() -> None:
    e = congested_equilibrium(F, 1, 0.25)
    assert e.kind == "double indifference"
    assert e.visits == pytest.approx((1.25, 0.125), abs=1e-14)
    assert e.sojourns == pytest.approx((2, 4), abs=1e-13)
    assert e.support[0] == pytest.approx((4 / 9, 0.5), abs=1e-13)
    assert e.support[1] == pytest.approx((1, 0.5), abs=1e-13)
    assert (e.user_utility, e.provider_cost) == pytest.approx((0, 0.8875), abs=1e-13)


@pytest.mark.parametrize(("rate", "initial"), [(1.0, 1), (1.5, 1), (1.0, 2)])
def test_a_policy_whose_first_passes_saturate_is_no_equilibrium(rate: float, initial: int) -> None:
    """Point H and beyond: at the critical rate itself the queue already grows without bound."""
    e = congested_equilibrium(replace(A, arrival_rate=rate), initial, 0.5)
    assert (e.stable, e.kind, e.support, e.critical_rate) == (False, None, (), 1.0)
    assert math.isnan(e.user_utility)
    assert math.isnan(regret(A, e))
    assert congested_equilibrium(replace(A, arrival_rate=rate * 0.999), 1, 0.5).stable == (
        rate == 1
    )


# ---------------------------------------------------------------- zero regret


def test_nobody_regrets_in_any_kind() -> None:
    found = measure(1500, seed=3)
    assert set(found.counts) == set(KINDS)
    assert max(found.largest.values()) < 1e-12


@pytest.mark.slow
def test_nobody_regrets_in_many_more_games() -> None:
    found = measure(12_000, seed=1)
    assert min(found.counts[kind] for kind in KINDS) >= 300
    assert max(found.largest.values()) < 1e-12


@pytest.mark.parametrize("name", ["A", "B", "C", "D", "G", "flat"])
def test_users_who_play_something_else_regret_it(name: str) -> None:
    """The check fails for a slightly wrong distribution at its own loads."""
    game, policy, kind, _ = POINTS[name]
    e = congested_equilibrium(game, *policy)
    q, share = e.support[0]
    moved = (abs(q - 0.01), share), *e.support[1:]
    wrong = outcome(Commitment(game, *policy), kind, moved)
    assert regret(game, wrong) > 1e-6


def test_planted_double_indifference_is_found() -> None:
    """Value and delays are made so that given loads leave nobody anything to win or lose."""
    rng = np.random.default_rng(8)
    for _ in range(100):
        game, policy = both_indifferent(rng)
        e = congested_equilibrium(game, *policy)
        assert e.kind == "double indifference"
        assert abs(e.user_utility) < 1e-12 * game.value
        xi = game.net_values(e.visits)
        assert max(abs(x) for x in xi) < 1e-11 * game.value


@given(seeds)
def test_the_record_is_consistent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    game, (initial, cascade) = random_game(rng), random_policy(rng)
    e = congested_equilibrium(game, initial, cascade)
    played = [(w, expectations(game.unloaded, initial, cascade, q)) for q, w in e.support]
    assert sum(w for w, _ in played) == pytest.approx(1.0, abs=1e-15)
    for i in (0, 1):
        z = sum(w * x.visits[i] for w, x in played)
        station = game.stations[i]
        assert e.visits[i] == pytest.approx(z, rel=1e-14)
        assert e.loads[i] == pytest.approx(game.arrival_rate * z, rel=1e-14)
        assert e.utilisation[i] == pytest.approx(e.loads[i] / station.capacity, rel=1e-14)
        assert e.utilisation[i] < 1
        t = game.value_of_time * station.sojourn(e.loads[i]) + game.added_delay[i]
        assert e.latencies[i] == pytest.approx(t, rel=1e-14)
    assert e.success == pytest.approx(sum(w * x.success for w, x in played), rel=1e-13)
    cost = sum(w * x.provider_cost for w, x in played)
    assert e.provider_cost == pytest.approx(cost, rel=1e-12)
    delay = sum(z * t for z, t in zip(e.visits, e.latencies, strict=True))
    utility = game.value * e.success - delay
    assert e.user_utility == pytest.approx(utility, abs=1e-12 * (game.value + delay))


# ---------------------------------------------------------------- the base game as a limit


def not_at_a_tie(game: CongestedGame, s: float) -> bool:
    """The best response is settled: a hundredth of V more or less of latency changes no kind."""
    kinds = set()
    for part in (-0.01, 0.01):
        t = [m.t + part * game.value * m.p for m in game.unloaded.models]
        if min(t) <= 0:
            return False
        q = best_response(type(game.unloaded).of(game.p, tuple(t), game.c, game.value, 1.0), 1, s).q
        kinds.add(q if q in (0, 1) else 0.5)
    return len(kinds) == 1


@given(seeds, st.floats(0.01, 0.99))
def test_without_load_the_base_game_returns(seed: int, s: float) -> None:
    game = random_game(np.random.default_rng(seed))
    assume(not_at_a_tie(game, s))
    e = congested_equilibrium(replace(game, arrival_rate=game.arrival_rate * 1e-12), 1, s)
    for station, model, d in zip(
        game.stations, game.unloaded.models, game.added_delay, strict=True
    ):
        slots = station.slots if station.discipline == "ps" else 1
        assert model.t == pytest.approx(game.value_of_time / (slots * station.rate) + d, rel=1e-14)
    base = best_response(game.unloaded, 1, s)
    assert len(e.support) == 1
    assert e.support[0][0] == pytest.approx(base.q, abs=1e-8)


@given(seeds, st.floats(0.01, 0.99))
def test_with_many_slots_the_base_game_returns(seed: int, s: float) -> None:
    game = random_game(np.random.default_rng(seed))
    rates = [station.rate for station in game.stations]
    many, endless = (
        replace(game, stations=(Station(n, rates[0]), Station(n, rates[1])))
        for n in (1000, math.inf)
    )
    assume(not_at_a_tie(endless, s))
    # at most 20 passes a task, at most 4 slots' worth of first passes: 8% of 1000 slots
    base = best_response(endless.unloaded, 1, s).q
    for each in (many, endless):
        e = congested_equilibrium(each, 1, s)
        assert e.support[0][0] == pytest.approx(base, abs=1e-8)
    utility = expectations(endless.unloaded, 1, s, base).user_utility
    assert e.user_utility == pytest.approx(utility, rel=1e-9, abs=1e-9 * game.value)


# ---------------------------------------------------------------- order


@given(seeds, st.integers(0, 1), st.floats(0.001, 0.2))
def test_a_delay_at_a_model_never_brings_it_more_load(seed: int, i: int, part: float) -> None:
    """The potential loses d z_i, so that its maximiser has no larger z_i."""
    rng = np.random.default_rng(seed)
    game, policy = random_game(rng), random_policy(rng)
    more = [d + part * game.value * (j == i) for j, d in enumerate(game.added_delay)]
    before = congested_equilibrium(game, *policy)
    after = congested_equilibrium(replace(game, added_delay=(more[0], more[1])), *policy)
    assert after.visits[i] <= before.visits[i] + 1e-9


def test_a_delay_can_help_the_users() -> None:
    """It keeps people away from the model at which everybody waits."""
    game = CongestedGame(
        (0.1, 0.3), (1.0, 1.0), 2.0, 1.0, 0.42,
        (Station(2, 0.57), Station(1, 2.4)), value_of_time=0.1, added_delay=(0.3, 0.0),
    )  # fmt: skip
    before = congested_equilibrium(game, 1, 0.2)
    after = congested_equilibrium(replace(game, added_delay=(0.3, 0.1)), 1, 0.2)
    assert before.kind == after.kind == "{0,1} mix"
    assert regret(game, before) < 1e-12
    assert after.user_utility > before.user_utility + 0.05


@given(seeds, st.floats(0.001, 0.999))
def test_nothing_depends_on_the_unit_of_money_or_time(seed: int, s: float) -> None:
    game = random_game(np.random.default_rng(seed))
    stations = tuple(replace(each, rate=each.rate * 60) for each in game.stations)
    other = replace(
        game, value=game.value * 8, penalty=game.penalty * 8, c=(game.c[0] * 8, game.c[1] * 8),
        value_of_time=game.value_of_time * 8 * 60, arrival_rate=game.arrival_rate * 60,
        stations=(stations[0], stations[1]),
        added_delay=(game.added_delay[0] * 8, game.added_delay[1] * 8),
    )  # fmt: skip
    one, two = congested_equilibrium(game, 1, s), congested_equilibrium(other, 1, s)
    assert one.kind == two.kind
    assert two.visits == pytest.approx(one.visits, rel=1e-9)
    assert two.provider_cost == pytest.approx(8 * one.provider_cost, rel=1e-9)


# ---------------------------------------------------------------- input


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"p": (0.2, 1.5)}, r"^p2 = 1\.5 must be strictly between 0 and 1$"),
        ({"c": (0.0, 1.0)}, r"^c1 = 0\.0 must be"),
        ({"value": -1.0}, r"^value = -1\.0 must be"),
        ({"penalty": -1.0}, r"^penalty = -1\.0 must be"),
        ({"arrival_rate": 0.0}, r"^arrival rate = 0\.0 must be"),
        ({"value_of_time": math.nan}, r"^value of time = nan must be"),
        ({"added_delay": (0.0, -2.0)}, r"^added delay 2 = -2\.0 must be"),
        ({"p": (0.2, 0.3, 0.4)}, r"^p = \(0\.2, 0\.3, 0\.4\) must be a pair, one per model$"),
        ({"stations": (Station(1, 1.0),)}, r"^stations = .* must be a pair"),
    ],
)
def test_games_that_cannot_be(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        replace(A, **changes)


@pytest.mark.parametrize(("initial", "s", "field"), [(3, 0.5, "initial"), (1, 1.5, "cascade")])
def test_policies_that_cannot_be(initial: int, s: float, field: str) -> None:
    with pytest.raises(InputError, match=f"^{field} = "):
        congested_equilibrium(A, initial, s)


def test_a_share_next_to_nothing_is_found() -> None:
    """A cascade where almost everybody leaves: a hundred steps of the root finder are too few."""
    game = CongestedGame(
        p=(0.0017526083679687554, 0.9440578538703952),
        c=(0.24965233117158336, 0.6240347904134872),
        value=271.9400468031501,
        penalty=0.17106964380696502,
        arrival_rate=0.5773451102717398,
        stations=(Station(3, 2.0780102305641606), Station(2, 1.0283585182779105)),
    )
    e = congested_equilibrium(game, 1, 1.9019269595544238e-05)
    assert e.kind == "{0,1} mix"
    assert regret(game, e) < 1e-9 * game.value

"""The share of users who begin: closed forms by hand, other theory, simulation."""

from dataclasses import replace
from typing import Any

import pytest

from agents import (
    AddedDelay,
    Cascade,
    Joins,
    QueueLimit,
    Stationary,
    congested_equilibrium,
)
from analysis.games.catalogue import REFERENCE
from analysis.games.congested import joining_of, scenario_of, users_of
from analysis.theory.load import utilisation
from analysis.theory.participation import (
    delay_of_all,
    expected_of_all,
    participating,
    share_who_begin,
)
from sim import (
    Bursts,
    Deterministic,
    Exponential,
    Game,
    InputError,
    Offer,
    Person,
    Poisson,
    ProcessorSharing,
    Scenario,
    expectations,
    simulate,
)
from tests.agents.congestion.test_participation import crowds, voluntary
from tests.agents.congestion.test_users import MIXED, A
from tests.tools.chance import batch_score, t_bound

GAME = Game.of((0.5, 0.8), (1, 1), (0.1, 0.5), value=4, penalty=1)


def station(rate: float, q: float = 1.0, **changes: Any) -> Scenario:
    """Users who begin at M2, an M/M/1 of rate 1: a pass there is worth 3.2."""
    offer = Offer(Cascade(2), slots=(1, 1), service_time=Exponential())
    return Scenario(GAME, offer, Person(Stationary(q)), Poisson(rate)).replace(**changes)


@pytest.mark.parametrize(("rate", "share"), [(0.5, 1.0), (0.6875, 1.0), (1.375, 0.5), (55, 0.0125)])
def test_one_pass_each_by_hand(rate: float, share: float) -> None:
    """1 / (1 - x rate) = 3.2: x rate = .6875."""
    assert share_who_begin(station(rate)) == pytest.approx(share, rel=1e-9)


def test_who_stays_by_hand() -> None:
    """1.25 passes: V = 1.25 / (1 - 1.25 x rate), x rate = .55."""
    assert share_who_begin(station(1.1, q=0.0)) == pytest.approx(0.5, rel=1e-9)


def test_nobody_begins_what_takes_too_long_even_alone() -> None:
    dear = replace(GAME, value=1.2)  # a pass is worth .96 and takes 1
    assert share_who_begin(station(0.5, game=dear)) == 0.0
    held = station(0.5, throttle=AddedDelay((0.0, 2.3)))
    assert share_who_begin(held) == 0.0


def test_without_queues_all_begin_or_nobody() -> None:
    for name, (initial, s, q, share) in {
        "R14": (1, 0.3, 0.0, 1.0), "R11": (2, 0.0, 1.0, 0.0), "R8": (1, 0.15, 0.0, 1.0),
    }.items():  # fmt: skip
        person = Person(Stationary(q))
        assert (
            share_who_begin(Scenario(REFERENCE[name], Offer(Cascade(initial, s)), person)) == share
        )


def test_where_theory_has_no_latency_it_says_so() -> None:
    for changes in (
        {"service_time": Deterministic()}, {"throttle": QueueLimit(1)},
        {"arrivals": Bursts(1.0, 2.0)}, {"discipline": ProcessorSharing(4), "slots": (9, 9)},
    ):  # fmt: skip
        scenario = station(1.0, **changes)
        assert share_who_begin(scenario) is None
        with pytest.raises(
            InputError, match=r"^participation = 'rational' must be 'compulsory' un"
        ):
            participating(scenario)
    assert share_who_begin(station(1.0, service_time=Deterministic(), slots=(9, 9),
                                   discipline=ProcessorSharing())) == 1.0  # fmt: skip


def test_where_users_play_one_q_it_is_the_share_of_the_equilibrium() -> None:
    checked = 0
    for game, (initial, s) in crowds(400, seed=12):
        e = congested_equilibrium(game, initial, s)
        if 0 < e.participation < 1 and len(e.support) == 1 and e.kind != "scalar indifference":
            scenario = scenario_of(game, initial, s, Stationary(e.support[0][0]))
            assert share_who_begin(scenario) == pytest.approx(e.participation, rel=1e-6)
            checked += 1
    assert checked > 40


def test_expectations_and_loads_are_those_of_who_begins() -> None:
    scenario = participating(station(1.1, q=0.0))
    assert isinstance(scenario.person.joining, Joins)
    assert scenario.person.joining.probability == pytest.approx(0.5)
    assert utilisation(scenario)[1] == pytest.approx(1.25 * 0.55)
    assert delay_of_all(scenario) == pytest.approx(0.5 * 4.0)
    expected = expected_of_all(scenario, expectations(GAME, 2, 0.0, 0.0))
    assert expected.provider_cost == pytest.approx(0.5 * 0.625 + 0.5 * 1.0)
    nobody = scenario.replace(joining=Joins(0.0))
    assert (delay_of_all(nobody), utilisation(nobody)) == (0.0, (0.0, 0.0))
    assert participating(station(0.5)) == station(0.5)


def test_played_the_indifferent_expect_nothing_and_more_of_them_are_noticed() -> None:
    """U in batches against 0: one false alarm in a million seeds. With a tenth more users U is -.5,
    some 30 standard errors: missed less often than that.
    """
    scenario = participating(station(1.375, tasks=200_000))
    more = scenario.replace(joining=Joins(0.55))
    scores = []
    for each in (scenario, more):
        utility = simulate(each, engine="compiled").metrics()["user_utility"]
        scores.append(abs(batch_score(utility, 0.0, 50)))
    assert scores[0] < t_bound(1, 50) < scores[1]


def test_an_equilibrium_whose_users_may_decline_is_played() -> None:
    """A crowd that would saturate M1, against theory; one false alarm in a million seeds. With a
    twentieth more users J is off by more than the bound: seen too, in the same batches.
    """
    game = voluntary(MIXED, 4.0)
    e = congested_equilibrium(game, 1, 0.5)
    assert 0 < e.participation < 1 < game.arrival_rate / e.critical_rate
    played = scenario_of(game, 1, 0.5, users_of(e)).replace(joining=joining_of(e), tasks=400_000)
    metrics = simulate(played, engine="compiled").metrics()
    for name, exact in (("user_utility", 0.0), ("provider_cost", e.provider_cost)):
        assert abs(batch_score(metrics[name], exact, 50)) < t_bound(2, 50)
    wrong = e.provider_cost - 0.05 * (game.penalty - e.provider_cost)
    assert abs(batch_score(metrics["provider_cost"], wrong, 50)) > t_bound(2, 50)


def test_where_nobody_begins_all_decline() -> None:
    game = voluntary(replace(A, value=1))
    e = congested_equilibrium(game, 1, 0.5)
    played = scenario_of(game, 1, 0.5, users_of(e)).replace(joining=joining_of(e), tasks=50)
    assert simulate(played).counts()["balked"] == 50
    assert joining_of(congested_equilibrium(voluntary(replace(A, value=99)), 1, 0.5)) is None

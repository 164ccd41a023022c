"""The mean delay under load: reference points, textbook networks, simulation, and its limits."""

from dataclasses import replace
from typing import Any

import pytest

from agents import AddedDelay, Cascade, NoThrottle, QueueLimit, SlowService, Stationary
from agents import congested_equilibrium as equilibrium
from analysis.games.congested import scenario_of, users_of
from analysis.statistics.intervals import estimate
from analysis.theory.product_form import mean_delay
from sim import (
    FCFS,
    Batching,
    Bursts,
    Deterministic,
    Exponential,
    Game,
    Lognormal,
    Mixture,
    Offer,
    Person,
    Poisson,
    Population,
    PriorityClasses,
    ProcessorSharing,
    Scenario,
    UserClass,
    expectations,
    simulate,
)
from sim.theory.networks import jackson
from sim.theory.stations import Station, feedback
from tests.agents.congestion.test_users import POINTS

PURE = ("B", "D", "E", "G")  # all users play the same q


def point(name: str) -> tuple[Scenario, float, float]:
    """A reference point as a scenario; V S, and U as docs/theory.md prints it."""
    game, policy, _, printed = POINTS[name]
    e = equilibrium(game, *policy)
    return scenario_of(game, *policy, users_of(e)), game.value * e.success, float(printed["U"])


@pytest.mark.parametrize("name", PURE)
def test_reference_points_of_the_theory_page(name: str) -> None:
    scenario, worth, utility = point(name)
    delay = mean_delay(scenario)
    assert delay is not None
    assert worth - delay == pytest.approx(utility, abs=0.5e-5)


def test_point_D_by_hand() -> None:
    """Written out from the numbers of the table, with nothing of the code."""
    p_1, p_2, s, rate = 0.5, 0.8, 0.4, 0.5
    z_1 = 1 / (1 - (1 - p_1) * (1 - s))
    z_2 = z_1 * (1 - p_1) * s / p_2
    W_1 = 1 / (1.5 - rate * z_1)
    offered = rate * z_2 / 0.6
    waits = offered**2 / (2 + offered)  # Erlang C of two slots
    W_2 = 1 / 0.6 + waits / (1.2 - rate * z_2)
    by_hand = z_1 * (W_1 + 0.7) + z_2 * (W_2 + 0.4)
    assert mean_delay(point("D")[0]) == pytest.approx(by_hand, rel=1e-12)
    assert 8 - by_hand == pytest.approx(4.43024, abs=0.5e-5)


def small(**changes: Any) -> Scenario:
    """One slot each, .4 passes a second at M1 of a second each, none at M2."""
    game = Game.of((0.5, 0.8), (1, 2), (0.1, 0.5), value=8, penalty=1)
    offer = Offer(Cascade(1), NoThrottle(), slots=(1, 1), service_time=Exponential())
    plain = Scenario(game, offer, Person(Stationary(0.0)), Poisson(0.2))
    return plain.replace(**changes)


def test_one_queue_with_feedback() -> None:
    assert mean_delay(small()) == pytest.approx(feedback(0.2, 1.0, 0.5).total, rel=1e-12)
    dear = small(value_of_time=4.0, arrivals=Poisson(0.8))  # four times as fast, as dear
    assert mean_delay(dear) == pytest.approx(feedback(0.2, 1.0, 0.5).total, rel=1e-12)


def test_two_queues_by_the_equations_of_the_network() -> None:
    """Little's law on the network's mean numbers, loads by the traffic equations."""
    again = 0.5 * 0.9
    routing = [[again * 0.7, again * 0.3], [0.0, 0.2 * 0.9]]
    network = jackson([0.5, 0.0], routing, (Station(2, 1.0), Station(1, 0.5)))
    scenario = small(
        routing=Cascade(1, 0.3), abandonment=Stationary(0.1), arrivals=Poisson(0.5), slots=(2, 1)
    )
    assert mean_delay(scenario) == pytest.approx(sum(network.numbers) / 0.5, rel=1e-12)


def test_holds_occupy_no_slot_and_slow_service_does() -> None:
    free = mean_delay(small())
    assert free is not None
    assert mean_delay(small(throttle=AddedDelay((3.0, 9.0)))) == pytest.approx(free + 2 * 3.0)
    slow = small(throttle=SlowService((2.0, 1.0)))
    assert mean_delay(slow) == pytest.approx(2 * 2 / (1 - 0.8))


def test_without_queues_it_is_the_delay_of_the_game() -> None:
    scenario = small(routing=Cascade(1, 0.3), service_time=Lognormal(2.0), slots=())
    expected = expectations(scenario.game, 1, 0.3, 0.0).delay
    assert mean_delay(scenario) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("service", [Deterministic(), Exponential(), Lognormal(2.0)])
def test_a_shared_processor_asks_for_no_distribution(service: Any) -> None:
    shared = small(service_time=service, discipline=ProcessorSharing(), slots=(4, 4))
    assert mean_delay(shared) == pytest.approx(2 / (4 - 0.4), rel=1e-12)
    mixed = shared.replace(slots=(4, float("inf")), discipline=(ProcessorSharing(), FCFS()))
    assert mean_delay(mixed) == pytest.approx(2 / (4 - 0.4), rel=1e-12)


def test_a_billion_slots_are_as_good_as_endlessly_many() -> None:
    many = small(slots=(10**9, 10**9))
    endless = small(slots=(float("inf"), float("inf")))
    assert mean_delay(many) == pytest.approx(mean_delay(endless), rel=1e-12)


ONE = UserClass("all", users=1, rate=0.2, value=8.0, value_of_time=1.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"service_time": Deterministic()},
        {"service_time": Lognormal(1.0)},  # as variable as exponential, and yet not it
        {"service_time": Deterministic(), "slots": (float("inf"), 1)},
        {"discipline": ProcessorSharing(2)},
        {"discipline": (FCFS(), Batching(1, 1))},
        {"arrivals": Bursts(0.2, 2.0)},
        {"arrivals": Population((ONE,))},
        {"throttle": QueueLimit(9)},
        {"abandonment": Mixture(((0.5, Stationary(0.0)), (0.5, Stationary(1.0))))},
        {"arrivals": Poisson(0.5)},  # work is exactly what can be done
        {"arrivals": Poisson(0.6)},
    ],
)
def test_where_theory_has_no_mean_there_is_none(changes: dict[str, Any]) -> None:
    assert mean_delay(small(**changes)) is None


def test_priorities_of_one_class_change_nothing() -> None:
    assert mean_delay(small(discipline=PriorityClasses())) == mean_delay(small())


@pytest.mark.parametrize("name", PURE)
@pytest.mark.parametrize("discipline", [FCFS(), ProcessorSharing()])
def test_simulation_meets_it(name: str, discipline: Any) -> None:
    """Within 5 standard errors by 30 batch means: all eight fail by chance once in 5000 times.

    The latency without load is more than 10 away: it would not pass for this.
    """
    scenario, _, _ = point(name)
    scenario = scenario.replace(discipline=discipline, tasks=20_000, seed=7)
    found = estimate(simulate(scenario).metrics()["delay"], 30)
    exact = mean_delay(scenario)
    assert exact is not None
    assert found.mean == pytest.approx(exact, abs=5 * found.standard_error)
    idle = mean_delay(replace(scenario, arrivals=Poisson(1e-9)))
    assert idle is not None
    assert abs(found.mean - idle) > 10 * found.standard_error

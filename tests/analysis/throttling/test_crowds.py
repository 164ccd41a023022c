"""Retry storms against Erlang's theory and by hand."""

import numpy as np

from agents import Cascade, FixedRetry, GoesAway, QueueLimit, Stationary
from analysis.runs.measure import measure
from analysis.throttling.crowds import STORM, storm, storms
from sim import (
    Exponential,
    Game,
    Offer,
    Person,
    Poisson,
    Refuse,
    Scenario,
    simulate,
)
from sim.theory.stations import finite_room
from tests.tools.chance import t_bound
from tests.tools.scripted import Door, system

GAME = Game.of((0.2, 0.5), (1.0, 1.0), (0.1, 0.3), value=5.0, penalty=2.0)


def crowded(rate: float, tasks: int, limit: int = 2) -> Scenario:
    return Scenario(
        GAME,
        Offer(Cascade(2), QueueLimit(limit), slots=(1.0, 3.0), service_time=Exponential()),
        Person(Stationary(0.0), persistence=GoesAway()),
        arrivals=Poisson(rate),
        tasks=tasks,
    )


def test_prompts_are_passes_and_refusals() -> None:
    doors = Door({0: (Refuse(), Refuse()), 1: (Refuse(),) * 3})
    scenario = system((0, 100), (2,), (9,), throttle=doors, persistence=FixedRetry(1.5, 3))
    found = storm(simulate(scenario))
    assert tuple(found) == STORM
    assert found["prompts"] == (3 + 3) / 2  # two refusals and a pass; three refusals
    assert found["refusals"] == (2 + 3) / 2
    assert found["success"] == 0.5
    assert found["seconds"] == ((3 + 2) + 3) / 2


def refusal_score(limit: int) -> float:
    """t of the refused share against M/M/3 with 2 waiting places, load 1.1, if ``limit`` may wait.

    A re-prompt finds the place that it has left: only first prompts are refused, and a task holds
    a slot for an exponential time of mean 1 / (mu p).
    """
    exact = finite_room(1.65, 0.5, 3, 3 + 2).blocked
    seen = measure({"crowd": crowded(1.65, 1500, limit)}, storm, 20)["refusals"]
    return float((seen.mean() - exact) / (seen.std(ddof=1) / np.sqrt(len(seen))))


def test_refusals_are_those_of_erlang_and_another_limit_is_noticed() -> None:
    """Some ten of 1,500 tasks find the system not yet full: a bias of .002, half an error."""
    assert abs(refusal_score(limit=2)) < t_bound(1, 20)
    assert abs(refusal_score(limit=4)) > t_bound(1, 20)


def test_a_frame_has_a_row_per_users_load_and_metric() -> None:
    scenarios = {(users, 0.5): crowded(1.0, 50) for users in ("a", "b")}
    frame = storms(scenarios, replications=3)
    assert len(frame) == 2 * len(STORM)
    assert (frame["ci_low"] <= frame["mean"]).all() and (frame["mean"] <= frame["ci_high"]).all()
    a, b = (frame[frame["users"] == users]["mean"].to_numpy() for users in ("a", "b"))
    np.testing.assert_array_equal(a, b)

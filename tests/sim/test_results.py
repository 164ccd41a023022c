"""Nothing gets lost: every arrival is somewhere, every second and every dollar is booked once."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import AddedDelay, Cascade, NoThrottle, Stationary
from sim import (
    Deterministic,
    Exponential,
    Offer,
    Outcome,
    Person,
    Poisson,
    Result,
    Scenario,
    ServiceTime,
    Throttle,
    simulate,
)
from sim.results import PASS_COLUMNS, TASK_COLUMNS
from tests.tools.scripted import Waits
from tests.tools.strategies import chains, probabilities, seeds

INF = float("inf")


@st.composite
def busy_scenarios(draw: st.DrawFn, /, **fixed: Any) -> Scenario:
    """Small systems with queues, delays, patience and horizons of every kind."""
    game = draw(chains(1, 3))
    n = len(game.models)
    patience = st.dictionaries(st.integers(0, 39), st.floats(0, 20), max_size=20)
    throttles: list[Throttle] = [NoThrottle(), AddedDelay((1.5,) * n)]
    services: list[ServiceTime] = [Deterministic(), Exponential()]
    offer = Offer(
        Cascade(draw(st.integers(1, n)), draw(probabilities)),
        draw(st.sampled_from(throttles)),
        slots=tuple(draw(st.sampled_from([1.0, 2.0, INF])) for _ in range(n)),
        service_time=draw(st.sampled_from(services)),
    )
    person = Person(
        Stationary(draw(st.floats(0.05, 1))), draw(st.none() | st.builds(Waits, patience))
    )
    scenario = Scenario(
        game,
        offer,
        person,
        Poisson(draw(st.floats(0.1, 10))),
        tasks=draw(st.integers(1, 40)),
        horizon=draw(st.just(INF) | st.floats(0.1, 50)),
        seed=draw(seeds),
    )
    return scenario.replace(**fixed)


@given(busy_scenarios())
def test_outcomes_add_up_to_arrivals_whatever_the_horizon(scenario: Scenario) -> None:
    result = simulate(scenario, engine="simpy")
    counts = result.counts()
    arrived = result.tasks["arrived"]
    assert sum(counts.values()) == len(arrived) <= scenario.tasks
    assert result.tasks["task"].tolist() == list(range(len(arrived)))
    assert (arrived < scenario.horizon).all()
    assert counts["in_system"] == int(np.isnan(result.tasks["ended"]).sum())
    if scenario.horizon == INF:
        assert counts["in_system"] == 0
        assert len(arrived) == scenario.tasks
    if scenario.person.patience is None:
        assert counts["reneged"] == 0
    assert len(result.metrics()["success"]) == len(arrived) - counts["in_system"]


def totals(result: Result, name: str) -> Any:
    size = len(result.tasks["task"])
    return np.bincount(result.passes["task"], weights=result.passes[name], minlength=size)


@given(busy_scenarios())
def test_passes_add_up_to_tasks(scenario: Scenario) -> None:
    result = simulate(scenario, engine="simpy", passes=True)
    tasks = result.tasks
    counts = np.bincount(result.passes["task"], minlength=len(tasks["task"]))
    assert counts.tolist() == tasks["passes"].tolist()
    assert totals(result, "service") == pytest.approx(tasks["service"], rel=1e-12)
    costs = np.array([m.c for m in scenario.game.models])[result.passes["model"] - 1]
    booked = np.bincount(result.passes["task"], weights=costs, minlength=len(tasks["task"]))
    assert booked == pytest.approx(tasks["service_cost"], rel=1e-12)
    served = np.isin(tasks["outcome"], [Outcome.COMPLETED, Outcome.ABANDONED])
    for name in ("waiting", "throttle_delay"):  # others may have waited without a pass
        assert totals(result, name)[served] == pytest.approx(tasks[name][served], rel=1e-9)
        assert (totals(result, name) <= tasks[name] * (1 + 1e-9)).all()


@given(busy_scenarios())
def test_a_sojourn_is_waiting_service_and_throttle_delay(scenario: Scenario) -> None:
    tasks = simulate(scenario, engine="simpy").tasks
    gone = tasks["outcome"] != Outcome.IN_SYSTEM
    parts = tasks["waiting"] + tasks["service"] + tasks["throttle_delay"]
    sojourn = tasks["ended"] - tasks["arrived"]
    # clock times up to a few thousand seconds are summed with errors of about 1e-13 each
    assert sojourn[gone] == pytest.approx(parts[gone], rel=1e-9, abs=1e-9)


@given(busy_scenarios())
def test_the_last_pass_tells_how_a_served_task_ended(scenario: Scenario) -> None:
    result = simulate(scenario, engine="simpy", passes=True)
    last = np.flatnonzero(np.diff(result.passes["task"], append=-1))
    outcomes = result.tasks["outcome"][result.passes["task"][last]]
    solved = result.passes["success"][last]
    assert (outcomes[solved] == Outcome.COMPLETED).all() or scenario.horizon < INF
    assert (outcomes[~solved] != Outcome.COMPLETED).all()
    before = np.setdiff1d(np.arange(len(result.passes["task"])), last)
    assert not result.passes["success"][before].any()


@given(busy_scenarios())
def test_models_never_go_down_and_rise_by_one(scenario: Scenario) -> None:
    passes = simulate(scenario, engine="simpy", passes=True).passes
    same = np.diff(passes["task"]) == 0
    assert set(np.diff(passes["model"])[same].tolist()) <= {0, 1}
    assert set(np.diff(passes["pass"])[same].tolist()) <= {1}


@given(busy_scenarios())
def test_a_horizon_does_not_change_what_happens_before_it(scenario: Scenario) -> None:
    longer = replace(scenario, horizon=INF)
    cut = simulate(scenario, engine="simpy").tasks
    full = simulate(longer, engine="simpy").tasks
    gone = cut["outcome"] != Outcome.IN_SYSTEM
    for name in TASK_COLUMNS:
        assert np.array_equal(cut[name][gone], full[name][: len(gone)][gone])
    assert (full["ended"][: len(gone)][~gone] >= scenario.horizon).all()


@given(busy_scenarios(throttle=NoThrottle()))
def test_no_more_passes_are_served_at_once_than_there_are_slots(scenario: Scenario) -> None:
    # without throttle delays the start of a pass follows from the waiting and service before it
    result = simulate(scenario, engine="simpy", passes=True)
    passes = result.passes
    spent = passes["waiting"] + passes["service"]
    before = np.cumsum(spent) - np.repeat(
        np.cumsum(np.bincount(passes["task"], weights=spent, minlength=len(result.tasks["task"])))
        - np.bincount(passes["task"], weights=spent, minlength=len(result.tasks["task"])),
        np.bincount(passes["task"], minlength=len(result.tasks["task"])),
    )
    end = result.tasks["arrived"][passes["task"]] + before
    start = end - passes["service"]
    for model, slots in enumerate(scenario.offer.slots, start=1):
        here = passes["model"] == model
        # a millionth of the service time as slack: times are sums of rounded numbers
        first, last = start[here] + 1e-6 * passes["service"][here], end[here] - 1e-9
        present = (first[:, None] <= first) & (first < last[:, None])
        assert present.sum(0).max(initial=0) <= slots


@settings(max_examples=20)
@given(busy_scenarios())
def test_frames_hold_the_columns_and_the_stakes(scenario: Scenario) -> None:
    result = simulate(scenario, engine="simpy", replication=2, passes=True)
    frame = result.task_frame()
    extra = ["success", "penalty", "utility"]
    assert list(frame.columns) == ["replication", *TASK_COLUMNS, *extra]
    assert list(result.pass_frame().columns) == ["replication", *PASS_COLUMNS]
    assert set(frame["replication"]) | set(result.pass_frame()["replication"]) <= {2}
    done = frame[frame["outcome"] != "in_system"]
    metrics = result.metrics()
    assert np.array_equal(done["utility"], metrics["user_utility"])
    cost = done["service_cost"] + done["penalty"]
    assert np.array_equal(cost, metrics["provider_cost"])
    assert set(done.loc[done["success"], "penalty"]) <= {0.0}
    assert set(done.loc[~done["success"], "penalty"]) <= {float(scenario.game.penalty)}
    for name, (dtype, _) in (TASK_COLUMNS | PASS_COLUMNS).items():
        column = result.tasks.get(name, result.passes.get(name))
        assert column is not None
        assert column.dtype == dtype, name


def test_metrics_use_value_penalty_and_value_of_time() -> None:
    result = Result(
        tasks={
            "outcome": np.array([0, -1, -2, -3, -4]),
            "waiting": np.array([1.0, 2.0, 3.0, 0.0, 9.0]),
            "service": np.array([4.0, 5.0, 0.0, 0.0, 9.0]),
            "throttle_delay": np.array([0.5, 0.0, 0.0, 6.0, 9.0]),
            "service_cost": np.array([0.1, 0.2, 0.0, 0.0, 9.0]),
            "passes": np.array([1, 2, 0, 0, 9]),
        },
        solved=np.array([True, False, False, False, False]),
        passes={}, value=100.0, penalty=7.0, value_of_time=2.0, replication=0, engine="",
        seconds=0.0, present=(1,),
    )  # fmt: skip
    found = {name: column.tolist() for name, column in result.metrics().items()}
    assert found == {
        "success": [1, 0, 0, 0],
        "delay": [11, 14, 6, 12],
        "service_cost": [0.1, 0.2, 0, 0],
        "user_utility": [89, -14, -6, -12],
        "provider_cost": [0.1, 7.2, 7, 7],
        "passes": [1, 2, 0, 0],
    }
    assert result.counts() == {
        "completed": 1, "abandoned": 1, "reneged": 1, "refused": 1, "in_system": 1,
    }  # fmt: skip

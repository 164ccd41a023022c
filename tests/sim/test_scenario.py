import inspect
import json
import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given

import agents
import sim
from agents import (
    AddedDelay,
    BackOff,
    BestResponse,
    Cap,
    Cascade,
    Downgrade,
    Effort,
    FixedPatience,
    FixedRetry,
    GoesAway,
    Joins,
    Layers,
    LoadDelay,
    NoThrottle,
    Optimal,
    PeakMeter,
    PerClass,
    Priority,
    QueueLimit,
    RateLimit,
    ShortestQueue,
    SlowService,
    Stackelberg,
    Static,
    Stationary,
    WhileWorth,
)
from sim import (
    FCFS,
    Batching,
    Bursts,
    Deterministic,
    Exponential,
    Game,
    InputError,
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
    simulate,
)
from tests.sim.test_results import busy_scenarios
from tests.tools.behaviours import behaviours
from tests.tools.scripted import Waits

GAME = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), 2, 1)
CLASSES: Mapping[str, type] = {
    name: member
    for room in (sim, agents)
    for name, member in vars(room).items()
    if inspect.isclass(member)
}

MIXTURE = Mixture(((0.5, Stationary(0.1)), (0.5, Stationary(0.9))))
SHORTEST = ShortestQueue(work=(0.2, 0.5), slots=(1, 2))
EXAMPLES: dict[str, list[Any]] = {
    "routing": [Static(2), Cascade(1, 0.25), Cascade(1, (0.25,)), Stackelberg(GAME), SHORTEST],
    "abandonment": [Stationary(0.3), BestResponse(GAME, 1, 0.3), MIXTURE],
    "throttle": [
        NoThrottle(),
        AddedDelay((0.5, 0.25)),
        SlowService((2, 1.5)),
        LoadDelay(0.5),
        QueueLimit(1),
        Downgrade(1),
        Effort(0.5),
        Effort(0.5, 0.6),
        PeakMeter(0.5, 0, 12),
        Priority((0,)),
        RateLimit(0.5, 2, wait=True),
        Cap(2, 9.0, fallback=True),
        Optimal(GAME, 0.5),
        Layers((AddedDelay((1, 2)), QueueLimit(1))),
        PerClass((RateLimit(0.5), Layers((Cap(2, 9.0), QueueLimit(1))))),
    ],
    "patience": [FixedPatience(0.5)],
    "persistence": [GoesAway(), BackOff(1.0, 2.0, 3), FixedRetry(2.0, 3), WhileWorth((2.0, 9.0))],
    "joining": [Joins(0.5)],
    "service_time": [Deterministic(), Exponential(), Lognormal(0.5)],
    "arrivals": [
        Poisson(2.0),
        Bursts(2.0, 3.0),
        Population((UserClass("free", 3, 1.0, 2.0, 0.1, Person(Stationary(0.1))),)),
    ],
    "slots": [(), (1, 3), (2, float("inf"))],
    "horizon": [float("inf"), 10.0],
    "value_of_time": [0.25],
    "discipline": [
        FCFS(),
        PriorityClasses(),
        ProcessorSharing(),
        ProcessorSharing(4),
        Batching(3.0, 1.0),
        (FCFS(), PriorityClasses()),
    ],
    "seed": [0, 2**64 - 1],
}


def scenario(**changes: Any) -> Scenario:
    slots = {"slots": (2, 3)} if "discipline" in changes else {}
    plain = Scenario(GAME, Offer(Cascade(1, 0.3), NoThrottle()), Person(Stationary(0.2)), tasks=30)
    return plain.replace(**{**slots, **changes})


def there_and_back(before: Scenario, classes: Mapping[str, type] = CLASSES) -> Scenario:
    return Scenario.from_dict(json.loads(json.dumps(before.to_dict())), classes)


def test_there_is_an_example_of_every_policy() -> None:
    shown = {type(x).__name__ for examples in EXAMPLES.values() for x in examples}
    assert {"Mixture", *behaviours()} <= shown


@pytest.mark.parametrize(
    ("field", "example"), [(f, example) for f, examples in EXAMPLES.items() for example in examples]
)
def test_json_there_and_back(field: str, example: Any) -> None:
    before = scenario(**{field: example})
    after = there_and_back(before)
    assert after == before
    one, two = simulate(before, passes=True), simulate(after, passes=True)
    assert one.engine == two.engine
    for name, column in one.tasks.items():
        assert column.tobytes() == two.tasks[name].tobytes()


@given(busy_scenarios(patience=None))
def test_any_scenario_comes_back_equal(before: Scenario) -> None:
    assert there_and_back(before) == before


def test_patience_and_own_classes_come_back_if_they_are_named() -> None:
    before = scenario(patience=Waits(()))  # type: ignore[arg-type]
    assert there_and_back(before, {**CLASSES, "Waits": Waits}) == before


def test_infinity_is_written_as_a_word() -> None:
    text = json.dumps(scenario().to_dict(), allow_nan=False)
    assert '"horizon": "inf"' in text
    assert '"slots": ["inf", "inf"]' in text


def test_the_answer_of_a_solver_is_not_stored_but_solved_again() -> None:
    stored = scenario(routing=Stackelberg(GAME)).to_dict()["offer"]["routing"]
    assert set(stored) == {"class", "game"}


def altered(**changes: Any) -> dict[str, Any]:
    return {**scenario().to_dict(), **changes}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (altered(routing={"class": "Magic"}), "class = 'Magic' must be one of "),
        (altered(routing={"initial": 1}), "class = 'None' must be one of "),
        (altered(colour="red"), r"Scenario: .*unexpected keyword argument 'colour'"),
        (altered(routing={"class": "Static", "models": 1}), "Static: .*'models'"),
        (altered(routing={"class": "Static"}), "Static: .*missing 1 required .*'initial'"),
        (altered(tasks=0), "tasks = 0 must be a whole number"),
        (altered(tasks=1.5), r"tasks = 1\.5 must be a whole number"),
        ({"class": "Poisson", "rate": 1.0}, "class = 'Poisson' must be 'Scenario'"),
    ],
)
def test_what_cannot_be_read_is_named(data: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        Scenario.from_dict(data, CLASSES)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"slots": (1,)}, "slots = (1,) must be 2 numbers, one per model"),
        ({"slots": (1, 2, 3)}, "slots = (1, 2, 3) must be 2 numbers, one per model"),
        ({"slots": (1, 0)}, "slots 2 = 0 must be a whole number of at least 1, or inf"),
        ({"slots": (1.5, 1)}, "slots 1 = 1.5 must be a whole number of at least 1, or inf"),
        ({"slots": (float("nan"), 1)}, "slots 1 = nan must be a whole number"),
        ({"slots": (True, 1)}, "slots 1 = True must be a whole number"),
        ({"value_of_time": 0}, "value of time = 0 must be a finite number greater than 0"),
        ({"value_of_time": float("inf")}, "value of time = inf must be a finite number"),
        ({"tasks": 0}, "tasks = 0 must be a whole number of at least 1"),
        ({"tasks": 2**32}, "tasks = 4294967296 must be a whole number of at least 1"),
        ({"seed": -1}, "seed = -1 must be a whole number from 0 to 2^64 - 1"),
        ({"seed": 2**64}, "seed = 18446744073709551616 must be a whole number from 0"),
        ({"horizon": 0}, "horizon = 0 must be greater than 0 (seconds), or inf"),
        ({"horizon": 10**400}, "horizon = 1000000"),
        ({"horizon": float("nan")}, "horizon = nan must be greater than 0 (seconds), or inf"),
        ({"horizon": "1"}, "horizon = '1' must be greater than 0 (seconds), or inf"),
        (
            {"discipline": ProcessorSharing(), "slots": (1, float("inf"))},
            "slots 2 = inf must be a finite whole number of at least 1 where slots are shared",
        ),
        (
            {"discipline": (FCFS(), Batching(1, 1)), "slots": ()},
            "slots 2 = inf must be a finite whole number of at least 1 where slots are shared",
        ),
        ({"discipline": (FCFS(),)}, "discipline = (FCFS(),) must be one, or 2, one per model"),
        ({"routing": Static(3)}, "initial = 3 must be a model from 1 to 2"),
        ({"routing": Cascade(3, 0.1)}, "initial = 3 must be a model from 1 to 2"),
        ({"routing": Cascade(1, (0.1, 0.2))}, "cascade = (0.1, 0.2) must be 1 probabilities"),
        ({"throttle": AddedDelay((1.0,))}, "added delay = (1.0,) must be 2 numbers"),
    ],
)
def test_a_scenario_that_does_not_fit_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}"):
        scenario(**changes)


def test_a_scenario_is_one_game() -> None:
    games = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), np.array([1.0, 2.0]), 1)
    with pytest.raises(InputError, match=r"^game = 'arrays' must be a single game"):
        scenario(game=games)


def test_nobody_waits_unless_slots_are_given() -> None:
    assert scenario().offer.slots == (float("inf"),) * 2


def test_service_takes_latency_cost_over_value_of_time() -> None:
    assert scenario(value_of_time=0.1).service_means() == (0.2 / 0.1, 0.5 / 0.1)

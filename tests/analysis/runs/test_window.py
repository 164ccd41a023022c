"""Which tasks of a run count, and their passes."""

import math
from typing import Any

import numpy as np
import pytest

from agents import Cascade, Stationary
from analysis.games.catalogue import REFERENCE
from analysis.runs.window import Window, window
from sim import Exponential, Offer, Person, Poisson, Population, Scenario, UserClass, simulate

OFFER = Offer(Cascade(1, 0.3), slots=(1, 2), service_time=Exponential())
CROWD = Population((UserClass("a", 9, 0.02, 5.0, 1.0), UserClass("b", 3, 0.05, 9.0, 2.0)))


def run(window: Window, passes: bool = True, **changes: Any) -> Any:
    start = Scenario(REFERENCE["R14"], OFFER, Person(Stationary(0.1)), Poisson(0.3))
    scenario = window.on(start.replace(**changes))
    assert scenario.tasks == window.tasks
    return simulate(scenario, passes=passes)


def test_a_window_is_in_the_middle_of_its_run() -> None:
    window = Window(50, skip=10, tail=5)
    assert window.tasks == 65
    whole = run(window)
    assert np.flatnonzero(window.counts(whole.tasks)).tolist() == list(range(10, 60))
    part = window.of(whole)
    assert part.tasks["task"].tolist() == list(range(10, 60))
    assert (part.solved == whole.solved[10:60]).all()
    assert (part.metrics()["delay"] == whole.metrics()["delay"][10:60]).all()


@pytest.mark.parametrize("change", [{}, {"arrivals": CROWD}], ids=["strangers", "population"])
def test_passes_are_those_of_the_tasks_that_count(change: dict[str, Any]) -> None:
    window = Window(40, skip=20, tail=3)
    whole = run(window, **change)
    part = window.of(whole)
    inside = np.isin(whole.passes["task"], part.tasks["task"])
    for name, column in whole.passes.items():
        assert (part.passes[name] == column[inside]).all()
    assert len(part.passes["task"]) == part.tasks["passes"].sum() < len(whole.passes["task"])


def test_stakes_of_classes_go_with_their_tasks() -> None:
    window = Window(40, skip=20, tail=3)
    whole = run(window, arrivals=CROWD)
    part = window.of(whole)
    exact = [(5.0, 9.0)[group] for group in part.tasks["group"]]
    assert np.asarray(part.value).tolist() == exact
    utility = whole.metrics()["user_utility"][20:60]
    assert (part.metrics()["user_utility"] == utility).all()


def test_a_day_ends_in_time() -> None:
    whole = run(Window(60))
    noon = float(whole.tasks["arrived"][25])
    assert Window(60, until=noon).counts(whole.tasks).sum() == 25  # who comes at noon is late
    assert len(Window(60, skip=10, until=noon).of(whole).tasks["task"]) == 15


def test_a_whole_run_is_handed_on_and_passes_need_not_be_there() -> None:
    whole = run(Window(30), passes=False)
    assert Window(30).of(whole) is whole
    part = Window(20, skip=10).of(whole)
    assert (len(part.tasks["task"]), len(part.passes["task"])) == (20, 0)


def test_windows_are_so_many_relaxation_times() -> None:
    assert (window(10.4, 2000).skip, window(10.4, 2000).tail) == (52, 11)
    assert window(10.4, 2000).count == 4160
    assert window(4.0, 2000).count == 2000
    assert window(5.0, 10, length=20).count == 100
    assert (window(0.0, 2000).skip, window(0.0, 2000).count, window(0.0, 2000).tail) == (0, 2000, 0)


def test_no_window_is_too_long_to_be_played() -> None:
    for tasks in (20_000.0, math.inf):
        assert window(tasks, 2000).count == 400_000
        assert window(tasks, 2000).skip == 100_000
    assert window(math.inf, 500_000).count == 500_000

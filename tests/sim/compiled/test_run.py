"""How the kernel is set up, watched, interrupted and chosen."""

from dataclasses import dataclass, replace
from time import sleep
from typing import Any

import numpy as np
import pytest

from agents import (
    AddedDelay,
    Cap,
    Cascade,
    FixedPatience,
    Layers,
    QueueLimit,
    RateLimit,
    ShortestQueue,
    Static,
    Stationary,
)
from sim import (
    FCFS,
    Bursts,
    Deterministic,
    Exponential,
    InputError,
    Poisson,
    ProcessorSharing,
    Refuse,
    Task,
    View,
    chunks,
    condense,
    engine,
    simulate,
    stream,
)
from sim.compiled import jit, kernel
from sim.compiled import run as compiled
from sim.compiled.scope import RuleError
from sim.processes import task
from tests.sim.compiled.test_kernel import INF, Tied, network
from tests.sim.compiled.twins import assert_twins
from tests.sim.test_vectorised import assert_same_bytes
from tests.tools.scripted import Clock, Door, Escalates, Leaves, Waits

# --- the run


def test_more_rows_and_pauses_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = network(load=0.95, throttle=AddedDelay((0.5, 0.0)))
    whole = simulate(scenario, engine="compiled", passes=True)
    monkeypatch.setattr(compiled, "_ROWS", 1)
    monkeypatch.setattr(compiled, "_PAUSE", 37)
    assert_same_bytes(whole, simulate(scenario, engine="compiled", passes=True))
    assert_twins(scenario.replace(slots=(1.0, 1.0), tasks=300))  # a queue without end


def test_chunks_of_tasks_that_do_not_meet_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = network((INF, INF))
    whole, summary = simulate(scenario, engine="compiled", passes=True), stream(scenario)
    monkeypatch.setattr(compiled, "_CHUNK", 37)
    assert_same_bytes(whole, simulate(scenario, engine="compiled", passes=True))
    assert summary.means() == stream(scenario).means()


@pytest.mark.parametrize("slots", [(4.0, 2.0), (INF, INF)])
def test_chunks_are_together_the_whole_run(
    slots: tuple[float, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = network(slots)
    whole, summary = simulate(scenario, engine="compiled", passes=True), stream(scenario)
    monkeypatch.setattr(compiled, "_CHUNK", 37)
    parts = list(chunks(scenario, passes=True))
    assert len(parts) >= whole.tasks["task"].size // 37
    for kind in ("tasks", "passes"):
        for name, column in getattr(whole, kind).items():
            pieces = [getattr(part, kind)[name] for part in parts]
            assert np.concatenate(pieces).tobytes() == column.tobytes(), name
    condensed = condense(scenario, iter(parts))
    for ours, theirs in zip(condensed.totals, summary.totals, strict=True):
        assert ours.tobytes() == theirs.tobytes()


def test_chunks_that_fail_on_the_way_are_played_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = network()
    whole = simulate(scenario, engine="simpy", passes=True)
    monkeypatch.setattr(compiled, "_CHUNK", 100)
    play = compiled.play

    def fails(*arguments: Any) -> Any:
        run = play(*arguments)
        yield from (next(run) for _ in range(3))
        raise RuleError

    monkeypatch.setattr(compiled, "play", fails)
    *_, rest = parts = list(chunks(scenario, passes=True))
    assert [part.engine for part in parts] == ["compiled"] * 3 + ["simpy"]
    assert rest.tasks["ended"].tobytes() == whole.tasks["ended"][300:].tobytes()
    assert sum(len(part.passes["task"]) for part in parts) == len(whole.passes["task"])


@pytest.mark.parametrize("slots", [(4.0, 2.0), (INF, INF)])
def test_progress_is_reported(monkeypatch: pytest.MonkeyPatch, slots: tuple[float, ...]) -> None:
    monkeypatch.setattr(compiled, "_PAUSE", 500)
    monkeypatch.setattr(compiled, "_CHUNK", 500)
    told: list[int] = []
    simulate(network(slots), engine="compiled", progress=told.append)
    assert told[0] == 0
    assert len(told) >= 4
    assert told == sorted(told)


def test_progress_goes_on_when_the_last_task_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is heard between two reports: nobody waits for a long queue to end."""
    monkeypatch.setattr(compiled, "_PAUSE", 500)
    told: list[int] = []
    crowd = replace(network((1.0, 1.0)), arrivals=Poisson(1e6))
    simulate(crowd, engine="compiled", progress=told.append)
    assert told.count(2000) >= 4


def test_with_passes_progress_is_told_as_without() -> None:
    told: list[int] = []
    simulate(network((INF, INF)), engine="compiled", passes=True, progress=told.append)
    assert told == [0]


def test_an_interrupted_run_leaves_the_chunks_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_CHUNK", 10)
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    played: list[int] = []
    sample = kernel.sample

    def watched(*arguments: Any) -> Any:
        sleep(0.001)
        played.append(arguments[3])
        return sample(*arguments)

    def interrupt(arrived: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(kernel, "sample", watched)
    with pytest.raises(KeyboardInterrupt):
        simulate(network((INF, INF)), engine="compiled", progress=interrupt)
    assert len(played) < 150  # of 200


def test_code_that_cannot_be_kept_is_compiled_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    from numba import njit as real

    def nowhere(cache: bool = False, **options: Any) -> Any:
        if cache:
            raise RuntimeError("cannot cache function")
        return real(**options)

    monkeypatch.setattr("sim.compiled.jit.njit", nowhere)

    @jit.entry(task)
    def twice(x: float) -> float:
        return 2 * x

    assert twice(1.5) == 3.0


def test_numbers_of_numpy_make_no_difference() -> None:
    small: Any = np.float32(0.3)
    scenario = network(
        value_of_time=small, throttle=AddedDelay((small, small)), arrivals=Poisson(small),
        abandonment=Stationary(small), routing=Cascade(1, small),
    )  # fmt: skip
    assert_twins(scenario)


# --- which engine


class Returns:
    """Comes back in a second, as no rule of numbers says."""

    def again(self, mind: Any, task: Task, refusal: Refuse, view: View) -> float:
        return 1.0


@dataclass(frozen=True)
class Asks(ShortestQueue):
    """Decides anew, so that its parent does not speak for it."""

    def first(self, state: Any, task: Task, view: View) -> tuple[int, Any]:
        return 1, state


@pytest.mark.parametrize(
    "changes",
    [
        {"patience": Waits({})},
        {"routing": Escalates()},
        {"routing": Asks((1.0, 1.0), (4.0, 2.0))},
        {"abandonment": Leaves()},
        {"throttle": Door({})},
        {"throttle": Layers((RateLimit(1.0), Door({})))},
        {"throttle": QueueLimit(1), "persistence": Returns()},
        {"throttle": Cap(10_000, 9.0)},
        {"arrivals": Clock((1.0,))},
    ],
)
def test_what_the_kernel_cannot_play_is_refused_or_left_to_simpy(changes: dict[str, Any]) -> None:
    scenario = network(tasks=engine.COMPILED_FROM, horizon=9.0, **changes)
    message = r"^engine = 'compiled' must have rules of numbers .*; use engine = 'simpy'$"
    with pytest.raises(InputError, match=message):
        simulate(scenario, engine="compiled")
    with pytest.raises(InputError, match=message):
        stream(scenario)
    assert engine.choose(scenario) == "simpy"


class Slower(Exponential):
    """Does something else than its parent."""


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "compiled"),
        ({"throttle": RateLimit(1.0), "arrivals": Bursts(1.0, 2.0)}, "compiled"),
        ({"discipline": (FCFS(), ProcessorSharing())}, "compiled"),
        ({"patience": FixedPatience(1.0)}, "compiled"),
        ({"tasks": engine.COMPILED_FROM - 1}, "simpy"),
        ({"service_time": Slower()}, "simpy"),
        ({"arrivals": Tied(1.0)}, "simpy"),
        ({"routing": Static(2)}, "compiled"),
        ({"slots": (INF, INF)}, "compiled"),
        ({"slots": (INF, INF), "service_time": Deterministic()}, "vectorised"),
        ({"slots": (INF, INF), "service_time": Deterministic(), "tasks": 10**7}, "compiled"),
    ],
)
def test_auto_takes_the_fastest_that_can(changes: dict[str, Any], name: str) -> None:
    scenario = network(tasks=engine.COMPILED_FROM).replace(**changes)
    assert engine.choose(scenario) == name

"""Two engines, one result: bit for bit."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import AddedDelay, Cascade, NoThrottle, Static, Stationary
from sim import (
    Deterministic,
    Draws,
    Game,
    Offer,
    Outcome,
    Person,
    Poisson,
    Result,
    Scenario,
    simulate,
    vectorised,
)
from tests.tools.scripted import Clock
from tests.tools.strategies import chains, money, probabilities, seeds, vectors


@st.composite
def uncongested(draw: st.DrawFn) -> Scenario:
    """Everything that the vectorised engine can play."""
    game = draw(chains(1, 4))
    n = len(game.models)
    initial = draw(st.integers(1, n))
    s = draw(probabilities | vectors(n - 1, probabilities))
    delays = vectors(n, st.floats(0, 5))
    return Scenario(
        game,
        Offer(
            draw(st.just(Static(initial)) | st.just(Cascade(initial, s))),
            draw(st.just(NoThrottle()) | st.builds(AddedDelay, delays)),
        ),
        Person(Stationary(draw(probabilities))),
        arrivals=Poisson(draw(st.floats(0.01, 100))),
        value_of_time=draw(money),
        tasks=draw(st.integers(1, 60)),
        seed=draw(seeds),
    )


def assert_same_bytes(one: Result, two: Result) -> None:
    for first, second in ((one.tasks, two.tasks), (one.passes, two.passes)):
        assert list(first) == list(second)
        for name, column in first.items():
            assert column.dtype == second[name].dtype, name
            assert column.tobytes() == second[name].tobytes(), name


@given(uncongested(), seeds)
def test_both_engines_give_the_same_bytes(scenario: Scenario, replication: int) -> None:
    fast, slow = (
        simulate(scenario, replication=replication, engine=engine, passes=True)
        for engine in ("vectorised", "simpy")
    )
    assert (fast.engine, slow.engine) == ("vectorised", "simpy")
    assert_same_bytes(fast, slow)


@given(uncongested())
def test_auto_takes_the_vectorised_engine_where_it_can(scenario: Scenario) -> None:
    result = simulate(scenario, passes=True)
    assert result.engine == "vectorised"
    assert_same_bytes(result, simulate(scenario, engine="vectorised", passes=True))


GAME = Game.of((0.3, 0.5, 0.8), (0.2, 0.5, 0.7), (0.1, 0.3, 0.4), 2, 1)


def scenario(**changes: Any) -> Scenario:
    base = Scenario(
        GAME, Offer(Cascade(1, (0.3, 0.6)), AddedDelay((0.1, 0.2, 0.3))), Person(Stationary(0.1))
    )
    return base.replace(**{"tasks": 500, **changes})


class Twice(Deterministic):
    """A subclass may do other things."""

    def seconds(self, mean: float, u: float, second: float) -> float:
        return 2 * mean


def test_a_subclass_is_left_to_simpy() -> None:
    doubled = scenario(service_time=Twice())
    assert not vectorised.covers(doubled)
    assert simulate(doubled).tasks["service"].sum() == pytest.approx(
        2 * simulate(scenario()).tasks["service"].sum()
    )


@given(seeds, st.integers(0, 2), st.booleans())
def test_probabilities_that_equal_the_luck_are_decided_alike(
    seed: int, which: int, above: bool
) -> None:
    """p, q or s is the very uniform that decides the first pass, or the next number above it."""
    u = Draws(seed).words(0, 1)[1 + which]
    edge = float(np.nextafter(u, 1)) if above else u
    p, q, s = (edge if which == k else default for k, default in enumerate((1e-300, 0.0, 0.5)))
    game = Game.of((p, 0.9), (1, 2), (1, 1), 1, 1)
    few = Scenario(game, Offer(Cascade(1, s)), Person(Stationary(q)), tasks=3, seed=seed)
    fast, slow = (simulate(few, engine=e, passes=True) for e in ("vectorised", "simpy"))
    assert_same_bytes(fast, slow)
    alone = fast.tasks["passes"][0] == 1
    happens = (
        fast.passes["success"][0],
        alone and fast.tasks["outcome"][0] == Outcome.ABANDONED,
        not alone and fast.passes["model"][1] == 2,
    )
    assert happens[which] == above


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(scenario(), passes=True)
    monkeypatch.setattr(vectorised, "_CHUNK", 37)
    assert_same_bytes(whole, simulate(scenario(), passes=True))
    assert_same_bytes(whole, simulate(scenario(), engine="simpy", passes=True))


def test_the_comparison_notices_a_delay_in_the_last_digit() -> None:
    longer = scenario(throttle=AddedDelay((0.1, float(np.nextafter(0.2, 1)), 0.3)))
    with pytest.raises(AssertionError):
        assert_same_bytes(simulate(scenario()), simulate(longer))


@pytest.mark.parametrize("times", [(), (3.0,), (0.0, 0.0, 5.0)])
def test_arrivals_may_end_early_or_never_begin(times: tuple[float, ...]) -> None:
    few = scenario(arrivals=Clock(times))
    fast, slow = (simulate(few, engine=e, passes=True) for e in ("vectorised", "simpy"))
    assert fast.tasks["arrived"].tolist() == list(times)
    assert_same_bytes(fast, slow)


def test_a_shorter_run_is_the_beginning_of_a_longer_one() -> None:
    long, short = simulate(scenario()), simulate(scenario(tasks=123))
    for name, column in short.tasks.items():
        assert column.tobytes() == long.tasks[name][:123].tobytes()

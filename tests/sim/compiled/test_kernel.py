"""The compiled twin gives the bytes of the SimPy engine: tasks, passes and summaries."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents import AddedDelay, Cascade, NoThrottle, SlowService, Stationary
from sim import (
    FCFS,
    Deterministic,
    Draws,
    Exponential,
    Game,
    InputError,
    Lognormal,
    Offer,
    Person,
    Poisson,
    PriorityClasses,
    Purpose,
    Scenario,
    Throttle,
    condense,
    rule,
    simulate,
    visits,
)
from sim.compiled import asking, kernel, times
from sim.servers.server import ModelServer
from sim.servers.service_times import ServiceTime, exponential, lognormal
from tests.sim.compiled.twins import assert_twins
from tests.tools.rules import called
from tests.tools.scripted import members
from tests.tools.strategies import chains, money, probabilities, seeds, vectors

INF = math.inf
SERVICE: tuple[ServiceTime, ...] = (Deterministic(), Exponential(), Lognormal(1.5))


def network(
    slots: tuple[float, ...] = (4.0, 2.0),
    load: float = 0.7,
    service: ServiceTime = SERVICE[1],
    **changes: Any,
) -> Scenario:
    """One task per second enters two models, each of them ``load`` busy (infinite slots: 4)."""
    unit = Game.of((0.5, 0.8), (1, 1), (1, 2), value=3, penalty=1)
    means = tuple(
        load * (n if n < INF else 4.0) / v
        for n, v in zip(slots, visits(unit, 1, 0.3, 0.1), strict=True)
    )
    scenario = Scenario(
        Game.of((0.5, 0.8), means, (0.1, 0.3), value=3, penalty=1),
        Offer(Cascade(1, 0.3), slots=slots, service_time=service),
        Person(Stationary(0.1)),
        tasks=2000,
    )
    return scenario.replace(**changes)


@st.composite
def crowded(draw: st.DrawFn) -> Scenario:
    """Everything that the kernel can play; deterministic times are often multiples of a half."""
    game = draw(chains(1, 4))
    n = len(game.models)
    halves = st.integers(1, 6).map(lambda k: k / 2)
    if draw(st.booleans()):  # ties
        times = draw(vectors(n, halves))
        models = tuple(replace(m, t=t) for m, t in zip(game.models, times, strict=True))
        game = replace(game, models=models)
    delays = draw(vectors(n, st.floats(0, 5) | st.just(0.0) | halves))
    factors = draw(vectors(n, st.floats(1, 3)))
    throttles: tuple[Throttle, ...] = (NoThrottle(), AddedDelay(delays), SlowService(factors))
    service = draw(st.sampled_from((*SERVICE, Lognormal(0.3))))
    return Scenario(
        game,
        Offer(
            Cascade(draw(st.integers(1, n)), draw(vectors(n - 1, probabilities))),
            draw(st.sampled_from(throttles)),
            slots=draw(vectors(n, st.sampled_from((1.0, 2.0, 3.0, 1000.0, INF)))),
            discipline=draw(st.sampled_from((FCFS(), PriorityClasses()))),
            service_time=service,
        ),
        Person(Stationary(draw(probabilities))),
        arrivals=Poisson(draw(st.floats(0.01, 100))),
        value_of_time=draw(st.just(1.0) | money),
        tasks=draw(st.integers(1, 200)),
        horizon=draw(st.just(INF) | st.floats(0.1, 50) | halves),
        seed=draw(seeds),
    )


@given(crowded(), seeds)
def test_random_games_have_one_trajectory(scenario: Scenario, replication: int) -> None:
    assert_twins(scenario, replication)


@pytest.mark.parametrize("service", SERVICE, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("slots", [1.0, 4.0, 1000.0, INF])
def test_networks_have_one_trajectory(slots: float, service: ServiceTime) -> None:
    delays = AddedDelay((0.0, 0.5))
    assert_twins(network((slots, slots), 0.9, service, throttle=delays))


@pytest.mark.slow
@pytest.mark.parametrize("load", [0.3, 0.7, 0.98])
@pytest.mark.parametrize("service", SERVICE, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("slots", [1.0, 4.0, 1000.0, INF])
def test_long_runs_have_one_trajectory(slots: float, service: ServiceTime, load: float) -> None:
    assert_twins(network((slots, slots), load, service, tasks=100_000, seed=7))


class Tied(Poisson):
    """Might come at other times than its parent."""


@pytest.mark.parametrize("slots", [1.0, 2.0, INF])
def test_ties_are_broken_alike(slots: float) -> None:
    """Four tasks a nanosecond arrive; then every event is at a whole second, times rounding."""
    game = Game.of((0.3, 0.6), (2.0**20, 2.0**21), (1, 1), 9, 1)
    delay = AddedDelay((2.0**20, 0.0))
    for seed in range(20):
        scenario = Scenario(
            game,
            Offer(Cascade(1, 0.5), delay, slots=(slots, 2.0)),
            Person(Stationary(0.1)),
            arrivals=Poisson(1e30),
            tasks=64,
            seed=seed,
        )
        assert len(set(simulate(scenario, engine="simpy").tasks["ended"].tolist())) < 64
        assert_twins(scenario)


def test_the_comparison_notices_who_rejoins_before_the_next_one_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A planted difference: the freed slot is there for its own user first."""

    def free(self: ModelServer, event: Any) -> None:
        self.busy -= 1
        self._env.process(offer(self))

    def offer(self: ModelServer) -> Any:
        if self._queue and self.busy < self._slots:
            self.busy += 1
            self._queue.popleft().serve(self._env.now)
        yield from ()

    monkeypatch.setattr(ModelServer, "_release", free)
    with pytest.raises(AssertionError):
        assert_twins(network())


def test_the_comparison_notices_another_order_of_equal_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A planted difference: a freed slot goes to who came last."""
    monkeypatch.setattr(ModelServer, "_join", lambda self, service: self._queue.appendleft(service))
    with pytest.raises(AssertionError):
        assert_twins(network())


# --- the parts


@given(
    seeds,
    seeds,
    st.integers(0, 2**32),
    st.integers(0, 2**20),
    st.sampled_from(Purpose),
    st.integers(0, 2**40),
)
def test_the_kernel_draws_the_same_words(
    seed: int, replication: int, task: int, number: int, purpose: Purpose, attempt: int
) -> None:
    key = np.uint64(seed), np.uint64(replication)
    words, one = kernel.drawn(*key, task, number, int(purpose), attempt)
    draws = Draws(seed, replication)
    assert words == draws.words(task, number, purpose)
    assert one == draws.words(task, number, purpose, attempt)[0]


compiled_exponential = called(times._exponential)
compiled_lognormal = called(times._lognormal)
uniforms = st.integers(0, 2**53 - 1).map(lambda k: k * 2.0**-53)


@settings(max_examples=500)
@given(st.floats(1e-6, 1e6), uniforms, uniforms, st.floats(1e-6, 5))
def test_compiled_logarithms_and_cosines_are_those_of_python(
    mean: float, u: float, second: float, variance: float
) -> None:
    assert compiled_exponential(mean, u) == exponential(mean, u)
    assert compiled_lognormal(mean, u, second, variance) == lognormal(mean, u, second, variance)


@pytest.mark.slow
def test_many_compiled_logarithms_are_those_of_python() -> None:
    for u, second, *_ in Draws(5).block(0, 300_000, 1).tolist():
        assert compiled_exponential(1.0, u) == exponential(1.0, u)
        assert compiled_lognormal(1.0, u, second, 0.7) == lognormal(1.0, u, second, 0.7)


def test_the_one_rule_of_the_game_is_compiled() -> None:
    assert kernel._next_state.py_func is rule.next_state
    assert asking._next_state.py_func is rule.next_state


def test_a_population_has_no_single_summary() -> None:
    scenario = members(network(), ((1.0, 0),))
    with pytest.raises(InputError, match=r"^arrivals = a population must be"):
        condense(scenario, simulate(scenario))

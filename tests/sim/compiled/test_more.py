"""The kernel beyond tables: what is written as scalar rules has one trajectory in both engines."""

import math
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents import (
    AddedDelay,
    BackOff,
    Cap,
    Cascade,
    Downgrade,
    FixedPatience,
    FixedRetry,
    Gate,
    GoesAway,
    Joins,
    Layers,
    LoadDelay,
    NoThrottle,
    PeakMeter,
    PerClass,
    Priority,
    QueueLimit,
    RateLimit,
    ScalarAbandonment,
    ScalarJoining,
    ScalarPatience,
    ScalarRouting,
    ShortestQueue,
    SlowService,
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
from sim.scalars import ADMIT, ALL, REFUSE, TASK, Answer, Counts, Memory, Own, Scalar
from sim.servers.service_times import ServiceTime
from tests.sim.compiled.twins import assert_twins
from tests.tools.strategies import chains, probabilities, seeds, vectors

INF = math.inf


# --- rules of a person's own, which use all that there is


@dataclass(frozen=True)
class Moody(Gate):
    """Refuses, delays, diverts and ranks by luck and by what it remembers."""

    of: str
    chance: float

    def scalar(self) -> Scalar:
        return Scalar(moody, (self.chance, 0.5), memory=2, of=self.of, random=True)


def moody(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    memory[0] += 1.0
    late = now - memory[1]
    memory[1] = now
    if luck < own[0]:
        return REFUSE, own[1] * memory[0], 0, 0
    if luck > 1.0 - own[0]:
        return ADMIT, min(late, 3.0), 1, queued + group
    return ADMIT, 0.0, 0, int(memory[0]) % 3 - 1


@dataclass(frozen=True)
class Tries(ScalarAbandonment):
    """Gives up the likelier the longer it takes, and at some failure, of all tasks, for certain."""

    most: int
    random: bool

    def scalar(self) -> Scalar:
        return Scalar(tries, (self.most,), memory=2, random=self.random)


def tries(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Memory) -> float:
    memory[1] += 1.0
    if memory[1] >= own[0] or passes >= 9:
        memory[1] = 0.0
        return 1.0
    return min(1.0, 0.3 * memory[0] + 0.1 * elapsed / (elapsed + model))


@dataclass(frozen=True)
class Hasty(ScalarPatience):
    """Bears less the longer the line, by luck."""

    waiting: float
    sojourn: float

    def scalar(self) -> Scalar:
        return Scalar(hasty, (self.waiting, self.sojourn), random=True)


def hasty(now: float, model: int, queued: int, luck: float, own: Own) -> tuple[float, float]:
    return own[0] * (1.0 + luck), own[1] * model / (1.0 + queued * luck)


@dataclass(frozen=True)
class Timid(ScalarJoining):
    """Begins the less likely the longer the line, and less at M2."""

    chance: float

    def scalar(self) -> Scalar:
        return Scalar(timid, (self.chance,))


def timid(now: float, model: int, queued: int, own: Own) -> float:
    return own[0] / (model + queued) if now < 20.0 else 1.0


@dataclass(frozen=True)
class Fickle(ScalarRouting):
    """Routes by luck and memory."""

    models: int

    def size(self) -> int:
        return self.models

    def pair(self) -> tuple[Scalar, Scalar]:
        first = Scalar(fickle, (self.models,), memory=1, of=ALL, random=True)
        return first, Scalar(climbs, (0.5,), memory=1, of=TASK, random=True)


def fickle(
    now: float, group: int, queued: Counts, serving: Counts, luck: float, own: Own, memory: Memory
) -> int:
    memory[0] += 1.0
    return 1 + (int(luck * 100.0) + int(memory[0]) + queued[1] + group) % int(own[0])


def climbs(
    now: float, model: int, queued: Counts, serving: Counts, luck: float, own: Own, memory: Memory
) -> float:
    memory[0] += 0.25
    return min(1.0, luck * memory[0] + own[0] * (queued[model] > serving[model + 1]))


# --- anything


halves = st.integers(1, 6).map(lambda k: k / 2)
times = st.floats(0.01, 8) | halves
counts = st.integers(1, 4)


def entrances() -> st.SearchStrategy[Any]:
    """What decides when a prompt comes: it holds nothing back, and leaves the work as it is."""
    return st.one_of(
        st.just(NoThrottle()),
        st.builds(LoadDelay, st.floats(0, 2)),
        st.builds(QueueLimit, counts),
        st.builds(Downgrade, counts),
        st.builds(PeakMeter, times, st.just(0), st.sampled_from((0.001, 23.0))),
        st.builds(Priority, st.sampled_from(((0,), (1,), (0, 2)))),
        st.builds(RateLimit, times, counts, st.booleans()),
        st.builds(Cap, counts, times, st.booleans()),
        st.builds(Moody, st.sampled_from((ALL, TASK, "user")), st.floats(0, 0.4)),
    )


def throttles(models: int) -> st.SearchStrategy[Any]:
    single = st.one_of(
        entrances(),
        st.builds(AddedDelay, vectors(models, st.floats(0, 3) | halves)),
        st.builds(SlowService, vectors(models, st.floats(1, 3))),
    )
    layers = st.lists(single, min_size=1, max_size=3).map(tuple)
    several = st.builds(Layers, layers | st.tuples(single, st.builds(Layers, layers)))
    own = entrances() | st.builds(Layers, st.tuples(entrances(), entrances()))
    classes = st.builds(PerClass, st.lists(own, min_size=1, max_size=3).map(tuple))
    return single | several | classes | st.builds(Layers, st.tuples(single, classes, single))


persistences = st.one_of(
    st.none(),
    st.just(GoesAway()),
    st.builds(FixedRetry, times, counts),
    st.builds(WhileWorth, st.lists(times | st.just(0.0), min_size=1, max_size=3).map(tuple)),
    st.builds(BackOff, st.floats(0.1, 2), st.floats(1, 3), counts),
)
patiences = st.one_of(
    st.none(),
    st.builds(FixedPatience, times | st.just(0.0)),
    st.builds(Hasty, times | st.just(INF), times | st.just(INF)),
)
leaving = st.one_of(
    st.builds(Stationary, probabilities.map(lambda q: max(q, 0.02))),
    st.builds(Tries, st.integers(1, 9), st.booleans()),
    st.builds(
        lambda w, q, r: Mixture(((w, Stationary(q)), (1 - w, Stationary(r)))),
        probabilities, st.floats(0.02, 1), st.floats(0.02, 1),
    ),
)  # fmt: skip
joinings = st.none() | st.builds(Joins, probabilities) | st.builds(Timid, probabilities)
persons = st.builds(Person, leaving, patiences, persistences, joinings)


@st.composite
def populations(draw: st.DrawFn) -> Population:
    kinds = draw(st.integers(1, 3))
    return Population(
        tuple(
            UserClass(
                f"k{k}", draw(counts), draw(times), draw(times), draw(times),
                draw(st.none() | persons),
            )
            for k in range(kinds)
        )
    )  # fmt: skip


def disciplines(slots: float) -> st.SearchStrategy[Any]:
    lines = st.sampled_from((FCFS(), PriorityClasses()))
    if slots == INF:
        return lines
    return lines | st.one_of(
        st.builds(ProcessorSharing, st.sampled_from((1, 2, 3, INF))),
        st.builds(Batching, st.floats(0, 3), st.floats(0.1, 2)),
        st.just(Batching(1.0, 1.0)),
    )


@st.composite
def anything(draw: st.DrawFn) -> Scenario:
    """Everything that the kernel can play; times are often multiples of a half, and tie."""
    game = draw(chains(1, 3))
    n = len(game.models)
    if draw(st.booleans()):
        models = tuple(
            type(m)(m.p, t, m.c) for m, t in zip(game.models, draw(vectors(n, halves)), strict=True)
        )
        game = Game(models, game.value, game.penalty)
    slots = draw(vectors(n, st.sampled_from((1.0, 2.0, 3.0, INF))))
    routing = st.one_of(
        st.builds(Cascade, st.integers(1, n), vectors(n - 1, probabilities)),
        st.just(ShortestQueue(tuple(float(m.t) for m in game.models), slots)),
        st.just(Fickle(n)),
    )
    kinds: tuple[ServiceTime, ...] = (Deterministic(), Exponential(), Lognormal(0.7))
    service = st.sampled_from(kinds)
    return Scenario(
        game,
        Offer(
            draw(routing), draw(throttles(n)), slots=slots,
            discipline=tuple(draw(disciplines(one)) for one in slots),
            service_time=draw(service),
        ),
        draw(persons),
        arrivals=draw(
            st.builds(Poisson, times)
            | st.builds(Bursts, times, st.floats(1, 4))
            | populations()
        ),
        value_of_time=draw(st.just(1.0) | times),
        tasks=draw(st.integers(1, 120)),
        horizon=draw(st.just(INF) | st.floats(0.1, 60) | halves),
        seed=draw(seeds),
    )  # fmt: skip


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(anything(), seeds)
def test_random_scenarios_have_one_trajectory(scenario: Scenario, replication: int) -> None:
    try:
        assert_twins(scenario, replication)
    except InputError as error:  # users who never get in: both engines say so
        with pytest.raises(InputError) as other:
            simulate(scenario, replication=replication, engine="simpy")
        assert str(other.value) == str(error)


def overrun(tasks: int) -> Scenario:
    """One user, who asks twice as often as the limit lets in, and obeys."""
    crowd = Population((UserClass("one", 1, 1.0, 1.0, 1.0),))
    game = Game.of((0.9,), (0.1,), (0.1,), value=1, penalty=1)
    throttle = RateLimit(0.5)
    return Scenario(game, Offer(Cascade(1, ()), throttle), arrivals=crowd, tasks=tasks)


def test_refusals_that_grow_without_end_are_an_error() -> None:
    with pytest.raises(InputError, match=r"^throttle: users ask for more than it ever lets in"):
        simulate(overrun(3000), engine="compiled")
    assert_twins(overrun(300))


@pytest.mark.slow
def test_refusals_that_grow_without_end_are_an_error_on_simpy_too() -> None:
    with pytest.raises(InputError, match=r"^throttle: users ask for more than it ever lets in"):
        simulate(overrun(3000), engine="simpy")

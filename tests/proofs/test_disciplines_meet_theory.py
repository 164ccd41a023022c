"""Every discipline against exact theory, written here a second time.

Batch means as in `tests.proofs.test_queues`: a family of checks fails by chance once in a million
runs. Every kind of check is also shown to catch an error planted in what it checks.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import simpy

from agents import Cascade, Static, Stationary
from sim import (
    FCFS,
    Admit,
    Batching,
    Deterministic,
    Exponential,
    Game,
    Lognormal,
    Mixture,
    Offer,
    Outcome,
    Person,
    Poisson,
    Population,
    PriorityClasses,
    ProcessorSharing,
    Refuse,
    Result,
    Scenario,
    ServiceTime,
    Task,
    UserClass,
    View,
    expectations,
    simulate,
)
from sim.policies import Mind
from sim.servers.server import Server
from sim.servers.sharing import SharingServer
from tests.proofs.test_queues import BATCHES, ExponentialPatience, erlang_a, warm
from tests.proofs.test_queues import station as any_station
from tests.tools.chance import batch_score, t_bound

pytestmark = pytest.mark.slow  # long runs, each against exact theory

TASKS = 25_000


def station(rate: float, service_rate: float, slots: float, **changes: Any) -> Result:
    """One model that everybody leaves after one pass."""
    return any_station(rate, service_rate, slots, **{"tasks": TASKS, **changes})


def sojourns(result: Result) -> np.ndarray:
    return warm(result.tasks["ended"] - result.tasks["arrived"])


def scores(result: Result, sojourn: float, waiting: float) -> list[float]:
    """Standard errors of the mean times in the system and in the queue from the exact ones."""
    found = (sojourns(result), sojourn), (warm(result.tasks["waiting"]), waiting)
    return [batch_score(values, exact, BATCHES) for values, exact in found]


# ---------------------------------------------------------------- processor sharing


@pytest.mark.parametrize(
    ("service_time", "slots"),
    [(Exponential(), 1), (Deterministic(), 1), (Lognormal(1.0), 1), (Lognormal(1.0), 3)],
)
def test_sharing_does_not_care_how_service_times_are_distributed(
    service_time: ServiceTime, slots: int
) -> None:
    rate = 0.6 * slots
    result = station(rate, 1.0, slots, discipline=ProcessorSharing(), service_time=service_time)
    exact = 1 / (slots * 1.0 - rate)
    assert abs(batch_score(sojourns(result), exact, BATCHES)) < t_bound(1, BATCHES)
    assert not result.tasks["waiting"].any()


def test_sharing_at_4_arrivals_and_9_departures_a_second_takes_a_fifth_of_one() -> None:
    result = station(4.0, 9.0, 1, discipline=ProcessorSharing())
    assert abs(batch_score(sojourns(result), 0.2, BATCHES)) < t_bound(1, BATCHES)


@dataclass(frozen=True)
class Sluggish(ProcessorSharing):
    """Planted: a processor that is too slow."""

    stretch: float = 1.05

    def server(self, env: simpy.Environment, slots: float) -> Server:
        return SharingServer(env, self.cap, (0.0, self.stretch, slots))


@pytest.mark.parametrize(
    "planted",
    [
        Sluggish(),  # by 5%, which makes the mean 2.84
        FCFS(),  # 1.75
        ProcessorSharing(cap=2),
    ],
)
def test_the_check_of_sharing_catches(planted: Any) -> None:
    result = station(0.6, 1.0, 1, service_time=Deterministic(), tasks=40_000, discipline=planted)
    assert abs(batch_score(sojourns(result), 2.5, BATCHES)) > t_bound(1, BATCHES)


# ---------------------------------------------------------------- load-dependent speed


def birth_death(rate: float, departures: Callable[[int], float], room: int) -> tuple[float, float]:
    """Mean time in the system, and in the queue, where ``departures(n)`` is the rate at n present.

    Little's law for the stationary distribution of the number present, up to 2000.
    """
    logs = np.cumsum([math.log(rate / departures(n)) for n in range(1, 2001)])
    weights = np.exp(np.concatenate([[0.0], logs]) - max(0.0, logs.max()))
    present = np.arange(2001)
    queue = np.maximum(present - room, 0)
    total = weights.sum() * rate
    return float(weights @ present / total), float(weights @ queue / total)


def test_the_numerical_solution_knows_m_m_1() -> None:
    assert birth_death(0.6, lambda n: 1.0, 1) == pytest.approx((2.5, 1.5))


def batch_rate(a: float, b: float, slots: int) -> Callable[[int], float]:
    def departures(n: int) -> float:
        j = min(n, slots)
        return j * (a + b) / (a + b * j)

    return departures


@pytest.mark.parametrize(("cap", "slots", "rate"), [(1, 1, 0.6), (3, 1, 0.7), (2, 4, 2.6)])
def test_a_capped_processor_is_a_birth_death_chain(cap: int, slots: int, rate: float) -> None:
    exact = birth_death(rate, lambda n: slots, cap)
    found = scores(station(rate, 1.0, slots, discipline=ProcessorSharing(cap)), *exact)
    assert np.abs(found).max() < t_bound(2, BATCHES)


@pytest.mark.parametrize(
    ("a", "b", "slots", "rate"),
    [(3.0, 1.0, 4, 1.4), (1.0, 1.0, 8, 1.1), (9.0, 1.0, 16, 4.0), (0.0, 1.0, 3, 0.6)],
)
def test_a_batch_is_a_birth_death_chain(a: float, b: float, slots: int, rate: float) -> None:
    exact = birth_death(rate, batch_rate(a, b, slots), slots)
    found = scores(station(rate, 1.0, slots, discipline=Batching(a, b)), *exact)
    assert np.abs(found).max() < t_bound(2, BATCHES)


def test_the_check_of_batches_catches_a_slightly_longer_step() -> None:
    # a step of 2 + j instead of 3 + j: 4 passes do 2 instead of 16 / 7 s of work per second
    exact = birth_death(1.6, batch_rate(3.0, 1.0, 4), 4)
    found = scores(station(1.6, 1.0, 4, discipline=Batching(2.0, 1.0), tasks=40_000), *exact)
    assert np.abs(found).max() > t_bound(2, BATCHES)


@pytest.mark.parametrize(
    ("service_time", "squared_cv"), [(Deterministic(), 0.0), (Lognormal(1.0), 1.0)]
)
@pytest.mark.parametrize("discipline", [ProcessorSharing(cap=1), Batching(1, 2)])
def test_one_place_waits_as_pollaczek_and_khinchine_say(
    discipline: Any, service_time: ServiceTime, squared_cv: float
) -> None:
    changes = {"discipline": discipline, "service_time": service_time}
    waiting = warm(station(0.5, 1.0, 1, **changes).tasks["waiting"])
    exact = 0.5 * (1 + squared_cv) / (2 * (1 - 0.5))
    assert abs(batch_score(waiting, exact, BATCHES)) < t_bound(1, BATCHES)


def test_the_check_of_pollaczek_and_khinchine_catches_a_forgotten_variance() -> None:
    waiting = warm(station(0.5, 1.0, 1, service_time=Lognormal(1.0)).tasks["waiting"])
    assert abs(batch_score(waiting, 0.25, BATCHES)) > t_bound(1, BATCHES)


# ---------------------------------------------------------------- priorities

RATES = (0.2, 0.3, 0.2)  # of three classes, passes of a second on average


def ranked(discipline: Any, service_time: ServiceTime) -> list[np.ndarray]:
    """Waiting times of each class at one slot."""
    names = ("paid", "free", "trial")
    crowd = Population(
        tuple(UserClass(n, 4, rate / 4, 1.0, 1.0) for n, rate in zip(names, RATES, strict=True))
    )
    scenario = Scenario(
        Game.of((0.5,), (1.0,), (1.0,), 10, 1),
        Offer(Static(1), slots=(1,), discipline=discipline, service_time=service_time),
        Person(Stationary(1.0)),
        arrivals=crowd,
        tasks=30_000,
        seed=5,
    )
    tasks = simulate(scenario).tasks
    order = np.argsort(tasks["arrived"])
    group, waiting = tasks["group"][order], tasks["waiting"][order]
    return [warm(waiting[group == k]) for k in range(3)]


def cobham(squared_cv: float) -> list[float]:
    """W_k = W_0 / ((1 - sigma_(k-1)) (1 - sigma_k)), W_0 = Lambda E[S^2] / 2."""
    remaining = sum(RATES) * (1 + squared_cv) / 2
    before = [sum(RATES[:k]) for k in range(4)]
    return [remaining / ((1 - before[k]) * (1 - before[k + 1])) for k in range(3)]


@pytest.mark.parametrize(
    ("service_time", "squared_cv"),
    [(Exponential(), 1.0), (Deterministic(), 0.0), (Lognormal(0.5), 0.25)],
)
def test_classes_wait_as_cobham_says(service_time: ServiceTime, squared_cv: float) -> None:
    found = [
        batch_score(values, exact, BATCHES)
        for values, exact in zip(
            ranked(PriorityClasses(), service_time), cobham(squared_cv), strict=True
        )
    ]
    assert np.abs(found).max() < t_bound(3, BATCHES)


def test_the_check_of_priorities_catches_a_queue_that_ignores_them() -> None:
    waiting = ranked(FCFS(), Exponential())
    found = [batch_score(w, exact, BATCHES) for w, exact in zip(waiting, cobham(1.0), strict=True)]
    assert np.abs(found).max() > t_bound(3, BATCHES)


# ---------------------------------------------------------------- who leaves, who comes back


@pytest.mark.parametrize(("rate", "slots", "theta", "printed"), [(10.0, 10, 1.0, 0.125110)])
def test_erlang_a_at_ten_slots(rate: float, slots: int, theta: float, printed: float) -> None:
    exact = erlang_a(rate, 1.0, slots, theta)
    assert exact == pytest.approx(printed, abs=5e-7)
    result = station(rate, 1.0, slots, patience=ExponentialPatience(1 / theta))
    reneged = warm(result.tasks["outcome"] == Outcome.RENEGED).astype(float)
    assert abs(batch_score(reneged, exact, BATCHES)) < t_bound(1, BATCHES)


def test_the_call_centre_of_48_a_minute_and_50_agents() -> None:
    """P(abandon) 3.091%, mean wait of all 3.709 s, utilisation 93.03%; times in minutes."""
    lost = erlang_a(48.0, 1.0, 50, 0.5)
    assert lost == pytest.approx(0.03091, abs=5e-6)
    wait = lost / 0.5  # theta x queue = lambda x P(abandon)
    assert 60 * wait == pytest.approx(3.709, abs=5e-4)
    assert 48 * (1 - lost) / 50 == pytest.approx(0.9303, abs=5e-5)
    result = station(48.0, 1.0, 50, patience=ExponentialPatience(2.0))
    reneged = warm(result.tasks["outcome"] == Outcome.RENEGED).astype(float)
    found = [
        batch_score(reneged, lost, BATCHES),
        batch_score(warm(result.tasks["waiting"]), wait, BATCHES),
        batch_score(warm(result.tasks["service"]), 1 - lost, BATCHES),
    ]
    assert np.abs(found).max() < t_bound(3, BATCHES)


def test_the_check_of_the_call_centre_catches_three_agents_too_many() -> None:
    result = station(48.0, 1.0, 53, patience=ExponentialPatience(2.0))
    reneged = warm(result.tasks["outcome"] == Outcome.RENEGED).astype(float)
    assert abs(batch_score(reneged, 0.03091, BATCHES)) > t_bound(3, BATCHES)


@dataclass(frozen=True)
class OneAtATime:
    """Turns away who comes while somebody is served."""

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit | Refuse, None]:
        return (Refuse(0.0) if view.in_service(1) else Admit()), None

    def hold(self, state: None, reply: Any, view: View) -> tuple[float, None]:
        return 0.0, None


@dataclass(frozen=True)
class Redials:
    """Asks again after an exponential time."""

    rate: float

    def again(self, mind: Mind, task: Task, refusal: Refuse, view: View) -> float:
        return -math.log(1 - view.luck.words[0]) / self.rate


def retrials(theta: float) -> np.ndarray:
    result = station(0.5, 1.0, 1, tasks=20_000, throttle=OneAtATime(), persistence=Redials(theta))
    return warm(result.tasks["throttle_delay"])


def test_the_orbit_of_who_redials() -> None:
    """M/M/1 retrial: orbit rho^2 / (1 - rho) (mu + theta) / theta = 1 at (.5, 1, 1); Little."""
    assert abs(batch_score(retrials(1.0), 1.0 / 0.5, BATCHES)) < t_bound(1, BATCHES)


def test_the_check_of_the_orbit_catches_who_redials_faster() -> None:
    # the orbit falls from 1 to .75 at theta = 2
    assert abs(batch_score(retrials(2.0), 1.0 / 0.5, BATCHES)) > t_bound(1, BATCHES)


# ---------------------------------------------------------------- networks


def mixed_network(discipline: Any, share: float = 0.6279846746) -> Result:
    """lambda = .5, mu = (1, .5), n = (1, 2), s = .5; a ``share`` of the users stays, the others
    leave after a failure. Service is lognormal: as variable as exponential, but not alike."""
    game = Game.of((0.2, 0.6), (1.0, 2.0), (0.1, 0.5), value=5, penalty=1)
    scenario = Scenario(
        game,
        Offer(Cascade(1, 0.5), slots=(1, 2), discipline=discipline, service_time=Lognormal(1.0)),
        Person(Mixture(((share, Stationary(0.0)), (1 - share, Stationary(1.0))))),
        arrivals=Poisson(0.5),
        tasks=30_000,
        seed=4,
    )
    return simulate(scenario, passes=True)


EXACT = {
    "W1": 3.44030651,
    "W2": 1.53581609,
    "user_utility": -2.4403065089,
    "provider_cost": 0.7883582801,
}


def mixed_scores(result: Result) -> list[float]:
    passes, metrics = result.passes, result.metrics()
    times = passes["waiting"] + passes["service"]
    values = {"W1": times[passes["model"] == 1], "W2": times[passes["model"] == 2], **metrics}
    return [batch_score(warm(values[name]), exact, BATCHES) for name, exact in EXACT.items()]


def test_the_printed_values_are_those_of_the_product_form() -> None:
    share, stay, leave = 0.6279846746, *(
        expectations(
            Game.of((0.2, 0.6), (EXACT["W1"], EXACT["W2"]), (0.1, 0.5), 5, 1), 1, 0.5, q
        )
        for q in (0.0, 1.0)
    )  # fmt: skip
    for name in ("user_utility", "provider_cost"):
        mean = share * getattr(stay, name) + (1 - share) * getattr(leave, name)
        assert mean == pytest.approx(EXACT[name], abs=1e-8)
    # visits by first steps: staying 1 / (1 - .8 / 2) at M1, then .8 / 2 of these go to M2
    loads = 0.5 * (share / 0.6 + 1 - share), 0.5 * share * (0.4 / 0.6) / 0.6
    assert (1 / (1 - loads[0]), 1 / (1 - loads[1])) == pytest.approx(
        (EXACT["W1"], EXACT["W2"]), abs=1e-8
    )


def test_sharing_with_feedback_has_the_product_form_for_any_distribution() -> None:
    """4 checks, false alarm 1e-6."""
    found = mixed_scores(mixed_network(ProcessorSharing()))
    assert np.abs(found).max() < t_bound(4, BATCHES)


@pytest.mark.parametrize("planted", [Sluggish(stretch=1.1), FCFS()])
def test_the_check_of_the_product_form_catches(planted: Any) -> None:
    found = mixed_scores(mixed_network(planted))
    assert np.abs(found).max() > t_bound(4, BATCHES)

"""Ciw, an independent simulator, plays the same networks: means differ only by chance.

Where no formula is known: several slots, feedback and priorities together, and capped sharing of
service times that are not exponential. Both programs give batch means (`tests.tools.chance`); the
score of a difference is compared with Student's t for the degrees of freedom of one program alone,
which is on the safe side. A family of checks fails by chance at most once in a million runs.
"""

from dataclasses import dataclass
from typing import Any

import ciw
import numpy as np
import pytest

from agents import Cascade, Static, Stationary
from sim import (
    FCFS,
    Deterministic,
    Exponential,
    Game,
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
from tests.proofs.test_queues import BATCHES, warm
from tests.tools.chance import t_bound

pytestmark = pytest.mark.slow  # long runs, each against exact theory

TASKS = 30_000
P, Q, S, MEANS, SLOTS = (0.5, 0.7), 0.2, 0.4, (1.0, 1.5), (2, 3)
RATES = (0.4, 0.5)  # of the paying and of the others


@dataclass(frozen=True)
class Found:
    """Per task, in order of arrival: its class, seconds in the system, seconds of waiting."""

    group: np.ndarray
    sojourn: np.ndarray
    waiting: np.ndarray

    def series(self) -> list[np.ndarray]:
        """What is compared: sojourn and waiting of each class."""
        return [
            warm(values[self.group == k])
            for k in np.unique(self.group)
            for values in (self.sojourn, self.waiting)
        ]


def queuit(scenario: Scenario) -> Found:
    tasks = simulate(scenario).tasks
    order = np.argsort(tasks["arrived"], kind="stable")
    sojourn = tasks["ended"] - tasks["arrived"]
    return Found(tasks["group"][order], sojourn[order], tasks["waiting"][order])


def theirs(network: Any, node_class: Any = None) -> Found:
    ciw.seed(11)
    simulation = ciw.Simulation(network, node_class=node_class)
    simulation.simulate_until_max_customers(TASKS, method="Finish")
    done = sorted(simulation.nodes[-1].all_individuals, key=lambda each: each.id_number)
    passes = [each.data_records for each in done]
    return Found(
        np.array([int(each.customer_class[-1]) for each in done]),
        np.array([rows[-1].exit_date - rows[0].arrival_date for rows in passes]),
        np.array([sum(row.waiting_time for row in rows) for rows in passes]),
    )


def difference(ours: np.ndarray, other: np.ndarray) -> float:
    """Standard errors between the two means."""
    means = [
        np.array([part.mean() for part in np.array_split(values, BATCHES)])
        for values in (ours, other)
    ]
    variance = sum(values.var(ddof=1) / BATCHES for values in means)
    return float((means[0].mean() - means[1].mean()) / np.sqrt(variance))


def apart(ours: Found, other: Found) -> list[float]:
    return [difference(a, b) for a, b in zip(ours.series(), other.series(), strict=True)]


# ---------------------------------------------------------------- priorities, feedback, slots


def ranked(discipline: Any) -> Scenario:
    crowd = Population(
        tuple(
            UserClass(name, 4, rate / 4, 1.0, 1.0)
            for name, rate in zip(("paid", "free"), RATES, strict=True)
        )
    )
    return Scenario(
        Game.of(P, MEANS, (1.0, 1.0), 10, 1),
        Offer(Cascade(1, S), slots=SLOTS, discipline=discipline, service_time=Exponential()),
        Person(Stationary(Q)),
        arrivals=crowd,
        tasks=TASKS,
        seed=21,
    )


def ranked_theirs() -> Found:
    again = [(1 - p) * (1 - Q) for p in P]
    names = ("class 0", "class 1")
    routing = [[again[0] * (1 - S), again[0] * S], [0.0, again[1]]]
    service = [ciw.dists.Exponential(1 / mean) for mean in MEANS]
    return theirs(
        ciw.create_network(
            arrival_distributions={
                name: [ciw.dists.Exponential(rate), None]
                for name, rate in zip(names, RATES, strict=True)
            },
            service_distributions=dict.fromkeys(names, service),
            routing=dict.fromkeys(names, routing),
            number_of_servers=list(SLOTS),
            priority_classes={name: rank for rank, name in enumerate(names)},
        )
    )


def test_priorities_feedback_and_several_slots() -> None:
    """4 checks: sojourn and waiting of each class; false alarm 1e-6."""
    found = apart(queuit(ranked(PriorityClasses())), ranked_theirs())
    assert np.abs(found).max() < t_bound(4, BATCHES)


def test_the_comparison_catches_a_queue_that_ignores_priorities() -> None:
    found = apart(queuit(ranked(FCFS())), ranked_theirs())
    assert np.abs(found).max() > t_bound(4, BATCHES)


# ---------------------------------------------------------------- capped sharing


def capped(cap: float) -> Scenario:
    return Scenario(
        Game.of((0.6,), (1.0,), (1.0,), 10, 1),
        Offer(
            Static(1), slots=(1,), discipline=ProcessorSharing(cap), service_time=Deterministic()
        ),
        Person(Stationary(0.5)),
        arrivals=Poisson(0.5),
        tasks=TASKS,
        seed=22,
    )


def capped_theirs(cap: int) -> Found:
    network = ciw.create_network(
        arrival_distributions={"class 0": [ciw.dists.Exponential(0.5)]},
        service_distributions={"class 0": [ciw.dists.Deterministic(1.0)]},
        routing={"class 0": [[0.4 * 0.5]]},
        number_of_servers=[cap],
    )
    return theirs(network, ciw.PSNode)


def test_capped_sharing_of_constant_service_with_feedback() -> None:
    """2 checks; false alarm 1e-6."""
    found = apart(queuit(capped(3)), capped_theirs(3))
    assert np.abs(found).max() < t_bound(2, BATCHES)


@pytest.mark.parametrize("cap", [1, float("inf")])
def test_the_comparison_catches_another_cap(cap: float) -> None:
    found = apart(queuit(capped(cap)), capped_theirs(3))
    assert np.abs(found).max() > t_bound(2, BATCHES)

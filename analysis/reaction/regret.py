"""How far users are from their best answer: the check of a response found by simulation."""

from dataclasses import replace

import numpy as np

from agents import Joins
from analysis.reaction.fits import types, unseen
from analysis.reaction.measured import Array, tally
from analysis.runs.window import Window
from sim.engine import simulate
from sim.person import Person
from sim.scenario import Scenario

DEVIATIONS = np.linspace(0.0, 1.0, 11)  # q of a user who does not do as the others of the class
COUNT = len(DEVIATIONS) + 1  # with not to begin
_CHECK = 2**40  # replications from here on are checks


def gains(scenario: Scenario, window: Window, replication: int, engine: str) -> dict[str, float]:
    """What a user of each class gains by each of `DEVIATIONS`, and last by not beginning where that
    is allowed, in the part of a run that counts.

    Utility at the latencies, refusals and diversions that the run shows, minus the mean utility of
    the class's population at the same (money per task); by "gain class deviation". Utility is
    linear in latencies, so that the noise of a run does not make its mean look larger.
    """
    result = simulate(
        window.on(scenario), replication=_CHECK + replication, engine=engine, passes=True
    )
    beliefs, found = unseen(scenario), dict[str, float]()
    seen = tally(scenario, result, window, [belief.kind for belief in beliefs])
    for k, belief in enumerate(beliefs):
        weights, q = _population(scenario, k)
        utility, _ = replace(belief, seen=seen[k]).values(np.concatenate([DEVIATIONS, q]))
        begin, decline = _beginning(scenario.persons[k])
        own = begin * float(weights @ utility[len(DEVIATIONS) :])
        gain = [*(utility[: len(DEVIATIONS)] - own), -own if decline else 0.0]
        found |= {name(k, i): float(x) for i, x in enumerate(gain)}
    return found


def _beginning(person: Person) -> tuple[float, bool]:
    """The share of the users who begin, and whether they may decline."""
    joining = person.joining
    return (joining.probability, True) if isinstance(joining, Joins) else (1.0, False)


def name(group: int, deviation: int) -> str:
    """Of the gain of class ``group`` by deviation number ``deviation``."""
    return f"gain {group} {deviation}"


def names(scenario: Scenario) -> list[str]:
    """Of all gains of a scenario."""
    return [name(k, i) for k in range(len(scenario.persons)) for i in range(COUNT)]


def _population(scenario: Scenario, k: int) -> tuple[Array, Array]:
    """Weights and q of the types of class k."""
    weights, q = zip(*types(scenario.persons[k]), strict=True)
    return np.array(weights), np.array(q)

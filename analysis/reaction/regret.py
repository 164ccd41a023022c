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
_CHECK = 2**40  # replications from here on are checks


def regrets(scenario: Scenario, window: Window, replication: int, engine: str) -> dict[str, float]:
    """What a user of each class gains by the best other answer (money per task), by `name`.

    Two runs, of whose tasks those in the ``window`` count: the answer that is best in one of them
    is judged by the other, and the other way around, so that noise does not look like a gain. What
    is right about each replication's own users stays: regrets of one do not cancel with another's.
    """
    first, second = (
        gains(scenario, window, _CHECK + 2 * replication + run, engine) for run in (0, 1)
    )
    return {
        name(k): float(b[a.argmax()] + a[b.argmax()]) / 2
        for k, (a, b) in enumerate(zip(first, second, strict=True))
    }


def gains(scenario: Scenario, window: Window, replication: int, engine: str) -> list[Array]:
    """What a user of each class gains by each of `DEVIATIONS`, and last by not beginning where that
    is allowed: at what one run shows, less the mean utility of the class (money per task).
    """
    result = simulate(window.on(scenario), replication=replication, engine=engine, passes=True)
    beliefs, gains = unseen(scenario), []
    seen = tally(scenario, result, window, [belief.kind for belief in beliefs])
    for k, belief in enumerate(beliefs):
        weights, q = _population(scenario, k)
        utility, _ = replace(belief, seen=seen[k]).values(np.concatenate([DEVIATIONS, q]))
        begin, decline = _beginning(scenario.persons[k])
        own = begin * float(weights @ utility[len(DEVIATIONS) :])
        gains.append(np.append(utility[: len(DEVIATIONS)] - own, [-own] * decline))
    return gains


def _beginning(person: Person) -> tuple[float, bool]:
    """The share of the users who begin, and whether they may decline."""
    joining = person.joining
    return (joining.probability, True) if isinstance(joining, Joins) else (1.0, False)


def name(group: int) -> str:
    """Of the regret of class ``group``, from 0."""
    return f"regret {group}"


def names(scenario: Scenario) -> list[str]:
    """Of all regrets of a scenario."""
    return [name(k) for k in range(len(scenario.persons))]


def _population(scenario: Scenario, k: int) -> tuple[Array, Array]:
    """Weights and q of the types of class k."""
    weights, q = zip(*types(scenario.persons[k]), strict=True)
    return np.array(weights), np.array(q)

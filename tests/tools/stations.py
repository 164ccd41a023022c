"""One station that everybody leaves after a pass: where behaviours meet the theory of queues."""

from typing import Any

import numpy as np

from agents import Static, Stationary
from sim import Exponential, Game, Offer, Person, Poisson, Scenario

TASKS, BATCHES = 20_000, 20
ONE = Game.of((0.5,), (1.0,), (1.0,), 10, 1)  # one model that is left after a pass
LEAVES = Stationary(1.0)


def station(rate: float, person: Person, **changes: Any) -> Scenario:
    """M/M/1 that everybody leaves after one pass."""
    offer = Offer(Static(1), slots=(1,), service_time=Exponential())
    return Scenario(ONE, offer, person, Poisson(rate), tasks=TASKS, seed=12).replace(**changes)


def warm(values: np.ndarray) -> np.ndarray:
    return values[len(values) // 10 :]

"""Users and gates of queueing theory's single stations, for the validation study.

They draw random times themselves, which policies of a scenario do not: the engine draws no
exponential patience. Each run gives them its own ``replication`` so that runs are independent.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from agents.throttling.gate import Gate
from sim.draws import Draws, Purpose
from sim.policies import WELCOME, Admit, Refuse, Retry, View
from sim.records import Task


@lru_cache(maxsize=2)
def _draws(seed: int, replication: int) -> Draws:
    """The same for every user of a run: what it draws depends on the task alone."""
    return Draws(seed, replication)


@dataclass(frozen=True)
class ExponentialPatience:
    """Leaves the queue after an exponential time with ``mean`` seconds: Palm's Erlang A."""

    mean: float
    seed: int = 1
    replication: int = 0

    def init(self) -> Draws:
        """Random numbers of its own."""
        return _draws(self.seed, self.replication)

    def seconds(self, state: Draws, task: Task, view: View) -> tuple[float, Draws]:
        """One draw per task."""
        u = state.words(task.id, 1, Purpose.PATIENCE)[0]
        return -self.mean * math.log(1.0 - u), state


@dataclass(frozen=True)
class Redials:
    """Asks again after exponential times, ``rate`` per second."""

    rate: float
    seed: int = 1
    replication: int = 0

    def init(self) -> Draws:
        """Random numbers of its own."""
        return _draws(self.seed, self.replication)

    def again(self, state: Draws, task: Task, refusal: Refuse, view: View) -> tuple[Retry, Draws]:
        """One draw per refusal."""
        u = state.words(task.id, 1, Purpose.BACK_OFF, task.refusals)[0]
        return Retry(-math.log(1.0 - u) / self.rate), state


@dataclass(frozen=True)
class OneAtATime(Gate):
    """Turns away who comes while somebody is served."""

    def init(self) -> None:
        """Nothing to remember."""

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit | Refuse, None]:
        """If the model is idle."""
        return (Refuse() if view.in_service(task.model) else WELCOME), None

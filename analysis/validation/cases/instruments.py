"""Users, gates and a routing of queueing theory's single stations, for the validation study."""

import math
from dataclasses import dataclass

from agents.patience.scalar import ScalarPatience, ScalarPersistence
from agents.routing.scalar import ScalarRouting
from sim.policies import WELCOME, Admit, Refuse, View
from sim.records import Reply, Task
from sim.scalars import Counts, Memory, Own, Scalar


@dataclass(frozen=True)
class ExponentialPatience(ScalarPatience):
    """Leaves the queue after an exponential time with ``mean`` seconds: Palm's Erlang A."""

    mean: float

    def scalar(self) -> Scalar:
        """One draw per pass."""
        return Scalar(exponential_patience, (self.mean,), random=True)


def exponential_patience(
    now: float, model: int, queued: int, luck: float, own: Own
) -> tuple[float, float]:
    """For the queue alone."""
    return -own[0] * math.log(1.0 - luck), math.inf


@dataclass(frozen=True)
class Redials(ScalarPersistence):
    """Asks again after exponential times, ``rate`` per second."""

    rate: float

    def scalar(self) -> Scalar:
        """One draw per refusal."""
        return Scalar(redials, (self.rate,), random=True)


def redials(now: float, model: int, told: float, refusals: int, luck: float, own: Own) -> float:
    """Whatever the provider says of when to return."""
    return -math.log(1.0 - luck) / own[0]


@dataclass(frozen=True)
class OneAtATime:
    """Turns away who comes while somebody is served."""

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit | Refuse, None]:
        """If the model is idle."""
        return (Refuse() if view.in_service(task.model) else WELCOME), None

    def hold(self, state: None, reply: Reply, view: View) -> tuple[float, None]:
        """Never."""
        return 0.0, None


@dataclass(frozen=True)
class RoundTheOrbit(ScalarRouting):
    """Sends who finds M2 busy to M1, where nobody waits or is ever served well, and again up."""

    def size(self) -> int:
        """The orbit and the server."""
        return 2

    def pair(self) -> tuple[Scalar, Scalar]:
        """Both look at who is being served."""
        return Scalar(server_or_orbit), Scalar(up_if_idle)


def server_or_orbit(
    now: float, group: int, queued: Counts, serving: Counts, luck: float, own: Own, memory: Memory
) -> int:
    """M2 if it is idle."""
    return 1 if serving[2] else 2


def up_if_idle(
    now: float, model: int, queued: Counts, serving: Counts, luck: float, own: Own, memory: Memory
) -> float:
    """Surely if M2 is idle, else not at all."""
    return 0.0 if serving[2] else 1.0

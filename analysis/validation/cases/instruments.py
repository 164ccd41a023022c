"""Users and gates of queueing theory's single stations, for the validation study."""

import math
from dataclasses import dataclass

from sim.policies import WELCOME, Admit, Limits, Mind, Refuse, View
from sim.records import Reply, Task


@dataclass(frozen=True)
class ExponentialPatience:
    """Leaves the queue after an exponential time with ``mean`` seconds: Palm's Erlang A."""

    mean: float

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        """One draw per pass."""
        return Limits(waiting=-self.mean * math.log(1.0 - view.luck.words[0]))


@dataclass(frozen=True)
class Redials:
    """Asks again after exponential times, ``rate`` per second."""

    rate: float

    def again(self, mind: Mind, task: Task, refusal: Refuse, view: View) -> float:
        """One draw per refusal."""
        return -math.log(1.0 - view.luck.words[0]) / self.rate


@dataclass(frozen=True)
class OneAtATime:
    """Turns away who comes while somebody is served."""

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit | Refuse, None]:
        """If the model is idle."""
        return (Refuse() if view.in_service(task.model) else WELCOME), None

    def hold(self, state: None, reply: Reply, view: View) -> tuple[float, None]:
        """Never."""
        return 0.0, None

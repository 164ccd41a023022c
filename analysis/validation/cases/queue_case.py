"""What a case of queues is: a scenario, what is measured in it, and what theory says of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agents import CongestedEquilibrium, CongestedGame
from analysis.runs.window import EMPTY, TAIL
from sim.results import Result
from sim.scenario import Scenario

RUNS = 30  # independent runs of every case
MARGIN = 0.05  # of a metric's scale
FINER = 3  # times finer are the margins of what the kernel plays, in 9 times as many tasks,
FINEST = 5  # and of the paper's game, which it plays fastest, in 25 times as many
NETWORKS = "Queues in equilibrium"
STATIONS = "Queues of textbooks"
Values = dict[str, float]


@dataclass(frozen=True)
class QueueCase:
    """A scenario and what theory says of it.

    ``tasks`` counted in a run at precision 1. ``measure`` takes a result and gives a value per
    metric; ``exact`` has the metrics that theory knows, ``scales`` what their margins are a part
    of. ``regrets``: metrics of which theory says that they are at most 0.
    """

    name: str
    statement: str
    scenario: Scenario
    tasks: int
    measure: Callable[["QueueCase", Result], Values]
    exact: Values
    scales: Values
    regrets: tuple[str, ...] = ()
    equilibrium: CongestedEquilibrium | None = None
    game: CongestedGame | None = None
    empty: int = EMPTY
    repeats: int = 1  # simulations in a run; more than one: from empty on, whole
    finer: int = 1  # than `MARGIN`, in as many more tasks, squared

    @property
    def margin(self) -> float:
        """What theory and simulation may differ by at precision 1, as a part of the scale."""
        return MARGIN / self.finer

    @property
    def engine(self) -> str:
        """The kernel plays what is longer for it."""
        return "simpy" if self.finer == 1 else "compiled"

    @property
    def comparisons(self) -> int:
        """Those that share the false-alarm rate, every alternative counted."""
        return len(self.exact) + len(self.regrets)


def is_queue(check: Any) -> bool:
    """Whether a check of a run is one of these cases'."""
    return check.statement in (NETWORKS, STATIONS)


def window(case: QueueCase, result: Result) -> slice:
    """The tasks that count, in order of arrival."""
    return slice(case.empty, len(result.tasks["task"]) - TAIL)

"""One replication of one strategy: who reacts, what is played, and what is measured in it."""

import math
from dataclasses import dataclass, replace

from analysis.comparison.criteria import CRITERIA, OF_CLASSES, judge, judge_classes, of_class
from analysis.comparison.luck import KINDS, luck
from analysis.reaction import regret
from analysis.reaction.adaptation import Reaction
from analysis.runs.measure import Row
from analysis.runs.window import SHORT, Window
from sim.arrivals.population import Population
from sim.results import Result
from sim.scenario import Scenario

GROWTH = "growth (s)"
# It is seen in more tasks, up to so many, what users would gain by other answers.
_LONGER, _LONG = 10, 20_000


@dataclass(frozen=True)
class Measures:
    """What is measured in a replication, of the tasks in the ``window``.

    ``reaction``: how users respond where theory does not know it; None: nobody reacts.
    ``relaxation``: tasks that come in the relaxation time of the slowest strategy that has a steady
    state; 0: not known, or nobody waits.
    """

    window: Window
    reaction: Reaction | None = None
    relaxation: float = 0.0

    @property
    def short(self) -> bool:
        """Whether runs are too short to say anything of the long run."""
        return self.window.until == math.inf and self.window.count < SHORT * self.relaxation

    def prepare(self, scenario: Scenario, replication: int) -> Scenario:
        """The scenario that is played, its users' response found anew where it is not known."""
        if self.reaction is None:
            return scenario
        return self.reaction(scenario, replication)

    def criteria(self, result: Result) -> Row:
        """The `CRITERIA` of all tasks together."""
        return judge(self.window.of(result))

    def known(self, scenario: Scenario, result: Result) -> Row:
        """What the scenario must be known for: luck, classes, loads, and what users would gain."""
        seen = self.window.of(result)
        part = replace(scenario, tasks=len(seen.tasks["task"]))
        return {
            **luck(part, seen),
            **judge_classes(seen, class_names(scenario)),
            **{visits(i): z for i, z in enumerate(visited(scenario, seen), start=1)},
            GROWTH: _growth(seen),
            **self._gains(scenario, result),
        }

    def _gains(self, scenario: Scenario, result: Result) -> Row:
        if self.reaction is None or self.reaction.known(scenario):
            return dict.fromkeys(regret.names(scenario), 0.0)
        count = self.window.count
        if self.window.until == math.inf:
            count = max(count // 2, min(_LONGER * count, _LONG) // 2)
        half = replace(self.window, count=count)
        return regret.regrets(scenario, half, result.replication, result.engine)


def class_names(scenario: Scenario) -> list[str]:
    """Of the classes of users; of strangers "all"."""
    arrivals = scenario.arrivals
    return [k.name for k in arrivals.classes] if isinstance(arrivals, Population) else ["all"]


def columns(scenario: Scenario) -> list[str]:
    """The names of all numbers of a replication, in order: criteria first, then luck."""
    return [
        *(by.name for by in CRITERIA),
        *KINDS,
        *(of_class(name, by.name) for name in class_names(scenario) for by in OF_CLASSES),
        *(visits(i) for i in range(1, len(scenario.game.models) + 1)),
        GROWTH,
        *regret.names(scenario),
    ]


def visits(model: int) -> str:
    """The column of passes per task at a model."""
    return f"passes at M{model}"


def visited(scenario: Scenario, seen: Result) -> list[float]:
    """Passes per task at each model; the result needs its passes."""
    model, tasks = seen.passes["model"], max(len(seen.tasks["task"]), 1)
    models = range(1, len(scenario.game.models) + 1)
    return [float((model == i).sum()) / tasks for i in models]


def _growth(seen: Result) -> float:
    """By how much longer tasks of the second half of a run took than those of the first."""
    seconds = seen.tasks["ended"] - seen.tasks["arrived"]
    half = len(seconds) // 2
    return float(seconds[half:].mean() - seconds[:half].mean()) if half else 0.0

"""How often a comparison is right: repeated studies of five systems whose best strategy is known.

``python -m tests.tools.verdicts SYSTEM STUDIES`` prints, over seeds 1, 2, ..., the share of right
selections, of studies that were not decided, and of intervals that hold: those of cost, utility and
success of every strategy, and of their differences to the selected one.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from analysis.comparison.criteria import criterion
from analysis.comparison.outcome import Comparison
from analysis.comparison.steady import Lengths, react
from analysis.comparison.strategies import read_strategies
from analysis.comparison.study import compare
from analysis.reaction.adaptation import Reaction
from analysis.reaction.exact import equilibrium, route
from analysis.runs.window import Window
from analysis.statistics.selection import Plan
from scenarios.options.systems import UNLIMITED, read_system
from sim import Scenario, expectations
from sim.engine import simulate

OF = ("provider_cost", "user_utility", "success")
Truth = Mapping[str, Mapping[str, float]]  # strategy -> criterion -> mean
_RUNS, _TASKS = 12, 1_000_000  # played for the truth where theory has none


@dataclass(frozen=True)
class System:
    """A game on a system by the words of the command line, and the strategies on it."""

    name: str
    strategies: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def start(self, seed: int) -> Scenario:
        """Nobody has reacted yet."""
        common: dict[str, Any] = {
            "arrival_rate": None, "slots": UNLIMITED, "service": "deterministic",
            "population": None, "refused": "rational", "tasks": 1, "seed": seed,
            **dict.fromkeys(("p", "t", "c", "value", "penalty")),
        }  # fmt: skip
        return read_system(**common | {"name": self.name} | dict(self.options))


_QUEUES = {"slots": (2, 8), "service": "exponential"}
SYSTEMS = {
    "no queues": System("R14", "none,added-delay:.02/.07,effort:.5"),
    "added delay": System(
        "gpt-4.1/o3", "none,added-delay:.005/.02,added-delay:0/.1", _QUEUES | {"arrival_rate": 0.05}
    ),
    "interior": System(
        "gpt-4.1/o3", "none,added-delay:.002/.008", _QUEUES | {"arrival_rate": 0.0759}
    ),
    "load delay": System(
        "gpt-4.1/o3", "none,load-delay:.0799",
        _QUEUES | {"arrival_rate": 0.07588757217334086},
    ),
    "lognormal": System(
        "gpt-4.1/o3", "none,added-delay:.01/.04",
        {"slots": (2, 8), "service": "lognormal:1.5", "arrival_rate": 0.07588757217334086},
    ),
}  # fmt: skip


def study(system: System, seed: int, budget: int = 40, tasks: int | None = None) -> Comparison:
    """One comparison, as `queuit throttle compare` makes it."""
    start = system.start(seed)
    throttles = read_strategies(system.strategies, start)
    scenarios, measures = react(start, throttles, "users", Lengths(tasks), "compiled")
    return compare(scenarios, Plan(budget=budget), measures=measures, engine="compiled")


@cache
def truth(key: str, seed: int = 2**20) -> Truth:
    """What is true of every strategy: by theory, or from runs at least 100 times as long."""
    system = SYSTEMS[key]
    start = system.start(seed)
    throttles = read_strategies(system.strategies, start)
    scenarios, measures = react(start, throttles, "users", Lengths(), "compiled")
    return {name: _means(scenario, measures.window) for name, scenario in scenarios.items()}


def _means(scenario: Scenario, window: Window) -> dict[str, float]:
    found = equilibrium(scenario)
    if found is not None:
        expected: Any = found.expected
    elif scenario.offer.slots == UNLIMITED:
        rule: Any = scenario.person.abandonment
        game = scenario.at_work.delayed(*(scenario.table.hold or ()))
        expected = expectations(game, *route(scenario), rule.q)
    else:
        return _played(scenario, window)
    return {of: float(getattr(expected, of)) for of in OF}


def _played(scenario: Scenario, window: Window) -> dict[str, float]:
    """Means over long runs, whose users found their response in long rounds."""
    long = Window(_TASKS, window.skip, window.tail)
    rounds = Reaction(Window(200_000, window.skip, window.tail), "compiled")
    rows = []
    for replication in range(_RUNS):
        played = long.on(rounds(scenario, replication))
        metrics = long.of(simulate(played, replication=replication, engine="compiled")).metrics()
        rows.append([metrics[of].mean() for of in OF])
    return dict(zip(OF, np.mean(rows, 0).tolist(), strict=True))


@dataclass
class Score:
    """Over repeated studies: decided, wrong, intervals that hold, all of them."""

    studies: int = 0
    decided: int = 0
    wrong: int = 0
    winners: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    regret: float = 0.0

    def add(self, found: Comparison, exact: Truth) -> None:
        """Judge one study."""
        self.studies += 1
        self.decided += found.decided
        best = found.selection.best
        costs = {name: exact[name]["provider_cost"] for name in found.selection.values}
        if found.decided:
            self.winners[best] = self.winners.get(best, 0) + 1
            self.wrong += costs[best] > min(costs.values()) + found.selection.zone
        for of in OF:
            self.held[of] = self.held.get(of, 0) + _all_hold(found, exact, of)
        self.regret = max(self.regret, *(found.regret(n).mean for n in found.selection.values))

    def line(self) -> str:
        """The score in one line."""
        held = ", ".join(f"{of} {100 * n / self.studies:.1f}%" for of, n in self.held.items())
        return (
            f"{self.studies} studies: decided {self.decided} {self.winners}, wrong {self.wrong}; "
            f"all intervals hold: {held}; largest regret {100 * self.regret:.2f}% of V"
        )


def _all_hold(found: Comparison, exact: Truth, of: str) -> bool:
    """Whether all means, and all differences to the selected strategy, lie in their intervals."""
    by, best = criterion(of), found.selection.best
    for name in found.selection.values:
        for value, interval in (
            (exact[name][of], found.own(name, by)),
            (exact[name][of] - exact[best][of], found.to_best(name, by)),
        ):
            slack = 1e-9 * max(abs(value), abs(exact[name][of]))  # of rounding
            if not interval.low - slack <= value <= interval.high + slack:
                return False
    return True


def studies(key: str, count: int, budget: int = 40, first_seed: int = 1) -> Score:
    """Repeated comparisons of one system, each with its own seed."""
    score, exact = Score(), truth(key)
    for seed in range(first_seed, first_seed + count):
        score.add(study(SYSTEMS[key], seed, budget), exact)
        if seed % 10 == 0:
            print(f"{key}: {score.line()}", flush=True)
    return score


if __name__ == "__main__":
    print(truth(sys.argv[1]))
    print(studies(sys.argv[1], int(sys.argv[2])).line())

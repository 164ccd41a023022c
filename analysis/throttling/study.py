"""The throttling study: which strategy, for whom. All parts, and the frames that they leave."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import pandas as pd

from analysis.comparison.outcome import Comparison
from analysis.comparison.steady import Lengths, react
from analysis.comparison.study import compare
from analysis.games.grid import Axis
from analysis.games.planes import DIFFERENCE, PENALTY, VALUED, P
from analysis.incentive.study import incentive
from analysis.statistics.selection import Plan
from analysis.throttling import crowds, models, protection
from sim.policies import Throttle
from sim.scenario import Scenario

MAP_CELLS = 81  # of the exact maps, per axis
WITHOUT_QUEUES = 10  # times the tasks of a run with queues, which cost far more

Tell = Callable[[int], None]
Stage = Callable[[int, str], AbstractContextManager[Tell]]  # (total, description)


@dataclass(frozen=True)
class Sizes:
    """``cells`` per axis of the simulated maps; ``games`` with queues; ``tasks`` of each run with
    queues; ``replications`` of each scenario; ``seed``.
    """

    cells: int = 11
    games: int = 1000
    tasks: int = 500
    replications: int = 20
    seed: int = 1

    @property
    def lengths(self) -> Lengths:
        """Of the runs by which strategies are compared: as long as it takes, unless all runs are to
        be shorter than by default, for a first look.
        """
        return Lengths() if self.tasks >= type(self).tasks else Lengths(tasks=8 * self.tasks)

    @property
    def tasks_without_queues(self) -> int:
        """Tasks per game and policy where nobody waits."""
        return WITHOUT_QUEUES * self.tasks


@dataclass(frozen=True)
class Strategies:
    """A system in which nobody has reacted yet, and the throttles that are tried on it."""

    start: Scenario
    throttles: Mapping[str, Throttle]


@dataclass(frozen=True)
class Systems:
    """What is played with queues: ``fronts`` per system its strategies; ``storms`` per users who
    are refused and load; ``classes`` a population and its strategies.
    """

    fronts: Mapping[str, Strategies]
    storms: Mapping[tuple[str, float], Scenario]
    classes: Strategies


@dataclass(frozen=True)
class Study:
    """The frames of every part; see the functions that make them."""

    sizes: Sizes
    figure5: pd.DataFrame
    maps: dict[str, pd.DataFrame]  # by regime, exact
    played: dict[str, pd.DataFrame]  # by regime, simulated
    protection: pd.DataFrame
    confirmed: pd.DataFrame
    fronts: dict[str, Comparison]
    storms: pd.DataFrame
    classes: pd.DataFrame


def _silence(total: int, description: str) -> AbstractContextManager[Tell]:
    return nullcontext(lambda done: None)


def study(
    sizes: Sizes,
    systems: Systems,
    executor: Executor | None = None,
    stage: Stage = _silence,
) -> Study:
    """Run all parts; ``stage`` shows the progress of each. The same for any executor."""
    penalised, sure = with_queues(sizes, executor, stage)
    return Study(
        sizes,
        figure_5(sizes, executor, stage),
        {p.regime: models.exact(p, MAP_CELLS) for p in models.PLANES},
        separate(sizes, executor, stage),
        penalised,
        sure,
        fronts(sizes, systems, executor, stage),
        *played(sizes, systems, executor, stage),
    )


def figure_5(sizes: Sizes, executor: Executor | None, stage: Stage) -> pd.DataFrame:
    """The grid of Figure 5 right, corners included; every game has luck of its own.

    Columns of `analysis.incentive.study.incentive`, and ``difference``, k_1 - k_2.
    """
    ends = [float(VALUED.game(x, 0.0).models[1].c) for x in DIFFERENCE[::-1]]
    cells = 2 * sizes.cells - 1
    axes = (Axis("c2", ends[0], ends[1], cells), Axis("penalty", *PENALTY, cells))
    with stage(cells * cells, "Figure 5") as tell:
        tasks = sizes.tasks_without_queues
        frame = incentive(VALUED.game(0.0, 0.0), axes, sizes.seed, tasks, executor, tell)
    k_1 = VALUED.game(0.0, 0.0).models[0].cost_of_pass
    return frame.assign(difference=k_1 - frame["c2"] / P[1])


def separate(sizes: Sizes, executor: Executor | None, stage: Stage) -> dict[str, pd.DataFrame]:
    """Throttling M1, M2 or both, simulated, by regime."""
    found = {}
    for plane in models.PLANES:
        with stage(sizes.cells**2, f"one model or both, {plane.regime}") as tell:
            tasks = sizes.tasks_without_queues
            found[plane.regime] = models.simulated(
                plane, sizes.cells, sizes.seed, tasks, executor, tell
            )
    return found


def with_queues(
    sizes: Sizes, executor: Executor | None, stage: Stage
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Whether a penalty protects when latency is made by load: solved, and two games played."""
    with stage(len(protection.CASES) * sizes.games, "best delays with queues") as tell:
        found = protection.protection(sizes.games, sizes.seed, executor, tell)
    chosen = protection.trials(found, sizes.seed)
    with stage(2 * len(chosen) * sizes.replications, "two of them played") as tell:
        tasks = 4 * sizes.tasks
        seen = protection.confirmed(chosen, sizes.seed, tasks, sizes.replications, executor, tell)
    return found, seen


def compared(
    strategies: Strategies, plan: Plan, sizes: Sizes, executor: Executor | None, stage: Stage,
    name: str,
) -> Comparison:  # fmt: skip
    """The strategies of a system, users adapted, in the long run."""
    throttles = strategies.throttles
    with stage(2 * len(throttles), f"users react: {name}") as tell:
        scenarios, measures = react(
            strategies.start, throttles, "users", sizes.lengths, executor=executor, tell=tell
        )
    with stage(len(throttles) * plan.budget, name) as tell:
        return compare(scenarios, plan, executor=executor, progress=tell, measures=measures)


def fronts(
    sizes: Sizes, systems: Systems, executor: Executor | None, stage: Stage
) -> dict[str, Comparison]:
    """The strategies of every system compared."""
    plan = Plan(budget=sizes.replications, first=min(Plan.first, sizes.replications))
    return {
        name: compared(strategies, plan, sizes, executor, stage, name)
        for name, strategies in systems.fronts.items()
    }


def played(
    sizes: Sizes, systems: Systems, executor: Executor | None, stage: Stage
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Retry storms, and who is hurt: nobody is dropped there."""
    n = sizes.replications
    with stage(len(systems.storms) * n, "retry storms") as tell:
        storms = crowds.storms(systems.storms, n, executor, tell)
    whole = Plan(budget=n, first=n)
    found = compared(systems.classes, whole, sizes, executor, stage, "who is hurt")
    return storms, found.class_frame()

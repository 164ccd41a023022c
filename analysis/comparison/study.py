"""Strategies compared fairly: on the same luck, with intervals, and without a winner if need be.

How the best is selected and what is guaranteed: `analysis.statistics.selection`,
docs/comparison.md.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace

import numpy as np

from agents import NoThrottle
from analysis.comparison.criteria import CRITERIA, Criterion
from analysis.comparison.luck import LUCK, of_all
from analysis.comparison.outcome import SHARE, Comparison
from analysis.comparison.replication import Measures, class_names, columns
from analysis.reaction.fits import ROUNDS
from analysis.runs.jobs import run_jobs
from analysis.runs.measure import measure
from analysis.runs.window import Window
from analysis.statistics.selection import Plan, Target, Values, select
from sim.arrivals.population import Population
from sim.arrivals.streams import Arrivals
from sim.checks import POSITIVE, check, refuse
from sim.engine import choose, simulate
from sim.scenario import Scenario

_NONE = (NoThrottle, type(None))


def compare(
    scenarios: Mapping[str, Scenario],
    plan: Plan,
    by: Criterion = CRITERIA[0],
    indifference: float | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
    *,
    measures: Measures | None = None,
    engine: str = "auto",
    planned: int = 0,
) -> Comparison:
    """Select the best of several strategies by one criterion, and judge all of them by all.

    ``scenarios``: strategy -> its scenario; all with the same seed, number of tasks and arrivals,
    so that the same tasks come with the same luck, and without a horizon, so that no task is still
    in the system when it is judged. ``measures``: which tasks of a run are judged, and how users
    respond where theory does not know it (`analysis.comparison.steady.measures`); None: all of
    them, and nobody reacts. ``indifference`` in units of the criterion; None: 1% of the
    criterion under 'none' (else the first strategy that acts) at the first look; 0 there means that
    only what is certain decides. ``progress`` is told how many of budget x strategies replications
    are done or no longer needed. ``engine`` as in `sim.engine.simulate`; 'auto' counts the tasks of
    the whole budget, or of more runs that are ``planned``. The result depends on scenarios and plan
    alone.
    """
    _check(scenarios)
    if indifference is not None:
        check("indifference", indifference, POSITIVE)
    start = next(iter(scenarios.values()))
    measures = measures or Measures(Window(start.tasks))
    names, total = columns(start), len(scenarios)
    classes = class_names(start)
    luck = LUCK | of_all(classes[0]) if len(classes) == 1 else LUCK
    controls = {names.index(of): names.index(kind) for of, kind in luck.items()}
    cells = {name: measures.window.on(scenario) for name, scenario in scenarios.items()}
    tell = progress or (lambda done: None)
    searches = 1 if measures.reaction is None else 1 + ROUNDS
    planned = max(planned, total * plan.budget * searches)
    idle = _idle(cells, measures, plan.looks[0], executor, engine, planned)
    racing = [name for name in cells if name not in idle] or list(cells)
    reference = "none" if "none" in racing else racing[0]
    target = Target(names.index(by.name), by.sign, indifference, reference, SHARE, controls)

    def sample(chosen: Sequence[str], first: int, count: int) -> dict[str, Values]:
        share = total / len(chosen)  # those that were dropped count as done
        frame = measure(
            {name: cells[name] for name in chosen}, measures.criteria, range(first, first + count),
            executor, lambda done: tell(first * total + int(done * share)), engine=engine,
            passes=True, known=measures.known, prepare=measures.prepare,
            planned=planned,
        )  # fmt: skip
        values = frame[names].to_numpy().reshape(len(chosen), count, -1)
        return dict(zip(chosen, values, strict=True))

    selection = select(racing, sample, plan, target)
    tell(total * plan.budget)
    return Comparison(
        by, selection, None if indifference is not None else reference, tuple(names),
        dict(scenarios), measures, idle,
    )  # fmt: skip


def _idle(
    cells: Mapping[str, Scenario],
    measures: Measures,
    replications: int,
    executor: Executor | None,
    engine: str,
    planned: int,
) -> tuple[str, ...]:
    """The strategies that change nothing: with the same users and no throttle every replication is
    the same to the last byte. The users are those of one replication.
    """
    named = [name for name in cells if not isinstance(cells[name].offer.throttle, _NONE)]
    engines = [choose(cells[name], engine, planned) for name in named]
    jobs = [
        (cells[name], measures, replications, each)
        for name, each in zip(named, engines, strict=True)
    ]
    idle = run_jobs(_never_acts, jobs, executor)
    return tuple(name for name, never in zip(named, idle, strict=True) if never)


def _never_acts(job: tuple[Scenario, Measures, int, str]) -> bool:
    scenario, measures, replications, engine = job
    played = measures.prepare(scenario, 0)
    for replication in range(replications):
        with_it, without = (
            simulate(each, replication=replication, engine=engine).tasks
            for each in (played, played.replace(throttle=None))
        )
        if any(not np.array_equal(with_it[k], without[k], equal_nan=True) for k in with_it):
            return False
    return True


def _check(scenarios: Mapping[str, Scenario]) -> None:
    if not scenarios:
        refuse("strategies", list(scenarios), "at least one strategy")
    common = ("seed", "tasks", "arrivals")
    found = [(each.seed, each.tasks, _arrivals(each)) for each in scenarios.values()]
    for field, values in zip(common, zip(*found, strict=True), strict=True):
        if any(each != values[0] for each in values):
            refuse(field, values, "the same for all strategies: they are compared on the same luck")
    for scenario in scenarios.values():
        if scenario.horizon != float("inf"):
            refuse("horizon", scenario.horizon, "inf: tasks still in the system have no outcome")


def _arrivals(scenario: Scenario) -> Arrivals | Population:
    """Who comes when; how users of a class react may differ."""
    arrivals = scenario.arrivals
    if not isinstance(arrivals, Population):
        return arrivals
    return Population(tuple(replace(each, person=None) for each in arrivals.classes))

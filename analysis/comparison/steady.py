"""Who reacts to each strategy, and how long all are played, so that it is the long run."""

import math
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from analysis.comparison.replication import Measures, visited
from analysis.reaction.adaptation import ROUND, Reaction, adapted, baseline
from analysis.reaction.exact import equilibrium
from analysis.runs.jobs import later, run_jobs
from analysis.runs.window import Window, window
from analysis.statistics.warm_up import memory, mser
from analysis.theory.load import has_queues
from analysis.theory.relaxation import arrival_rate, relaxation
from sim.checks import refuse
from sim.engine import choose, simulate
from sim.policies import Throttle
from sim.scenario import Scenario

TASKS = 4_000  # of one replication at least: enough for its mean to be about normal
_FEWEST, _MOST = 50, 10_000_000  # tasks of a day
_ROUND = 50  # relaxation times that count in a round
_PILOT = 2**30  # the replication of the pilot runs
_RUNS = 100  # that are to come, about


@dataclass(frozen=True)
class Lengths:
    """What the user asks for: ``tasks`` that count and ``warmup`` tasks before them (None: as many
    as it takes), or a finite day of ``horizon`` seconds that starts empty.
    """

    tasks: int | None = None
    warmup: int | None = None
    horizon: float = math.inf

    @property
    def round(self) -> int:
        """Tasks that count in a round in which users look for their response, at least."""
        return min(2 * self.tasks, ROUND) if self.tasks else ROUND


def react(
    start: Scenario,
    throttles: Mapping[str, Throttle],
    adapt: str,
    lengths: Lengths,
    engine: str = "auto",
    executor: Executor | None = None,
    tell: Callable[[int], None] | None = None,
) -> tuple[dict[str, Scenario], Measures]:
    """The system without throttling in equilibrium, from there the reaction to every throttle, and
    how long to play all of them.

    ``start``: nobody has optimised yet; ``adapt`` as in `analysis.reaction.adaptation.adapted`;
    ``tell`` is told how many of 2 x ``throttles`` steps are done.
    """
    base = baseline(start)
    reaction = rounds(base, lengths, engine)
    jobs = [base.replace(throttle=throttle) for throttle in throttles.values()]
    reacted = run_jobs(partial(adapted, adapt=adapt, reaction=reaction), jobs, executor, tell)
    scenarios = dict(zip(throttles, reacted, strict=True))
    how = measures(
        scenarios, lengths, reaction, adapt != "none", executor, later(tell, len(throttles))
    )
    return scenarios, how


def rounds(start: Scenario, lengths: Lengths, engine: str = "auto") -> Reaction:
    """How users respond whom theory does not know; ``start``: the system without a throttle."""
    if lengths.horizon < math.inf:
        return Reaction(_day(start, lengths.horizon), engine)
    found = equilibrium(start) if has_queues(start) else None
    visits = found.expected.visits if found and found.stable else None
    return Reaction(
        window(relaxation(start, visits) if visits else 0.0, lengths.round, _ROUND), engine
    )


def measures(
    scenarios: Mapping[str, Scenario],
    lengths: Lengths,
    reaction: Reaction,
    adapt: bool,
    executor: Executor | None = None,
    tell: Callable[[int], None] | None = None,
) -> Measures:
    """What to measure of strategies whose users react as ``reaction`` says, if they ``adapt``.

    Every strategy is played once as a pilot: the slowest one that has a steady state says how long
    a run must be. All get the same, so that they meet the same tasks.
    """
    reacts = reaction if adapt else None
    if lengths.horizon < math.inf:
        return Measures(reaction.window, reacts)
    pilot = Measures(reaction.window, reacts)
    needs = run_jobs(partial(_need, pilot=pilot), list(scenarios.values()), executor, tell)
    slowest = max((tasks for tasks, _ in needs if tasks < math.inf), default=0.0)
    chosen = window(slowest, TASKS)
    count = lengths.tasks or chosen.count
    skip = max(chosen.skip, *(least for _, least in needs))
    skip = skip if lengths.warmup is None else lengths.warmup
    reacts = reacts and replace(reacts, window=window(slowest, lengths.round, _ROUND))
    return Measures(replace(chosen, count=count, skip=skip), reacts, slowest)


def _day(start: Scenario, horizon: float) -> Window:
    """So many tasks that the day is over before the last one comes, but for one run in 10^9."""
    expected = arrival_rate(start) * horizon
    if not _FEWEST <= expected <= _MOST:
        least, most = (f"{tasks / arrival_rate(start):.3g}" for tasks in (_FEWEST, _MOST))
        allowed = f"{least} to {most} seconds, in which {_FEWEST} to {_MOST} tasks come"
        refuse("horizon", horizon, allowed)
    return Window(math.ceil(expected + 6 * math.sqrt(expected) + 10), until=horizon)


def _need(scenario: Scenario, pilot: Measures) -> tuple[float, int]:
    """Tasks that come in a relaxation time, and tasks that the throttle's own warm-up takes.

    Where the throttle lets passes in as it likes, queues are not those of theory: the run itself
    says how long it remembers.
    """
    if not has_queues(scenario) and pilot.reaction and pilot.reaction.known(scenario):
        return 0.0, 0
    scenario = pilot.prepare(pilot.window.on(scenario), _PILOT)
    engine = choose(scenario, pilot.reaction.engine if pilot.reaction else "auto", _RUNS)
    result = simulate(scenario, replication=_PILOT, passes=True, engine=engine)
    if scenario.table.hold is not None:
        visits = visited(scenario, pilot.window.of(result))
        return relaxation(scenario, visits) if has_queues(scenario) else 0.0, 0
    series = result.metrics()["delay"], result.tasks["refusals"].astype(np.float64)
    return max(memory(x[pilot.window.counts(result.tasks)]) for x in series), max(map(mser, series))

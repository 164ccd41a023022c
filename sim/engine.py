"""Run a scenario."""

from collections.abc import Callable
from itertools import islice
from time import perf_counter

import simpy

from sim import sampler
from sim.checks import InputError, refuse
from sim.draws import Draws
from sim.people import User
from sim.policies import Learner
from sim.provider import Provider
from sim.records import Log, Result, Task
from sim.scenario import Scenario
from sim.user import Process, user_process

_PROGRESS = 1000  # tasks between two reports of progress
ENGINES = ("auto", "simpy", "vectorised")


def simulate(
    scenario: Scenario,
    *,
    replication: int = 0,
    engine: str = "auto",
    passes: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Play ``scenario`` once; the same (scenario, replication) gives the same result, bit for bit.

    ``engine``: 'simpy' plays every task as a SimPy process; 'vectorised' plays many tasks at once
    where they do not meet (infinite slots, deterministic service, policies that are tables), with
    the same result; 'auto' takes the fastest that can. ``passes``: record every pass, too.
    ``progress`` is told now and then how many tasks have arrived (vectorised: were played).
    Raises InputError for an engine that is unknown or cannot play the scenario.
    """
    if engine not in ENGINES:
        refuse("engine", engine, "one of " + ", ".join(ENGINES))
    covered = sampler.covers(scenario)
    if engine == "vectorised" and not covered:
        raise InputError(
            "engine = 'vectorised' must have infinite slots, deterministic service, no horizon, "
            "no patience and policies that are tables; use engine = 'simpy'"
        )
    draws = Draws(scenario.seed, replication)
    start = perf_counter()
    if covered and engine != "simpy":
        engine = "vectorised"
        tasks, records = sampler.sample(scenario, draws, passes, progress or _silence)
        seconds = perf_counter() - start
    else:
        engine = "simpy"
        log = Log(keep_passes=passes)
        _run_processes(scenario, draws, log, progress or _silence)
        seconds = perf_counter() - start
        tasks, records = log.close()
    game = scenario.game
    return Result(
        tasks=tasks,
        passes=records,
        value=float(game.value),
        penalty=float(game.penalty),
        value_of_time=scenario.value_of_time,
        replication=replication,
        engine=engine,
        seconds=seconds,
    )


def _silence(arrived: int) -> None:
    """Nobody is watching."""


def _run_processes(
    scenario: Scenario, draws: Draws, log: Log, progress: Callable[[int], None]
) -> None:
    env = simpy.Environment()
    env.process(_arrivals(env, scenario, draws, log, progress))
    env.run(until=None if scenario.horizon == float("inf") else scenario.horizon)


def _arrivals(
    env: simpy.Environment,
    scenario: Scenario,
    draws: Draws,
    log: Log,
    progress: Callable[[int], None],
) -> Process:
    provider = Provider(env, scenario, draws, log)
    learner = scenario.abandonment if isinstance(scenario.abandonment, Learner) else None
    for number, gap in enumerate(islice(scenario.arrivals.gaps(draws), scenario.tasks)):
        if number % _PROGRESS == 0:
            progress(number)
        yield env.timeout(gap)
        # in an open system every task has a user of its own
        task = Task(number, number, "", env.now)
        log.arrive(task)
        user = User(scenario.abandonment, scenario.patience, learner)
        env.process(user_process(env, task, user, provider, draws))

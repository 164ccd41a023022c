"""Run a scenario."""

from collections.abc import Callable
from itertools import islice
from time import perf_counter

import numpy as np
import simpy

from sim import sampler
from sim.checks import InputError, Numbers, refuse
from sim.draws import Draws
from sim.people import Public
from sim.population import Population
from sim.provider import Provider
from sim.records import Columns, Log, Result, Task
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
            "engine = 'vectorised' must have infinite slots of a known discipline, deterministic "
            "service, no horizon, no patience and policies that are tables; use engine = 'simpy'"
        )
    arrivals = scenario.arrivals
    population = arrivals if isinstance(arrivals, Population) else None
    draws = Draws(scenario.seed, replication, few=population is not None)
    present = (0,) * len(scenario.game.models)
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
        present = log.present(len(present))
        tasks, records = log.close()
    value, value_of_time = _stakes(scenario, population, tasks)
    return Result(
        tasks=tasks,
        passes=records,
        value=value,
        penalty=float(scenario.game.penalty),
        value_of_time=value_of_time,
        replication=replication,
        engine=engine,
        seconds=seconds,
        present=present,
    )


def _stakes(
    scenario: Scenario, population: Population | None, tasks: Columns
) -> tuple[Numbers, Numbers]:
    """What a solved task and a second are worth, per task if users differ (money)."""
    if population is None:
        return float(scenario.game.value), scenario.value_of_time
    value = np.array([each.value for each in population.classes])
    value_of_time = np.array([each.value_of_time for each in population.classes])
    return value[tasks["group"]], value_of_time[tasks["group"]]


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
    public = Public(scenario, draws)
    for number, arrival in enumerate(islice(public.arrivals(), scenario.tasks)):
        gap, task_id, user, group = arrival
        if number % _PROGRESS == 0:
            progress(number)
        yield env.timeout(gap)
        task = Task(task_id, user, group, env.now)
        log.arrive(task)
        env.process(user_process(env, task, public.user(task), provider, draws))

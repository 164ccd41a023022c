"""Four programs for one network of queues, and its disciplines."""

import gc
import random
from collections.abc import Callable, Generator
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import click
import numpy as np
import simpy

from agents import Cascade, Stationary
from analysis.statistics.intervals import Estimate, estimate
from sim import (
    FCFS,
    Batching,
    Discipline,
    Exponential,
    Game,
    Offer,
    Person,
    Poisson,
    PriorityClasses,
    ProcessorSharing,
    Scenario,
    simulate,
    visits,
)
from tests.benchmark.measuring import Row

# the network: entry at M1, one task per second, loads LOAD at SLOTS
P, Q, S = (0.5, 0.8), 0.1, 0.3
SLOTS, LOAD = (4, 2), (0.7, 0.6)
Process = Generator[simpy.Event, Any, None]
TASKS = 20_000


@dataclass
class Played:
    """Passes and sojourns (seconds) of the tasks that one program played."""

    seconds: float
    passes: list[float]
    sojourns: list[float]


def service_means() -> tuple[float, ...]:
    """Seconds per pass that give the loads."""
    unit = Game.of(P, (1, 1), (1, 1), value=1, penalty=0)
    passes = visits(unit, 1, S, Q)
    return tuple(load * n / v for load, n, v in zip(LOAD, SLOTS, passes, strict=True))


# --- three programs for one network


def network_scenario(seed: int, tasks: int, discipline: Discipline | None = None) -> Scenario:
    return Scenario(
        Game.of(P, service_means(), (1, 1), value=1, penalty=0),
        Offer(
            Cascade(1, S), slots=SLOTS, discipline=discipline or FCFS(), service_time=Exponential()
        ),
        Person(Stationary(Q)),
        arrivals=Poisson(1.0),
        tasks=tasks,
        seed=seed,
    )


def queuit(seed: int, discipline: Discipline | None = None) -> Played:
    result = simulate(network_scenario(seed, TASKS, discipline), engine="simpy")
    metrics = result.metrics()
    return Played(result.seconds, metrics["passes"].tolist(), metrics["delay"].tolist())


def kernel(seed: int) -> Played:
    result = simulate(network_scenario(seed, TASKS), engine="compiled")
    metrics = result.metrics()
    return Played(result.seconds, metrics["passes"].tolist(), metrics["delay"].tolist())


def plain_simpy(seed: int) -> Played:
    env, luck = simpy.Environment(), random.Random(seed)
    servers = [simpy.Resource(env, slots) for slots in SLOTS]
    rates = [1 / mean for mean in service_means()]
    played = Played(0.0, [], [])

    def task() -> Process:
        arrived, model, passes = env.now, 0, 0
        while True:
            with servers[model].request() as slot:
                yield slot
                yield env.timeout(luck.expovariate(rates[model]))
            passes += 1
            if luck.random() < P[model] or luck.random() < Q:
                break
            if model == 0 and luck.random() < S:
                model = 1
        played.passes.append(passes)
        played.sojourns.append(env.now - arrived)

    def arrivals() -> Process:
        for _ in range(TASKS):
            yield env.timeout(luck.expovariate(1.0))
            env.process(task())

    start = perf_counter()
    env.process(arrivals())
    env.run()
    played.seconds = perf_counter() - start
    return played


def ciw(seed: int) -> Played:
    import ciw as library

    again = [(1 - p) * (1 - Q) for p in P]
    network = library.create_network(
        arrival_distributions=[library.dists.Exponential(1.0), None],
        service_distributions=[library.dists.Exponential(1 / mean) for mean in service_means()],
        routing=[[again[0] * (1 - S), again[0] * S], [0.0, again[1]]],
        number_of_servers=list(SLOTS),
    )
    library.seed(seed)
    simulation = library.Simulation(network)
    start = perf_counter()
    simulation.simulate_until_max_customers(TASKS, method="Finish")
    seconds = perf_counter() - start
    # in order of arrival, as the other two: the error estimate looks at neighbours
    done = sorted(simulation.nodes[-1].all_individuals, key=lambda each: each.id_number)
    records = [each.data_records for each in done]
    sojourns = [passes[-1].exit_date - passes[0].arrival_date for passes in records]
    return Played(seconds, [float(len(passes)) for passes in records], sojourns)


PROGRAMS: dict[str, Callable[[int], Played]] = {
    "queuit, kernel": kernel,
    "queuit, SimPy engine": queuit,
    "plain SimPy program": plain_simpy,
    "Ciw": ciw,
}


def network(rounds: int) -> list[Row]:
    first = next(iter(PROGRAMS))
    rows = {name: Row(name, "us per task", "" if name == first else first) for name in PROGRAMS}
    runs: dict[str, list[Played]] = {name: [] for name in PROGRAMS}
    for seed in range(rounds):
        for name, program in PROGRAMS.items():
            gc.collect()  # nobody pays for what the program before left behind
            run = program(seed)
            runs[name].append(run)
            rows[name].values.append(1e6 * run.seconds / TASKS)
    check_agreement(runs)
    return list(rows.values())


def check_agreement(runs: dict[str, list[Played]]) -> None:
    """Say what each program found; stop unless all found the same within chance."""
    for what, unit in (("passes", "passes"), ("sojourns", "seconds")):
        found = {
            name: estimate(np.concatenate([getattr(run, what) for run in each]), batches=30)
            for name, each in runs.items()
        }
        texts = [f"{name} {e.mean:.4f} ± {e.standard_error:.4f}" for name, e in found.items()]
        click.echo(f"mean {unit} per task: " + ", ".join(texts))
        ours, *others = found.values()
        if not all(agree(ours, other) for other in others):
            raise click.ClickException(f"the programs disagree on {what}: not the same network")


def agree(a: Estimate, b: Estimate) -> bool:
    return abs(a.mean - b.mean) <= 4 * float(np.hypot(a.standard_error, b.standard_error))


# --- disciplines

DISCIPLINES: dict[str, Discipline] = {
    "FCFS": FCFS(),
    "priority classes": PriorityClasses(),
    "processor sharing": ProcessorSharing(),
    "... capped at 4": ProcessorSharing(4),
    "batches, a : b = 20 : 1": Batching(20.0, 1.0),
}


def disciplines(rounds: int) -> list[Row]:
    rows = {
        name: Row(name, "us per task", "" if name == "FCFS" else "FCFS") for name in DISCIPLINES
    }
    for seed in range(rounds):
        for name, discipline in DISCIPLINES.items():
            rows[name].values.append(1e6 * queuit(seed, discipline).seconds / TASKS)
    return list(rows.values())

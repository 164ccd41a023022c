"""How fast queuit is, beside a bare SimPy program, Ciw and a bare interpreter.

    uv run python -m tests.benchmark [--rounds 7] [--only PART]

Every figure is the median of the rounds. Programs that are compared take turns within each round,
so that a busy machine slows all of them; read the ratios, not the times.

- network: microseconds per task on one network of two stations with feedback, Poisson arrivals and
  exponential service. Four programs play it: queuit's kernel and SimPy engine, a plain SimPy
  program (a process per task and a `simpy.Resource` per model) and Ciw. The ratio says how many
  times longer they take than the kernel. Their mean passes and sojourns must agree, or the
  comparison is void.
- kernel: the same network streamed to a summary by the kernel, beside the floor: the same random
  blocks and logarithms, nothing else; two threads over replications; one model of one slot at
  loads .5 and .99 (exponential), and of 1000 slots at .7.
- memory: the most that a fresh process holds after 10^6 and after 10^8 streamed tasks; once.
- disciplines: the same network in queuit's SimPy engine under every discipline; the ratio is to
  first come, first served. Shared processors are as fast as the slots together; the step of a batch
  takes 20 + its size.
- games: games solved per second of processor time by the closed form, as arrays, on one core.
- start: wall time of `queuit --help`; the ratio is to an interpreter that does nothing. Then, in
  fresh processes that have read what the code imports otherwise, the first call of the kernel,
  whose compiled code is on disk, beside what nobody can save: to import numba.
- sampler: nanoseconds of wall time per task of the uncongested game R14 at its optimum (2.6
  passes per task), arrivals included.
"""

import gc
import random
import subprocess
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

import click
import numpy as np
import simpy

from agents import Cascade, NoThrottle, Stationary, stackelberg
from analysis.catalogue import REFERENCE
from analysis.intervals import Estimate, estimate
from sim import (
    FCFS,
    Batching,
    Discipline,
    Exponential,
    Game,
    Poisson,
    PriorityClasses,
    ProcessorSharing,
    Scenario,
    simulate,
    stream,
    visits,
)

# the network: entry at M1, one task per second, loads LOAD at SLOTS
P, Q, S = (0.5, 0.8), 0.1, 0.3
SLOTS, LOAD = (4, 2), (0.7, 0.6)
TASKS, GAMES, SAMPLED, STREAMED = 20_000, 1_000_000, 1_000_000, 200_000
Process = Generator[simpy.Event, Any, None]


@dataclass
class Row:
    """One line of the table: measurements of all rounds, compared with those of ``base``."""

    name: str
    unit: str
    base: str = ""
    values: list[float] = field(default_factory=list)


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
        Cascade(1, S),
        Stationary(Q),
        NoThrottle(),
        arrivals=Poisson(1.0),
        service_time=Exponential(),
        slots=SLOTS,
        tasks=tasks,
        seed=seed,
        discipline=discipline or FCFS(),
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


# --- the rest


def games(rounds: int) -> list[Row]:
    rng = np.random.default_rng(1)
    p = np.sort(rng.uniform(0.01, 0.99, (2, GAMES)), axis=0)
    t, c = rng.uniform(0.01, 2, (2, 2, GAMES))
    game = Game.of(tuple(p), tuple(t), tuple(c), rng.uniform(0.1, 4, GAMES), rng.random(GAMES) * 5)
    row = Row("random games solved", "million per second")
    for _ in range(rounds):
        start = process_time()
        stackelberg(game)
        row.values.append(GAMES / 1e6 / (process_time() - start))
    return [row]


def start_up(rounds: int) -> list[Row]:
    script = str(Path(sys.executable).with_name("queuit"))
    bare = Row("python -c pass", "ms")
    program = Row("queuit --help", "ms", bare.name)
    for _ in range(rounds):
        bare.values.append(wall_time(sys.executable, "-c", "pass"))
        program.values.append(wall_time(script, "--help"))
    numba, first = Row("import numba", "ms"), Row("first compiled call", "ms", "import numba")
    fresh(FIRST)  # compiled code is on disk from now on
    for _ in range(rounds):
        numba.values += fresh(NUMBA)
        first.values += fresh(FIRST)
    return [bare, program, numba, first]


# what fresh processes do; they print what they have measured
NUMBA = """
from time import perf_counter
import numpy
start = perf_counter()
import numba
print(1000 * (perf_counter() - start))
"""
FIRST = """
from time import perf_counter
from sim import stream
from tests.benchmark import network_scenario
scenario = network_scenario(1, 1000)
start = perf_counter()
stream(scenario)
print(1000 * (perf_counter() - start))
"""
MEMORY = """
from resource import RUSAGE_SELF, getrusage
from sim import stream
from tests.benchmark import network_scenario
for tasks in (10**6, 10**8):
    stream(network_scenario(1, tasks))
    print(getrusage(RUSAGE_SELF).ru_maxrss)
"""


def fresh(program: str) -> list[float]:
    """The numbers that a process of its own prints."""
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return [float(number) for number in done.stdout.split()]


def wall_time(*command: str) -> float:
    start = perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return 1000 * (perf_counter() - start)


def sampler(rounds: int) -> list[Row]:
    game = REFERENCE["R14"]
    rows = {"compiled": Row("compiled sampler", "ns per task", "vectorised sampler")}
    rows["vectorised"] = Row("vectorised sampler", "ns per task")
    optimum = stackelberg(game)
    routing = Cascade(optimum.initial, optimum.cascade)
    for seed in range(rounds):
        leaving = Stationary(optimum.abandonment)
        scenario = Scenario(game, routing, leaving, NoThrottle(), tasks=SAMPLED, seed=seed)
        for engine, row in rows.items():
            row.values.append(1e9 * simulate(scenario, engine=engine).seconds / SAMPLED)
    return list(rows.values())


# --- the kernel


def station(load: float, slots: float) -> Scenario:
    """One model, no failure: the time per task at a load and a number of slots."""
    game = Game.of((1 - 1e-15,), (load * slots,), (1,), value=1, penalty=0)
    return Scenario(
        game,
        Cascade(1, ()),
        Stationary(1.0),
        NoThrottle(),
        service_time=Exponential(),
        slots=(slots,),
        tasks=STREAMED,
    )


def floor(scenario: Scenario) -> float:
    """Seconds of the draws alone."""
    from sim import compiled, jit
    from sim import kernel as code

    def draw(rules: Any, models: Any) -> float:
        total = 0.0
        for task in range(rules.tasks):
            total += gap(rules, task)
            model, number = rules.initial, 0
            while model > 0:
                number += 1
                u, success, abandon, cascade = words(rules.seed, rules.replication, task, number, 0)
                at = models[np.uint32(model)]
                total += exponential(at.mean, u)
                model = following(model, success < at.p, at.q, at.s, abandon, cascade)
        return total

    gap, words, exponential, following = (
        code._gap, code._philox, code._exponential, code._next_state
    )  # fmt: skip
    rules, models = compiled._rules(scenario, 0), compiled._models(scenario)
    fast: Any = jit.inlined(draw)
    fast(rules._replace(tasks=1), models)
    return min(timed(lambda: fast(rules, models)) for _ in range(3))


def timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def streams(scenario: Scenario, threads: int) -> float:
    """Seconds of four replications."""
    with ThreadPoolExecutor(threads) as pool:
        return timed(lambda: list(pool.map(lambda r: stream(scenario, replication=r), range(4))))


def kernel_rows(rounds: int) -> list[Row]:
    reference = network_scenario(1, STREAMED)
    one, two, low, high, few, many, base = (
        Row("kernel, streamed", "ns per task", "floor: draws alone"),
        Row("kernel, two threads", "ns per task", "kernel, streamed"),
        Row("one slot, load .5", "ns per task"),
        Row("one slot, load .99", "ns per task", "one slot, load .5"),
        Row("1 slot, load .7", "ns per task"),
        Row("1000 slots, load .7", "ns per task", "1 slot, load .7"),
        Row("floor: draws alone", "ns per task"),
    )
    stations = ((low, 0.5, 1.0), (high, 0.99, 1.0), (few, 0.7, 1.0), (many, 0.7, 1000.0))
    stream(reference)
    for _ in range(rounds):
        base.values.append(1e9 * floor(reference) / STREAMED)
        one.values.append(1e9 * streams(reference, 1) / 4 / STREAMED)
        two.values.append(1e9 * streams(reference, 2) / 4 / STREAMED)
        for row, load, slots in stations:
            row.values.append(1e9 * stream(station(load, slots)).seconds / STREAMED)
    return [base, one, two, low, high, few, many]


def memory(rounds: int) -> list[Row]:
    few, many = Row("10^6 streamed tasks", "MB"), Row("10^8 streamed tasks", "MB")
    many.base = few.name
    for row, value in zip((few, many), fresh(MEMORY), strict=True):
        row.values.append(value / 1024)
    return [few, many]


PARTS = {
    "network": network,
    "kernel": kernel_rows,
    "memory": memory,
    "disciplines": disciplines,
    "games": games,
    "start": start_up,
    "sampler": sampler,
}


def table(rows: list[Row]) -> str:
    """Median, range and, for what has something to be compared with, the ratio of medians."""
    medians = {row.name: median(row.values) for row in rows}
    lines = [f"{'':<24}{'median':>10}{'least':>10}{'most':>10}  {'unit':<20}ratio"]
    for row in rows:
        numbers = (medians[row.name], min(row.values), max(row.values))
        ratio = f"{medians[row.name] / medians[row.base]:.2f}" if row.base else ""
        figures = "".join(f"{number:>10.4g}" for number in numbers)
        lines.append(f"{row.name:<24}{figures}  {row.unit:<20}{ratio}".rstrip())
    return "\n".join(lines)


@click.command()
@click.option("--rounds", type=click.IntRange(1), default=7, show_default=True)
@click.option("--only", type=click.Choice(list(PARTS)), help="One part instead of all.")
def main(rounds: int, only: str | None) -> None:
    """Measure, and print one table."""
    chosen = [PARTS[only]] if only else list(PARTS.values())
    rows = [row for part in chosen for row in part(rounds)]
    click.echo("\n" + table(rows))


if __name__ == "__main__":
    main()

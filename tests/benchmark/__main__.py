"""The command, and the parts that are short."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

import click
import numpy as np

from agents import Cascade, Stationary, stackelberg
from analysis.games.catalogue import REFERENCE
from scenarios.options.games_file import solve_file
from scenarios.options.games_rows import COLUMNS
from scenarios.solve import solution
from sim import Game, Offer, Person, Scenario, simulate
from tests.benchmark.behaviours import behaviours
from tests.benchmark.congested import congested
from tests.benchmark.kernel import kernel_rows, memory
from tests.benchmark.measuring import Row, fresh, table, wall_time
from tests.benchmark.native import native
from tests.benchmark.network import disciplines, network

GAMES, ROWS, SAMPLED = 1_000_000, 200_000, 1_000_000
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
from tests.benchmark.network import network_scenario
scenario = network_scenario(1, 1000)
start = perf_counter()
stream(scenario)
print(1000 * (perf_counter() - start))
"""


def random_games(count: int) -> np.ndarray:
    """In the columns of `queuit solve --games`."""
    rng = np.random.default_rng(1)
    p = np.sort(rng.uniform(0.01, 0.99, (2, count)), axis=0)
    t, c = rng.uniform(0.01, 2, (2, 2, count))
    return np.array([*p, *t, *c, rng.uniform(0.1, 4, count), rng.random(count) * 5])


def games(rounds: int) -> list[Row]:
    p1, p2, t1, t2, c1, c2, value, penalty = random_games(GAMES)
    game = Game.of((p1, p2), (t1, t2), (c1, c2), value, penalty)
    row = Row("random games solved", "million per second")
    for _ in range(rounds):
        start = process_time()
        stackelberg(game)
        row.values.append(GAMES / 1e6 / (process_time() - start))
    return [row]


def tables(rounds: int) -> list[Row]:
    """Of CPU, all threads together; the second table has a blank, so that Python reads it."""
    plain, odd = Row("table of games", "us per row"), Row("... read row by row", "us per row")
    odd.base = plain.name
    with TemporaryDirectory() as folder:
        source, target = Path(folder) / "games.csv", Path(folder) / "solved.csv"
        numbers = [",".join(map(repr, row)) for row in random_games(ROWS).T.tolist()]
        for blank, row in (("", plain), (" ", odd)):
            source.write_text("\n".join([",".join(COLUMNS), *numbers]) + blank)
            for _ in range(rounds):
                start = process_time()
                solve_file(source, target, solution)
                row.values.append(1e6 * (process_time() - start) / ROWS)
    return [plain, odd]


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


def sampler(rounds: int) -> list[Row]:
    game = REFERENCE["R14"]
    rows = {"compiled": Row("compiled sampler", "ns per task", "vectorised sampler")}
    rows["vectorised"] = Row("vectorised sampler", "ns per task")
    optimum = stackelberg(game)
    routing = Cascade(optimum.initial, optimum.cascade)
    for seed in range(rounds):
        leaving = Stationary(optimum.abandonment)
        scenario = Scenario(game, Offer(routing), Person(leaving), tasks=SAMPLED, seed=seed)
        for engine, row in rows.items():
            row.values.append(1e9 * simulate(scenario, engine=engine).seconds / SAMPLED)
    return list(rows.values())


PARTS = {
    "network": network,
    "native": native,
    "behaviours": behaviours,
    "kernel": kernel_rows,
    "memory": memory,
    "disciplines": disciplines,
    "games": games,
    "congestion": congested,
    "tables": tables,
    "start": start_up,
    "sampler": sampler,
}


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

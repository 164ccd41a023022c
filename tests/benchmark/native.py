"""The network in C++, as a systems engineer writes it, beside the kernel."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory
from time import process_time

import click
import numpy as np

from sim import stream
from tests.benchmark.measuring import Row
from tests.benchmark.network import SLOTS, P, Q, S, network_scenario, service_means

SOURCE = Path(__file__).with_name("network.cpp")
TASKS = 1_000_000


@contextmanager
def program() -> Iterator[Path | None]:
    """The compiled program; None where there is no compiler."""
    with TemporaryDirectory() as folder:
        target = Path(folder) / "network"
        compiler = which("g++")
        if compiler:
            options = ("-std=c++17", "-O3", "-march=native", "-o", target)
            subprocess.run([compiler, *options, SOURCE], check=True)
        yield target if compiler else None


def played(target: Path, seed: int) -> tuple[float, ...]:
    """Seconds of processor time, mean passes, mean sojourn (seconds)."""
    numbers = (TASKS, seed, *P, *service_means(), *SLOTS, Q, S)
    command = [str(target), *map(str, numbers)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return tuple(map(float, done.stdout.split()))


def native(rounds: int) -> list[Row]:
    """Both in turn; no rows without a compiler."""
    ours, theirs = Row("kernel, no records", "ns per task"), Row("C++ program", "ns per task")
    theirs.base = ours.name
    found: dict[str, list[tuple[float, float, float]]] = {"passes": [], "delay": []}
    stream(network_scenario(0, 1000))
    with program() as target:
        if target is None:
            return []
        for seed in range(rounds):
            start = process_time()
            summary = stream(network_scenario(seed, TASKS))
            ours.values.append(1e9 * (process_time() - start) / TASKS)
            seconds, *means = played(target, seed)
            theirs.values.append(1e9 * seconds / TASKS)
            for (what, runs), mean in zip(found.items(), means, strict=True):
                runs.append((summary.means()[what], summary.standard_errors()[what], mean))
    check_agreement(found)
    return [ours, theirs]


def check_agreement(found: dict[str, list[tuple[float, float, float]]]) -> None:
    """Say what both found; stop unless it is the same within chance."""
    for what, runs in found.items():
        mean, _, other = np.mean(runs, axis=0)
        error = float(np.linalg.norm([each[1] for each in runs])) / len(runs)
        click.echo(f"mean {what} per task: kernel {mean:.4f} ± {error:.4f}, C++ {other:.4f}")
        if abs(mean - other) > 4 * np.sqrt(2) * error:
            raise click.ClickException(f"the programs disagree on {what}: not the same network")

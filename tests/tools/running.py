"""Running the command line, and what it must look like."""

import json
import os
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from analysis.games.catalogue import REFERENCE
from scenarios.cli import main

ROOT = Path(__file__).parents[2]
QUEUIT = Path(sysconfig.get_path("scripts")) / "queuit"
HEAVY = ("numpy", "pandas", "matplotlib", "scipy", "simpy", "rich", "pyarrow")
COLUMNS = ("p1", "p2", "t1", "t2", "c1", "c2", "value", "penalty")
METRICS = ("success", "delay", "service_cost", "user_utility", "provider_cost", "passes")
COUNTS = ("completed", "abandoned", "reneged", "refused", "in_system")
SOLVED = {
    "regime",
    "initial",
    "cascade",
    "abandonment",
    "user_utility",
    "provider_cost",
    "success",
    "delay",
    "service_cost",
    "misalignment",
    "throttling_gain",
    "statement",
    "tie",
}
# docs/theory.md, section 9: regime, initial, range of s, q*, U*, J*, Delta_U, gain, statement
TABLE: dict[str, tuple[Any, ...]] = {
    "R1": ("++", 1, (0, 0), 0, 1.5, 0.25, 0, -0.35, "Theorem 3.1"),
    "R2": ("++", 2, None, 0, 1.625, 0.5, 0, -0.1, "Theorem 3.1"),
    "R3": ("--", 1, (0, 1), 1, -0.2, 0.55, 0, 0, "Theorem 3.2"),
    "R4": ("--", 2, None, 1, -0.3, 1.3, 0.1, 0, "Theorem 3.2"),
    "R5": ("-+", 1, (0, 0.0740740741), 1, -0.1, 0.62, 1.35, 0, "Theorem 4"),
    "R6": ("-+", 2, None, 0, 1.25, 0.75, 0, -0.15, "Theorem 4"),
    "R7": ("-+", 1, (0, 0.1071428571), 1, -0.1, 0.29, 0.9333333333, 0, "Theorem 4"),
    "R8": ("-+", 1, (0.1071428571,) * 2, 0, -0.1, 0.475, 0.9333333333, -0.725, "Theorem 4"),
    "R9": ("+-", 1, (0, 0), 0, 0.5, 0.25, 0, -0.21, "Theorem 5.1"),
    "R10": ("+-", 1, (0.4, 1), 1, 0.2, 0.38, 0.3, 0, "Theorem 5.2"),
    "R11": ("+-", 2, None, 1, -0.1, 0.74, 0.4333333333, 0, "Theorem 5.3"),
    "R12": ("+-", 2, None, 1, -0.1, 0.9, 0.4333333333, 0, "Theorem A"),
    "R13": (
        *("+-", 1, (0.4537197676,) * 2, 0),
        *(0.2595507195, 1.1457244832, 0.4071159472, -0.0042755168, "Theorem A"),
    ),
    "R14": (
        *("+-", 1, (0.3086371091,) * 2, 0),
        *(0.1240051085, 1.1240051085, 0.2093282249, -0.5759948915, "Theorem A"),
    ),
}


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out, parse_constant=pytest.fail)  # NaN and Infinity are not JSON


def queuit(*words: object) -> Ran:
    """The command in this process."""
    result = CliRunner().invoke(main, [str(word) for word in words], catch_exceptions=False)
    return Ran(result.exit_code, result.stdout, result.stderr)


def process(*command: object, cwd: Path, **environment: str) -> Ran:
    """The command in a process of its own, in which warnings are errors."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, "PYTHONWARNINGS": "error", **environment},
        capture_output=True,
        text=True,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def refused(ran: Ran, *parts: str) -> None:
    """One line that holds all ``parts``, exit code 2, and nothing else."""
    assert (ran.code, ran.out) == (2, ""), ran
    assert ran.err.count("\n") == 1, ran.err
    assert ran.err.endswith("\n")
    for part in parts:
        assert part in ran.err


def row(name: str) -> list[float]:
    game = REFERENCE[name]
    per_model = [getattr(m, field) for field in "ptc" for m in game.models]
    return [*per_model, game.value, game.penalty]


def simulated(*words: object) -> Any:
    tasks = () if "--tasks" in words else ("--tasks", 4000)
    return queuit("simulate", "--json", *tasks, *words).json


def agrees(answer: Any, *without: str) -> None:
    """Every mean is within 5 standard errors of its exact value, except those ``without``."""
    for metric in METRICS:
        mean, error, exact = (answer[metric][key] for key in ("mean", "standard_error", "exact"))
        if metric in without:
            assert exact is None
        else:
            assert mean == pytest.approx(exact, abs=5 * error + 1e-9), metric

"""The command line: what each command prints and writes, and how it refuses bad input."""

import csv
import json
import math
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
from dataclasses import asdict, dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click import Option
from click.testing import CliRunner

import agents
import analysis.validation
import sim
import sim.user
from agents import stackelberg
from analysis.cases import all_cases
from analysis.catalogue import REFERENCE, named, pairs
from analysis.planted import Planted, planted_errors
from scenarios.cli import main
from scenarios.options import policy_classes
from sim import Scenario, expectations, simulate

ROOT = Path(__file__).parent.parent
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


# --- solve -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TABLE)
def test_solve_gives_the_reference_equilibria(name: str) -> None:
    result = queuit("solve", "--game", name, "--json").json
    assert result.keys() >= SOLVED | {"cascade_range"}
    regime, initial, cascade_range, q, utility, cost, gap, gain, statement = TABLE[name]
    assert (result["regime"], result["initial"], result["abandonment"]) == (regime, initial, q)
    assert (result["statement"], result["tie"]) == (statement, False)
    numbers = ("user_utility", "provider_cost", "misalignment", "throttling_gain")
    assert [result[number] for number in numbers] == pytest.approx(
        [utility, cost, gap, gain], abs=6e-11
    )
    if cascade_range is None:
        assert result["cascade_range"] is None
    else:
        assert result["cascade_range"] == pytest.approx(cascade_range, abs=6e-11)
        low, high = result["cascade_range"]
        assert low <= result["cascade"] <= high


@pytest.mark.parametrize("name", [*TABLE, *pairs()])
def test_solve_is_consistent_and_prints_full_precision(name: str) -> None:
    result = queuit("solve", "--game", name, "--json").json
    game, _ = named(name)
    optimum = asdict(stackelberg(game))
    assert {key: result[key] for key in SOLVED & optimum.keys()} == {
        key: optimum[key] for key in SOLVED & optimum.keys()
    }
    played = expectations(game, result["initial"], result["cascade"], result["abandonment"])
    for key in METRICS[:-1]:
        assert result[key] == pytest.approx(getattr(played, key), rel=1e-12)


def test_solve_from_numbers_equals_solve_by_name() -> None:
    p1, p2, t1, t2, c1, c2, value, penalty = row("R14")
    numbers = ("--p", p1, p2, "--t", t1, t2, "--c", c1, c2, "--value", value, "--penalty", penalty)
    for form in ((), ("--json",)):
        assert queuit("solve", *numbers, *form) == queuit("solve", "--game", "R14", *form)
    again = queuit("solve", "--game", "R14", "--penalty", 1, "--json")
    assert again == queuit("solve", "--game", "R12", "--json")


def test_solve_prints_text() -> None:
    text = queuit("solve", "--game", "R14").out
    lines = dict(line.split(maxsplit=1) for line in text.splitlines())
    assert lines.keys() >= SOLVED | {"cascade_range"}
    assert lines["provider_cost"] == "1.124005108"
    assert "irrelevant" in queuit("solve", "--game", "R2").out


@pytest.mark.parametrize(
    ("words", "regime"),
    [
        ("--p .1 .5 --t .3 .4 --c .1 .2 --value 3 --penalty 1", "++"),  # V p1 - t1 = 5.6e-17
        ("--p .1 .5 --t .4 1.5 --c .1 .2 --value 3 --penalty 1", "--"),
        ("--p .25 .5 --t .125 .5 --c .125 .25 --value 2 --penalty 1", "++"),  # k1 = k2
        ("--p .5 .75 --t 1.25 1 --c .5 .5625 --value 2 --penalty .5", "-+"),  # P = P1
    ],
)
def test_solve_reports_ties(words: str, regime: str) -> None:
    result = queuit("solve", *words.split(), "--json").json
    assert (result["tie"], result["regime"]) == (True, regime)


def test_orders_of_times_and_costs_are_reported_not_required() -> None:
    words = [
        "solve",
        "--p",
        ".3",
        ".6",
        "--t",
        ".7",
        ".2",
        "--c",
        ".5",
        ".4",
        "--value",
        "1",
        "--penalty",
        "3",
    ]
    ran = queuit(*words)
    assert ran.code == 0
    assert "t1 < t2" in ran.out
    assert "c1 < c2" in ran.out
    assert queuit(*words, "--json").json["broken_assumptions"] == ["t1 < t2", "c1 < c2"]


# --- solve --games -----------------------------------------------------------------------------

HEADER = ",".join(COLUMNS)
GOOD = ".3,.6,.2,.7,.4,.5,1,3"


def solve_file(tmp_path: Path, text: str | bytes) -> tuple[Ran, Path]:
    source, target = tmp_path / "games.csv", tmp_path / "solved.csv"
    source.write_bytes(text if isinstance(text, bytes) else text.encode())
    return queuit("solve", "--games", source, "--out", target), target


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(path.read_text(encoding="utf-8"))))


def cell(value: object) -> str:
    return "" if value is None else json.dumps(value).strip('"')


def test_a_table_of_games_gives_what_single_games_give(tmp_path: Path) -> None:
    # any order of columns, columns of one's own, a byte order mark, blank lines
    lines = [
        ",".join(["label", *map(str, row(name)[::-1]), f'"{name}, said ""so"""']) for name in TABLE
    ]
    header = ",".join(["kind", *COLUMNS[::-1], "note"])
    ran, target = solve_file(tmp_path, "\ufeff" + "\n\n".join([header, *lines]) + "\n\n")
    assert ran.code == 0, ran.err
    rows = read(target)
    assert len(rows) == len(TABLE)
    for name, found in zip(TABLE, rows, strict=True):
        single = queuit("solve", "--game", name, "--json").json
        low, high = single["cascade_range"] or (None, None)
        single |= {"cascade_low": low, "cascade_high": high}
        for column in (*SOLVED, "cascade_low", "cascade_high"):
            assert found[column] == cell(single[column]), (name, column)
        assert (found["kind"], found["note"]) == ("label", f'{name}, said "so"')
        assert [float(found[column]) for column in COLUMNS] == row(name)


def test_a_table_may_have_one_row_or_none(tmp_path: Path) -> None:
    ran, target = solve_file(tmp_path, f"{HEADER}\n{GOOD}\n")
    assert ran.code == 0
    [only] = read(target)
    assert only["statement"] == "Theorem A"
    assert only["tie"] == "false"
    header = target.read_text().splitlines()[0]
    ran, target = solve_file(tmp_path, f"{HEADER}\n")
    assert ran.code == 0
    assert target.read_text().splitlines() == [header]


@pytest.mark.parametrize("size", [1, 3, 7, 14])
def test_parts_of_a_table_do_not_show(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join([HEADER, *(",".join(map(str, row(name))) for name in TABLE)])
    _, target = solve_file(tmp_path, text)
    whole = target.read_bytes()
    monkeypatch.setattr("scenarios.games_file._PART", size)
    assert solve_file(tmp_path, text)[0].out == f"14 games solved: {target}\n"
    assert target.read_bytes() == whole
    refused(solve_file(tmp_path, f"{text}\n\n{GOOD[:-1]}-1\n")[0], "line 17", "penalty", "-1")
    assert target.read_bytes() == whole


def test_a_table_can_replace_itself(tmp_path: Path) -> None:
    file = tmp_path / "games.csv"
    file.write_text(f"{HEADER}\n{GOOD}\n")
    assert queuit("solve", "--games", file, "--out", file).code == 0
    first = file.read_text()
    assert queuit("solve", "--games", file, "--out", file).code == 0
    assert file.read_text() == first


@pytest.mark.parametrize(
    ("broken", "parts"),
    [
        (".3,abc,.2,.7,.4,.5,1,3", ("p2", "'abc'", "number")),
        (".3,,.2,.7,.4,.5,1,3", ("p2", "''", "number")),
        (".3,1.5,.2,.7,.4,.5,1,3", ("p2", "1.5", "between 0 and 1")),
        (".7,.6,.2,.7,.4,.5,1,3", ("p1", "0.7", "less than")),
        (".3,.6,nan,.7,.4,.5,1,3", ("t1", "nan", "greater than 0")),
        (".3,.6,.2,.7,.4,1e999,1,3", ("c2", "inf", "finite")),
        (".3,.6,.2,.7,.4,.5,-1,3", ("value", "-1", "greater than 0")),
        (".3,.6,.2,.7,.4,.5,1,-3", ("penalty", "-3", "at least 0")),
        (".3,.6,.2,.7,.4,.5,1", ("7 cells", "8")),
        (".3,.6,.2,.7,.4,.5,1,3,4", ("9 cells", "8")),
    ],
)
def test_a_broken_row_is_named_by_its_line(
    broken: str, parts: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "solved.csv").write_text("before")
    ran, target = solve_file(tmp_path, f"{HEADER}\n{GOOD}\n\n{broken}\n{GOOD}\n")
    refused(ran, "line 4", *parts)
    assert target.read_text() == "before"
    assert {file.name for file in tmp_path.iterdir()} == {"games.csv", "solved.csv"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("p1,p2,t1,t2,c1,c2,value\n.3,.6,.2,.7,.4,.5,1\n", ("penalty",)),
        (f"{HEADER},p1\n{GOOD},.3\n", ("p1",)),
        ("", ("p1", "penalty")),
        (b"\xff\xfe\x00\n", ()),
    ],
)
def test_a_file_that_is_no_table_of_games_is_refused(
    text: str | bytes, parts: tuple[str, ...], tmp_path: Path
) -> None:
    ran, _ = solve_file(tmp_path, text)
    refused(ran, "games", "games.csv", *parts)
    assert [file.name for file in tmp_path.iterdir()] == ["games.csv"]


def test_places_that_cannot_be_read_or_written(tmp_path: Path) -> None:
    source, file, directory = tmp_path / "games.csv", tmp_path / "file", tmp_path / "directory"
    source.write_text(f"{HEADER}\n{GOOD}\n")
    file.write_text("before")
    directory.mkdir()
    refused(queuit("solve", "--games", tmp_path / "no.csv", "--out", file), "games", "no.csv")
    refused(queuit("solve", "--games", directory, "--out", file), "games", str(directory))
    refused(queuit("solve", "--games", source, "--out", file / "x"), "out", str(file / "x"))
    refused(queuit("solve", "--games", source, "--out", directory), "out", str(directory))
    for out in (file, file / "x"):
        refused(queuit("simulate", "--game", "R1", "--tasks", 9, "--out", out), "out", str(out))
    assert file.read_text() == "before"
    assert {each.name for each in tmp_path.rglob("*")} == {"games.csv", "file", "directory"}


# --- simulate ----------------------------------------------------------------------------------


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


def exact_values(answer: Any) -> list[Any]:
    return [answer[metric]["exact"] for metric in METRICS]


def expected(name: str, initial: int, s: float, q: float, *delays: float) -> Any:
    played = expectations(named(name)[0].delayed(*(delays or (0, 0))), initial, s, q)
    return pytest.approx([getattr(played, metric) for metric in METRICS], rel=1e-12)


@pytest.mark.parametrize("name", [*TABLE, "gpt-4.1/o3"])
def test_simulate_plays_the_equilibrium(name: str) -> None:
    answer = simulated("--game", name, "--seed", 3)
    optimum = stackelberg(named(name)[0])
    assert exact_values(answer) == expected(
        name, optimum.initial, optimum.cascade, optimum.abandonment
    )
    agrees(answer)
    assert (answer["tasks"], answer["seed"]) == (4000, 3)
    assert sum(answer[count] for count in COUNTS) == 4000
    assert answer["completed"] == round(4000 * answer["success"]["mean"])


def test_the_knife_edge_is_played_as_carried() -> None:
    answer = simulated("--game", "R8")  # q = 0 at s_0 exactly, never recomputed
    assert (answer["completed"], answer["abandoned"]) == (4000, 0)
    assert answer["provider_cost"]["exact"] == pytest.approx(0.475)


def test_defaults_are_a_hundred_thousand_tasks_and_seed_1() -> None:
    words = ("--game", "R10", "--tasks", 100_000, "--seed", 1, "--slots", "inf", "inf")
    plain = queuit("simulate", "--game", "R10", "--json")
    assert plain == queuit("simulate", *words, "--service", "deterministic", "--json")
    assert plain.json["tasks"] == 100_000


def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    words = ("simulate", "--game", "R9", "--abandon", ".1", "--tasks", "2000", "--json")
    first, *others = (process(QUEUIT, *words, cwd=tmp_path, PYTHONHASHSEED=h) for h in "12")
    assert [first] == [*others]
    assert first.out == queuit(*words).out
    assert queuit(*words, "--seed", 2).out != first.out


def test_timing_adds_engine_and_speed() -> None:
    words = ("--game", "R9", "--tasks", 500)
    plain, timed = simulated(*words), simulated(*words, "--timing")
    assert timed["engine"] == "vectorised"
    assert timed["tasks_per_second"] > 0
    assert timed.keys() - plain.keys() == {"engine", "tasks_per_second"}
    assert plain == {key: timed[key] for key in plain}
    assert simulated(*words, "--timing", "--service", "exponential")["engine"] == "simpy"
    assert "tasks_per_second" in queuit("simulate", *words, "--timing").out


def test_the_engine_can_be_chosen_and_changes_nothing() -> None:
    words = ("--game", "R9", "--tasks", 500, "--arrival-rate", 1, "--slots", 2, 3, "--timing")
    runs = {name: simulated(*words, "--engine", name) for name in ("auto", "simpy", "compiled")}
    assert [run.pop("engine") for run in runs.values()] == ["simpy", "simpy", "compiled"]
    for run in runs.values():
        run.pop("tasks_per_second")
    assert runs["auto"] == runs["simpy"] == runs["compiled"]


def test_an_engine_that_cannot_play_names_the_one_that_can() -> None:
    words = ("--game", "R9", "--arrival-rate", 1, "--slots", 2, 3, "--discipline", "ps")
    run = queuit("simulate", *words, "--engine", "compiled")
    assert (run.code, run.out) == (2, "")
    assert run.err.count("\n") == 1
    assert "engine = 'compiled' must have" in run.err
    assert "use engine = 'simpy'" in run.err


@pytest.mark.parametrize(
    ("words", "initial", "s", "q"),
    [
        (("--route", 2), 2, 0.0, 0.0),
        (("--cascade", 0.7), 1, 0.7, 0.0),
        (("--abandon", 0.2), 1, None, 0.2),
        (("--route", 1, "--cascade", 1, "--abandon", 0.4), 1, 1.0, 0.4),
    ],
)
def test_overrides_replace_just_their_part(
    words: tuple[object, ...], initial: int, s: float | None, q: float
) -> None:
    answer = simulated("--game", "R14", *words)
    s = stackelberg(REFERENCE["R14"]).cascade if s is None else s
    assert exact_values(answer) == expected("R14", initial, s, q)
    agrees(answer)


def test_a_cascade_is_idle_from_the_reasoning_model() -> None:
    words = ("--game", "R14", "--route", 2, "--abandon", 0.1)
    plain, idle = simulated(*words), simulated(*words, "--cascade", 0.6)
    for key in (*METRICS, *COUNTS):
        assert plain[key] == idle[key]


def test_added_delay_is_money_and_changes_the_equilibrium() -> None:
    answer = simulated("--game", "R1", "--penalty", 0.1, "--added-delay", 0.7, 1.0)
    assert answer["delay"]["exact"] == pytest.approx(0.9)  # everybody leaves after one pass
    assert answer["provider_cost"]["exact"] == pytest.approx(0.1 + 0.1 * 0.6)
    assert answer["delay"]["mean"] == pytest.approx(0.9)
    agrees(answer)
    name, played = "gpt-4.1/o3", ("--route", 1, "--cascade", 0.2, "--abandon", 0.1)
    answer = simulated("--game", name, *played, "--added-delay", 0.05, 0.1)
    assert exact_values(answer) == expected(name, 1, 0.2, 0.1, 0.05, 0.1)
    agrees(answer)


@pytest.mark.parametrize("service", ["deterministic", "exponential", "lognormal:0.5"])
@pytest.mark.parametrize("slots", [("inf", "inf"), (2, "inf")])
def test_service_distributions_and_slots(service: str, slots: tuple[object, object]) -> None:
    words = ("--game", "R9", "--abandon", 0.1, "--cascade", 0.3, "--tasks", 3000)
    rate = ("--arrival-rate", 2)
    answer = simulated(*words, *rate, "--service", service, "--slots", *slots)
    agrees(answer, *(("delay", "user_utility") if 2 in slots else ()))


def test_waiting_is_that_of_a_queue_and_its_error_from_batch_means(tmp_path: Path) -> None:
    # Bernoulli feedback at one slot: mu = 2, load 0.7/0.7 = 1 per second, W = 1, W/p per task
    words = ("--route", 2, "--slots", "inf", 1, "--arrival-rate", 0.7, "--service", "exponential")
    answer = simulated("--game", "R1", *words, "--tasks", 20_000, "--out", tmp_path)
    delay = answer["delay"]
    assert delay["exact"] is None
    assert delay["mean"] == pytest.approx(1 / 0.7, abs=4 * delay["standard_error"])
    tasks = pd.read_parquet(tmp_path / "tasks.parquet")
    naive = (tasks.ended - tasks.arrived).std() / math.sqrt(len(tasks))
    assert delay["standard_error"] > 1.5 * naive


@pytest.mark.parametrize("slots", [(1, 2), ("inf", 2), (1, "inf")])
def test_finite_slots_need_an_arrival_rate(slots: tuple[object, object]) -> None:
    refused(queuit("simulate", "--game", "R1", "--slots", *slots), "--arrival-rate", "--slots")


@pytest.mark.parametrize("words", [(), ("--slots", 2, 1, "--arrival-rate", 1)])
def test_out_holds_everything_to_play_it_again(words: tuple[object, ...], tmp_path: Path) -> None:
    out = tmp_path / "new" / "place"
    options = ("--game", "R9", "--abandon", 0.2, "--added-delay", 0, 0.1, "--tasks", 300)
    for _ in range(2):  # the second time over the first
        answer = simulated(*options, *words, "--out", out)
        assert {file.name for file in out.iterdir()} == {
            *("tasks.parquet", "passes.parquet", "summary.parquet", "scenario.json")
        }
    stored = json.loads((out / "scenario.json").read_text(), parse_constant=pytest.fail)
    scenario = Scenario.from_dict(stored["scenario"], policy_classes())
    result = simulate(scenario, passes=True)
    pd.testing.assert_frame_equal(pd.read_parquet(out / "tasks.parquet"), result.task_frame())
    pd.testing.assert_frame_equal(pd.read_parquet(out / "passes.parquet"), result.pass_frame())
    assert stored["answer"] == answer
    summary = pd.read_parquet(out / "summary.parquet").set_index("metric")
    for metric, values in result.metrics().items():
        assert values.mean() == pytest.approx(answer[metric]["mean"], rel=1e-12)
        assert summary.loc[metric, "mean"] == answer[metric]["mean"]
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", stored["version"])


def test_simulate_prints_a_table() -> None:
    ran = queuit("simulate", "--game", "R9", "--tasks", 100)
    assert ran.code == 0
    for word in (*METRICS, "tasks", "completed", "abandoned", "seed", "exact"):
        assert word in ran.out


# --- pairs and validate ------------------------------------------------------------------------


def test_pairs_lists_every_pair_with_its_source() -> None:
    ran = queuit("pairs")
    assert ran.code == 0
    assert 8 <= len(pairs()) <= 15
    for pair in pairs().values():
        block = ran.out.split(f"{pair.name}\n")[1].split("\n\n")[0]
        for word in (pair.source, *pair.dates, "regime", "Delta U", "throttling"):
            assert word in block
        assert re.search(r" (\+\+|--|-\+|\+-) ", block)
        assert all(re.match(r"\d{4}-\d\d-\d\d$", date) for date in pair.dates)
    assert queuit("pairs", "--value-of-time", 0.01) == ran
    assert queuit("pairs", "--value-of-time", 0.1).out != ran.out


@pytest.fixture
def few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """The study on four games instead of all; stays in this process with --workers 1."""
    few = [case for case in all_cases() if case.name in ("R3", "R8", "R14", "gpt-4.1/o3")]
    monkeypatch.setattr("analysis.cases.all_cases", lambda: few)
    monkeypatch.setattr("analysis.congestion_cases.congestion_cases", list)


def validate(*words: object) -> Ran:
    fast = ("--tasks", 300, "--precision", 0.2, "--workers", 1)
    return queuit("validate", *fast, *words)


@pytest.mark.usefixtures("few_cases")
def test_validate_agrees() -> None:
    ran = validate()
    assert ran.code == 0, ran.err
    for name in ("R3", "R8", "R14", "gpt-4.1/o3"):
        assert name in ran.out
    assert "FAILED" not in ran.out + ran.err
    assert validate() == ran
    assert validate("--seed", 2).out != ran.out


@pytest.mark.usefixtures("few_cases")
def test_validate_notices_a_broken_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = sim.user.next_state

    def swapped(
        model: int, solved: bool, q: float, s: float, abandon: float, cascade: float
    ) -> int:
        return rule(model, solved, q, 1 - s if model == 1 else s, abandon, cascade)

    monkeypatch.setattr(sim.user, "next_state", swapped)
    ran = validate()
    assert ran.code == 1
    failed = [line for line in ran.err.splitlines() if line.startswith("FAILED: ")]
    assert any(" in R14 " in line for line in failed)
    assert not any(" in R3 " in line for line in failed)  # one pass and out: no cascade


@pytest.mark.usefixtures("few_cases")
def test_validate_notices_a_broken_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*arguments: Any) -> Any:
        right = expectations(*arguments)
        return replace(right, delay=right.delay * 1.3)

    monkeypatch.setattr(analysis.validation, "expectations", wrong)
    ran = validate()
    assert ran.code == 1
    failed = [line for line in ran.err.splitlines() if line.startswith("FAILED: ")]
    assert len(failed) == 4
    assert all(" of delay in " in line for line in failed)


@pytest.mark.usefixtures("few_cases")
def test_validate_plays_one_case_alone() -> None:
    ran = validate("--case", "R14", "--case", "R3")
    assert ran.code == 0
    assert "R14" in ran.out
    assert "R3" in ran.out
    assert "R8" not in ran.out
    assert "22 of 22 checks passed" in ran.out
    assert "600 tasks (" in ran.out  # 300 per case as SimPy processes


def test_the_table_of_validate_fits_a_terminal() -> None:
    """The longest name, the longest U and the longest J of the catalogue, at default settings."""
    words: list[object] = ["validate", "--workers", 1, "--tasks", 10]
    for name in ("deepseek-v3.2/reasoner", "flash-2.5/thinking", "deepseek-v3/r1"):
        words += ["--case", name]
    ran = queuit(*words)
    assert ran.code == 0
    assert "…" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


def test_the_self_test_runs_the_command_and_misses_what_is_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    errors = planted_errors()
    some = [each for each in errors if each.name in ("wrong beta", "one engine never cascades")]
    monkeypatch.setattr("analysis.planted.planted_errors", lambda: some)
    ran = queuit("validate", "--self-test", "--precision", 0.3, "--tasks", 100)
    assert ran.code == 0, ran.out
    assert ran.out.count("caught: ") == 2
    assert ran.out.count("exit 1, ") == 2
    assert "engines of tasks that differ in R14" in ran.out
    harmless = Planted("nothing", (), "R3", "equivalence")
    monkeypatch.setattr("analysis.planted.planted_errors", lambda: [*some, harmless])
    ran = queuit("validate", "--self-test", "--precision", 0.3, "--tasks", 100)
    assert ran.code == 1
    assert "MISSED: nothing" in ran.out
    assert "2 of 3 planted errors caught" in ran.out


@pytest.mark.slow
def test_the_self_test_catches_every_planted_error_at_default_precision() -> None:
    ran = queuit("validate", "--self-test")
    assert ran.code == 0, ran.out
    assert ran.out.count("caught: ") == ran.out.count("exit 1, ") == len(planted_errors()) >= 12


@pytest.mark.slow
def test_an_interrupted_validation_leaves_no_half_files_and_no_processes(tmp_path: Path) -> None:
    """Ctrl-C reaches the whole group of processes of a terminal."""
    words = [sys.executable, "-m", "scenarios.validate_equilibrium", "--workers", "2"]
    run = subprocess.Popen(
        [*words, "--out", str(tmp_path / "out")],
        start_new_session=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(8)  # at work by now
    assert run.poll() is None
    os.killpg(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=60)
    assert run.returncode == 130
    assert err.splitlines()[-1] == "queuit: interrupted"
    assert list((tmp_path / "out").iterdir()) == []
    assert _ended(run.pid)


def _ended(group: int) -> bool:
    """Whether a group of processes is gone within ten seconds: ended ones wait to be collected."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


# --- bad input ---------------------------------------------------------------------------------

SOLVE = {"--p": ".3 .6", "--t": ".2 .7", "--c": ".4 .5", "--value": "1", "--penalty": "3"}


@pytest.mark.parametrize(
    ("option", "text", "parts"),
    [
        ("--p", "0 .6", ("p1", "0.0", "between 0 and 1")),
        ("--p", ".3 1", ("p2", "1.0", "between 0 and 1")),
        ("--p", "-.3 .6", ("p1", "-0.3", "between 0 and 1")),
        ("--p", ".3 1.5", ("p2", "1.5", "between 0 and 1")),
        ("--p", "nan .6", ("p1", "nan", "between 0 and 1")),
        ("--p", ".3 inf", ("p2", "inf", "between 0 and 1")),
        ("--p", ".6 .6", ("p1", "0.6", "less than")),
        ("--p", ".7 .6", ("p1", "0.7", "less than", "p2")),
        ("--p", ".3 x", ("--p", "'x'", "float")),
        ("--t", "0 .7", ("t1", "0.0", "greater than 0")),
        ("--t", ".2 -.7", ("t2", "-0.7", "greater than 0")),
        ("--t", "nan .7", ("t1", "nan", "finite")),
        ("--t", ".2 inf", ("t2", "inf", "finite")),
        ("--c", "0 .5", ("c1", "0.0", "greater than 0")),
        ("--c", ".4 -.5", ("c2", "-0.5", "greater than 0")),
        ("--c", ".4 nan", ("c2", "nan", "finite")),
        ("--c", "inf .5", ("c1", "inf", "finite")),
        ("--value", "0", ("value", "0.0", "greater than 0")),
        ("--value", "-1", ("value", "-1.0", "greater than 0")),
        ("--value", "nan", ("value", "nan", "finite")),
        ("--value", "inf", ("value", "inf", "finite")),
        ("--penalty", "-1", ("penalty", "-1.0", "at least 0")),
        ("--penalty", "nan", ("penalty", "nan", "finite")),
        ("--penalty", "inf", ("penalty", "inf", "finite")),
    ],
)
@pytest.mark.parametrize("command", ["solve", "simulate"])
def test_bad_games_are_refused(
    command: str, option: str, text: str, parts: tuple[str, ...]
) -> None:
    options = {**SOLVE, option: text}
    refused(queuit(command, *" ".join(f"{k} {v}" for k, v in options.items()).split()), *parts)
    refused(queuit(command, "--game", "R14", option, *text.split()), *parts)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("solve --game R15", ("game", "'R15'", "R14", "gpt-4.1/o3")),
        ("solve", ("missing", "--p", "--t", "--c", "--value", "--penalty", "--game")),
        ("solve --p .3 .6 --value 1", ("missing", "--t", "--c", "--penalty")),
        ("solve --games x.csv", ("missing", "--out")),
        ("solve --game R1 --p .3", ("--p", "2 arguments")),
        ("solve --game R1 --foo", ("--foo",)),
        ("solve --game R1 foo", ("foo",)),
        ("foo", ("foo",)),
        ("simulate", ("missing", "--p", "--game")),
        ("simulate --game R1 --route 0", ("--route", "0", "1<=x<=2")),
        ("simulate --game R1 --route 3", ("--route", "3", "1<=x<=2")),
        ("simulate --game R1 --cascade 1.1", ("cascade", "1.1", "between 0 and 1")),
        ("simulate --game R1 --cascade -.1", ("cascade", "-0.1", "between 0 and 1")),
        ("simulate --game R1 --route 2 --cascade nan", ("cascade", "nan", "between 0 and 1")),
        ("simulate --game R1 --abandon 1.1", ("abandon", "1.1", "between 0 and 1")),
        ("simulate --game R1 --abandon -.1", ("abandon", "-0.1", "between 0 and 1")),
        ("simulate --game R1 --abandon nan", ("abandon", "nan", "between 0 and 1")),
        ("simulate --game R1 --tasks 0", ("tasks", "0", "at least 1")),
        ("simulate --game R1 --tasks -5", ("tasks", "-5", "at least 1")),
        ("simulate --game R1 --tasks 1.5", ("tasks", "1.5", "integer")),
        ("simulate --game R1 --seed -1", ("seed", "-1", "from 0 to")),
        (f"simulate --game R1 --seed {2**64}", ("seed", str(2**64), "from 0 to")),
        ("simulate --game R1 --seed x", ("seed", "'x'", "integer")),
        ("simulate --game R1 --slots 0 1 --arrival-rate 1", ("slots", "0", "at least 1")),
        ("simulate --game R1 --slots 1 1.5 --arrival-rate 1", ("slots", "1.5", "whole number")),
        ("simulate --game R1 --slots -1 1 --arrival-rate 1", ("slots", "-1", "at least 1")),
        ("simulate --game R1 --slots nan 1 --arrival-rate 1", ("slots", "nan", "whole number")),
        ("simulate --game R1 --arrival-rate 0", ("arrival rate", "0.0", "greater than 0")),
        ("simulate --game R1 --arrival-rate -1", ("arrival rate", "-1.0", "greater than 0")),
        ("simulate --game R1 --arrival-rate nan", ("arrival rate", "nan", "finite")),
        ("simulate --game R1 --arrival-rate inf", ("arrival rate", "inf", "finite")),
        ("simulate --game R1 --added-delay -1 0", ("added delay", "-1.0", "at least 0")),
        ("simulate --game R1 --added-delay 0 inf", ("added delay", "inf", "finite")),
        ("simulate --game R1 --added-delay nan 0", ("added delay", "nan", "finite")),
        ("simulate --game R1 --service foo", ("service", "'foo'", "lognormal:CV")),
        ("simulate --game R1 --service lognormal", ("service", "'lognormal'", "lognormal:CV")),
        ("simulate --game R1 --service lognormal:x", ("service", "'lognormal:x'", "CV")),
        ("simulate --game R1 --service lognormal:-1", ("service", "'lognormal:-1'", "CV")),
        ("simulate --game R1 --service lognormal:0", ("service", "'lognormal:0'", "CV")),
        ("simulate --game R1 --service lognormal:nan", ("service", "'lognormal:nan'", "CV")),
        ("simulate --game R1 --service exponential:2", ("service", "'exponential:2'", "CV")),
        ("pairs --value-of-time 0", ("value-of-time", "0.0", "greater than 0")),
        ("pairs --value-of-time -1", ("value-of-time", "-1.0", "greater than 0")),
        ("pairs --value-of-time nan", ("value-of-time", "nan", "finite")),
        ("pairs --value-of-time x", ("value-of-time", "'x'", "float")),
        ("validate --tasks 0", ("tasks", "0", "at least 1")),
        ("validate --tasks x", ("tasks", "'x'", "integer")),
        ("validate --seed -1", ("seed", "-1", "from 0 to")),
        ("validate --workers 0", ("workers", "0", "at least 1")),
        ("validate --precision 0", ("precision", "0.0", "greater than 0")),
        ("validate --precision nan", ("precision", "nan", "finite")),
        ("validate --case R15", ("case", "R15", "table")),
        ("validate --self-test --case R1", ("--self-test", "--case")),
    ],
)
def test_bad_options_are_refused(words: str, parts: tuple[str, ...]) -> None:
    refused(queuit(*words.split()), *parts)


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no full device here")
@pytest.mark.parametrize("words", [("pairs",), ("solve", "--game", "R1", "--json")])
def test_output_that_cannot_be_written_is_one_line(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([QUEUIT, *words], stdout=full, stderr=subprocess.PIPE, text=True)
    refused(Ran(done.returncode, "", done.stderr), "cannot read or write", "No space left")


def test_too_little_memory_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(sim, "simulate", hungry)
    refused(queuit("simulate", "--game", "R1"), "not enough memory")


def test_nothing_is_written_where_one_file_of_the_results_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "scenario.json").mkdir()
    refused(
        queuit("simulate", "--game", "R1", "--tasks", 9, "--out", tmp_path),
        *("out", "scenario.json", "regular file"),
    )
    assert [each.name for each in tmp_path.iterdir()] == ["scenario.json"]


@pytest.mark.parametrize(
    "words",
    [
        ("--t", 1e308, 1e308, "--arrival-rate", 1, "--slots", 1, 1),
        ("--c", 1e308, 1e308, "--penalty", 1e308),
        ("--arrival-rate", 1e-308),
        ("--tasks", 1),
    ],
)
def test_numbers_at_the_edge_give_nulls_not_warnings(words: tuple[object, ...]) -> None:
    for form in ((), ("--json",)):
        ran = queuit("simulate", "--game", "R1", "--tasks", 10, *words, *form)
        assert (ran.code, ran.err) == (0, "")
        assert "nan" not in ran.out.lower()
    assert queuit("simulate", "--game", "R1", "--tasks", 10, *words, "--json").json


def test_a_real_process_refuses_without_a_traceback(tmp_path: Path) -> None:
    refused(process(QUEUIT, "solve", "--game", "R0", cwd=tmp_path), "game", "'R0'", "R14")
    refused(process(QUEUIT, "simulate", "--game", "R1", "--tasks", "0", cwd=tmp_path), "tasks")


# --- the program as a whole --------------------------------------------------------------------

RUNS = {
    "solve": ("solve", "--game", "R14", "--json"),
    "simulate": ("simulate", "--game", "R14", "--tasks", "50", "--json"),
    "pairs": ("pairs", "--value-of-time", "0.02"),
    "findings": ("findings", "--games", "100", "--workers", "1"),
    "congestion": ("congestion", "--games", "10", "--tasks", "50", "--workers", "1"),
    "validate_equilibrium": ("validate", "--tasks", "20", "--precision", "0.1"),
}
LONG = ("findings", "congestion", "validate_equilibrium")
NAMES = {name: words[0] for name, words in RUNS.items()} | {"paper_figures": "figures"}
slow = pytest.mark.slow  # plays the whole catalogue


def ways(name: str) -> list[tuple[object, ...]]:
    """The installed command, the module and the file."""
    return [
        (QUEUIT, NAMES[name]),
        (sys.executable, "-m", f"scenarios.{name}"),
        (sys.executable, ROOT / "scenarios" / f"{name}.py"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_three_ways_to_ask_for_help(name: str, tmp_path: Path) -> None:
    helps = [process(*way, "--help", cwd=tmp_path) for way in ways(name)]
    assert [(ran.code, ran.err) for ran in helps] == [(0, "")] * 3
    assert len({ran.out.split("\n", 1)[1] for ran in helps}) == 1  # all but "Usage: ..."


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=slow if name in LONG else ()) for name in RUNS]
)
def test_three_ways_to_run_a_scenario(name: str, tmp_path: Path) -> None:
    first, *others = (process(*way, *RUNS[name][1:], cwd=tmp_path) for way in ways(name))
    assert (first.code, first.err) == (0, "")
    assert others == [first] * 2
    assert list(tmp_path.iterdir()) == []


def test_three_ways_to_be_refused_by_validate(tmp_path: Path) -> None:
    for way in ways("validate_equilibrium"):
        refused(process(*way, "--tasks", "0", cwd=tmp_path), "tasks", "0", "at least 1")


COMMANDS = list(NAMES.values())


@pytest.mark.parametrize("words", [["--help"], ["--version"], *([c, "--help"] for c in COMMANDS)])
def test_help_imports_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    program = f"""
import sys
from scenarios.cli import main
try:
    main({words!r})
except SystemExit as end:
    assert not end.code
print(sorted(set(sys.modules) & set({HEAVY!r})))
"""
    ran = process(sys.executable, "-c", program, cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[-1] == "[]"


def test_every_option_is_explained() -> None:
    for name, command in main.commands.items():
        text = queuit(name, "--help").out
        assert command.help
        for parameter in command.params:
            assert isinstance(parameter, Option), parameter
            assert parameter.help, (name, parameter.name)
            assert parameter.opts[0] in text
        assert name in queuit("--help").out


def test_without_arguments_the_help_is_shown_line_by_line() -> None:
    ran = queuit()
    lines = (ran.out + ran.err).splitlines()
    assert len(lines) == len(queuit("--help").out.splitlines())


def test_a_foreign_agents_package_is_named(tmp_path: Path) -> None:
    package = tmp_path / "agents"
    package.mkdir()
    (package / "__init__.py").write_text('"""Somebody else\'s."""\n')
    for way in ((QUEUIT, "solve"), (sys.executable, ROOT / "scenarios" / "solve.py")):
        ran = process(*way, "--game", "R14", cwd=ROOT, PYTHONPATH=str(tmp_path))
        refused(ran, "agents", str(package), "environment of its own")


def test_stored_scenarios_may_name_every_policy() -> None:
    exported = {name: getattr(agents, name) for name in agents.__all__}
    policies = {
        name: each
        for name, each in exported.items()
        if isinstance(each, type) and hasattr(each, "init")
    }
    assert len(policies) >= 7
    assert policies.items() <= policy_classes().items()

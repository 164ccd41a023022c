"""`queuit simulate`."""

import json
import math
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyarrow.parquet import ParquetFile

from agents import stackelberg
from analysis.games.catalogue import REFERENCE, named
from scenarios.cli import main
from scenarios.options.stored import policy_classes
from scenarios.terminal.simulate_output import Files
from sim import Result, Scenario, expectations, simulate
from tests.tools.running import (
    COUNTS,
    METRICS,
    QUEUIT,
    TABLE,
    agrees,
    process,
    queuit,
    refused,
    simulated,
)


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


@pytest.mark.parametrize("system", [("--slots", 2, 3), ("--service", "exponential")])
def test_a_long_run_streams_and_says_the_same(
    system: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--game", "R9", "--tasks", 1000, "--arrival-rate", 1, *system)
    short = simulated(*words)
    monkeypatch.setattr("sim.engine.COMPILED_FROM", 1000)
    kept = [simulated(*words, "--out", tmp_path), simulated(*words, "--engine", "simpy")]
    for writes_down in ("sim.simulate", "sim.chunks"):
        monkeypatch.setattr(writes_down, pytest.fail)
    long = simulated(*words)
    assert kept == [long, long]
    for metric in METRICS:
        for key in ("mean", "standard_error"):
            assert long[metric].pop(key) == pytest.approx(short[metric].pop(key), rel=1e-9), metric
    assert long == short


LONG = ("--game", "R9", "--tasks", 1000, "--arrival-rate", 1, "--cascade", 0.3, "--abandon", 0.1)


@pytest.mark.parametrize("system", [("--slots", 2, 3), ("--service", "exponential")])
def test_kept_files_do_not_depend_on_the_engine_nor_on_what_comes_at_a_time(
    system: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.engine.COMPILED_FROM", 1000)
    monkeypatch.setattr("scenarios.terminal.simulate_output.ROWS", 300)
    kept = []
    for engine, chunk in (("simpy", 1000), ("auto", 1000), ("compiled", 70), ("compiled", 301)):
        monkeypatch.setattr("sim.compiled.run._CHUNK", chunk)
        simulated(*LONG, *system, "--engine", engine, "--out", tmp_path)
        kept.append({file.name: file.read_bytes() for file in tmp_path.iterdir()})
    assert kept[1:] == kept[:1] * 3
    tasks, passes = (ParquetFile(tmp_path / f"{name}.parquet") for name in ("tasks", "passes"))
    assert tasks.metadata.num_row_groups == 4
    assert passes.metadata.num_row_groups == -(-passes.metadata.num_rows // 300)


def test_an_interrupted_run_leaves_the_files_of_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.engine.COMPILED_FROM", 1000)
    monkeypatch.setattr("sim.compiled.run._CHUNK", 100)
    words = ("simulate", *LONG, "--slots", 2, 3, "--out", tmp_path)
    queuit(*words)
    before = {file: file.read_bytes() for file in tmp_path.iterdir()}
    add, added = Files.add, []

    def interrupted(files: Files, result: Result) -> Result:
        added.append(len(result.tasks["task"]))
        if len(added) == 3:
            raise KeyboardInterrupt
        return add(files, result)

    monkeypatch.setattr(Files, "add", interrupted)
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in (*words, "--seed", 2)])
    assert end.value.code == 130
    assert added == [100] * 3
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_an_engine_that_cannot_play_names_the_one_that_can() -> None:
    words = ("--game", "R9", "--arrival-rate", 1, "--slots", 2, 3, "--discipline", "ps")
    run = queuit("simulate", *words, "--engine", "vectorised")
    assert (run.code, run.out) == (2, "")
    assert run.err.count("\n") == 1
    assert "engine = 'vectorised' must have" in run.err
    assert "use engine = 'compiled'" in run.err


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
    known = 2 not in slots or service == "exponential"
    agrees(answer, *(() if known else ("delay", "user_utility")))


def test_waiting_is_that_of_a_queue_and_its_error_from_batch_means(tmp_path: Path) -> None:
    # Bernoulli feedback at one slot: mu = 2, load 0.7/0.7 = 1 per second, W = 1, W/p per task
    words = ("--route", 2, "--slots", "inf", 1, "--arrival-rate", 0.7, "--service", "exponential")
    answer = simulated("--game", "R1", *words, "--tasks", 20_000, "--out", tmp_path)
    delay = answer["delay"]
    assert delay["exact"] == pytest.approx(1 / 0.7, rel=1e-12)
    agrees(answer)
    tasks = pd.read_parquet(tmp_path / "tasks.parquet")
    naive = (tasks.ended - tasks.arrived).std() / math.sqrt(len(tasks))
    assert delay["standard_error"] > 1.5 * naive


def test_a_point_of_the_theory_page_is_exact() -> None:
    """Point D of section 11.5, all of whose users stay; played, it is within 5 standard errors."""
    words = (
        *("--p", 0.5, 0.8, "--c", 0.1, 0.5, "--value", 8, "--penalty", 1, "--arrival-rate", 0.5),
        *("--service-rate", 1.5, 0.6, "--slots", 1, 2, "--added-delay", 0.7, 0.4),
        *("--cascade", 0.4, "--abandon", 0, "--route", 1, "--service", "exponential"),
    )
    answer = simulated(*words, "--tasks", 20_000)
    agrees(answer)
    assert answer["user_utility"]["exact"] == pytest.approx(4.43024, abs=0.5e-5)
    assert answer["provider_cost"]["exact"] == pytest.approx(0.3214286, abs=0.5e-7)
    cut = simulated(*words, "--horizon", 100)
    assert all(cut[metric]["exact"] is None for metric in METRICS)


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

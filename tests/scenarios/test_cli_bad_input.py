"""How the command line refuses bad input."""

import subprocess
from pathlib import Path

import pytest

import sim
import sim.processes.task
from tests.tools.running import QUEUIT, Ran, process, queuit, refused

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

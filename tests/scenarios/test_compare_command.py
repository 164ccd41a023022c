"""`queuit throttle compare`: what it prints and writes, what it promises, what it refuses."""

import json
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click import Option
from click.testing import CliRunner, Result

from agents.throttling.texts import read_population
from analysis.comparison.criteria import CRITERIA, OF_CLASSES, criterion
from analysis.comparison.steady import Lengths, react
from analysis.comparison.strategies import defaults, read_strategies
from analysis.comparison.study import compare
from analysis.statistics.controls import controlled
from analysis.statistics.selection import Plan
from scenarios.cli import main
from scenarios.compare import command
from scenarios.options.systems import UNLIMITED, read_system, service_time
from scenarios.options.users import persistence
from scenarios.terminal.command import as_typed
from sim import Scenario

ROOT = Path(__file__).parents[2]
QUEUIT = Path(sysconfig.get_path("scripts")) / "queuit"
SMALL = ("--game", "R14", "--tasks", "200", "--budget", "20", "--workers", "1")
POPULATION = "free:80:4/h:1:0.01,paid:20:10/h:3:0.05"
NAMES = [each.name for each in CRITERIA]
JUDGED = ("stationary", "utilisation", "regret", "classes")
NUMBERS = {
    *("mean", "ci_low", "ci_high"),
    *("difference_to_best", "difference_ci_low", "difference_ci_high"),
    *("variance_left", "difference_variance_left"),
}


def run(*arguments: object) -> Result:
    words = ["throttle", "compare", *map(str, arguments)]
    return CliRunner().invoke(main, words, catch_exceptions=False)


def answer(*arguments: object) -> Any:
    ran = run(*SMALL, *arguments, "--json")
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout, parse_constant=pytest.fail)


def system(**changes: Any) -> Scenario:
    options: dict[str, Any] = {
        **{
            "arrival_rate": None,
            "slots": UNLIMITED,
            "service": "deterministic",
            "population": None,
        },
        **{"refused": "obey", "tasks": 200, "seed": 1, "name": "R14"},
        **dict.fromkeys(("p", "t", "c", "value", "penalty")),
    }
    return read_system(**options | changes)


def test_json_says_it_all() -> None:
    found = answer("--strategies", "none, added-delay:0.02/0.07,effort:.5")
    assert list(found) == [
        *("best", "decided", "stationary", "confidence", "criterion", "indifference"),
        *("strategies", "never_acted", "pareto", "verdict", "window"),
    ]
    assert (found["stationary"], found["never_acted"]) == (True, [])
    assert found["window"] == {"tasks": 200, "warmup": 0, "horizon": None}
    assert found["verdict"][0].startswith("'effort:.5' has the best provider's cost")
    assert (found["best"], found["decided"]) == ("effort:.5", True)  # the name as given
    assert (found["confidence"], found["criterion"]) == (0.95, "provider_cost")
    assert [each["name"] for each in found["strategies"]] == [
        *("none", "added-delay:0.02/0.07", "effort:.5")
    ]
    for each in found["strategies"]:
        assert set(each) == {"name", "replications", *JUDGED, *NAMES}
        assert (each["stationary"], each["regret"]["high"]) == (True, 0)
        assert [at["mean"] for at in each["utilisation"]] == [0, 0]
        assert set(each["classes"]) == {"all"}
        assert set(each["classes"]["all"]) == {of.name for of in OF_CLASSES}
        utility = each["classes"]["all"]["utility"]
        assert utility["mean"] == each["user_utility"]["mean"]
        assert set(utility["change"]) == {"mean", "low", "high"}
        for name in NAMES:
            numbers = each[name]
            assert set(numbers) == NUMBERS
            assert numbers["ci_low"] <= numbers["mean"] <= numbers["ci_high"]
            difference = numbers["difference_to_best"]
            assert numbers["difference_ci_low"] <= difference <= numbers["difference_ci_high"]
    [best] = [each for each in found["strategies"] if each["name"] == found["best"]]
    assert {best[name][f"difference_{x}"] for name in NAMES for x in ("to_best", "ci_low")} == {0}
    assert found["indifference"] == pytest.approx(
        0.01 * found["strategies"][0]["provider_cost"]["mean"]
    )
    assert found["pareto"] == ["effort:.5"]


def test_the_answer_is_that_of_the_comparison() -> None:
    texts = "none,added-delay:0.05/0.2"
    found = answer("--strategies", texts, "--criterion", "user-utility", "--indifference", 0.05)
    start = system()
    throttles = read_strategies(texts, start)
    scenarios, how = react(start, throttles, "users", Lengths(200))
    same = compare(scenarios, Plan(budget=20), criterion("user_utility"), 0.05, measures=how)
    assert found["best"] == same.selection.best == "none"
    for each in found["strategies"]:
        for name in NAMES:
            assert each[name] == same.numbers(each["name"], criterion(name))


def test_the_same_bytes_for_any_number_of_workers() -> None:
    words = ("--arrival-rate", 0.6, "--slots", 1, 2, "--strategies", "none,queue-limit:1")
    outputs = {
        run(*SMALL[:-1], workers, *words, "--tasks", 50, "--json").stdout for workers in (1, 2)
    }
    assert len(outputs) == 1


@pytest.mark.parametrize(
    "words",
    [
        "--arrival-rate .6 --slots 1 2 --service exponential --adapt both --tasks 40 "
        "--strategies none,queue-limit:1 --refused 3",
        f"--population {POPULATION} --slots 2 4 --adapt none --strategies none,rate-limit:10/h,"
        "cap:10/1h,cap:10/1h:fallback,priority:paid,rate-limit:10/h+queue-limit:2,"
        "peak-meter:10/h@0-2,free=rate-limit:4/h,paid=cap:10/1h:fallback+queue-limit:2",
        f"--population {POPULATION} --slots 2 4 --tasks 50 --strategies none,cap:10/1h:fallback",
    ],
)
def test_the_same_bytes_by_either_engine(words: str) -> None:
    told = {
        engine: run(*SMALL, *words.split(), "--json", "--engine", engine)
        for engine in ("simpy", "compiled")
    }
    assert told["simpy"].exit_code == 0, told["simpy"].output
    assert told["simpy"].stdout == told["compiled"].stdout


def test_who_adapts_matters() -> None:
    words = ("--strategies", "none,added-delay:0.05/0.2")
    cost = {
        adapt: answer(*words, "--adapt", adapt)["strategies"][1]["provider_cost"]
        for adapt in ("users", "both", "none")
    }
    assert cost["none"]["difference_to_best"] == 0  # on the first day nobody leaves sooner
    assert cost["users"]["difference_to_best"] > 0.5  # then they do,
    assert cost["both"]["mean"] < cost["users"]["mean"]  # and the provider makes the best of it


def test_the_tables_fit_and_no_number_is_cut() -> None:
    long = "added-delay:0.00000012345678/0.0000000123456789"
    ran = run(*SMALL, "--strategies", f"none,effort:0.5,{long}")
    assert max(map(len, ran.stdout.splitlines())) <= 80
    assert not re.search(r"\d(\.\.\.|…)|\+0 to \+0", ran.stdout)
    for word in ("none", "effort:0.5", "seconds", "$/task", "Pareto", "no queue", "exact"):
        assert word in ran.stdout
    text = " ".join(ran.stdout.split())
    assert "'effort:0.5' has the best provider's cost: with probability at least 95%" in text
    assert "1% of the provider's cost under none" in text
    assert "Provider: 'effort:0.5' is cheapest at $" in text


def test_equal_numbers_are_called_the_same() -> None:
    ran = run(*SMALL, "--strategies", "none,added-delay:0.02/0.07", "--adapt", "none")
    [row] = [x for x in ran.stdout.splitlines() if x.startswith("added-delay") and " same" in x]
    assert row.split()[2:] == ["same", "20"]
    text = " ".join(ran.stdout.split())
    assert "is cheapest at" in text
    assert ", the same as 'added-delay:0.02/0.07'." in text


def test_overload_has_no_winner() -> None:
    words = ("--arrival-rate", 9, "--slots", 1, 1, "--strategies", "none", "--adapt", "none")
    found = answer(*words, "--warmup", 0)
    assert (found["best"], found["stationary"], found["decided"]) == (None, False, False)
    assert found["strategies"][0]["utilisation"][0]["low"] > 1
    assert found["verdict"][0].startswith("No winner: under 'none' more work comes than")
    day = answer(*words, "--horizon", 20)
    assert (day["best"], day["stationary"], day["window"]["horizon"]) == ("none", True, 20)


def test_it_says_when_it_cannot_decide() -> None:
    words = ("--strategies", "effort:0.8,effort:0.81", "--adapt", "none", "--indifference", 1e-6)
    text = " ".join(run(*SMALL, *words, "--criterion", "worst-decile").stdout.split())
    assert "Cannot decide: after 20 replications 'effort:0.8' has the best" in text
    assert "'effort:0.81' may be better by more than $1e-06 per task" in text
    found = answer(*words, "--criterion", "worst-decile")
    assert found["decided"] is False
    assert [each["replications"] for each in found["strategies"]] == [20, 20]


def test_without_none_the_first_named_sets_the_zone() -> None:
    ran = run(*SMALL, "--strategies", "effort:0.5,added-delay:0.02/0.07")
    assert "1% of the provider's cost under effort:0.5" in ran.stdout


def test_out_holds_report_figures_frames_and_settings(tmp_path: Path) -> None:
    out = tmp_path / "new" / "place"
    words = (*SMALL, "--strategies", "none,effort:0.5", "--out", out)
    ran = run(*words, "--json")
    assert ran.exit_code == 0
    found = json.loads(ran.stdout)
    figures = {f"{name}.{kind}" for name in ("classes", "differences", "pareto", "criteria")
               for kind in ("png", "svg")}  # fmt: skip
    frames = {f"{name}.{kind}" for name in ("comparison", "classes", "loads", "replications")
              for kind in ("parquet", "csv")}  # fmt: skip
    assert {file.name for file in out.iterdir()} == {
        *figures, *frames, "report.html", "settings.json"
    }  # fmt: skip
    page = (out / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=["']?http|url\((?!#)|@import""", page)
    assert page.count("<svg") == 4
    assert "&#39;effort:0.5&#39; has the best provider&#39;s cost" in page
    frame = pd.read_parquet(out / "comparison.parquet").set_index(["strategy", "criterion"])
    for each in found["strategies"]:
        for name in NAMES:
            assert frame.loc[each["name"], name].drop("replications").to_dict() == each[name]
    replications = pd.read_parquet(out / "replications.parquet")
    means = {
        name: controlled(part["provider_cost"].to_numpy(), [part["cost_luck"].to_numpy()])[0].mean
        for name, part in replications.groupby("strategy")
    }
    for each in found["strategies"]:
        assert means[each["name"]] == pytest.approx(each["provider_cost"]["mean"], rel=1e-12)
    settings = json.loads((out / "settings.json").read_text(), parse_constant=pytest.fail)
    assert settings["looks"] == [20]
    assert settings["lengths"] == {"tasks": 200, "warmup": None, "horizon": None}
    assert settings["window"] == {"tasks": 200, "warmup": 0, "horizon": None}
    assert (settings["stationary"], settings["never_acted"]) == (True, [])
    assert settings["utilisation"] == {"none": [0, 0], "effort:0.5": [0, 0]}
    told = "queuit throttle compare --game R14 --strategies none,effort:0.5 --tasks 200 --budget 20"
    assert settings["command"] == told
    assert told in page
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    assert run(*words, "--json").stdout == ran.stdout
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before


def test_the_report_is_told_where_the_answer_is_not_in_the_way(tmp_path: Path) -> None:
    words = (*SMALL, "--strategies", "none", "--out", tmp_path)
    for more, streams in (((), ("stdout", "stderr")), (("--json",), ("stderr", "stdout"))):
        ran = run(*words, *more)
        there, elsewhere = (getattr(ran, stream) for stream in streams)
        assert there.endswith(f"report: {tmp_path / 'report.html'}\n")
        assert "report:" not in elsewhere


def test_the_command_line_can_be_copied() -> None:
    words = "--p .3 .6 --t 1 2 --c .1 .2 --value 3 --penalty 1 --slots inf 2 --arrival-rate 1"
    options = [*words.split(), "--strategies", "none, priority:a;b", "--json", "--workers", "1"]
    typed = as_typed(command.make_context("compare", options), "queuit", ("as_json", "workers"))
    assert typed == (
        "queuit --p 0.3 0.6 --t 1 2 --c 0.1 0.2 --value 3 --penalty 1 --arrival-rate 1 "
        "--slots inf 2 --strategies 'none, priority:a;b'"
    )


# --- what is compared by default


def test_defaults_make_sense_for_the_system() -> None:
    plain = defaults(system())
    assert plain == ["none", "added-delay:0.02/0.07", "effort:0.5"]
    assert "added-delay:0/1.31" in defaults(system(name="R2"))
    queue = defaults(system(slots=(2.0, 4.0), arrival_rate=0.5))
    assert queue[3:] == ["load-delay:0.175", "queue-limit:8", "downgrade:4"]
    limited = defaults(system(population=POPULATION))
    assert limited[3:] == ["rate-limit:10/h", "cap:10/1h", "cap:10/1h:fallback"]
    both = defaults(system(population=POPULATION, slots=(2.0, 4.0)))
    assert both == [*queue, *limited[3:], "priority:paid"]
    fast = defaults(system(population="all:3:5/s:1:1"))
    assert fast[3:] == ["rate-limit:5/s", "cap:10/2s", "cap:10/2s:fallback"]


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "R2"},
        {"population": POPULATION},
        {"population": POPULATION, "slots": (2.0, 4.0)},
        {"name": "gpt-4.1/o3", "arrival_rate": 0.1, "slots": (3.0, 8.0)},
    ],
)
def test_defaults_can_be_parsed_and_differ(changes: dict[str, Any]) -> None:
    scenario = system(**changes)
    throttles = read_strategies(None, scenario)
    assert list(throttles) == defaults(scenario)
    assert len(set(map(str, throttles.values()))) == len(throttles)


def test_the_system_of_the_options() -> None:
    found = system(
        population=POPULATION, refused="leave", slots=(2.0, 3.0), service="lognormal:0.5"
    )
    assert found.arrivals == read_population(POPULATION)
    assert found.person.persistence == persistence("leave") is not None
    assert (found.offer.slots, found.offer.service_time) == (
        (2.0, 3.0),
        service_time("lognormal:0.5"),
    )
    assert persistence("obey") is None
    assert str(persistence("3")) == "BackOff(first=3.0, factor=2.0, attempts=5)"
    assert str(persistence("3:4:1")) == "BackOff(first=3.0, factor=4.0, attempts=1)"


def test_refused_users_leave_or_come_back() -> None:
    words = ("--population", "all:5:60/h:1:1", "--strategies", "rate-limit:60/h:burst=1")
    refusals = {
        refused: answer(*words, "--refused", refused)["strategies"][0]["refusals"]["mean"]
        for refused in ("leave", "obey", "1:1:9")
    }
    assert 0 < refusals["leave"] < 1  # once and for all
    assert len(set(refusals.values())) == 3


# --- bad input


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("--strategies ,", ("strategies = ','", "at least one")),
        ("--strategies none,none", ("strategies = 'none'", "once")),
        ("--strategies none,", ("strategy = ''", "none, added-delay")),
        ("--strategies none,foo", ("strategy = 'foo'", "one of none")),
        ("--strategies none,cap:0/3h", ("cap", "0", "at least 1")),
        ("--strategies none,priority:paid", ("priority:paid", "class = 'paid'")),
        ("--strategies none,free=none,paid=none", ("'free=none,paid=none'", "class = 'free'")),
        ("--strategies none,effort:0.01", ("strategy = 'effort:0.01'", "p1", "less than")),
        ("--confidence 0", ("confidence = 0.0", "between 0 and 1")),
        ("--confidence 1", ("confidence = 1.0", "between 0 and 1")),
        ("--confidence nan", ("confidence = nan", "between 0 and 1")),
        ("--indifference 0", ("indifference = 0.0", "greater than 0")),
        ("--indifference -1", ("indifference = -1.0", "greater than 0")),
        ("--indifference nan", ("indifference = nan", "finite")),
        ("--budget 19", ("budget = 19", "at least 20")),
        ("--budget 0", ("budget = 0", "at least 1")),
        ("--tasks 0", ("tasks = 0", "from 10 to")),
        ("--seed -1", ("seed = -1", "from 0 to")),
        ("--workers 0", ("workers = 0", "at least 1")),
        ("--criterion speed", ("criterion = 'speed'", "provider-cost", "fairness-gap")),
        ("--adapt nobody", ("--adapt", "'nobody'")),
        ("--slots 1 2", ("--arrival-rate", "--population", "--slots")),
        ("--slots 1 .5 --arrival-rate 1", ("slots 2 = 0.5", "whole number")),
        ("--service foo", ("service = 'foo'", "lognormal:CV")),
        ("--arrival-rate 0", ("arrival rate = 0.0", "greater than 0")),
        ("--population a:1:1/h:1:1 --arrival-rate 1", ("--population", "--arrival-rate")),
        ("--population a", ("population = 'a'", "CLASS:USERS:RATE/UNIT:V:W")),
        ("--population a:1:1/w:1:1", ("population = 'a:1:1/w:1:1'", "s, min, h, d")),
        ("--population a:0:1/h:1:1", ("users of a = 0", "at least 1")),
        ("--population a:1:1/h:-1:1", ("value of a = -1.0", "greater than 0")),
        ("--population a:1:1/h:1:1,a:1:1/h:1:1", ("population", "different names")),
        ("--refused soon", ("refused = 'soon'", "rational, obey, leave")),
        ("--refused 1:2:3:4", ("refused = '1:2:3:4'", "rational, obey, leave")),
        ("--refused 1:0.5", ("factor of back-off = 0.5", "at least 1")),
        ("--out /dev/null/x", ("out = '/dev/null/x'", "written")),
    ],
)
def test_bad_input_is_one_line(words: str, parts: tuple[str, ...]) -> None:
    ran = run("--game", "R14", "--workers", 1, *words.split())
    assert (ran.exit_code, ran.stdout) == (2, ""), ran.output
    assert ran.stderr.count("\n") == 1, ran.stderr
    for part in parts:
        assert part in ran.stderr


def test_no_game_and_an_empty_list_are_refused() -> None:
    for words in ((), ("--game", "R14", "--strategies", "")):
        ran = run(*words)
        assert (ran.exit_code, ran.stdout, ran.stderr.count("\n")) == (2, "", 1)


# --- the command as a program


def test_every_option_is_explained() -> None:
    text = run("--help").stdout
    for parameter in command.params:
        assert isinstance(parameter, Option)
        assert parameter.help
        assert parameter.opts[0] in text
    for form in ("added-delay:D", "cap:N/WINDOW", "layers"):
        assert form in text


def test_three_ways_to_run_it(tmp_path: Path) -> None:
    ways: list[list[object]] = [
        [QUEUIT, "throttle", "compare"],
        [sys.executable, "-m", "scenarios.compare"],
        [sys.executable, ROOT / "scenarios" / "compare.py"],
    ]
    words = [*SMALL, "--strategies", "none,effort:0.5", "--workers", "1", "--json"]
    outputs = []
    for way in ways:
        done = subprocess.run(
            [*map(str, way), *words], cwd=tmp_path, capture_output=True, text=True
        )
        assert (done.returncode, done.stderr) == (0, "")
        outputs.append(done.stdout)
    assert len(set(outputs)) == 1


@pytest.mark.parametrize("words", [["--help"], ["throttle", "--help"]])
def test_help_of_the_group_imports_nothing_heavy(words: list[str], tmp_path: Path) -> None:
    program = (
        "import sys; from scenarios.cli import main\n"
        f"try: main({words!r})\nexcept SystemExit: pass\n"
        "print(sorted(set(sys.modules) & {'numpy', 'pandas', 'scipy', 'simpy', 'matplotlib'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]"

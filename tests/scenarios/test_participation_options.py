"""`--participation` of `queuit solve` and `queuit simulate`."""

import json
from pathlib import Path

import pandas as pd
import pytest

from agents import Joins, congested_optimum, voluntary_stackelberg
from analysis.games.catalogue import REFERENCE
from scenarios.options.stored import policy_classes
from sim import Scenario, simulate
from tests.agents.congestion.test_participation import voluntary
from tests.agents.congestion.test_users import MIXED
from tests.tools.running import COLUMNS, SOLVED, agrees, queuit, refused, row, simulated

RATIONAL = ("--participation", "rational")
STATION = (
    "--p", 0.5, 0.8, "--c", 0.1, 0.5, "--value", 4, "--penalty", 1, "--service-rate", 1, 1,
    "--slots", 1, 1,
)  # fmt: skip
LEAVES = (*STATION, "--service", "exponential", "--route", 2, "--abandon", 1)


@pytest.mark.parametrize("name", REFERENCE)
def test_solve_has_the_voluntary_optimum(name: str) -> None:
    answer = queuit("solve", "--game", name, *RATIONAL, "--json").json
    optimum = voluntary_stackelberg(REFERENCE[name])
    assert answer["participation"] == optimum.participation
    for key in SOLVED - {"misalignment", "throttling_gain"}:
        assert answer[key] == getattr(optimum.equilibrium, key)
    assert answer["throttling_gain"] == answer["provider_cost"] - REFERENCE[name].penalty
    assert answer["misalignment"] >= 0


def test_the_default_is_compulsory_and_says_what_it_said() -> None:
    plain = queuit("solve", "--game", "R12", "--json")
    assert plain == queuit("solve", "--game", "R12", "--participation", "compulsory", "--json")
    assert "participation" not in plain.json
    assert "participation" not in simulated("--game", "R12")


def test_solve_says_so_if_nobody_begins() -> None:
    text = queuit("solve", "--game", "R12", *RATIONAL).out
    assert "participation    0  " in text
    assert text.endswith("note: nobody begins; every task costs the penalty\n")
    assert "nobody begins" not in queuit("solve", "--game", "R14", *RATIONAL).out


def test_solve_takes_it_for_every_game_of_a_file(tmp_path: Path) -> None:
    games, out = tmp_path / "games.csv", tmp_path / "solved.csv"
    rows = pd.DataFrame([row(name) for name in REFERENCE], columns=COLUMNS)
    rows.to_csv(games, index=False)
    assert queuit("solve", "--games", games, "--out", out, *RATIONAL).code == 0
    solved = pd.read_csv(out)
    optima = [voluntary_stackelberg(game) for game in REFERENCE.values()]
    assert solved["participation"].tolist() == [each.participation for each in optima]
    costs = [each.equilibrium.provider_cost for each in optima]
    assert solved["provider_cost"].tolist() == pytest.approx(costs, rel=1e-12)


def test_solve_with_queues_is_feasible_above_the_capacity() -> None:
    words = (*STATION, "--arrival-rate", 9)
    assert queuit("solve", *words, "--json").json["stable"] is False
    answer = queuit("solve", *words, *RATIONAL, "--route", 2, "--json").json
    assert answer["participation"] == pytest.approx(0.6875 / 9)
    assert answer["user_utility"] == 0.0
    assert answer["provider_cost"] == pytest.approx(1 + 0.6875 / 9 * (0.5 + 0.2 - 1))
    text = queuit("solve", *words, *RATIONAL, "--route", 2).out
    assert "participation    0.0763888" in text


def test_solve_with_queues_has_the_optimum() -> None:
    first, second = MIXED.stations
    words = (
        "--p", *MIXED.p, "--c", *MIXED.c, "--value", 5, "--penalty", 2.6, "--arrival-rate", 0.7,
        "--service-rate", first.rate, second.rate, "--slots", 2, 2,
    )  # fmt: skip
    answer = queuit("solve", *words, *RATIONAL, "--json").json
    e = congested_optimum(voluntary(MIXED)).equilibrium
    assert (answer["provider_cost"], answer["participation"]) == (e.provider_cost, e.participation)
    assert 0 < e.participation < 1


@pytest.mark.parametrize("system", ["fcfs", "ps"])
def test_simulate_plays_the_share_that_theory_has(system: str) -> None:
    """Within 5 standard errors of the exact values: a false alarm in 300,000 seeds."""
    answer = simulated(*LEAVES, "--arrival-rate", 1.375, *RATIONAL, "--discipline", system,
                       "--tasks", 20_000)  # fmt: skip
    assert answer["participation"] == pytest.approx(0.5)
    assert answer["balked"] + answer["completed"] + answer["abandoned"] == 20_000
    assert answer["stationary"] is True
    assert answer["utilisation"] == pytest.approx([0, 0.6875])
    assert answer["user_utility"]["exact"] == pytest.approx(0, abs=1e-9)
    assert answer["provider_cost"]["exact"] == pytest.approx(0.5 * (0.5 + 0.2) + 0.5)
    agrees(answer)


@pytest.mark.parametrize(
    ("words", "share", "note"),
    [
        (("--game", "R14"), 1.0, "note: all users begin, as they expect U >= 0 when all do"),
        (("--game", "R12"), 0.0, "note: nobody begins, as even one alone expects U < 0"),
        ((*LEAVES, "--arrival-rate", 1.375), 0.5, "note: 0.5 of the users begin, drawn task by"),
    ],
)
def test_simulate_says_what_is_assumed(words: tuple[object, ...], share: float, note: str) -> None:
    text = queuit("simulate", *words, *RATIONAL, "--tasks", 500).out
    assert note in text
    answer = simulated(*words, *RATIONAL, "--tasks", 500)
    assert answer["participation"] == pytest.approx(share)
    if share == 0:
        assert (answer["balked"], answer["provider_cost"]["mean"]) == (500, 1.0)
        assert answer["provider_cost"]["exact"] == 1.0


def test_what_theory_does_not_have_is_refused() -> None:
    said = "participation = 'rational' must be 'compulsory' unless there are no queues, service is"
    refused(queuit("simulate", *STATION, "--arrival-rate", 1, *RATIONAL), said)


@pytest.mark.parametrize("command", ["solve", "simulate"])
def test_nonsense_is_refused(command: str) -> None:
    ran = queuit(command, "--game", "R1", "--participation", "perhaps")
    refused(ran, "--participation", "'perhaps'", "compulsory")


def test_what_was_played_is_kept_and_played_again(tmp_path: Path) -> None:
    words = (*LEAVES, "--arrival-rate", 1.375, "--tasks", 500, "--out", tmp_path)
    answer = simulated(*words, *RATIONAL)
    stored = json.loads((tmp_path / "scenario.json").read_text("utf-8"))
    scenario = Scenario.from_dict(stored["scenario"], policy_classes())
    assert scenario.person.joining == Joins(answer["participation"])
    assert simulate(scenario).counts()["balked"] == answer["balked"]

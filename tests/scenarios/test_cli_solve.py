"""`queuit solve`, for one game."""

import re

import pytest

from agents import stackelberg
from analysis.games.catalogue import named, pairs
from sim import expectations
from tests.tools.running import METRICS, SOLVED, TABLE, queuit, row


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
    optimum = stackelberg(game)
    for key in SOLVED - {"misalignment", "throttling_gain"}:
        assert result[key] == getattr(optimum, key)
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
    lines = {line[:16].rstrip(): re.split(" {2,}", line[17:]) for line in text.splitlines()}
    assert lines.keys() >= SOLVED | {"cascade_range"}
    assert lines["provider_cost"] == ["1.124005108", "money per task, penalties included"]
    assert all(len(line) == 2 for line in lines.values())
    assert all(len(line) <= 80 for line in text.splitlines())
    assert queuit("solve", "--game", "R2").out.count("irrelevant") == 2


def test_noise_of_rounding_is_printed_as_0() -> None:
    numbers = "--p .1 .8 --t .1 .5 --c .1 .5 --value 3 --penalty 1"
    line = ("solve", *numbers.split())
    assert 0 < queuit(*line, "--json").json["misalignment"] < 1e-12
    assert "misalignment     0 " in queuit(*line).out


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

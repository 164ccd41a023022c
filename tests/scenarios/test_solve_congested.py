"""`queuit solve` with queues: what it prints, and how it refuses options that do not fit."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from agents import congested_equilibrium, congested_optimum
from agents.congestion.game import KINDS
from analysis.congestion.kinds import WORDS
from tests.agents.congestion.test_users import MIXED, POINTS, A
from tests.tools.running import queuit, refused

GAME = ["--p", ".2", ".6", "--c", ".1", ".5", "--value", "5", "--penalty", "1"]
QUEUES = ["--arrival-rate", ".5", "--service-rate", "1", ".5", "--slots", "1", "2"]
EQUILIBRIUM = (
    "kind", "support", "visits", "loads", "utilisation", "sojourns", "latencies",
    "user_utility", "provider_cost", "success", "stable",
)  # fmt: skip


def plain(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_a_route_gives_the_users_equilibrium() -> None:
    answer = queuit("solve", *GAME, *QUEUES, "--route", 1, "--cascade", 0.5, "--json").json
    e = congested_equilibrium(A, 1, 0.5)
    assert (answer["initial"], answer["cascade"]) == (1, 0.5)
    for name in EQUILIBRIUM:
        assert answer[name] == plain(getattr(e, name))
    assert answer["kind"] == "{0,1} mix"
    assert answer["support"][0] == pytest.approx([0, 0.325397], abs=5e-7)
    assert answer["critical_rate"] == 1.0


def words(name: str) -> list[object]:
    game, (initial, cascade), _, _ = POINTS[name]
    first, second = game.stations
    return [
        "solve", "--p", *game.p, "--c", *game.c, "--value", game.value, "--penalty", game.penalty,
        "--arrival-rate", game.arrival_rate, "--service-rate", first.rate, second.rate,
        "--slots", first.slots, second.slots, "--discipline", first.discipline,
        "--value-of-time", game.value_of_time, "--added-delay", *game.added_delay,
        "--route", initial, *(["--cascade", cascade] if initial == 1 else []), "--json",
    ]  # fmt: skip


@pytest.mark.parametrize("name", POINTS)
def test_reference_points_on_the_command_line(name: str) -> None:
    game, policy, kind, _ = POINTS[name]
    answer, e = queuit(*words(name)).json, congested_equilibrium(game, *policy)
    assert answer["kind"] == kind
    assert answer["provider_cost"] == e.provider_cost
    assert answer["user_utility"] == e.user_utility
    assert answer["latencies"] == list(e.latencies)


def test_without_a_route_it_is_the_providers_optimum() -> None:
    line = words("mixed")
    answer = queuit(*line[: line.index("--route")], "--json").json
    optimum = congested_optimum(MIXED)
    assert answer["provider_cost"] == optimum.equilibrium.provider_cost
    assert answer["cascade"] == pytest.approx(0.333889, abs=1e-6)
    assert answer["cascade_range"] == plain(optimum.cascade_range)


def test_an_infeasible_policy_is_an_answer() -> None:
    for route in (["--route", 1, "--cascade", 0.5], ["--route", 2], []):
        line = ("solve", *GAME, *QUEUES, "--arrival-rate", 1, *route)
        answer = queuit(*line, "--json").json
        assert (answer["stable"], answer["critical_rate"]) == (False, 1.0)
        assert all(answer[name] is None for name in EQUILIBRIUM if name != "stable")
        assert "no equilibrium" in queuit(*line).out
    only_one = queuit("solve", *GAME, *QUEUES, "--slots", 1, 9, "--arrival-rate", 1, "--json").json
    assert (only_one["initial"], only_one["cascade_range"], only_one["stable"]) == (2, None, True)


@pytest.mark.parametrize("name", ["R1", "R4", "R5", "R8", "R10", "R14"])
def test_with_infinitely_many_slots_the_two_ways_agree(name: str) -> None:
    base = queuit("solve", "--game", name, "--json").json
    t = [float(x) for x in _latencies(name)]
    rates = ["--service-rate", 1 / t[0], 1 / t[1], "--arrival-rate", 3]
    answer = queuit("solve", "--game", name, *rates, "--json").json
    assert (answer["initial"], answer["cascade"]) == (
        base["initial"],
        pytest.approx(base["cascade"], abs=1e-12),
    )
    assert answer["support"] == [[base["abandonment"], 1.0]]
    for each in ("user_utility", "provider_cost", "success"):
        assert answer[each] == pytest.approx(base[each], abs=1e-9)


def _latencies(name: str) -> tuple[float, ...]:
    from analysis.games.catalogue import REFERENCE

    return tuple(float(model.t) for model in REFERENCE[name].models)


def test_a_pair_brings_its_value_of_time() -> None:
    line = ("solve", "--game", "gpt-4.1/o3", "--service-rate", 0.1, 0.02, "--arrival-rate", 0.1)
    slow = queuit(*line, "--route", 1, "--json").json
    assert slow["latencies"] == pytest.approx([0.1, 0.5], rel=1e-12)
    dear = queuit(*line, "--route", 1, "--value-of-time", 0.02, "--json").json
    assert dear["latencies"] == pytest.approx([0.2, 1.0], rel=1e-12)


def test_text_has_a_line_for_each_result() -> None:
    text = queuit("solve", *GAME, *QUEUES, "--route", 1, "--cascade", 0.5).out
    lines = {line[:16].rstrip(): re.split(" {2,}", line[17:]) for line in text.splitlines()}
    assert lines["kind"] == ["{0,1} mix", "some stay, some leave"]
    assert lines["support"] == ["32.54% q = 0, 67.46% q = 1", "shares of users, by their q"]
    assert lines["provider_cost"] == ["0.84215173", "money per task, penalties included"]
    assert all(len(line) <= 80 for line in text.splitlines())
    assert set(WORDS) == set(KINDS)
    assert lines.keys() >= set(EQUILIBRIUM)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ([*GAME, *QUEUES, "--t", "1", "2"], ("--service-rate", "--t")),
        ([*GAME, "--t", "1", "2", "--slots", "1", "2"], ("--slots", "--service-rate")),
        ([*GAME, "--t", "1", "2", "--route", "1"], ("--route", "--service-rate")),
        ([*GAME, "--service-rate", "1", "2"], ("missing", "--arrival-rate")),
        ([*GAME[:6], *QUEUES], ("missing", "--value", "--penalty")),
        ([*GAME, *QUEUES, "--cascade", ".5"], ("--cascade", "--route 1")),
        ([*GAME, *QUEUES, "--cascade", ".5", "--route", "2"], ("--cascade", "--route 1")),
        ([*GAME, *QUEUES, "--route", "3"], ("--route", "3")),
        ([*GAME, *QUEUES, "--route", "1", "--cascade", "2"], ("cascade", "2.0", "0 and 1")),
        ([*GAME, *QUEUES, "--slots", "1", "1.5"], ("slots 2", "1.5", "whole")),
        ([*GAME, *QUEUES, "--service-rate", "0", "1"], ("service rate 1", "0.0", "greater")),
        ([*GAME, *QUEUES, "--arrival-rate", "-1"], ("arrival rate", "-1.0", "greater")),
        ([*GAME, *QUEUES, "--value-of-time", "nan"], ("value of time", "nan")),
        ([*GAME, *QUEUES, "--added-delay", "-1", "0"], ("added delay 1", "-1.0")),
        ([*GAME, *QUEUES, "--discipline", "lifo"], ("--discipline", "lifo")),
        ([*GAME, *QUEUES, "--slots", "inf", "1", "--discipline", "ps"], ("slots", "inf")),
        ([*GAME, *QUEUES, "--p", ".6", ".2"], ("p1", "0.6", "p2")),
    ],
)
def test_options_that_do_not_fit_are_refused(line: list[str], parts: tuple[str, ...]) -> None:
    refused(queuit("solve", *line), *parts)


def test_a_file_of_games_has_no_queues(tmp_path: Path) -> None:
    ran = queuit("solve", "--games", tmp_path / "x.csv", "--out", tmp_path / "y.csv", *QUEUES)
    refused(ran, "--games", "--service-rate")

"""queuit simulate --service-rate, --discipline, --horizon: systems that do or do not keep up."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from analysis.games.catalogue import named
from scenarios.options.stored import policy_classes
from scenarios.options.systems import read_discipline
from sim import (
    FCFS,
    Batching,
    Discipline,
    Outcome,
    PriorityClasses,
    ProcessorSharing,
    Scenario,
    simulate,
)
from tests.tools.chance import z_bound
from tests.tools.running import METRICS, agrees, queuit, refused, simulated

GAME = ("--p", 0.2, 0.6, "--c", 0.1, 0.5, "--value", 5, "--penalty", 1)
PLAYED = ("--route", 1, "--cascade", 0.5, "--abandon", 0)
# 1.5 tasks a second, of which each asks model 1 for 1 / .6 passes of a second
OVERLOADED = (*GAME, *PLAYED, "--service-rate", 1, 0.5, "--arrival-rate", 1.5, "--slots", 1, 2)


def close(one: Any, two: Any) -> None:
    """The same answers, up to rounding."""
    assert one.keys() == two.keys()
    for key, value in one.items():
        assert value == pytest.approx(two[key], rel=1e-9), key


@pytest.mark.parametrize("service", ["deterministic", "exponential"])
def test_without_queues_service_rates_and_latency_costs_are_two_ways_to_say_the_same(
    service: str,
) -> None:
    words = (*GAME, *PLAYED, "--service", service)
    by_rate = simulated(*words, "--service-rate", 4, 0.8)
    close(by_rate, simulated(*words, "--t", 0.25, 1.25))
    agrees(by_rate)
    assert "stationary" not in by_rate  # nothing can queue: the same keys as ever


def test_a_service_rate_replaces_the_latency_costs_of_a_named_game() -> None:
    name = "gpt-4.1/o3"
    game, value_of_time = named(name)
    rates = [2 * value_of_time / float(model.t) for model in game.models]
    half = [float(model.t) / 2 for model in game.models]
    words = ("--game", name, *PLAYED)
    close(simulated(*words, "--service-rate", *rates), simulated(*words, "--t", *half))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("fcfs", FCFS()),
        ("ps", ProcessorSharing()),
        ("ps:4", ProcessorSharing(4)),
        ("ps:inf", ProcessorSharing()),
        ("batch:3,1", Batching(3, 1)),
        ("batch:.5,0", Batching(0.5, 0)),
        ("priority", PriorityClasses()),
    ],
)
def test_disciplines_are_called_by_name(text: str, meant: Discipline) -> None:
    assert read_discipline(text) == meant


@pytest.mark.parametrize("discipline", ["fcfs", "ps", "ps:2", "batch:3,1", "priority"])
def test_a_system_that_keeps_up_says_so(discipline: str) -> None:
    words = (*GAME, *PLAYED, "--service-rate", 1, 0.5, "--arrival-rate", 0.4, "--slots", 2, 2)
    answer = simulated(*words, "--discipline", discipline, "--tasks", 2000)
    agrees(answer, *(() if discipline == "ps" else ("delay", "user_utility")))
    assert answer["stationary"] is True
    assert (answer["in_system"], answer["horizon"], answer["queue_growth"]) == (0, None, [0, 0])
    full = 2 * 4 / 5 if discipline == "batch:3,1" else 2  # two in a batch: 4/5 of their speed
    exact = [0.4 / 0.6 / full, 0.4 * (0.4 / 0.6) / 0.6 * 2 / full]
    assert answer["utilisation"] == pytest.approx(exact)


def test_first_come_first_served_is_the_default() -> None:
    words = (*GAME, "--service-rate", 1, 0.5, "--arrival-rate", 0.4, "--slots", 2, 2)
    assert simulated(*words) == simulated(*words, "--discipline", "fcfs")
    assert simulated(*words) != simulated(*words, "--discipline", "ps")


def test_sharing_is_insensitive_on_the_command_line_too() -> None:
    # p = 1/2, all stay, .2 tasks a second, so .4 passes; W = 1 / (1 - .4), two passes per task
    words = ("--p", 0.5, 0.9, "--c", 1, 1, "--value", 9, "--penalty", 1, "--abandon", 0)
    rates = ("--service-rate", 1, 1, "--arrival-rate", 0.2, "--slots", 1, 1, "--route", 1)
    for service in ("deterministic", "lognormal:1"):
        answer = simulated(
            *words, *rates, "--cascade", 0, "--discipline", "ps", "--service", service,
            "--tasks", 20_000,
        )  # fmt: skip
        assert answer["delay"]["exact"] == pytest.approx(2 / 0.6, rel=1e-12)
        agrees(answer)


def test_the_equilibrium_of_a_shared_processor_is_that_of_its_whole_speed() -> None:
    """Four slots, two seconds a pass: alone, a pass has all four and takes half a second.

    By `queuit solve`, which has latencies from the theory of queues, at a load of next to nothing.
    """
    words = (
        *("--p", 0.3, 0.6, "--c", 0.1, 0.5, "--value", 5, "--penalty", 1),
        *("--service-rate", 0.5, 0.5, "--slots", 4, 4, "--arrival-rate", 0.001),
    )
    for discipline in ("ps", "fcfs"):
        solved = queuit("solve", *words, "--discipline", discipline, "--json").json
        answer = simulated(*words, "--discipline", discipline)
        assert answer["initial"] == solved["initial"]
        assert answer["cascade"] == pytest.approx(solved["cascade"], abs=1e-3)
        cost = answer["provider_cost"]["exact"]
        assert cost == pytest.approx(solved["provider_cost"], rel=1e-3)
    # the two differ, so that the check catches one played for the other
    one, other = (simulated(*words, "--discipline", d)["provider_cost"] for d in ("ps", "fcfs"))
    assert abs(one["exact"] - other["exact"]) > 0.05


# ---------------------------------------------------------------- systems that do not keep up


@pytest.mark.parametrize("discipline", ["fcfs", "ps", "batch:0,1"])
def test_a_queue_that_grows_is_an_answer(discipline: str) -> None:
    """Model 1 ends one pass a second: .6 tasks a second go on or away, .9 stay.

    With exponential service, whoever is served; a batch whose step is as long as it is large does
    what one slot does. Arrivals are Poisson, ends of passes at a busy model too.
    """
    answer = simulated(
        *OVERLOADED, "--discipline", discipline, "--service", "exponential", "--horizon", 2000
    )
    assert answer["stationary"] is False
    assert answer["horizon"] == 2000
    assert answer["in_system"] > 0.5 * 2000
    assert sum(answer["queue_growth"]) == pytest.approx(answer["in_system"] / 2000)
    assert answer["utilisation"][0] == pytest.approx(1.5 / 0.6)
    assert all(answer[metric]["exact"] is None for metric in METRICS)
    error = ((1.5 + 0.6) / 2000) ** 0.5
    assert answer["queue_growth"][0] == pytest.approx(0.9, abs=z_bound(1) * error)


def test_the_horizon_ends_the_run() -> None:
    answer = simulated(*OVERLOADED, "--horizon", 100, "--tasks", 100_000)
    assert (answer["horizon"], answer["tasks"]) == (100, 100_000)
    came = sum(answer.get(outcome.name.lower(), 0) for outcome in Outcome)
    assert came == pytest.approx(150, abs=z_bound(1) * 150**0.5)


def test_means_that_are_not_stationary_are_marked_in_the_text() -> None:
    ran = queuit("simulate", *OVERLOADED, "--tasks", 300)
    assert ran.code == 0
    offered = "as much work is offered to model 1 and model 2 as can be done, or more"
    assert f"not stationary: {offered};" in ran.out
    assert "within 200 seconds" in ran.out
    assert ["stationary", "false"] in [line.split() for line in ran.out.splitlines()]
    calm = queuit("simulate", *OVERLOADED, "--arrival-rate", 0.3, "--tasks", 300)
    assert "not stationary" not in calm.out
    assert ["stationary", "true"] in [line.split() for line in calm.out.splitlines()]


def test_an_overload_is_marked_with_latency_costs_as_well() -> None:
    words = (*GAME, *PLAYED, "--t", 1, 2, "--arrival-rate", 1.5, "--slots", 1, 2)
    assert simulated(*words)["stationary"] is False
    assert simulated(*words) == simulated(*OVERLOADED)
    calm = simulated(*words, "--arrival-rate", 0.3)
    assert "stationary" not in calm  # the keys of before for who asks for nothing new


def test_a_load_of_exactly_one_is_too_much() -> None:
    words = (*GAME, "--abandon", 1, "--route", 1, "--service-rate", 1, 1, "--slots", 2, 2)
    assert simulated(*words, "--arrival-rate", 2)["stationary"] is False
    assert simulated(*words, "--arrival-rate", 1.99)["stationary"] is True


@pytest.mark.parametrize(
    ("words", "noted"),
    [
        ((), True),
        (("--route", 1, "--cascade", 0.5), True),
        (("--route", 1, "--abandon", 0), True),
        (PLAYED, False),
        (("--route", 2, "--abandon", 0), False),
    ],
)
def test_whose_equilibrium_is_played_is_noted(words: tuple[object, ...], noted: bool) -> None:
    system = (*GAME, "--service-rate", 1, 0.5, "--tasks", 100)
    queues = ("--arrival-rate", 0.1, "--slots", 1, 2)
    lines = queuit("simulate", *system, *queues, *words).out.splitlines()
    notes = [line for line in lines if line.startswith("note: ")]
    assert len(notes) == noted
    assert all("without load" in note and "queuit solve" in note for note in notes)
    assert "note:" not in queuit("simulate", *system, *words).out


def test_the_help_says_which_equilibrium_and_what_priority_does() -> None:
    text = " ".join(queuit("simulate", "--help").out.split())
    assert "the equilibrium of the game without load" in text
    assert "queuit solve" in text
    assert "by class of users (one class of users here: as fcfs)" in text


def test_with_a_horizon_nothing_is_exact() -> None:
    answer = simulated("--game", "R9", "--horizon", 100)
    assert all(answer[metric]["exact"] is None for metric in METRICS)
    assert answer["stationary"] is True


def test_a_horizon_before_anybody_left_has_no_means() -> None:
    answer = simulated("--game", "R9", "--horizon", 1e-9)
    assert answer["success"]["mean"] is None
    ran = queuit("simulate", "--game", "R9", "--horizon", 1e-9)
    assert ran.code == 0
    assert "nan" not in ran.out


def test_out_holds_the_discipline_and_the_horizon(tmp_path: Path) -> None:
    simulated(*OVERLOADED, "--discipline", "ps:3", "--tasks", 300, "--out", tmp_path)
    stored = json.loads((tmp_path / "scenario.json").read_text(), parse_constant=pytest.fail)
    scenario = Scenario.from_dict(stored["scenario"], policy_classes())
    assert (scenario.offer.discipline, scenario.horizon) == (ProcessorSharing(3), 200)
    result = simulate(scenario, passes=True)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "tasks.parquet"), result.task_frame())


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("--service-rate 1 2 --t 1 2", ("--service-rate", "--t")),
        ("--service-rate 0 1", ("service rate 1", "0.0", "greater than 0")),
        ("--service-rate 1 -1", ("service rate 2", "-1.0", "greater than 0")),
        ("--service-rate 1 nan", ("service rate 2", "nan", "finite")),
        ("--service-rate inf 1", ("service rate 1", "inf", "finite")),
        ("--discipline lifo", ("discipline", "'lifo'", "fcfs, ps, ps:CAP, batch:A,B or priority")),
        ("--discipline fcfs:1", ("discipline", "'fcfs:1'", "batch:A,B")),
        ("--discipline ps:", ("discipline", "'ps:'", "ps:CAP")),
        ("--discipline ps:1,2", ("discipline", "'ps:1,2'", "ps:CAP")),
        ("--discipline batch:1", ("discipline", "'batch:1'", "batch:A,B")),
        ("--discipline batch:1,x", ("discipline", "'batch:1,x'", "batch:A,B")),
        ("--discipline ps:0", ("cap", "0.0", "whole number of at least 1")),
        ("--discipline ps:1.5", ("cap", "1.5", "whole number of at least 1")),
        ("--discipline batch:-1,1", ("a of the batch", "-1.0", "at least 0")),
        ("--discipline batch:0,0", ("a + b of the batch", "0.0", "greater than 0")),
        ("--discipline ps", ("slots 1", "inf", "finite")),
        ("--discipline batch:1,1 --slots 2 inf --arrival-rate 1", ("slots 2", "inf", "finite")),
        ("--horizon 0", ("horizon", "0.0", "greater than 0")),
        ("--horizon -1", ("horizon", "-1.0", "greater than 0")),
        ("--horizon nan", ("horizon", "nan", "greater than 0")),
    ],
)
def test_bad_options_are_refused(words: str, parts: tuple[str, ...]) -> None:
    refused(queuit("simulate", "--game", "R1", *words.split()), *parts)


def test_what_is_missing_counts_a_service_rate_for_latency_costs() -> None:
    refused(queuit("simulate", "--p", 0.2, 0.6, "--service-rate", 1, 2), "missing --c, --value")

"""What the study plays: scales, paired differences, answers with their ties, sizes of samples."""

import numpy as np
import pytest

from agents.theorems.policy import Policy
from agents.theorems.responses import s_0
from analysis.validation.cases.games import all_cases
from analysis.validation.checks.play import Player, Settings, scale
from sim.engine import simulate

CASES = {case.name: case for case in all_cases()}
SMALL = Settings(precision=0.2)
SCALES = {  # R8: p_1 = .2, V = 2, P = 1.5, max c = .6
    "success": 1.0,
    "delay": 2.0,
    "user_utility": 2.0,
    "service_cost": 2.1,
    "provider_cost": 2.1,
    "passes": 5.0,
}


def player(name: str, settings: Settings = SMALL) -> Player:
    return Player(CASES[name], settings)


@pytest.mark.parametrize(("metric", "expected"), SCALES.items())
def test_margins_are_a_percent_of_the_scale_over_the_precision(
    metric: str, expected: float
) -> None:
    assert scale(CASES["R8"], metric) == pytest.approx(expected)
    assert player("R8").margin(metric) == pytest.approx(0.05 * expected)


def test_a_policy_against_itself_differs_in_nothing() -> None:
    play = player("R14")
    found = play.difference(play.policy, play.policy, "user_utility", 3)
    assert found.n == 3 * SMALL.block
    assert (found.low, found.high) == (0.0, 0.0)


def test_differences_are_paired_task_by_task() -> None:
    """In R3 one pass follows another: whoever is solved by M1 is solved by M2 as well."""
    play = player("R3")
    found = play.difference(Policy(2, 0.0, 1.0), Policy(1, 0.0, 1.0), "success", 2)
    assert (found.low, found.high) == (0.0, 1.0)


def test_answers_carry_the_tie_at_s_0() -> None:
    """At s_0 of R8 the provider prefers users who stay, in R7 (small P) users who leave."""
    for name, q in (("R8", 0.0), ("R7", 1.0)):
        play = player(name)
        assert play.answer(1, float(s_0(play.case.game)))[2] == q
        assert play.answer(2, 0.0) == (2, 0.0, 0.0)


def test_a_block_is_what_any_engine_plays() -> None:
    play = player("R14")
    scenario = play.scenario(play.policy, SMALL.block)
    alone = simulate(scenario, replication=4, engine="simpy").metrics()
    for metric, values in play.block(play.policy, 4).items():
        assert np.array_equal(values, alone[metric])


def test_four_times_the_tasks_for_half_the_margin() -> None:
    play = player("R1", Settings(checks=3000))
    assert play.blocks_for(1.0, 0.001, 2.33) == pytest.approx(
        4 * play.blocks_for(1.0, 0.002, 2.33), abs=4
    )
    assert play.blocks_for(0.0, 0.001, 2.33) == 1

"""The validation study: its rule, its error rates, and that it sees what it must."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtri

from agents.theorems.policy import Policy
from analysis.statistics.moments import Moments
from analysis.validation.cases.games import Case, all_cases
from analysis.validation.cases.networks import congestion_cases
from analysis.validation.check import MISS, Check, tasks_that_differ
from analysis.validation.checks.games import (
    _check,
    _count,
    _deviation,
    _routings,
    checks_of_a_run,
    simpy_share,
    validate,
)
from analysis.validation.checks.play import FALSE_ALARM, MARGIN, Player, Settings, scale
from analysis.validation.planted.games import planted_errors
from sim import simulate
from sim.compiled import run as compiled
from sim.summary import METRICS

COARSE = Settings(precision=0.2, simpy_tasks=50)
CASES = {case.name: case for case in all_cases()}
SAMPLE = [CASES[name] for name in ("R1", "R8", "R14", "R9 s=0.357", "R11 (1, 0.25) q=0.3")]


def check(**changes: object) -> Check:
    base = Check("R1", "Theorem 3.1", "equivalence", "delay", 1.0, 0.1, 100, 1.0, 0.5, 2.33)
    return replace(base, **changes)  # type: ignore[arg-type]


def test_a_check_passes_iff_its_interval_is_inside_the_margin() -> None:
    assert check().passed
    assert check(estimate=1.26).passed
    assert not check(estimate=1.27).passed
    assert not check(estimate=0.73).passed
    assert not check(standard_error=0.22).passed  # too few tasks: not shown, so not passed


def test_without_variance_the_value_must_be_exact() -> None:
    assert check(standard_error=0.0, estimate=1.0 + 1e-13).passed
    assert not check(standard_error=0.0, estimate=1.0 + 1e-11).passed
    assert check(standard_error=0.0).z is None


def test_rounding_is_no_variance() -> None:
    """In R1 nobody quits and nothing cascades: 0.2 seconds a pass, in money per pass."""
    play = Player(CASES["R1"], COARSE)
    per_pass = play.block(play.policy, 0)
    values = per_pass["delay"] / per_pass["passes"]
    assert values.min() < values.max()  # rounding differs
    found = _check(play, "equivalence", "delay", Moments.of(values).estimate(), 0.2)
    assert (found.standard_error, found.z, found.passed) == (0.0, None, True)
    assert not replace(found, exact=0.2 + 1e-11).passed


def test_every_alternative_and_every_candidate_counts() -> None:
    """R1 (++): 6 metrics, 11 q, twice 11 s and M2, 2 ways to leave; R11 has s_L and s_H, too."""
    assert _count(CASES["R1"]) == 6 + 11 + 2 * 12 + 2
    assert _count(CASES["R8"]) == 6 + 11 + 2 * 13 + 2
    assert _count(CASES["R11"]) == 6 + 11 + 2 * 14 + 2
    assert _count(CASES["R9 s=0.357"]) == 6 + 11
    assert _count(CASES["R11 (2, 0) q=0.7"]) == 6
    queues = sum(case.comparisons for case in congestion_cases())
    assert checks_of_a_run() == sum(_count(case) for case in all_cases()) + queues


@given(st.sampled_from(sorted(CASES)), st.floats(1e-6, 10), st.floats(1e-6, 10))
def test_a_sample_of_that_size_leaves_room_for_both_errors(
    name: str, sd: float, margin: float
) -> None:
    """At a true difference of 0 the bound leaves the quantile of the false-alarm rate."""
    settings = Settings(checks=checks_of_a_run())
    play = Player(CASES[name], settings)
    n = settings.block * play.blocks_for(sd, margin, 2.33)
    assert (settings.alarm + 2.33) * sd / n**0.5 <= margin


def test_the_second_look_is_as_long_as_the_false_alarm_rate_asks_for() -> None:
    """R3 at D: both policies cost the same; a margin that one block is too short for."""
    settings = Settings(precision=6, checks=checks_of_a_run(), simpy_tasks=1)
    play = Player(CASES["R3 at 1 D"], settings)
    critical = float(-ndtri(MISS / 2))
    found = _deviation(play, "provider_cost", -1, play.answer(2, 0.0), critical)
    assert found.parts > settings.block
    needed = (settings.alarm + critical) * found.standard_error
    assert needed <= play.margin("provider_cost")


def test_the_provider_may_deviate_to_the_thresholds_too() -> None:
    s = {name: [s for i, s in _routings(CASES[name].game) if i == 1] for name in ("R1", "R8")}
    assert len(s["R1"]) == 11
    assert s["R8"][-1] == pytest.approx(0.1071428571, abs=1e-10)


def test_a_regret_may_be_as_negative_as_it_likes() -> None:
    regret = check(kind="user regret", exact=0.0, estimate=-7.0)
    assert regret.passed
    assert regret.z is None  # theory gives a limit, not a value
    assert not replace(regret, estimate=0.4).passed


def test_the_catalogue_covers_every_statement_and_has_no_twins() -> None:
    statements = {case.statement for case in CASES.values()}
    numbered = {"3.1", "3.2", "4", "5.1", "5.2", "5.3", "A", "2"}
    assert {f"Theorem {number}" for number in numbered} <= statements
    assert len(CASES) == len(all_cases())


def test_a_correct_program_passes_and_every_kind_of_check_is_there() -> None:
    """False-alarm probability below 1/1000 by construction."""
    checks = validate(SAMPLE, COARSE)
    assert [each for each in checks if not each.passed] == []
    kinds = {each.kind for each in checks}
    regrets = {"user regret", "provider regret"}
    assert kinds == regrets | {"equivalence", "misalignment", "throttling gain", "engines"}
    assert len([c for c in checks if c.kind == "equivalence"]) == len(METRICS) * len(SAMPLE)


def test_margins_are_one_percent_of_the_stated_scales() -> None:
    for each in validate([CASES["R8"]], COARSE):
        if each.kind == "equivalence":
            stated = MARGIN / COARSE.precision * scale(CASES["R8"], each.metric)
            assert each.margin == pytest.approx(stated)


def test_the_sample_is_large_enough_for_the_stated_error_rates() -> None:
    alarm = stats.norm.isf(FALSE_ALARM / 2 / checks_of_a_run())
    for each in validate([CASES["R14"]], Settings(simpy_tasks=50)):
        if each.kind == "equivalence" and each.standard_error:
            assert each.standard_error * (alarm + stats.norm.isf(MISS)) <= each.margin


def test_the_study_is_the_same_on_any_executor() -> None:
    alone = validate(SAMPLE, COARSE)
    with ThreadPoolExecutor(2) as threads:
        assert validate(SAMPLE, COARSE, threads) == alone


def test_the_share_of_simpy_tasks() -> None:
    checks = validate([CASES["R1"], CASES["R14"]], COARSE)
    tasks, share = simpy_share(checks)
    assert tasks == 2 * COARSE.simpy_tasks
    played = sum(each.n for each in checks if each.metric == "success")
    assert share == tasks / played > 0


def test_another_seed_plays_other_tasks() -> None:
    one = validate([CASES["R14"]], COARSE)
    two = validate([CASES["R14"]], replace(COARSE, seed=2))
    assert one[1].estimate != two[1].estimate


def test_there_are_at_least_twelve_planted_errors_with_names_of_their_own() -> None:
    names = [error.name for error in planted_errors()]
    assert len(names) == len(set(names)) >= 12


def test_a_planted_error_is_gone_afterwards() -> None:
    error = planted_errors()[0]
    with pytest.raises(RuntimeError), error.applied():
        raise RuntimeError
    assert all(each.passed for each in validate([CASES[error.case]], COARSE))


def _alarms(cases: list[Case], seed: int) -> int:
    checks = validate(cases, Settings(precision=0.1, simpy_tasks=20, seed=seed))
    return sum(not each.passed for each in checks)


@pytest.mark.slow
@pytest.mark.parametrize("half", [0, 1])
def test_100_other_seeds_raise_no_more_false_alarms_than_stated(half: int) -> None:
    """Each of 50 seeds plays one half of the catalogue, at ten times the margins.

    The limit of each check is that of the whole catalogue, so that a correct program fails one of
    these runs with probability below 1/2000, and both tests together are to see less than 0.05
    alarms. One in a test is allowed: two or more have probability 0.03%. Means of 500 tasks are
    less normal than those of 20,000, but n has 10% to spare on the standard error, which makes
    the normal tail 70 times thinner than needed.
    """
    cases = all_cases()[half::2]
    failed = [seed for seed in range(1000 + half, 1100, 2) if _alarms(cases, seed)]
    assert len(failed) <= 1, failed


def test_with_too_few_tasks_the_alarms_would_be_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the count above would see if n were not chosen for the stated rate."""
    monkeypatch.setattr(Player, "blocks_for", lambda *arguments: 1)
    assert all(_alarms(SAMPLE, seed) > 1 for seed in range(1000, 1003))


@pytest.mark.slow
def test_a_deviation_of_one_margin_is_missed_by_at_most_one_run_in_a_hundred() -> None:
    """The power of the rule: 20,000 repetitions of the normal law of a real check.

    The binomial bound has false-alarm rate 1e-6.
    """
    each = next(c for c in validate([CASES["R14"]], COARSE) if c.metric == "delay")
    rng = np.random.default_rng(7)
    estimates = each.exact + each.margin + each.standard_error * rng.standard_normal(20_000)
    missed = sum(replace(each, estimate=float(x)).passed for x in estimates)
    assert missed <= stats.binom.isf(1e-6, 20_000, MISS)


def test_a_changed_pass_is_a_task_that_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    play = compiled.play_whole

    def later(*arguments: Any) -> Any:
        chunk, present = play(*arguments)
        chunk.passes["waiting"][:3] += 1e-9
        return chunk, present

    scenario = Player(CASES["R14"], COARSE).scenario(Policy(1, 0.3, 0.0), 40)
    assert tasks_that_differ(scenario, ("compiled",)) == 0
    monkeypatch.setattr(compiled, "play_whole", later)
    first = simulate(scenario, passes=True).passes["task"][:3]
    assert tasks_that_differ(scenario, ("compiled",)) == len(set(first.tolist()))

"""The congestion part of the validation study: its cases, its error rates, what it sees."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.games.congested import reference_points
from analysis.validation.cases.instruments import ExponentialPatience, OneAtATime, Redials
from analysis.validation.cases.networks import congestion_cases
from analysis.validation.cases.queue_case import FINER, FINEST, MARGIN, RUNS, is_queue, window
from analysis.validation.check import MISS
from analysis.validation.checks.games import checks_of_a_run
from analysis.validation.checks.play import FALSE_ALARM, Settings
from analysis.validation.checks.queues import check_queues, counted, runs_of, scenario
from analysis.validation.planted.games import planted_errors
from sim import Draws, Luck, Purpose, Refuse, Task, simulate
from tests.agents.congestion.test_users import POINTS, F

COARSE = Settings(precision=0.3)
CASES = {case.name: case for case in congestion_cases()}
PLANTED = {error.name: error for error in planted_errors() if error.case in CASES}
SOME = [CASES[name] for name in ("D: all stay", "M/D/1", "Naor, social: 4")]


def test_the_reference_points_are_those_of_the_theory() -> None:
    points = reference_points()
    assert points.pop("H")[0].arrival_rate == 1
    assert points.pop("F") == (F, 1, 0.25)
    for name, (game, initial, cascade) in points.items():
        assert (game, (initial, cascade)) == POINTS[name][:2]


def test_every_case_has_its_own_name_and_counts_all_its_comparisons() -> None:
    assert len(CASES) == len(congestion_cases()) >= 20
    comparisons = sum(case.comparisons for case in congestion_cases())
    assert CASES["D: all stay"].comparisons == 4 + 11
    assert checks_of_a_run() > comparisons > 130


def test_a_correct_program_passes_whatever_the_executor() -> None:
    """False-alarm probability below 1/1000 by construction."""
    checks = check_queues(SOME, COARSE)
    assert [each for each in checks if not each.passed] == []
    assert all(is_queue(each) for each in checks)
    assert [each.kind for each in checks].count("user regret") == 1
    with ThreadPoolExecutor(2) as threads:
        assert check_queues(SOME, COARSE, threads) == checks
    assert check_queues(SOME[1:2], replace(COARSE, seed=2)) != checks[-3:-2]


def test_progress_is_told_every_run() -> None:
    told: list[int] = []
    check_queues(SOME[1:], COARSE, progress=told.append)
    assert told[-1] == runs_of(SOME[1:]) == 2 * RUNS


def test_margins_are_stated_parts_of_the_scales() -> None:
    [case] = SOME[1:2]
    [check, _] = check_queues([case], COARSE)
    assert case.engine == "compiled"
    assert check.margin == pytest.approx(MARGIN / FINEST / 0.3 * case.exact["sojourn"])
    assert check.n == RUNS * counted(case, COARSE)
    [check, *_] = check_queues(SOME[2:], COARSE)
    assert check.margin == pytest.approx(MARGIN / FINER / 0.3 * 0.3)  # asked rules are slower


def test_first_and_last_tasks_of_a_run_do_not_count() -> None:
    case = CASES["M/M/1-PS"]
    result = simulate(scenario(case, COARSE))
    inside = result.tasks["task"][window(case, result)]
    assert inside[0] == case.empty == 200
    assert len(inside) == counted(case, COARSE)
    assert result.tasks["task"][-1] - inside[-1] == 50


def false_alarm(room: float) -> float:
    """Probability that a right value fails at a margin of ``room`` standard errors.

    The error is estimated from the runs: its square is chi-squared, independent of the mean.
    """
    freedom = RUNS - 1
    q = (np.arange(200_000) + 0.5) / 200_000
    estimated = np.sqrt(stats.chi2.ppf(q, freedom) / freedom)
    return float(2 * stats.norm.sf(room - stats.norm.isf(MISS) * estimated).mean())


@pytest.mark.slow
def test_the_runs_are_long_enough_for_the_stated_error_rates() -> None:
    """Sizes are fixed: the sum of the checks' false-alarm probabilities, from measured errors.

    Errors of two seeds together have 58 degrees of freedom. Margins and errors are in proportion at
    every precision: here at half of it. The share of these checks in the rate
    of a run is their share in its comparisons; half of the rate is to spare for skewness.
    """
    half = [Settings(precision=0.5, seed=seed) for seed in (11, 12)]
    checks = [check_queues(list(CASES.values()), settings) for settings in half]
    total = 0.0
    for one, two in zip(*checks, strict=True):
        if one.kind == "engines":  # without error
            continue
        error = np.sqrt((one.standard_error**2 + two.standard_error**2) / 2)
        total += false_alarm(one.margin / error) * (11 if one.one_sided else 1)
    assert total < FALSE_ALARM / 2


@pytest.mark.slow
def test_z_scores_of_all_cases_are_those_of_chance() -> None:
    """The largest |z| of about 60 at low precision: Bonferroni for Student's t, rate 1e-6."""
    checks = check_queues(list(CASES.values()), Settings(precision=0.2))
    z = [abs(each.z) for each in checks if each.z is not None]
    assert len(z) > 40
    assert max(z) < stats.t.isf(1e-6 / len(z) / 2, RUNS - 1)


def test_there_are_planted_errors_of_queues() -> None:
    assert len(PLANTED) >= 4


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_error_is_seen(name: str) -> None:
    planted = PLANTED[name]
    with planted.applied():
        cases = {case.name: case for case in congestion_cases()}
        checks = check_queues([cases[planted.case]], Settings())
    failed = {each.kind for each in checks if not each.passed}
    assert planted.kind in failed


def test_instruments_draw_what_they_say() -> None:
    """Means of 4,000 exponential times; 6 standard errors."""
    task, view = Task(0, 0, 0, 0.0), Busy()
    patience, drawn = ExponentialPatience(2.0), []
    for number in range(4000):
        view.luck.of(number, 1, Purpose.PATIENCE)
        drawn.append(patience.limits(None, task, view).waiting)
    assert np.mean(drawn) == pytest.approx(2.0, abs=6 * 2 / 4000**0.5)
    redials = Redials(4.0)
    again = []
    for number in range(4000):
        view.luck.of(0, 1, Purpose.BACK_OFF, number)
        again.append(redials.again(None, task, Refuse(), view))
    assert np.mean(again) == pytest.approx(0.25, abs=6 * 0.25 / 4000**0.5)


class Busy:
    """A view of a model that serves one pass."""

    now = 0.0
    luck = Luck(Draws(1))

    def queued(self, model: int) -> int:
        return 0

    def in_service(self, model: int) -> int:
        return 1


def test_one_at_a_time_refuses_who_finds_somebody_there() -> None:
    assert OneAtATime().admit(None, Task(0, 0, 0, 0.0), Busy())[0] == (float("inf"),)

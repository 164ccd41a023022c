"""Comparisons of strategies: criteria by hand, common luck, the same bytes on any executor."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from agents import AddedDelay, BestResponse, Cap, Cascade, QueueLimit, Stationary
from analysis.comparison.criteria import (
    CRITERIA,
    OF_CLASSES,
    criterion,
    judge,
    judge_classes,
    of_class,
)
from analysis.comparison.outcome import Comparison
from analysis.comparison.study import compare
from analysis.comparison.verdict import notes, verdict
from analysis.games.catalogue import REFERENCE
from analysis.runs import jobs
from analysis.runs.jobs import processes
from analysis.statistics.selection import Plan
from sim import (
    Exponential,
    InputError,
    Offer,
    Outcome,
    Person,
    Poisson,
    Population,
    Result,
    Scenario,
    UserClass,
    expectations,
    simulate,
)
from sim.results import PASS_COLUMNS, TASK_COLUMNS
from tests.tools.chance import FALSE_ALARM
from tests.tools.selection import COLUMNS, variance_reduction

GAME = REFERENCE["R14"]
PLAIN = Scenario(GAME, Offer(Cascade(1, 0.3)), Person(Stationary(0.1)), tasks=200)
QUEUE = PLAIN.replace(arrivals=Poisson(0.8), slots=(1, 2), service_time=Exponential())
CROWD = replace(
    PLAIN,
    arrivals=Population((UserClass("free", 8, 0.05, 1, 1), UserClass("paid", 2, 0.1, 2, 1.5))),
)
STRATEGIES = {
    "none": QUEUE,
    "delay": QUEUE.replace(throttle=AddedDelay((0.1, 0.2)), abandonment=Stationary(0.2)),
    "limit": QUEUE.replace(throttle=QueueLimit(1)),
}
PLAN = Plan(budget=20)


def result(**columns: Any) -> Result:
    n = len(columns["outcome"])
    tasks = {name: np.zeros(n, dtype) for name, (dtype, _) in TASK_COLUMNS.items()}
    tasks |= {name: np.array(column) for name, column in columns.items()}
    passes = {name: np.zeros(0, dtype) for name, (dtype, _) in PASS_COLUMNS.items()}
    solved = tasks["outcome"] == Outcome.COMPLETED
    value = np.array([10.0, 10, 20, 20])
    return Result(tasks, solved, passes, value, 5.0, 2.0, 0, "simpy", 0.0, (0, 0))


def test_criteria_by_hand() -> None:
    solved, quit_, refused = Outcome.COMPLETED, Outcome.ABANDONED, Outcome.REFUSED
    found = judge(
        result(
            outcome=[solved, quit_, solved, refused],
            group=[0, 0, 1, 1],
            refusals=[0, 0, 1, 2],
            waiting=[0.0, 1, 1, 0],
            service=[1.0, 2, 2, 0],
            throttle_delay=[0.0, 0, 0.5, 0.5],
            service_cost=[1.0, 2, 3, 0],
        )
    )
    # delays 2, 6, 7, 1 (value of time 2); utilities 8, -6, 13, -1; costs 1, 7, 3, 5
    # utility / V: 0.8, -0.6 | 0.65, -0.05: means 0.1 and 0.3
    assert list(found) == COLUMNS
    assert found == pytest.approx(
        {
            "provider_cost": 4,
            "user_utility": 3.5,
            "worst_decile": -6,
            "success": 0.5,
            "delay_median": 4,
            "delay_p95": 6 + 0.85 * 1,
            "refusals": 0.75,
            "fairness_gap": 0.2,
        }
    )


def test_criteria_of_classes_by_hand() -> None:
    solved, quit_, refused = Outcome.COMPLETED, Outcome.ABANDONED, Outcome.REFUSED
    run = result(
        outcome=[solved, quit_, solved, refused],
        group=[0, 0, 1, 1],
        arrived=[0.0, 1, 2, 3],
        ended=[1.0, 4, 5.5, 3.5],
        waiting=[0.0, 1, 1, 0],
        service=[1.0, 2, 2, 0],
        throttle_delay=[0.0, 0, 0.5, 0.5],
    )
    values = judge_classes(run, ["free", "paid", "nobody"])
    free, paid = ([values[of_class(k, by.name)] for by in OF_CLASSES] for k in ("free", "paid"))
    assert free == pytest.approx([1, 0.5, 0.5, 0, 0, 2, 2.9])  # seconds 1 and 3, utility 8 and -6
    assert paid == pytest.approx([6, 0.5, 0, 0.5, 0, 2, 3.35])  # seconds 3.5 and 0.5
    assert all(np.isnan(values[of_class("nobody", by.name)]) for by in OF_CLASSES)


def test_the_worst_tenth_is_rounded_up() -> None:
    scenario = replace(PLAIN, tasks=25)
    utility = np.sort(simulate(scenario).metrics()["user_utility"])
    assert judge(simulate(scenario))["worst_decile"] == utility[:3].mean()


def test_money_is_that_of_the_records() -> None:
    frame = compare({"none": QUEUE}, PLAN).replication_frame()
    for replication in (3, 4):
        metrics = simulate(QUEUE, replication=replication).metrics()
        for name in ("provider_cost", "user_utility", "success"):
            assert frame.loc[replication, name] == metrics[name].mean()


def test_one_class_has_no_fairness_gap_and_two_may() -> None:
    for replication in (0, 1):
        assert judge(simulate(QUEUE, replication=replication))["fairness_gap"] == 0
        assert judge(simulate(CROWD, replication=replication))["fairness_gap"] > 0


def test_criteria_have_names() -> None:
    assert criterion("delay-p95") is criterion("delay_p95") is CRITERIA[5]
    assert [each.name for each in CRITERIA if each.large_is_good] == [
        *("user_utility", "worst_decile", "success")
    ]
    with pytest.raises(InputError, match="criterion = 'speed' must be one of provider-cost"):
        criterion("speed")


# --- the same bytes


def text(found: Comparison) -> str:
    return found.frame().to_csv() + found.replication_frame().to_csv() + verdict(found)


def test_the_result_is_the_same_for_any_workers_and_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alone = text(compare(STRATEGIES, PLAN))
    for workers in (1, 2, 3):
        with ThreadPoolExecutor(workers) as threads:
            assert text(compare(STRATEGIES, PLAN, executor=threads)) == alone
    for batches in (1, 3, 100):
        monkeypatch.setattr(jobs, "_BATCHES_PER_WORKER", batches)
        with ThreadPoolExecutor(2) as threads:
            assert text(compare(STRATEGIES, PLAN, executor=threads)) == alone


@pytest.mark.slow
def test_the_result_is_the_same_from_spawned_processes() -> None:
    alone = text(compare(STRATEGIES, PLAN))
    for workers in (1, 2):
        with processes(workers) as pool:
            assert text(compare(STRATEGIES, PLAN, executor=pool)) == alone


def test_a_strategy_does_not_depend_on_its_competitors() -> None:
    by = criterion("success")
    alone = compare({"limit": STRATEGIES["limit"]}, PLAN, by).selection.values["limit"]
    beside = compare(STRATEGIES, PLAN, by).selection.values["limit"]
    assert np.array_equal(alone, beside[: len(alone)])


def test_progress_ends_with_all_replications() -> None:
    seen: list[int] = []
    compare(STRATEGIES, PLAN, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 3 * 20


# --- common luck


def test_common_luck_reduces_the_variance_and_its_absence_is_noticed() -> None:
    """A delay that nobody reacts to: differences in utility are nearly those in passes.

    40 replications. Without common luck the ratio is 1; an F ratio of variances that large has
    probability far below the false alarm 1e-6. Planted: other luck for one strategy.
    """
    delayed = PLAIN.replace(throttle=AddedDelay((0.02, 0.05)))
    utility = variance_reduction({"none": PLAIN, "delay": delayed}, 40)["delay"]["user_utility"]
    least = stats.f.isf(FALSE_ALARM, 39, 39)
    assert utility > least
    unpaired = replace(delayed, seed=2)
    ratio = variance_reduction({"none": PLAIN, "delay": unpaired}, 40)["delay"]["user_utility"]
    assert ratio < least


def test_what_nobody_reacts_to_costs_exactly_the_same() -> None:
    delayed = PLAIN.replace(throttle=AddedDelay((0.02, 0.05)))
    found = compare({"delay": delayed, "none": PLAIN}, PLAN)
    assert (found.selection.best, found.selection.decided) == ("delay", True)
    assert found.ties() == ("none",)
    assert found.to_best("none", CRITERIA[0]) == (0, 0, 0)
    assert found.front == ("none",)  # the same cost, and users are better off
    assert "the same as the best in every replication: 'none'" in " ".join(notes(found))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 2}, "seed = .* must be the same for all strategies"),
        ({"tasks": 100}, "tasks = .* must be the same for all strategies"),
        ({"arrivals": Poisson(2.0)}, "arrivals = .* must be the same for all strategies"),
    ],
)
def test_different_luck_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        compare({"none": PLAIN, "other": replace(PLAIN, **change)}, PLAN)


def test_users_of_a_class_may_react_differently() -> None:
    assert isinstance(CROWD.arrivals, Population)
    stubborn = (replace(each, person=Person(Stationary(0.0))) for each in CROWD.arrivals.classes)
    other = replace(CROWD, arrivals=Population(tuple(stubborn)))
    found = compare({"none": CROWD, "stubborn": other}, PLAN, criterion("success"))
    assert found.selection.best == "stubborn"


@pytest.mark.parametrize("horizon", [10.0, 1e9])
def test_tasks_without_an_outcome_are_refused(horizon: float) -> None:
    with pytest.raises(InputError, match="horizon"):
        compare({"none": replace(QUEUE, horizon=horizon)}, PLAN)


def test_nothing_to_compare_is_refused() -> None:
    with pytest.raises(InputError, match=r"strategies = \[\]"):
        compare({}, PLAN)
    for zone in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="indifference"):
            compare({"none": PLAIN}, PLAN, indifference=zone)


# --- against what is known exactly


def test_the_exactly_best_is_found_and_the_intervals_hold() -> None:
    """Users respond to three delays in R14. False alarm: 3 criteria x (1 - confidence) = 3e-6."""
    delays = {"none": (0.0, 0.0), "light": (0.02, 0.05), "heavy": (0.3, 0.7)}
    exact, scenarios = {}, {}
    for name, delay in delays.items():
        effective = GAME.delayed(*delay)
        rule = BestResponse(effective, 1, 0.3)
        throttle = AddedDelay(delay) if any(delay) else None
        scenarios[name] = PLAIN.replace(throttle=throttle, abandonment=rule)
        exact[name] = expectations(effective, 1, 0.3, rule.q)
    found = compare(scenarios, Plan(confidence=1 - FALSE_ALARM, budget=40))
    best = min(exact, key=lambda name: exact[name].provider_cost)
    assert found.selection.best == best
    for name in delays:
        for of in ("provider_cost", "user_utility", "success"):
            _, low, high = found.own(name, criterion(of))
            assert low <= float(getattr(exact[name], of)) + 1e-12
            assert high >= float(getattr(exact[name], of)) - 1e-12


def test_a_near_tie_with_a_tiny_zone_has_no_winner() -> None:
    other = QUEUE.replace(abandonment=Stationary(0.1003))
    by = criterion("user_utility")  # of which early quitters lose in passes what they save in time
    found = compare({"none": QUEUE, "other": other}, PLAN, by, indifference=1e-9)
    values = found.selection.values
    assert not np.array_equal(values["none"], values["other"])
    assert not found.selection.decided
    assert verdict(found).startswith("Cannot decide: after 20 replications")
    assert "may be better by more than $1e-09 per task" in verdict(found)


def test_where_nobody_waits_a_near_tie_is_decided_by_theory() -> None:
    """All that is random is known: differences are exact, and the indifference zone may be tiny."""
    strategies = {f"q={q:g}": PLAIN.replace(abandonment=Stationary(q)) for q in (0.1, 0.103)}
    costs = [float(expectations(GAME, 1, 0.3, q).provider_cost) for q in (0.1, 0.103)]
    found = compare(strategies, PLAN, indifference=1e-9)
    assert (found.selection.best, found.selection.decided) == ("q=0.1", True)
    numbers = found.numbers("q=0.103", criterion("provider_cost"))
    assert numbers["mean"] == pytest.approx(costs[1], abs=1e-9)
    assert numbers["difference_to_best"] == pytest.approx(costs[1] - costs[0], abs=1e-9)
    assert numbers["variance_left"] == pytest.approx(0, abs=1e-12)
    assert "Control variates leave 0% of the variance" in " ".join(notes(found))


def test_refusals_make_a_front_of_trade_offs() -> None:
    capped = CROWD.replace(throttle=Cap(2, 60.0))
    found = compare({"none": CROWD, "cap": capped}, PLAN)
    assert found.own("cap", criterion("refusals")).mean > 0
    assert found.reference == "none"
    assert set(found.front_over(["refusals", "provider-cost"])) <= {"none", "cap"}
    assert "none" in found.front_over(["refusals"])

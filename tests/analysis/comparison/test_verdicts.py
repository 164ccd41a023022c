"""When a comparison names a winner, and when it must not; whether it is right."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from agents import AddedDelay, Joins, LoadDelay, NoThrottle, QueueLimit, Stationary
from analysis.comparison.criteria import criterion
from analysis.comparison.outcome import Comparison
from analysis.comparison.replication import Measures
from analysis.comparison.steady import Lengths, react
from analysis.comparison.study import compare
from analysis.comparison.verdict import notes, verdict
from analysis.reaction.adaptation import Reaction
from analysis.runs.window import Window
from analysis.statistics.selection import Plan
from scenarios.options.systems import read_system
from sim import Scenario
from sim.policies import Throttle
from tests.tools.chance import FALSE_ALARM
from tests.tools.selection import bound
from tests.tools.verdicts import SYSTEMS, studies

PLAN = Plan(budget=20)


def system(rate: float, **changes: Any) -> Scenario:
    """gpt-4.1/o3 on 2 and 8 slots: first passes at M1 can be served .176 times a second."""
    options: dict[str, Any] = {
        "arrival_rate": rate, "slots": (2, 8), "service": "exponential", "population": None,
        "refused": "rational", "seed": 1, "name": "gpt-4.1/o3",
        **dict.fromkeys(("p", "t", "c", "value", "penalty")),
    }  # fmt: skip
    return read_system(**options | changes)


def compared(
    start: Scenario, throttles: Mapping[str, Throttle], lengths: Lengths | None = None, **how: Any
) -> Comparison:
    lengths = lengths or Lengths(tasks=400)
    scenarios, measures = react(start, throttles, "users", lengths, "compiled")
    return compare(scenarios, PLAN, measures=measures, engine="compiled", **how)


NONE = {"none": NoThrottle()}


def test_under_overload_there_is_no_winner_but_of_a_finite_day_there_is() -> None:
    start, throttles = system(0.3), NONE | {"delay": AddedDelay((1.0, 1.0))}
    found = compared(start, throttles)
    assert found.overloaded == ("none", "delay")
    assert not found.decided
    assert verdict(found).startswith("No winner: under 'none' and 'delay' more work comes")
    assert min(at.low for at in (found.utilisation("none")[0],)) > 1
    day = compared(start, throttles, Lengths(horizon=2000.0))
    assert day.overloaded == ()
    assert day.measures.window.until == 2000.0
    assert not any(day.known(name) for name in throttles)


def test_a_queue_limit_ends_the_overload() -> None:
    """Three waiting places: all slots are busy nearly always, and no queue grows."""
    found = compared(system(0.5), {"limit": QueueLimit(3)})
    assert found.utilisation("limit")[0].mean > 0.9
    assert found.overloaded == ()


def test_loads_are_those_of_theory() -> None:
    """.05 tasks a second: exact utilisation of the congested equilibrium; false alarm .05 / 20."""
    start = system(0.05)
    scenarios, measures = react(start, NONE, "users", Lengths(), "compiled")
    found = compare(scenarios, Plan(1 - FALSE_ALARM, 20), measures=measures, engine="compiled")
    from analysis.reaction.exact import equilibrium

    exact = equilibrium(scenarios["none"])
    assert exact is not None
    for at, true in zip(found.utilisation("none"), exact.utilisation, strict=True):
        assert at.low <= true <= at.high
        assert not at.low <= 1.25 * true <= at.high  # planted
    assert found.regret("none") == (0, 0, 0)


def test_what_never_acts_is_not_ranked() -> None:
    found = compared(system(0.05), NONE | {"far": QueueLimit(1000), "near": QueueLimit(1)})
    assert found.idle == ("far",)
    assert set(found.selection.values) == {"none", "near"}
    assert "Never acted in the first 20 replications, so not ranked: 'far'." in notes(found)


@dataclass(frozen=True)
class Wrong(Reaction):
    """Users who all leave after a failure, whatever they measure."""

    def __call__(self, scenario: Scenario, replication: int) -> Scenario:
        return scenario.replace(abandonment=Stationary(1.0))

    def known(self, scenario: Scenario) -> bool:
        return False


def test_users_who_are_far_from_equilibrium_leave_it_undecided() -> None:
    start = system(0.02)  # hardly any load: all stay
    scenarios, measures = react(
        start, NONE | {"x": LoadDelay(1.0)}, "users", Lengths(400), "compiled"
    )
    assert measures.reaction is not None
    good = compare(scenarios, PLAN, measures=measures, engine="compiled")
    assert good.unsettled == ()
    wrong = replace(measures, reaction=Wrong(measures.reaction.window))
    found = compare(scenarios, PLAN, measures=wrong, engine="compiled")
    assert "x" in found.unsettled
    assert not found.decided
    assert "equilibrium" in verdict(found)


@dataclass(frozen=True)
class Once(Reaction):
    """The planted error: users find their response once for all replications."""

    def __call__(self, scenario: Scenario, replication: int) -> Scenario:
        return super().__call__(scenario, 0)


def test_the_noise_of_the_response_is_in_the_intervals() -> None:
    """One response for all replications leaves its own noise out: F test, false alarm 1e-6.

    Short rounds, so that responses scatter; users' cost per replication of 2,000 tasks.
    """
    start = system(0.0759, slots=(2, 8))
    [scenario] = react(start, {"x": LoadDelay(8.0)}, "none", Lengths(400))[0].values()
    spread = {}
    for kind in (Reaction, Once):
        reaction = kind(Window(200, 50, 10), "compiled")
        measures = Measures(Window(4000, 200, 50), reaction)
        found = compare({"x": scenario}, Plan(budget=30, first=30), measures=measures)
        costs = found.selection.values["x"][:, found.columns.index("provider_cost")]
        spread[kind] = float(np.var(costs, ddof=1))
    assert spread[Reaction] / spread[Once] > stats.f.isf(FALSE_ALARM, 29, 29)


def test_users_who_may_decline_do_not_queue_for_a_loss() -> None:
    start = system(0.17)
    forced = compared(start, NONE)
    free = compared(start.replace(joining=Joins(1.0)), NONE)
    utility = criterion("user_utility")
    assert forced.own("none", utility).high < -0.05
    assert free.own("none", utility).low < 0.01 < 0.02 + free.own("none", utility).high
    assert free.own("none", utility).low > forced.own("none", utility).high


@pytest.mark.slow
@pytest.mark.parametrize("name", SYSTEMS)
def test_repeated_studies_are_right(name: str) -> None:
    """40 studies of each system, 10 where users search: `bound`, which a correct procedure misses
    once in 740. ``python -m tests.tools.verdicts`` has more.
    """
    searched = name in ("load delay", "lognormal")
    score = studies(name, 10 if searched else 40, budget=20)
    least = bound(score.studies) * score.studies
    assert score.studies - score.wrong >= least
    assert min(score.held.values()) >= least
    assert score.decided >= (1 if searched else 40)

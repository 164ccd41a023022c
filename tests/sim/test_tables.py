"""Who is a table is asked once and shown nothing; who is none sees every pass."""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from agents import AddedDelay, Cascade, FixedPatience, Stationary
from sim import (
    FCFS,
    Admit,
    Ended,
    Exponential,
    Game,
    Limits,
    Mixture,
    Offer,
    Person,
    Population,
    PriorityClasses,
    Reply,
    Route,
    Scenario,
    Task,
    UserClass,
    View,
    simulate,
)
from sim.checks import UNIT
from sim.policies import Mind
from sim.tables import Table, row

GAME = Game.of((0.3, 0.6), (1, 2), (1, 1), 5, 1)


def scenario(**changes: Any) -> Scenario:
    """Tables all over, and queues."""
    plain = Scenario(
        GAME,
        Offer(Cascade(1, 0.5), slots=(1.0, 1.0), service_time=Exponential()),
        Person(Stationary(0.1)),
        tasks=100,
    )
    return plain.replace(**changes)


@dataclass(frozen=True)
class MuteRouting(Cascade):
    """Is a table, and says nothing."""

    def first(self, state: None, task: Task, view: View) -> tuple[int, None]:
        raise AssertionError("asked")

    def escalation(self, state: None, task: Task, view: View) -> tuple[float, None]:
        raise AssertionError("asked")

    def learn(self, state: None, event: Reply | Ended) -> None:
        raise AssertionError("shown")

    def table(self, models: int) -> Any:
        return super().table(models)


@dataclass(frozen=True)
class MuteUser(Stationary):
    """As `MuteRouting`."""

    def probability(self, mind: Mind, task: Task, view: View) -> float:
        raise AssertionError("asked")

    def learn(self, state: None, event: Reply | Ended) -> None:
        raise AssertionError("shown")

    def table(self, models: int) -> tuple[float, ...]:
        return super().table(models)


@dataclass(frozen=True)
class MuteThrottle(AddedDelay):
    """As `MuteRouting`."""

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit, None]:
        raise AssertionError("asked")

    def hold(self, state: None, reply: Reply, view: View) -> tuple[float, None]:
        raise AssertionError("asked")

    def learn(self, state: None, event: Reply | Ended) -> None:
        raise AssertionError("shown")

    def table(self, models: int) -> tuple[float, ...]:
        return super().table(models)


def test_tables_are_not_asked_again() -> None:
    mute = scenario(
        routing=MuteRouting(1, 0.5), abandonment=MuteUser(0.1), throttle=MuteThrottle((0.5, 0.0))
    )
    loud = scenario(throttle=AddedDelay((0.5, 0.0)))
    one, other = (simulate(each, engine="simpy", passes=True) for each in (mute, loud))
    assert {k: v.tolist() for k, v in one.passes.items()} == {
        k: v.tolist() for k, v in other.passes.items()
    }


def test_the_answers_of_a_table_and_of_what_is_none() -> None:
    assert row(Stationary(0.1), 2, UNIT, "probability") == (0.1, 0.1)
    assert row(Spy(), 2, UNIT, "probability") is None


def test_a_scenario_says_once_what_always_answers_the_same() -> None:
    full = Table(Route(1, (0.5,)), (0.1, 0.1), (0.0, 0.0))
    assert scenario().table == full
    assert full.complete
    half = scenario(abandonment=SPY).table
    assert half == replace(full, abandonment=None)
    assert not half.complete
    with pytest.raises(AssertionError):
        half.whole()


# --- who looks


def looks(task: Task, calls: Counter[str], who: str) -> None:
    assert [record.number for record in task.history] == list(range(1, task.passes + 1))
    calls[who] += task.passes > 0


@dataclass(frozen=True)
class Spy:
    """Any policy: counts how often it saw a pass, and that it sees all of them."""

    calls: Counter[str] = field(default_factory=Counter, hash=False)

    def first(self, state: None, task: Task, view: View) -> tuple[int, None]:
        return 1, None

    def escalation(self, state: None, task: Task, view: View) -> tuple[float, None]:
        looks(task, self.calls, "routing")
        return 0.5, None

    def probability(self, mind: Mind, task: Task, view: View) -> float:
        looks(task, self.calls, "abandonment")
        return 0.1

    def admit(self, state: None, task: Task, view: View) -> tuple[Admit, None]:
        looks(task, self.calls, "throttle")
        return Admit(), None

    def hold(self, state: None, reply: Reply, view: View) -> tuple[float, None]:
        return 0.0, None

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        looks(task, self.calls, "patience")
        return Limits(5.0)


@dataclass(frozen=True)
class SpyingDiscipline(FCFS):
    """Serves who has had the most passes first."""

    calls: Counter[str] = field(default_factory=Counter, hash=False)

    def rank(self, task: Task) -> int:
        looks(task, self.calls, "discipline")
        return -len(task.history)


def population(rule: Any) -> Population:
    return Population(
        (UserClass("a", 5, 0.1, 2.0, 0.1, rule and Person(rule)), UserClass("b", 5, 0.1, 2.0, 0.1))
    )


SPY, DISCIPLINE = Spy(), SpyingDiscipline()


@pytest.mark.parametrize(
    ("who", "changes"),
    [
        ("routing", {"routing": SPY}),
        ("abandonment", {"abandonment": SPY}),
        ("abandonment", {"abandonment": Mixture(((0.5, Stationary(0.2)), (0.5, SPY)))}),
        ("abandonment", {"arrivals": population(SPY)}),
        ("throttle", {"throttle": SPY}),
        ("patience", {"patience": SPY}),
        ("discipline", {"discipline": (DISCIPLINE, FCFS())}),
    ],
)
def test_who_is_no_table_sees_every_pass(who: str, changes: Any) -> None:
    SPY.calls.clear()
    DISCIPLINE.calls.clear()
    watched = scenario(**changes)
    assert not watched.unwatched
    simulate(watched)
    assert (SPY.calls + DISCIPLINE.calls)[who] > 10


def test_nobody_watches_tables() -> None:
    assert scenario().unwatched
    assert scenario(discipline=PriorityClasses(), arrivals=population(None)).unwatched
    assert not scenario(patience=FixedPatience(3.0)).unwatched

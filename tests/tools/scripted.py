"""Scripted people, providers and clocks, so that every event time can be written by hand."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any

import numpy as np

from agents import NoThrottle
from sim import (
    Admit,
    Arrival,
    Draws,
    Game,
    Limits,
    Offer,
    Person,
    Refuse,
    Reply,
    Result,
    Scenario,
    Task,
    View,
)
from sim.arrivals.population import USER, Population, UserClass
from sim.arrivals.streams import strangers
from sim.policies import Abandonment, Mind, Persistence, Routing, Throttle

FAILS = 1e-300  # below every uniform but 0
SOLVES = 1.0 - 2.0**-53  # above every uniform but the largest


@dataclass(frozen=True)
class Clock:
    """Task n arrives at ``times[n]``."""

    times: tuple[float, ...]

    def arrivals(self, draws: Draws) -> Iterator[Arrival]:
        return strangers(self.gaps(draws))

    def gaps(self, draws: Draws) -> Iterator[float]:
        yield from (b - a for a, b in zip((0.0, *self.times), self.times, strict=False))


@dataclass(frozen=True)
class Visits(Population):
    """Members who come when it is written: ``plan`` of (seconds, user), in order of time."""

    plan: tuple[tuple[float, int], ...] = ()

    def arrivals(self, draws: Draws) -> Iterator[Arrival]:
        now, tasks = 0.0, Counter[int]()
        for at, user in self.plan:
            yield Arrival(at - now, user * USER + tasks[user], user, self.class_of(user))
            now = at
            tasks[user] += 1


@dataclass(frozen=True)
class Together:
    """All tasks arrive at once: the cheapest way to have many independent ones."""

    def arrivals(self, draws: Draws) -> Iterator[Arrival]:
        return strangers(self.gaps(draws))

    def gaps(self, draws: Draws) -> Iterator[float]:
        return repeat(0.0)


@dataclass(frozen=True)
class Leaves:
    """Task n is given up after ``after[n]`` failed passes; the others never."""

    after: Mapping[int, int] = field(default_factory=dict)

    def probability(self, mind: Mind, task: Task, view: View) -> float:
        return float(task.passes >= self.after.get(task.id, 99))


@dataclass(frozen=True)
class Waits:
    """Task n leaves a queue after ``seconds[n]``; the others never."""

    limit: Mapping[int, float]

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        return Limits(self.limit.get(task.id, float("inf")))


@dataclass(frozen=True)
class Escalates:
    """Starts at model 1; task n goes one model up after ``after[n]`` failed passes."""

    after: Mapping[int, int] = field(default_factory=dict)

    def first(self, state: None, task: Task, view: View) -> tuple[int, None]:
        return 1, None

    def escalation(self, state: None, task: Task, view: View) -> tuple[float, None]:
        return float(self.after.get(task.id) == task.passes), None


@dataclass(frozen=True)
class Door:
    """Answers the prompts of task n by ``words[n]`` in order, then lets everything in."""

    words: Mapping[int, tuple[Admit | Refuse, ...]]

    def init(self) -> dict[int, int]:
        return {}

    def admit(
        self, state: dict[int, int], task: Task, view: View
    ) -> tuple[Admit | Refuse, dict[int, int]]:
        asked = state.get(task.id, 0)
        words = self.words.get(task.id, ())
        return words[asked] if asked < len(words) else Admit(), {**state, task.id: asked + 1}

    def hold(self, state: dict[int, int], reply: Reply, view: View) -> tuple[float, dict[int, int]]:
        return 0.0, state


def system(
    times: tuple[float, ...],
    seconds: tuple[float, ...],
    slots: tuple[float, ...],
    *,
    last_solves: bool = True,
    routing: Routing | None = None,
    abandonment: Abandonment | None = None,
    throttle: Throttle | None = None,
    patience: Waits | None = None,
    persistence: Persistence | None = None,
    horizon: float = float("inf"),
) -> Scenario:
    """Models that always fail, but the last (if ``last_solves``) always solves; fixed times."""
    n = len(seconds)
    p = (FAILS,) * (n - 1) + (SOLVES if last_solves else FAILS,)
    return Scenario(
        Game.of(p, seconds, (1.0,) * n, value=100.0, penalty=10.0),
        Offer(routing or Escalates(), throttle or NoThrottle(), slots=slots),
        Person(abandonment or Leaves(), patience=patience, persistence=persistence),
        arrivals=Clock(times),
        tasks=len(times),
        horizon=horizon,
    )


def members(
    scenario: Scenario, plan: tuple[tuple[float, int], ...], users: tuple[int, ...] = (3,)
) -> Scenario:
    """The scenario with ``users`` per class who come as in ``plan``: (seconds, user)."""
    classes = tuple(UserClass(f"class-{n}", size, 1.0, 100.0, 1.0) for n, size in enumerate(users))
    return replace(scenario, arrivals=Visits(classes, plan), tasks=len(plan))


def pass_rows(result: Result) -> list[tuple[float, ...]]:
    """(task, pass, model, waiting, service, throttle delay) of every pass, as plain numbers."""
    names = ("task", "pass", "model", "waiting", "service", "throttle_delay")
    columns = (result.passes[name].tolist() for name in names)
    return list(zip(*columns, strict=True))


def task_rows(result: Result) -> list[tuple[float, int]]:
    """(end, outcome) of every task, user by user."""
    return list(zip(*by_task(result, "ended", "outcome"), strict=True))


def by_task(result: Result, *names: str) -> list[list[Any]]:
    """Columns of the tasks in order of their numbers: user by user in a population."""
    order = np.argsort(result.tasks["task"])
    return [result.tasks[name][order].tolist() for name in names]

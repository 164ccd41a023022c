"""Where rules meet: ties of deadlines, nested parts, users who leave and come back, bad numbers."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from agents import Cascade, Gate, Layers, Static, Stationary
from sim import (
    FCFS,
    Arrival,
    Batching,
    Draws,
    Ended,
    Exponential,
    Game,
    InputError,
    Limits,
    Luck,
    Mixture,
    Offer,
    Outcome,
    Person,
    Poisson,
    Population,
    ProcessorSharing,
    Scenario,
    Task,
    UserClass,
    View,
    condense,
    simulate,
)
from sim.draws import Purpose
from sim.policies import Mind
from sim.scalars import ADMIT, REFUSE, Answer, Memory, Own, Scalar
from tests.tools.chance import z_bound, z_score
from tests.tools.scripted import system, task_rows

GAME = Game.of((0.5,), (1.0,), (1.0,), 10, 1)
PAIR = Game.of((0.4, 0.7), (0.1, 0.3), (0.1, 0.3), value=2, penalty=1)
LEAVES = Stationary(1.0)
DONE, CANCELLED = Outcome.COMPLETED, Outcome.CANCELLED


# --- ties


@dataclass(frozen=True)
class Deadline:
    """Task 0 is cancelled after ``seconds``."""

    seconds: float

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        return Limits(sojourn=self.seconds if task.id == 0 else math.inf)


@pytest.mark.parametrize(
    ("discipline", "seconds", "end"),
    [(FCFS(), 2.0, 2.0), (ProcessorSharing(), 3.0, 3.0), (Batching(0.0, 1.0), 3.0, 3.0)],
)
def test_a_deadline_at_the_very_end_of_a_shared_pass_frees_one_place(
    discipline: Any, seconds: float, end: float
) -> None:
    """What the deadline finds over is over: later passes are served as without it."""
    base = system((0, 1), (2,), (2,) if isinstance(discipline, Batching) else (1,)).replace(
        discipline=discipline
    )
    free = task_rows(simulate(base))
    tied = task_rows(simulate(base.replace(patience=Deadline(seconds))))
    assert tied[0][0] == end == free[0][0]
    assert [row[0] for row in tied] == [row[0] for row in free]


def test_a_cap_holds_after_a_tie() -> None:
    base = system((0, 1, 1, 1, 1), (2,), (1,)).replace(discipline=ProcessorSharing(2.0))
    tied = base.replace(patience=Deadline(simulate(base).tasks["ended"][0]))
    assert [at for at, _ in task_rows(simulate(tied))] == [
        at for at, _ in task_rows(simulate(base))
    ]


# --- luck


def test_streams_of_neighbours_share_nothing() -> None:
    luck = Luck(Draws(1))
    streams = [
        luck.of(*key).generator().random(64)
        for key in ((1, 1, 5, 0), (2, 1, 5, 0), (1, 2, 5, 0), (1, 1, 6, 0), (1, 1, 5, 1))
    ]
    streams.append(np.array(luck.of(1, 1, 5).words))
    assert len(np.unique(np.concatenate(streams))) == sum(map(len, streams))


@dataclass(frozen=True)
class Coin(Gate):
    """Turns a prompt away with probability one half."""

    def scalar(self) -> Scalar:
        return Scalar(coin, random=True)


def coin(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    return (ADMIT, 0.0, 0, 0) if luck < 0.5 else (REFUSE, math.inf, 0, 0)


@pytest.mark.parametrize(
    "gates", [Layers((Coin(), Coin())), Layers((Layers((Coin(),)), Coin()))], ids=["flat", "nested"]
)
def test_layers_that_are_asked_the_same_question_have_their_own_luck(gates: Layers) -> None:
    scenario = Scenario(PAIR, Offer(Static(1), gates), Person(LEAVES), tasks=5000, seed=6)
    refused = (simulate(scenario).tasks["outcome"] == Outcome.REFUSED).astype(float)
    assert abs(z_score(refused, 0.75)) < z_bound(1)  # the same luck would make it one half


def test_a_mixture_within_a_mixture_draws_its_type_apart() -> None:
    inner = Mixture(((0.5, Stationary(0.0)), (0.5, Stationary(1.0))))
    outer = Mixture(((0.5, inner), (0.5, Stationary(0.0))))
    luck = Luck(Draws(3))
    minds = [outer.init(luck.of(user, 0, Purpose.JOIN)) for user in range(2000)]
    types = [mind[0].q for rule, mind in minds if rule is inner]
    assert abs(z_score(np.array(types), 0.5)) < z_bound(1)


# --- arrivals


@dataclass(frozen=True)
class Large(Poisson):
    """Tasks five times as large as usual."""

    def arrivals(self, draws: Draws) -> Iterator[Arrival]:
        return (arrival._replace(size=5.0) for arrival in super().arrivals(draws))


@dataclass(frozen=True)
class Followed(Poisson):
    """Every task of a stranger is followed by another one."""

    def again(self, task: Task, luck: Luck) -> Arrival | None:
        return Arrival(1.0, task.id + 10**6, task.user) if task.id < 10**6 else None


@pytest.mark.parametrize("arrivals", [Large(1.0), Followed(1.0)])
def test_who_inherits_gaps_and_says_more_is_played_by_processes(arrivals: Poisson) -> None:
    scenario = Scenario(PAIR, Offer(Static(1)), Person(LEAVES), arrivals, tasks=40)
    played = simulate(scenario)
    assert played.engine == "simpy"
    if isinstance(arrivals, Large):
        assert set(played.tasks["service"].tolist()) == {0.5}
    else:
        assert (played.tasks["task"] >= 10**6).sum() > 15


@dataclass(frozen=True)
class Trace:
    """Tasks of one user, a second apart."""

    tasks: int = 20

    def arrivals(self, draws: Draws) -> Iterator[Arrival]:
        return (Arrival(1.0, n, user=0) for n in range(self.tasks))


@dataclass(frozen=True)
class Counts:
    """Remembers how many tasks have ended, and gives up from the third on."""

    def init(self, luck: Luck) -> int:
        return 0

    def learn(self, mind: int, event: Any) -> int:
        return mind + isinstance(event, Ended)

    def probability(self, mind: int, task: Task, view: View) -> float:
        return float(mind >= 3)


@dataclass(frozen=True)
class LeavesAfterAll:
    """Leaves after every task, for ``seconds``."""

    seconds: float = math.inf

    def leaves(self, mind: Mind, task: Task, view: View) -> float:
        return 1.0

    def returns(self, mind: Mind, view: View) -> float:
        return self.seconds


def test_a_stream_with_users_has_one_mind_for_each() -> None:
    fails = Game.of((1e-300,), (0.1,), (1.0,), 10, 1)
    base = Scenario(fails, Offer(Static(1)), Person(Counts()), Trace(), tasks=20, horizon=4.05)
    assert set(simulate(base).tasks["outcome"].tolist()) == {Outcome.IN_SYSTEM}
    gone = base.replace(abandonment=LEAVES, loyalty=LeavesAfterAll(), horizon=math.inf)
    assert len(simulate(gone).tasks["task"]) == 1
    back = base.replace(abandonment=LEAVES, loyalty=LeavesAfterAll(5.0), horizon=math.inf)
    assert simulate(back).tasks["task"].tolist() == [0, 6, 12, 18]


@dataclass(frozen=True)
class Loop:
    """One user who thinks for a second between tasks."""

    def arrivals(self, draws: Draws) -> Iterator[Arrival]:
        yield Arrival(0.0, 0, 0)

    def again(self, task: Task, luck: Luck) -> Arrival:
        return Arrival(1.0, task.id + 1, task.user)


def test_a_user_of_a_closed_system_who_is_away_comes_back() -> None:
    base = Scenario(GAME, Offer(Static(1)), Person(LEAVES), Loop(), tasks=4)
    assert simulate(base).tasks["arrived"].tolist() == [0, 2, 4, 6]
    away = base.replace(loyalty=LeavesAfterAll(5.0))
    assert simulate(away).tasks["arrived"].tolist() == [0, 6, 12, 18]
    assert len(simulate(base.replace(loyalty=LeavesAfterAll())).tasks["task"]) == 1


# --- numbers and shapes


@dataclass(frozen=True)
class Says:
    """Answers everything with ``value``."""

    value: Any

    def success(self, truth: Any, model: int, p: float, failures: int) -> Any:
        return self.value

    def truth(self, luck: Luck) -> None:
        return None

    def leaves(self, mind: Mind, task: Task, view: View) -> Any:
        return self.value

    def accepts(self, solved: bool, task: Task) -> Any:
        return self.value

    def arrivals(self, draws: Draws) -> Iterator[Any]:
        yield self.value

    def provider(self, mind: Mind, task: Task, views: tuple[View, ...]) -> Any:
        return self.value


BAD = (2.0, math.nan, None, "x", np.array([0.5]))


@pytest.mark.parametrize("value", BAD, ids=str)
@pytest.mark.parametrize("field", ["work", "loyalty"])
def test_a_probability_that_is_none_names_the_policy(field: str, value: Any) -> None:
    scenario = Scenario(GAME, Offer(Static(1)), Person(LEAVES), tasks=2)
    with pytest.raises(InputError, match=r"^Says\.(success|leaves) = .* must be between 0 and 1"):
        simulate(scenario.replace(**{field: Says(value)}))


@pytest.mark.parametrize(
    "value",
    [Arrival(-1.0, 0, 0), Arrival(math.nan, 0, 0), Arrival(1.0, 0, 0, size=-5.0), (1.0, 0, 0), 5],
    ids=str,
)
def test_an_arrival_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(InputError, match=r"^Says\.arrivals = "):
        simulate(Scenario(GAME, Offer(Static(1)), Person(LEAVES), Says(value), tasks=2))


@pytest.mark.parametrize("place", [2, -1, 0.0, None, "1"])
def test_a_provider_that_does_not_exist(place: Any) -> None:
    offer = Offer(Static(1))
    base = Scenario(GAME, offer, Person(LEAVES, choice=Says(1)), tasks=2, rivals=(offer,))
    simulate(base.replace(choice=Says(np.int64(1))))
    with pytest.raises(InputError, match=r"^Says\.provider = .* a place from 0 to 1$"):
        simulate(base.replace(choice=Says(place)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Offer(Static(1), service_time=Exponential), "service time = Exponential must be"),  # type: ignore[arg-type]
        (lambda: Offer(Static(1), discipline=FCFS), "discipline = FCFS must be an instance"),  # type: ignore[arg-type]
        (lambda: Offer(Static(1), slots=1), "slots = 1 must be a tuple"),  # type: ignore[arg-type]
        (lambda: Scenario(3, Offer(Static(1))), "game = 3 must be a Game"),  # type: ignore[arg-type]
        (lambda: Mixture((1.0, LEAVES)), "parts = .* must be pairs"),  # type: ignore[arg-type]
        (lambda: Scenario(GAME, Offer(Static(1))).replace(offer=3), "offer = 3 must be an Offer"),
        (lambda: Person(LEAVES, patience=Both()), "patience = .* must be the memory, too"),
        (lambda: Person(Counts(), memory=Counts2()), "abandonment = .* must be the memory, too"),
    ],
)
def test_what_does_not_fit_is_refused_at_construction(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        make()


class Both(Counts):
    """Has a memory of its own."""

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        return Limits()


class Counts2(Counts):
    """Another memory."""


def test_tables_of_rivals_and_of_classes_are_checked_at_construction() -> None:
    offer, coin = Offer(Static(1)), Person(LEAVES, choice=Says(0))
    with pytest.raises(InputError, match=r"^initial = 3 must be"):
        Scenario(GAME, offer, coin, rivals=(Offer(Static(3)),))
    crowd = Population((UserClass("a", 2, 1.0, 2.0, 1.0, Person(LEAVES)),))
    with pytest.raises(InputError, match=r"^choice = None must be"):
        Scenario(GAME, offer, coin, crowd, rivals=(offer,))
    own = Population((UserClass("a", 2, 1.0, 2.0, 1.0, coin),))
    assert Scenario(GAME, offer, Person(), own, rivals=(offer,)).rows == ((1.0,),)


def test_a_summary_has_no_verifier() -> None:
    scenario = Scenario(PAIR, Offer(Cascade(1)), Person(LEAVES, verifier=Says(1.0)), tasks=9)
    with pytest.raises(InputError, match=r"^verifier = "):
        condense(scenario, simulate(scenario))


# --- exceptions


@dataclass(frozen=True)
class Breaks(Static):
    """Has a mistake of its own."""

    def first(self, state: None, task: Task, view: View) -> tuple[int, None]:
        try:
            raise LookupError("inner")
        except LookupError as error:
            raise json.JSONDecodeError("outer", "{", 0) from error


def test_any_exception_inside_a_policy_is_shown_with_its_cause() -> None:
    with pytest.raises(json.JSONDecodeError) as caught:
        simulate(Scenario(GAME, Offer(Breaks(1)), Person(LEAVES), tasks=1))
    assert caught.traceback[-1].name == "first"
    assert isinstance(caught.value.__cause__, LookupError)

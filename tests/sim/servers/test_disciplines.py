"""Disciplines in a whole system, event by event."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
import simpy

import sim
from agents import Cascade, Stationary
from scenarios.options.stored import policy_classes
from sim import (
    FCFS,
    Admit,
    Arrival,
    Batching,
    Discipline,
    Draws,
    Game,
    InputError,
    Offer,
    Outcome,
    Person,
    Population,
    PriorityClasses,
    ProcessorSharing,
    Scenario,
    UserClass,
    simulate,
    vectorised,
)
from sim.servers import disciplines
from sim.servers.server import ModelServer, Server
from tests.tools.scripted import Door, Escalates, Leaves, Waits, pass_rows, system, task_rows

DONE, LEFT = Outcome.COMPLETED, Outcome.RENEGED
INF = float("inf")


@dataclass(frozen=True)
class Classes(Population):
    """Task n arrives at ``times[n]`` from class ``groups[n]``."""

    times: tuple[float, ...] = ()
    groups: tuple[int, ...] = ()

    def arrivals(self, draws: Draws) -> Iterator[Arrival]:
        before = 0.0
        for n, (at, group) in enumerate(zip(self.times, self.groups, strict=True)):
            yield Arrival(at - before, n, n, group)
            before = at


def classes(times: tuple[float, ...], groups: tuple[int, ...]) -> Classes:
    names = ("paid", "free", "trial")
    kinds = tuple(UserClass(name, 9, 1.0, 100.0, 1.0) for name in names)
    return Classes(kinds, times, groups)


def test_feedback_to_a_shared_model_and_a_cascade_to_a_batch() -> None:
    # model 1 shares one slot, 2 s alone: task 0 has 1 s left at 1, ends at 3 and asks again, beside
    # task 1 with 1 s left: that ends at 5, and task 0, with 1 s left then, at 6. Model 2 takes 4 s
    # alone, 6 s in a batch of two: task 1 alone from 5 has 3 s left at 6, and ends at 10.5; task 0
    # has 1 s left and ends at 11.5
    scenario = system((0, 1), (2, 4), (1, 2), routing=Escalates({0: 2, 1: 1}))
    scenario = scenario.replace(discipline=(ProcessorSharing(), Batching(1, 1)))
    result = simulate(scenario, passes=True)
    assert pass_rows(result) == [
        (0, 1, 1, 0, 3, 0),
        (0, 2, 1, 0, 3, 0),
        (0, 3, 2, 0, 5.5, 0),
        (1, 1, 1, 0, 4, 0),
        (1, 2, 2, 0, 5.5, 0),
    ]
    assert task_rows(result) == [(11.5, DONE), (10.5, DONE)]


def test_who_is_impatient_leaves_the_queue_of_a_capped_processor() -> None:
    scenario = system((0, 0, 1), (4,), (1,), patience=Waits({1: 3, 2: 7}))
    result = simulate(scenario.replace(discipline=ProcessorSharing(1)), passes=True)
    assert task_rows(result) == [(4, DONE), (3, LEFT), (8, DONE)]
    assert result.tasks["waiting"].tolist() == [0, 3, 3]


def test_classes_are_served_in_their_order_and_nobody_is_interrupted() -> None:
    times, groups = (0.0, 1.0, 2.0, 3.0, 4.0), (2, 1, 2, 0, 1)
    scenario = replace(system(times, (10,), (1,)), arrivals=classes(times, groups))
    in_order = simulate(scenario).tasks["ended"].tolist()
    assert in_order == [10, 20, 30, 40, 50]
    ranked = simulate(scenario.replace(discipline=PriorityClasses())).tasks["ended"].tolist()
    assert ranked == [10, 30, 50, 20, 40]


def test_a_throttle_that_delays_does_not_change_the_class_but_its_word_adds_to_it() -> None:
    times, groups = (0.0, 1.0, 2.0, 3.0), (0, 0, 1, 0)
    scenario = system(times, (10,), (1,)).replace(
        arrivals=classes(times, groups), discipline=PriorityClasses()
    )
    delayed = scenario.replace(throttle=Door({3: (Admit(delay=2.0),)}))
    assert simulate(delayed).tasks["ended"].tolist() == [10, 20, 40, 30]
    demoted = scenario.replace(throttle=Door({1: (Admit(priority=2),)}))
    assert simulate(demoted).tasks["ended"].tolist() == [10, 40, 30, 20]


def test_strangers_are_all_of_one_class() -> None:
    scenario = system((0, 1, 2), (5,), (1,))
    ranked = simulate(scenario.replace(discipline=PriorityClasses()))
    assert task_rows(ranked) == task_rows(simulate(scenario))


def test_a_horizon_leaves_those_in_service_in_the_system() -> None:
    scenario = system((0, 1), (4,), (1,), horizon=6).replace(discipline=ProcessorSharing())
    result = simulate(scenario)  # together from 1 on: the first to 7
    assert result.counts()["in_system"] == 2
    assert result.present == (2,)


def test_who_is_present_at_the_end_is_counted_by_model() -> None:
    # 0 fails at 2 and is at model 2, which takes 9 s; 1 is at model 1 from 2; 2 waits there
    scenario = system((0, 1, 1), (2, 9), (1, 1), routing=Escalates({0: 1}), horizon=3)
    assert simulate(scenario).present == (2, 1)
    assert simulate(scenario.replace(horizon=INF, abandonment=Leaves({1: 1, 2: 1}))).present == (
        0,
        0,
    )


def test_every_discipline_can_be_stored() -> None:
    made = [each for each in vars(disciplines).values() if isinstance(each, type)]
    known = {each.__name__ for each in made if Discipline in each.__bases__}
    assert known == {"FCFS", "PriorityClasses", "ProcessorSharing", "Batching"}
    assert known <= policy_classes().keys()
    assert known <= set(sim.__all__)


@dataclass(frozen=True)
class Alone(Discipline):
    """A discipline of one's own: one slot whatever is asked."""

    def server(self, env: simpy.Environment, slots: float) -> Server:
        return ModelServer(env, 1)


GAME = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), 2, 1)
PLAIN = Scenario(GAME, Offer(Cascade(1, 0.3)), Person(Stationary(0.2)), tasks=50)


@pytest.mark.parametrize("discipline", [PriorityClasses(), (PriorityClasses(), FCFS()), FCFS()])
def test_without_queues_the_sampler_plays_every_order_of_service(
    discipline: Discipline | tuple[Discipline, ...],
) -> None:
    scenario = PLAIN.replace(discipline=discipline)
    fast, slow = simulate(scenario), simulate(scenario, engine="simpy")
    assert (fast.engine, fast.present) == ("vectorised", slow.present)
    for name, column in fast.tasks.items():
        assert column.tobytes() == slow.tasks[name].tobytes()


class Relabelled(FCFS):
    """A subclass may do other things."""


@pytest.mark.parametrize(
    ("discipline", "slots"),
    [
        (Alone(), ()),
        (Relabelled(), ()),
        ((FCFS(), Alone()), ()),
        (ProcessorSharing(), (1, 1)),
        (Batching(1, 1), (1, 1)),
    ],
)
def test_the_sampler_leaves_alone_what_it_does_not_know(
    discipline: Discipline | tuple[Discipline, ...], slots: tuple[float, ...]
) -> None:
    scenario = PLAIN.replace(discipline=discipline, slots=slots)
    assert not vectorised.covers(scenario)
    assert simulate(scenario).engine == "simpy"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ProcessorSharing(0), "cap = 0 must be a whole number of at least 1, or inf"),
        (lambda: ProcessorSharing(1.5), "cap = 1.5 must be a whole number of at least 1, or inf"),
        (lambda: Batching(-1, 2), "a of the batch = -1 must be a finite number of at least 0"),
        (lambda: Batching(1, INF), "b of the batch = inf must be a finite number of at least 0"),
        (lambda: Batching(0, 0), "a + b of the batch = 0 must be a finite number greater than 0"),
        (lambda: ProcessorSharing().server(simpy.Environment(), INF), "slots = inf must be a"),
        (lambda: Batching(1, 1).server(simpy.Environment(), 0), "slots = 0 must be a finite"),
    ],
)
def test_numbers_are_checked(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=f"^{re.escape(message)}"):
        make()


def test_capacity_is_the_work_done_when_many_wait() -> None:
    assert (
        FCFS().capacity(3) == PriorityClasses().capacity(3) == ProcessorSharing(2).capacity(3) == 3
    )
    assert FCFS().capacity(INF) == INF
    assert Batching(3, 1).capacity(5) == 5 * (3 + 1) / (3 + 5)
    assert Batching(2, 0).capacity(5) == 5
    assert Batching(0, 2).capacity(5) == 1


@pytest.mark.parametrize(
    "discipline",
    [FCFS(), PriorityClasses(), ProcessorSharing(), ProcessorSharing(2), Batching(3, 1)],
)
def test_alone_is_what_a_pass_takes_that_meets_nobody(discipline: Discipline) -> None:
    env = simpy.Environment()
    server = discipline.server(env, 4)
    server.request(2.0)
    env.run()
    assert env.now == 2.0 * discipline.alone(4)

"""Each throttle as a specification: scripted users, every event time written by hand."""

from dataclasses import dataclass

import pytest

from agents import (
    AddedDelay,
    Cap,
    Downgrade,
    Effort,
    Layers,
    LoadDelay,
    NoThrottle,
    Optimal,
    PeakMeter,
    Priority,
    QueueLimit,
    RateLimit,
    SlowService,
    Static,
)
from sim import Admit, Ended, Game, Outcome, Refuse, Reply, Result, Scenario, Task, View, simulate
from sim.policies import Throttle
from tests.tools.scripted import FAILS, Door, Leaves, by_task, members, pass_rows, system, task_rows

DONE, LEFT, REFUSED = Outcome.COMPLETED, Outcome.ABANDONED, Outcome.REFUSED
INF = float("inf")


def rows(scenario: Scenario) -> list[tuple[float, ...]]:
    return pass_rows(simulate(scenario, passes=True))


def stories(result: Result) -> list[tuple[float, float, int]]:
    """(end, throttle delay, refusals) of every task, user after user."""
    return list(zip(*by_task(result, "ended", "throttle_delay", "refusals"), strict=True))


def test_no_throttle() -> None:
    assert rows(system((0, 1, 9), (4,), (1,), throttle=NoThrottle())) == [
        (0, 1, 1, 0, 4, 0),  # 0 to 4
        (1, 1, 1, 3, 4, 0),  # 4 to 8
        (2, 1, 1, 0, 4, 0),  # 9 to 13
    ]


def test_added_delay_holds_the_answer_and_frees_the_slot() -> None:
    result = simulate(system((0, 1, 9), (4,), (1,), throttle=AddedDelay((3,))), passes=True)
    assert pass_rows(result) == [(0, 1, 1, 0, 4, 3), (1, 1, 1, 3, 4, 3), (2, 1, 1, 0, 4, 3)]
    assert task_rows(result) == [(7, DONE), (11, DONE), (16, DONE)]


def test_slow_service_keeps_the_slot() -> None:
    assert rows(system((0, 1, 20), (2,), (1,), throttle=SlowService((3,)))) == [
        (0, 1, 1, 0, 6, 0),  # 0 to 6
        (1, 1, 1, 5, 6, 0),  # 6 to 12
        (2, 1, 1, 0, 6, 0),  # 20 to 26
    ]


def test_load_delay_grows_with_the_queue_that_the_prompt_meets() -> None:
    assert rows(system((0, 1, 2, 4.5), (5,), (1,), throttle=LoadDelay(2))) == [
        (0, 1, 1, 0, 5, 0),  # 0 to 5
        (1, 1, 1, 4, 5, 0),  # nobody waits at 1: joins at once, 5 to 10
        (2, 1, 1, 6, 5, 2),  # one waits at 2: joins at 4, 10 to 15
        (3, 1, 1, 6.5, 5, 4),  # two wait at 4.5: joins at 8.5, 15 to 20
    ]


def test_queue_limit_refuses_while_the_queue_is_full() -> None:
    result = simulate(system((0, 1, 2, 6), (5,), (1,), throttle=QueueLimit(1)))
    assert task_rows(result) == [
        (5, DONE),
        (10, DONE),
        (2, REFUSED),  # task 1 waits
        (15, DONE),  # at 6 nobody waits: task 1 is served from 5 to 10
    ]


def test_downgrade_sends_prompts_to_the_standard_model_under_load() -> None:
    scenario = system(
        (0, 1, 2), (1, 5), (1, 1),
        routing=Static(2), throttle=Downgrade(1), abandonment=Leaves({2: 2}),
    )  # fmt: skip
    assert rows(scenario) == [
        (0, 1, 2, 0, 5, 0),  # 0 to 5
        (1, 1, 2, 4, 5, 0),  # 5 to 10
        (2, 1, 1, 0, 1, 0),  # task 1 waits at 2: M1, 2 to 3
        (2, 2, 1, 0, 1, 0),  # and there it stays, 3 to 4
    ]


def test_effort_makes_the_last_model_quicker_and_cheaper() -> None:
    scenario = system((0, 1, 20), (9, 8), (1, 1), routing=Static(2), throttle=Effort(0.5))
    result = simulate(scenario, passes=True)
    assert pass_rows(result) == [(0, 1, 2, 0, 4, 0), (1, 1, 2, 3, 4, 0), (2, 1, 2, 0, 4, 0)]
    assert result.tasks["service_cost"].tolist() == [0.5, 0.5, 0.5]


def test_effort_makes_the_last_model_worse_and_leaves_the_others_alone() -> None:
    scenario = system(
        (0, 1, 20), (9, 8), (1, 1),
        throttle=Effort(0.25, p=FAILS), abandonment=Leaves({0: 1, 1: 1, 2: 2}),
    )  # fmt: skip
    assert [row[:5] for row in rows(scenario)] == [
        (0, 1, 1, 0, 9), (1, 1, 1, 8, 9), (2, 1, 1, 0, 9), (2, 2, 1, 0, 9),
    ]  # fmt: skip
    second = system(
        (0, 1, 20), (9, 8), (1, 1), routing=Static(2),
        throttle=Effort(0.25, p=FAILS), abandonment=Leaves({0: 1, 1: 1, 2: 2}),
    )  # fmt: skip
    assert task_rows(simulate(second)) == [(2, LEFT), (4, LEFT), (24, LEFT)]


def test_peak_meter_lets_in_one_at_a_time_until_the_peak_is_over() -> None:
    day = 86400
    times = (3599, 3600, 3601, 3602, 7195, 7196, 7199, 7200, day + 3600, day + 3601)
    scenario = system(times, (1,), (INF,), throttle=PeakMeter(rate=0.1, start=1, end=2))
    assert stories(simulate(scenario)) == [
        (3600, 0, 0),  # off peak
        (3601, 0, 0),  # the first of the peak; the next one may enter at 3610
        (3611, 9, 0),
        (3621, 18, 0),
        (7196, 0, 0),  # the next one may enter at 7205
        (7201, 4, 0),  # but at 7200 the peak is over
        (7201, 1, 0),
        (7201, 0, 0),
        (day + 3601, 0, 0),  # the next day
        (day + 3611, 9, 0),
    ]


def test_a_peak_may_last_over_midnight_or_all_day() -> None:
    night = PeakMeter(rate=0.1, start=23, end=1)
    times = (0, 1, 3600, 3601, 82799, 82800, 82801)
    result = simulate(system(times, (1,), (INF,), throttle=night))
    assert result.tasks["throttle_delay"].tolist() == [0, 9, 0, 0, 0, 0, 9]
    always = PeakMeter(rate=0.0001, start=0, end=24)
    result = simulate(system((86399, 86400, 86401), (1,), (INF,), throttle=always))
    assert result.tasks["throttle_delay"].tolist() == [0, 9999, 19998]


def test_priority_classes_go_first_but_interrupt_nobody() -> None:
    base = system((0,), (10,), (1,), throttle=Priority((1,)))
    scenario = members(base, ((0, 0), (1, 1), (2, 2), (3, 0), (4, 2)), users=(2, 1))
    assert stories(simulate(scenario)) == [
        (10, 0, 0),  # user 0
        (50, 0, 0),
        (40, 0, 0),  # user 1, before the second task of user 0
        (20, 0, 0),  # user 2, of the class that goes first
        (30, 0, 0),
    ]


PLAN = ((0, 0), (1, 0), (2, 0), (2.5, 1), (3, 2), (5, 0), (6, 2), (70, 0))


def test_rate_limit_refuses_each_user_until_the_next_token() -> None:
    base = system((0,), (2,), (INF,), throttle=RateLimit(rate=1 / 8, burst=2))
    assert stories(simulate(members(base, PLAN))) == [
        (2, 0, 0),  # user 0: 2 tokens at 0
        (3, 0, 0),  # at 1 the second one
        (10, 6, 1),  # at 2 none: a new one comes at 8
        (18, 11, 2),  # at 5 none; at 8 the other task takes it; the next one comes at 16
        (72, 0, 0),  # at 70 the bucket is full
        (4.5, 0, 0),  # user 1 has an own bucket
        (5, 0, 0),  # user 2: 2 tokens at 3
        (8, 0, 0),  # and at 6 still one
    ]


def test_rate_limit_may_make_wait_instead() -> None:
    base = system((0,), (2,), (INF,), throttle=RateLimit(rate=1 / 8, burst=2, wait=True))
    assert stories(simulate(members(base, PLAN))) == [
        (2, 0, 0), (3, 0, 0), (10, 6, 0), (18, 11, 0), (72, 0, 0),
        (4.5, 0, 0), (5, 0, 0), (8, 0, 0),
    ]  # fmt: skip


def test_rate_limit_counts_prompts_of_one_task_too() -> None:
    scenario = system(
        (0, 1, 2), (2,), (INF,),
        last_solves=False, throttle=RateLimit(1 / 8), abandonment=Leaves({0: 3, 1: 1, 2: 2}),
    )  # fmt: skip
    assert rows(scenario) == [
        (0, 1, 1, 0, 2, 0),  # 0 to 2
        (0, 2, 1, 0, 2, 6),  # 8 to 10
        (0, 3, 1, 0, 2, 6),  # 16 to 18
        (1, 1, 1, 0, 2, 0),
        (2, 1, 1, 0, 2, 0),  # 2 to 4
        (2, 2, 1, 0, 2, 6),  # 10 to 12
    ]


def test_cap_refuses_until_the_oldest_prompt_no_longer_counts() -> None:
    base = system((0,), (1,), (INF,), throttle=Cap(limit=2, window=10))
    plan = ((0, 0), (3, 0), (4, 0), (4.5, 1), (5, 2), (6, 2), (7, 2), (11, 0))
    assert stories(simulate(members(base, plan))) == [
        (1, 0, 0),  # user 0: the first of 2
        (4, 0, 0),  # the second
        (11, 6, 1),  # refused at 4, in at 10, when that of 0 is 10 seconds old
        (14, 2, 1),  # those of 3 and 10 count at 11: in at 13
        (5.5, 0, 0),  # user 1
        (6, 0, 0),  # user 2
        (7, 0, 0),
        (16, 8, 1),  # refused at 7, in at 15
    ]


def test_cap_may_fall_back_to_the_standard_model() -> None:
    base = system(
        (0,), (1, 2), (INF,) * 2, routing=Static(2), throttle=Cap(2, 10, fallback=True),
        abandonment=Leaves({2: 1}),
    )  # fmt: skip
    plan = ((0, 0), (3, 0), (4, 0), (5, 1), (6, 2), (10, 0))  # at 10 only that of 3 counts
    result = simulate(members(base, plan), passes=True)
    assert [row[2] for row in pass_rows(result)] == [
        2,
        2,
        1,
        2,
        2,
        2,
    ]  # at 10 one counts: that of 3
    assert task_rows(result) == [(2, DONE), (5, DONE), (5, LEFT), (12, DONE), (7, DONE), (8, DONE)]


def test_optimal_holds_answers_of_the_reasoning_model_back() -> None:
    game = Game.of((0.25, 0.5), (0.25, 0.25), (0.25, 0.25), value=2, penalty=0.1)
    # enough that V p_2 = 1 falls short of t_hat_2 by a millionth: .750001 money, or 1.500002 s
    throttle = Optimal(game, value_of_time=0.5)
    scenario = system((0, 1, 9), (1, 4), (1, 1), routing=Static(2), throttle=throttle)
    ended = [end for end, _ in task_rows(simulate(scenario))]
    assert ended == pytest.approx([5.500002, 9.500002, 14.500002], rel=1e-12)


def test_in_layers_a_token_is_spent_although_an_inner_layer_refuses() -> None:
    plan = ((0, 0), (1, 1), (2, 2), (6, 2))
    bucket, room = RateLimit(1 / 8), QueueLimit(1)
    told = {}
    for layers in ((bucket, room), (room, bucket)):
        result = simulate(members(system((0,), (5,), (1,), throttle=Layers(layers)), plan))
        assert task_rows(result)[2] == (2, REFUSED)  # user 1 waits until 5
        told[layers] = stories(result)[3]
    # user 2 again at 6: the token of 2 is back at 10; if none was spent it is let in at once
    assert told == {(bucket, room): (15, 4, 1), (room, bucket): (15, 0, 0)}


def test_layers_add_delays_and_the_innermost_override_counts() -> None:
    outer = Door({0: (Admit(3, model=2, priority=1),), 1: (Admit(4, model=2),), 2: (Refuse(7),)})
    inner = Door({0: (Admit(5, model=1, priority=-1),), 1: (Admit(1),), 2: (Admit(), Refuse())})
    scenario = system(
        (0, 100, 200), (1, 2), (1, 1), throttle=Layers((outer, inner)), abandonment=Leaves({0: 1})
    )
    result = simulate(scenario, passes=True)
    assert pass_rows(result) == [
        (0, 1, 1, 0, 1, 8),  # 8 to 9
        (1, 1, 2, 0, 2, 5),  # 105 to 107
        (2, 1, 1, 0, 1, 7),  # the inner one is asked at 207 for the first time
    ]
    assert task_rows(result) == [(9, LEFT), (107, DONE), (208, REFUSED)]


def test_layers_add_holds_and_compose_the_work() -> None:
    layers = Layers((AddedDelay((1,)), SlowService((3,)), AddedDelay((0.5,)), SlowService((2,))))
    assert rows(system((0, 1, 40), (2,), (1,), throttle=layers)) == [
        (0, 1, 1, 0, 12, 1.5), (1, 1, 1, 11, 12, 1.5), (2, 1, 1, 0, 12, 1.5),
    ]  # fmt: skip


@dataclass(frozen=True)
class HoldsAfterFailures:
    """Holds every answer back for as many seconds as there were failures."""

    def init(self) -> int:
        return 0

    def admit(self, state: int, task: Task, view: View) -> tuple[Admit, int]:
        return Admit(), state

    def hold(self, state: int, reply: Reply, view: View) -> tuple[float, int]:
        return float(state), state

    def learn(self, state: int, event: Reply | Ended) -> int:
        return state + (isinstance(event, Reply) and not event.accepted)


def test_a_layer_that_learns_is_shown_every_pass() -> None:
    layers: tuple[Throttle, ...] = (NoThrottle(), HoldsAfterFailures(), AddedDelay((1,)))
    scenario = system(
        (0, 10, 20), (2,), (1,),
        last_solves=False, throttle=Layers(layers), abandonment=Leaves({0: 1, 1: 1, 2: 1}),
    )  # fmt: skip
    assert [row[5] for row in rows(scenario)] == [1, 2, 3]

"""Traces: every time is written by hand; models fail and solve as scripted."""

from typing import Any

import pytest

from agents import AddedDelay, Cascade, NoThrottle, Static, Stationary
from sim import (
    Admit,
    Draws,
    Exponential,
    Game,
    InputError,
    Lognormal,
    Offer,
    Outcome,
    Person,
    Poisson,
    Purpose,
    Refuse,
    Result,
    Scenario,
    simulate,
)
from tests.tools.scripted import Door, Escalates, Leaves, Waits, pass_rows, system, task_rows

DONE, LEFT, RENEGED = Outcome.COMPLETED, Outcome.ABANDONED, Outcome.RENEGED
REFUSED, INSIDE = Outcome.REFUSED, Outcome.IN_SYSTEM


def play(scenario: Scenario) -> Result:
    return simulate(scenario, engine="simpy", passes=True)


def test_one_slot_at_each_model() -> None:
    result = play(
        system(
            (1, 2, 3),
            seconds=(4, 3),
            slots=(1, 1),
            routing=Escalates({0: 1, 2: 1}),
            abandonment=Leaves({1: 2}),
        )
    )
    assert pass_rows(result) == [
        # task, pass, model, waiting, service, throttle delay
        (0, 1, 1, 0, 4, 0),  # 1 to 5, fails
        (0, 2, 2, 0, 3, 0),  # 5 to 8, solved
        (1, 1, 1, 3, 4, 0),  # 5 to 9, fails and rejoins behind task 2
        (1, 2, 1, 4, 4, 0),  # 13 to 17, fails: given up
        (2, 1, 1, 6, 4, 0),  # 9 to 13, fails
        (2, 2, 2, 0, 3, 0),  # 13 to 16, solved
    ]
    assert task_rows(result) == [(8, DONE), (17, LEFT), (16, DONE)]
    assert result.tasks["service_cost"].tolist() == [2, 2, 2]


def test_two_slots_at_the_standard_model_and_one_at_the_reasoning_model() -> None:
    result = play(
        system(
            (0, 0, 0, 1),
            seconds=(3, 5),
            slots=(2, 1),
            routing=Escalates({0: 1, 1: 2, 2: 1}),
            abandonment=Leaves({3: 1}),
        )
    )
    assert pass_rows(result) == [
        (0, 1, 1, 0, 3, 0),  # 0 to 3
        (0, 2, 2, 0, 5, 0),  # 3 to 8
        (1, 1, 1, 0, 3, 0),  # 0 to 3: its slot goes to task 3, so it waits again
        (1, 2, 1, 3, 3, 0),  # 6 to 9
        (1, 3, 2, 4, 5, 0),  # 13 to 18
        (2, 1, 1, 3, 3, 0),  # 3 to 6
        (2, 2, 2, 2, 5, 0),  # 8 to 13
        (3, 1, 1, 2, 3, 0),  # 3 to 6: given up
    ]
    assert task_rows(result) == [(8, DONE), (18, DONE), (13, DONE), (6, LEFT)]


def test_a_freed_slot_serves_the_queue_before_the_failed_task_rejoins() -> None:
    result = play(system((0, 1), (2,), (1,), last_solves=False, abandonment=Leaves({0: 2, 1: 1})))
    assert pass_rows(result) == [
        (0, 1, 1, 0, 2, 0),
        (0, 2, 1, 2, 2, 0),  # rejoins at 2 behind task 1, served from 4 to 6
        (1, 1, 1, 1, 2, 0),  # 2 to 4
    ]


def test_tasks_that_arrive_together_are_served_by_number() -> None:
    result = play(system((2, 2, 2), (5,), (1,)))
    assert [row[3] for row in pass_rows(result)] == [0, 5, 10]


def test_whoever_runs_out_of_patience_reneges() -> None:
    patience = Waits({1: 2.0, 2: 10.0})
    result = play(system((0, 1, 2), (5,), (1,), patience=patience))
    assert task_rows(result) == [(5, DONE), (3, RENEGED), (10, DONE)]
    assert result.tasks["waiting"].tolist() == [0, 2, 3]
    assert result.tasks["passes"].tolist() == [1, 0, 1]
    assert result.tasks["service_cost"].tolist() == [1, 0, 1]
    assert result.metrics()["provider_cost"].tolist() == [1, 10, 1]
    assert result.metrics()["user_utility"].tolist() == [95, -2, 92]


def test_patience_starts_anew_in_every_queue() -> None:
    result = play(
        system(
            (0, 0, 0), (4, 9), (1, 1),
            routing=Escalates({0: 1, 1: 1, 2: 1}), patience=Waits({1: 5.0, 2: 9.0}),
        )
    )  # fmt: skip
    # task 1: M1 from 4 to 8, M2 from 13; task 2: M1 from 8 to 12, leaves the queue of M2 at 21
    assert task_rows(result) == [(13, DONE), (22, DONE), (21, RENEGED)]
    assert result.tasks["waiting"].tolist() == [0, 4 + 5, 8 + 9]


def test_whoever_is_being_served_when_patience_ends_stays() -> None:
    # 1: the end of service was scheduled before the end of patience; 2: after it
    one = play(system((0, 0), (5,), (1,), patience=Waits({1: 5.0})))
    assert task_rows(one) == [(5, DONE), (10, DONE)]
    two = play(system((0, 0, 0), (5,), (1,), patience=Waits({2: 10.0})))
    assert task_rows(two) == [(5, DONE), (10, DONE), (15, DONE)]


def test_patience_is_not_asked_for_where_nobody_waits() -> None:
    result = play(system((0, 0), (5,), (2,), patience=Waits({0: 0.0, 1: 0.0})))
    assert task_rows(result) == [(5, DONE), (5, DONE)]


def test_without_patience_a_full_server_is_left_at_once() -> None:
    result = play(system((0, 1), (5,), (1,), patience=Waits({1: 0.0})))
    assert task_rows(result) == [(5, DONE), (1, RENEGED)]


def test_a_throttle_may_delay_the_admission() -> None:
    result = play(system((1, 2), (4,), (1,), throttle=Door({0: (Admit(delay=2),)})))
    assert pass_rows(result) == [(0, 1, 1, 3, 4, 2), (1, 1, 1, 0, 4, 0)]
    assert task_rows(result) == [(10, DONE), (6, DONE)]
    assert result.metrics()["delay"].tolist() == [9, 4]


def test_a_throttle_may_divert_to_another_model() -> None:
    result = play(system((0, 0), (4, 6), (1, 1), throttle=Door({1: (Admit(model=2),)})))
    row = pass_rows(result)[-1]
    assert row == (1, 1, 2, 0, 6, 0)


def test_a_refused_prompt_is_repeated_until_it_is_admitted() -> None:
    words = (Refuse(retry_after=3), Refuse(retry_after=1.5), Admit(delay=0.5))
    result = play(system((1,), (4,), (1,), throttle=Door({0: words})))
    assert pass_rows(result) == [(0, 1, 1, 0, 4, 5)]
    assert task_rows(result) == [(10, DONE)]


def test_every_prompt_passes_the_throttle() -> None:
    words = (Admit(delay=1), Admit(delay=2), Admit(delay=3))
    result = play(
        system((0,), (4,), (1,), last_solves=False, throttle=Door({0: words}),
               abandonment=Leaves({0: 3}))
    )  # fmt: skip
    assert [row[5] for row in pass_rows(result)] == [1, 2, 3]
    assert task_rows(result) == [(18, LEFT)]
    assert result.tasks["throttle_delay"].tolist() == [6]


def test_a_prompt_that_is_refused_for_good_ends_the_task() -> None:
    words = (Refuse(retry_after=3), Refuse())
    result = play(system((1, 1), (4,), (1,), throttle=Door({0: words})))
    assert task_rows(result) == [(4, REFUSED), (5, DONE)]
    assert result.tasks["throttle_delay"].tolist() == [3, 0]
    assert result.tasks["service_cost"].tolist() == [0, 1]
    assert result.metrics()["provider_cost"].tolist() == [10, 1]
    assert result.metrics()["delay"].tolist() == [3, 4]


def test_a_re_prompt_may_be_refused_for_good_too() -> None:
    result = play(
        system((0,), (4,), (1,), last_solves=False, throttle=Door({0: (Admit(), Refuse())}))
    )
    assert task_rows(result) == [(4, REFUSED)]
    assert result.tasks["passes"].tolist() == [1]


def test_an_added_delay_does_not_hold_the_slot() -> None:
    result = play(system((0, 1), (4,), (1,), throttle=AddedDelay((10.0,))))
    assert pass_rows(result) == [(0, 1, 1, 0, 4, 10), (1, 1, 1, 3, 4, 10)]
    assert task_rows(result) == [(14, DONE), (18, DONE)]


def test_each_model_has_its_own_added_delay() -> None:
    result = play(
        system((0,), (4, 6), (1, 1), routing=Escalates({0: 1}), throttle=AddedDelay((2.0, 5.0)))
    )
    assert pass_rows(result) == [(0, 1, 1, 0, 4, 2), (0, 2, 2, 0, 6, 5)]
    assert task_rows(result) == [(17, DONE)]


def test_the_horizon_cuts_the_run_and_counts_who_is_inside() -> None:
    result = play(system((0, 1, 2, 50), (5,), (1,), horizon=7))
    assert task_rows(result)[0] == (5, DONE)
    assert result.counts() == {
        "completed": 1, "abandoned": 0, "reneged": 0, "refused": 0, "in_system": 2,
    }  # fmt: skip
    frame = result.task_frame()
    assert frame["ended"].isna().tolist() == [False, True, True]
    assert frame["utility"].isna().tolist() == [False, True, True]
    assert frame["penalty"].isna().tolist() == [False, True, True]


def test_the_value_of_time_turns_money_into_seconds_and_back() -> None:
    game = Game.of((0.5,), (6.0,), (1.0,), 100.0, 10.0)
    scenario = Scenario(game, Offer(Static(1)), Person(Stationary(1.0)), value_of_time=3.0, tasks=5)
    for engine in ("simpy", "vectorised"):
        result = simulate(scenario, engine=engine)
        assert result.tasks["service"].tolist() == [2.0] * 5
        assert result.metrics()["delay"].tolist() == [6.0] * 5


GAME = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), 2, 1)


def scenario(**changes: Any) -> Scenario:
    offer, person = Offer(Cascade(1, 0.3), NoThrottle()), Person(Stationary(0.2))
    return Scenario(GAME, offer, person, tasks=50).replace(**changes)


def test_an_unknown_engine_is_refused() -> None:
    message = "^engine = 'fast' must be one of auto, simpy, vectorised, compiled$"
    with pytest.raises(InputError, match=message):
        simulate(scenario(), engine="fast")


@pytest.mark.parametrize(
    "changes",
    [
        {"slots": (1.0, 2.0)},
        {"slots": (float("inf"), 2.0)},
        {"service_time": Exponential()},
        {"horizon": 100.0},
        {"patience": Waits({})},
        {"routing": Escalates()},
        {"abandonment": Leaves()},
        {"throttle": Door({})},
    ],
)
def test_what_the_vectorised_engine_cannot_play_is_refused_or_left_to_the_other(
    changes: dict[str, Any],
) -> None:
    with pytest.raises(InputError, match=r"^engine = 'vectorised' must have infinite slots"):
        simulate(scenario(**changes), engine="vectorised")
    assert simulate(scenario(**changes)).engine == "simpy"


def test_the_same_scenario_and_replication_give_the_same_bytes() -> None:
    crowded = scenario(slots=(1.0, 2.0), service_time=Exponential(), arrivals=Poisson(3.0))
    one, two = (simulate(crowded, replication=3, passes=True) for _ in range(2))
    for name, column in one.tasks.items():
        assert column.tobytes() == two.tasks[name].tobytes()
    for name, column in one.passes.items():
        assert column.tobytes() == two.passes[name].tobytes()
    other = simulate(crowded, replication=4)
    assert one.tasks["ended"].tobytes() != other.tasks["ended"].tobytes()


def test_passes_are_recorded_on_request_only() -> None:
    for engine in ("simpy", "vectorised"):
        assert len(simulate(scenario(), engine=engine).passes["task"]) == 0
        assert len(simulate(scenario(), engine=engine, passes=True).passes["task"]) >= 50


def test_luck_belongs_to_the_task_under_every_routing() -> None:
    starts = [simulate(scenario(routing=Static(i)), passes=True) for i in (1, 2)]
    solved_first = [
        {row["task"] for _, row in r.pass_frame().iterrows() if row["pass"] == 1 and row["success"]}
        for r in starts
    ]
    assert solved_first[0] < solved_first[1]  # p_1 < p_2: whoever succeeds at M1 would at M2


@pytest.mark.parametrize(("engine", "reports"), [("simpy", 45), ("vectorised", 3)])
def test_progress_is_reported_now_and_then(engine: str, reports: int) -> None:
    game = Game.of((0.5,), (1,), (1,), 5, 1)
    scenario = Scenario(game, Offer(Static(1)), Person(Stationary(1.0)), tasks=45_000)
    told: list[int] = []
    simulate(scenario, engine=engine, progress=told.append)
    assert told == sorted(told)
    assert (told[0], len(told)) == (0, reports)


def test_service_is_made_of_the_words_of_task_and_pass() -> None:
    """Which words, is part of the format: a second engine must use the same."""
    game, draws = Game.of((0.5, 0.7), (1, 2), (1, 1), 5, 1), Draws(3, 4)
    for service in (Exponential(), Lognormal(0.7)):
        scenario = Scenario(
            game,
            Offer(Cascade(1, 0.5), service_time=service),
            Person(Stationary(0.1)),
            tasks=40,
            seed=3,
        )
        passes = simulate(scenario, replication=4, passes=True).passes
        names = ("task", "pass", "model", "service")
        for task, number, model, seconds in zip(*(passes[n].tolist() for n in names), strict=True):
            second = draws.words(task, number, Purpose.SECOND_NORMAL)[0]
            assert seconds == service.seconds(model, draws.words(task, number)[0], second)

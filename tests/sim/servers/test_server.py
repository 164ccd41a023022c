import pytest
import simpy

from sim import InputError
from sim.servers.server import ModelServer, Service


def ends(server: ModelServer, env: simpy.Environment, seconds: list[float]) -> list[Service]:
    services = [server.request(s) for s in seconds]
    env.run()
    return services


def test_one_slot_serves_in_order_of_arrival() -> None:
    env = simpy.Environment()
    services = ends(ModelServer(env, 1), env, [3, 1, 2])
    assert [s.started for s in services] == [0, 3, 4]
    assert [s.waiting for s in services] == [0, 3, 4]
    assert env.now == 6


def test_two_slots_serve_two_at_once() -> None:
    env = simpy.Environment()
    services = ends(ModelServer(env, 2), env, [5, 2, 2, 2, 1])
    assert [s.started for s in services] == [0, 0, 2, 4, 5]


def test_infinitely_many_slots_never_let_anyone_wait() -> None:
    env = simpy.Environment()
    services = ends(ModelServer(env, float("inf")), env, [2.0] * 50)
    assert {s.waiting for s in services} == {0}
    assert env.now == 2


def test_busy_slots_and_the_queue_are_counted() -> None:
    env = simpy.Environment()
    server = ModelServer(env, 2)
    for _ in range(5):
        server.request(10)
    assert (server.busy, server.queued) == (2, 3)
    env.run(until=15)
    assert (server.busy, server.queued) == (2, 1)
    env.run()
    assert (server.busy, server.queued) == (0, 0)


def test_whoever_leaves_the_queue_lets_the_next_one_move_up() -> None:
    env = simpy.Environment()
    server = ModelServer(env, 1)
    server.request(10)
    leaver, last = server.request(10), server.request(10)
    env.run(until=4)
    server.leave(leaver)
    env.run()
    assert (leaver.started, leaver.waiting) == (None, 4)
    assert (last.started, last.waiting) == (10, 10)
    assert env.now == 20


def test_a_freed_slot_goes_to_the_queue_before_the_finished_one_can_rejoin() -> None:
    env = simpy.Environment()
    server = ModelServer(env, 1)
    first, second = server.request(2), server.request(2)
    rejoined: list[Service] = []

    def again(_: simpy.Event) -> None:
        rejoined.append(server.request(2))

    assert first.callbacks is not None
    first.callbacks.append(again)
    env.run()
    assert (second.started, rejoined[0].started) == (2, 4)


@pytest.mark.parametrize("bad", [0, -1, 1.5, float("nan"), "1", True])
def test_slots_are_checked(bad: float) -> None:
    with pytest.raises(InputError, match=r"^slots = "):
        ModelServer(simpy.Environment(), bad)


def test_lower_priority_numbers_go_first_and_nobody_is_interrupted() -> None:
    env = simpy.Environment()
    server = ModelServer(env, 1)
    served, free, paid, second_free, urgent = (
        server.request(10, priority) for priority in (1, 1, 0, 1, -1)
    )
    env.run()
    assert served.started == 0  # although others are more urgent
    assert [s.started for s in (urgent, paid, free, second_free)] == [10, 20, 30, 40]

"""Servers that share, event by event: all times are written by hand."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
import simpy
from hypothesis import given
from hypothesis import strategies as st

from sim import FCFS, Batching, Discipline, ProcessorSharing
from sim.servers.server import Service

Script = list[tuple[float, float]]  # (joins at, needs seconds of service)


def play(discipline: Discipline, slots: float, script: Script) -> list[Service]:
    """All passes of the script, served; each notes when it ``ended``."""
    env = simpy.Environment()
    server, passes = discipline.server(env, slots), list[Service]()

    def joins() -> Iterator[simpy.Event]:
        for at, seconds in script:
            yield env.timeout(at - env.now)
            passes.append(server.request(seconds))
            note_the_end(passes[-1])

    env.process(joins())  # type: ignore[arg-type]
    env.run()
    assert (server.busy, server.queued) == (0, 0)
    return passes


def note_the_end(service: Service) -> None:
    def note(_: simpy.Event) -> None:
        service.ended = service.env.now  # type: ignore[attr-defined]

    service.callbacks.append(note)


def ended(service: Service) -> float:
    at: float = service.ended  # type: ignore[attr-defined]
    return at


def rows(passes: list[Service]) -> list[tuple[float | None, float, float, float]]:
    """(started, waiting, seconds in service, ended) of each."""
    return [(p.started, p.waiting, p.seconds, ended(p)) for p in passes]


def test_three_share_a_processor() -> None:
    # alone to 2; two at half speed to 4, then 1 s is left of each; three at a third to 7, when the
    # first two end together; the last has 2 of its 3 s left and is alone
    script: Script = [(0, 4), (2, 2), (4, 3)]
    assert rows(play(ProcessorSharing(), 1, script)) == [
        (0, 0, 7, 7),
        (2, 0, 5, 7),
        (4, 0, 5, 9),
    ]


def test_slots_are_speed() -> None:
    # speed 4 alone, 2 each together: at 1 the first has 4 s left; both have 2 left at 2 ...
    script: Script = [(0, 8), (1, 4)]
    assert rows(play(ProcessorSharing(), 4, script)) == [(0, 0, 3, 3), (1, 0, 2, 3)]
    assert rows(play(ProcessorSharing(), 4, [(0, 2)])) == [(0, 0, 0.5, 0.5)]


def test_a_short_pass_overtakes() -> None:
    # the second is served 1 s from 1 to 3 at half speed; the first has 9 s left at 1, 8 at 3
    assert rows(play(ProcessorSharing(), 1, [(0, 10), (1, 1)])) == [(0, 0, 11, 11), (1, 0, 2, 3)]


def test_at_most_cap_are_served_and_the_others_wait_in_order() -> None:
    # two of 2 s end together at 4 (half speed); the third and fourth start then, one alone from 6
    script: Script = [(0, 2), (0, 2), (1, 1), (3, 3)]
    assert rows(play(ProcessorSharing(cap=2), 1, script)) == [
        (0, 0, 4, 4),
        (0, 0, 4, 4),
        (4, 3, 2, 6),
        (4, 1, 4, 8),
    ]


def test_a_batch_slows_every_pass_in_it() -> None:
    # a step takes 3 + j: 4 alone, 5 for two, 6 for three. Alone to 4: the first has 6 s left. Two
    # to 9: 4 s of the second's are served, 2 s of the first's are left, 4 of the second's. Three
    # to 12: the first ends; two to 14.5: the second ends; 12 - 2 - 2 = 8 left: alone to 22.5
    script: Script = [(0, 10), (4, 8), (9, 12)]
    assert rows(play(Batching(3, 1), 3, script)) == [
        (0, 0, 12, 12),
        (4, 0, 10.5, 14.5),
        (9, 0, 13.5, 22.5),
    ]


def test_a_batch_is_full_at_its_slots() -> None:
    # b = a: a step of two takes 3, alone 2. Two of 2 s end at 3; the third starts then, alone
    script: Script = [(0, 2), (0, 2), (1, 2)]
    assert rows(play(Batching(1, 1), 2, script)) == [(0, 0, 3, 3), (0, 0, 3, 3), (3, 2, 2, 5)]


def test_who_joins_as_another_ends_neither_slows_it_nor_waits() -> None:
    assert rows(play(ProcessorSharing(), 1, [(0, 2), (2, 1)])) == [(0, 0, 2, 2), (2, 0, 1, 3)]
    assert rows(play(ProcessorSharing(cap=1), 1, [(0, 2), (2, 1)])) == [(0, 0, 2, 2), (2, 0, 1, 3)]


def test_whoever_leaves_the_queue_lets_the_next_one_move_up() -> None:
    env = simpy.Environment()
    server = ProcessorSharing(cap=1).server(env, 1)
    first, leaver, last = (server.request(10) for _ in range(3))
    assert (server.busy, server.queued) == (1, 2)
    env.run(until=4)
    server.leave(leaver)
    assert (server.busy, server.queued) == (1, 1)
    env.run()
    assert (first.started, first.seconds) == (0, 10)
    assert (leaver.started, leaver.waiting) == (None, 4)
    assert (last.started, last.waiting) == (10, 10)
    assert env.now == 20


def test_lower_priority_numbers_leave_the_queue_first() -> None:
    env = simpy.Environment()
    server = ProcessorSharing(cap=1).server(env, 1)
    passes = [server.request(10, priority) for priority in (1, 1, 0, 1, -1)]
    env.run()
    assert [p.started for p in passes] == [0, 30, 20, 40, 10]


def test_who_waits_starts_before_the_finished_one_can_rejoin() -> None:
    env = simpy.Environment()
    server = ProcessorSharing(cap=1).server(env, 1)
    first, second = server.request(2), server.request(2)
    rejoined: list[Service] = []
    assert first.callbacks is not None
    first.callbacks.append(lambda _: rejoined.append(server.request(2)))
    env.run()
    assert (second.started, rejoined[0].started) == (2, 4)


def test_passes_that_end_together_leave_in_the_order_in_which_they_started() -> None:
    env = simpy.Environment()
    server, left = ProcessorSharing().server(env, 1), list[simpy.Event]()
    passes = [server.request(1.0) for _ in range(5)]
    for service in passes:
        assert service.callbacks is not None
        service.callbacks.append(left.append)
    env.run()
    assert (left, env.now) == (passes, 5)


def test_a_busy_period_does_not_remember_the_one_before() -> None:
    script: Script = [(0, 1), (0.5, 3)]
    once = rows(play(ProcessorSharing(), 1, script))
    later = rows(play(ProcessorSharing(), 1, [*script, *((at + 64, s) for at, s in script)]))[2:]
    assert later == [(s + 64 if s is not None else s, w, x, e + 64) for s, w, x, e in once]


# ---------------------------------------------------------------- any script

gaps = st.lists(st.tuples(st.floats(0, 3), st.floats(0, 5)), min_size=1, max_size=25)


def script_of(pairs: list[tuple[float, float]]) -> Script:
    now, script = 0.0, []
    for gap, seconds in pairs:
        now += gap
        script.append((now, seconds))
    return script


shared = st.one_of(
    st.builds(ProcessorSharing, st.integers(1, 6) | st.just(float("inf"))),
    st.builds(Batching, st.floats(0.125, 4), st.floats(0, 4)),
)


def speed(discipline: Discipline, slots: float, j: int) -> float:
    """Of each of j passes, from the definition."""
    if isinstance(discipline, Batching):
        return (discipline.a + discipline.b) / (discipline.a + discipline.b * j)
    return slots / j


@given(gaps, shared, st.integers(1, 4))
def test_work_is_conserved(
    pairs: list[tuple[float, float]], discipline: Discipline, slots: int
) -> None:
    """What each pass was given in service, at the speed of those present, is what it needed."""
    script = script_of(pairs)
    passes = play(discipline, slots, script)
    times = sorted({t for p in passes for t in (p.started or 0.0, ended(p))})
    given_to = [0.0] * len(passes)
    for start, end in pairwise(times):
        present = [i for i, p in enumerate(passes) if (p.started or 0.0) <= start < ended(p)]
        for i in present:
            given_to[i] += (end - start) * speed(discipline, slots, len(present))
    assert given_to == pytest.approx([seconds for _, seconds in script], abs=1e-9)


@given(gaps, st.integers(1, 4) | st.just(float("inf")))
def test_sharing_never_idles_so_busy_periods_are_those_of_one_slot(
    pairs: list[tuple[float, float]], cap: float
) -> None:
    script = script_of(pairs)
    last = (max(map(ended, play(each, 1, script))) for each in (FCFS(), ProcessorSharing(cap)))
    assert next(last) == pytest.approx(next(last), abs=1e-9)


@given(gaps, shared, st.integers(1, 4))
def test_nobody_waits_while_there_is_room_and_no_one_jumps_the_queue(
    pairs: list[tuple[float, float]], discipline: Discipline, slots: int
) -> None:
    room = discipline.cap if isinstance(discipline, ProcessorSharing) else slots
    passes = play(discipline, slots, script_of(pairs))
    started = [p.started or 0.0 for p in passes]
    assert started == sorted(started)
    for i, p in enumerate(passes):
        if p.waiting:  # then, all the time, all places are taken by those before
            assert sum(ended(each) >= started[i] for each in passes[:i]) >= room
        assert p.waiting + p.seconds == pytest.approx(ended(p) - p.joined, abs=1e-9)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 5)), min_size=1, max_size=25))
def test_one_at_a_time_is_served_as_first_come_first_served(
    pairs: list[tuple[float, float]],
) -> None:
    now, script = 0.0, []
    for gap, seconds in pairs:
        script.append((now, seconds))
        now += seconds + gap + 0.01
    plain = play(FCFS(), 1, script)
    for discipline in (ProcessorSharing(), ProcessorSharing(1), Batching(1, 1)):
        alone = play(discipline, 1, script)
        assert [ended(p) for p in alone] == [ended(p) for p in plain]  # bit for bit
        assert [p.seconds for p in alone] == pytest.approx([s for _, s in script], abs=1e-12)
        assert not any(p.waiting for p in alone)


@pytest.mark.parametrize(
    ("special", "slots", "general", "speed_slots"),
    [
        (FCFS(), 3, Batching(2, 0), 3),  # steps as long however many take part
        (ProcessorSharing(3), 1, Batching(0, 2), 3),  # steps as long as the batch is large
        (FCFS(), 1, ProcessorSharing(1), 1),
    ],
)
@given(gaps)
def test_special_cases_are_the_same(
    special: Discipline,
    slots: float,
    general: Discipline,
    speed_slots: float,
    pairs: list[tuple[float, float]],
) -> None:
    script = script_of(pairs)
    one, two = play(special, slots, script), play(general, speed_slots, script)
    assert list(map(ended, one)) == pytest.approx(list(map(ended, two)), abs=1e-9)


def test_the_comparison_notices_a_processor_that_is_slower() -> None:
    script: Script = [(0, 4), (2, 2), (4, 3)]
    slow = play(Batching(0.5, 1.0), 3, script)
    assert rows(slow) != rows(play(ProcessorSharing(), 1, script))

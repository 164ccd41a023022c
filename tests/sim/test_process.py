"""Lives run as SimPy's processes do."""

from collections.abc import Callable

import pytest
import simpy

from sim.process import Life, Process, Sure

Start = Callable[[simpy.Environment, Process], object]
STARTS: tuple[Start, ...] = (Life, simpy.Process)


def told(start: Start) -> list[tuple[float, str]]:
    """What two processes and an event say that all happen at the same times."""
    env = simpy.Environment()
    said: list[tuple[float, str]] = []

    def say(text: str) -> None:
        said.append((env.now, text))

    def walk(name: str) -> Process:
        say(f"{name} starts")
        gone = env.timeout(0)
        yield env.timeout(1)
        say(f"{name} is back")
        yield gone  # has happened: no time passes, and nobody comes in between
        say(f"{name} did not wait")
        yield env.timeout(1) | env.timeout(2)
        say(f"{name} ends")

    def parent() -> Process:
        start(env, walk("first"))
        env.timeout(1).callbacks.append(lambda _: say("event"))
        start(env, walk("second"))
        say("both are there")
        yield env.timeout(1)
        say("parent ends")

    start(env, parent())
    env.run()
    assert env.now == 3  # the longer timeout has nobody who waits for it
    return said


def test_a_life_goes_event_by_event_as_a_process_does() -> None:
    life, process = map(told, STARTS)
    assert life == process
    assert life[:3] == [(0, "both are there"), (0, "first starts"), (0, "second starts")]
    assert life[-2:] == [(2, "first ends"), (2, "second ends")]


@pytest.mark.parametrize("start", STARTS)
def test_an_error_in_it_ends_the_run(start: Start) -> None:
    env = simpy.Environment()

    def fails() -> Process:
        yield env.timeout(1)
        raise ValueError("seen")

    start(env, fails())
    with pytest.raises(ValueError, match="seen"):
        env.run()


def test_the_end_of_a_life_is_no_event() -> None:
    """A process that waits once: the start, and what it waits for, but not its end."""
    env = simpy.Environment()

    def waits() -> Process:
        yield env.timeout(1)

    Life(env, waits())
    env.step()
    env.step()
    assert env.peek() == float("inf")


def test_a_sure_event_is_one_that_can_be_waited_for_with_others() -> None:
    env = simpy.Environment()
    either = Sure(env) | env.timeout(3)
    env.run(until=either)
    assert env.now == 3

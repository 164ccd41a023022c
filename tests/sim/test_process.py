"""Lives go as SimPy's processes do, but for the events of their start and end."""

import pytest
import simpy

from sim.process import Life, Process, Sure


def test_a_life_goes_to_its_first_event_at_once_and_from_event_to_event() -> None:
    env = simpy.Environment()
    said: list[tuple[float, str]] = []

    def walk(name: str) -> Process:
        said.append((env.now, f"{name} starts"))
        gone = env.timeout(0)
        yield env.timeout(1)
        said.append((env.now, f"{name} is back"))
        yield gone  # has happened: no time passes, and nobody comes in between
        said.append((env.now, f"{name} did not wait"))
        yield env.timeout(1) | env.timeout(2)
        said.append((env.now, f"{name} ends"))

    for name in ("first", "second"):
        Life(walk(name))
        said.append((env.now, f"{name} waits"))
    env.run()
    assert said == [
        (0, "first starts"), (0, "first waits"), (0, "second starts"), (0, "second waits"),
        (1, "first is back"), (1, "first did not wait"),
        (1, "second is back"), (1, "second did not wait"),
        (2, "first ends"), (2, "second ends"),
    ]  # fmt: skip


def test_an_error_in_it_ends_the_run() -> None:
    env = simpy.Environment()

    def fails() -> Process:
        yield env.timeout(1)
        raise ValueError("seen")

    Life(fails())
    with pytest.raises(ValueError, match="seen"):
        env.run()


def test_only_what_a_life_waits_for_is_an_event() -> None:
    env = simpy.Environment()

    def waits() -> Process:
        yield env.timeout(1)

    Life(waits())
    env.step()
    assert env.peek() == float("inf")


def test_a_sure_event_can_be_waited_for_with_others() -> None:
    env = simpy.Environment()
    sure = Sure(env)
    env.schedule(sure, delay=2)
    env.run(until=sure | env.timeout(3))
    assert env.now == 2

"""Two engines, one trajectory."""

from sim import (
    Population,
    Scenario,
    condense,
    condense_classes,
    simulate,
    stream,
    stream_classes,
)
from tests.sim.test_vectorised import assert_same_bytes


def assert_twins(scenario: Scenario, replication: int = 0) -> None:
    """Both engines: the same tasks, passes, people at the end, and summaries."""
    fast, slow = (
        simulate(scenario, replication=replication, engine=name, passes=True)
        for name in ("compiled", "simpy")
    )
    assert (fast.engine, slow.engine) == ("compiled", "simpy")
    assert_same_bytes(fast, slow)
    assert fast.present == slow.present
    if isinstance(scenario.arrivals, Population):
        streamed = list(stream_classes(scenario, replication=replication).values())
        wholes = [list(condense_classes(scenario, result).values()) for result in (fast, slow)]
    else:
        streamed = [stream(scenario, replication=replication)]
        wholes = [[condense(scenario, result)] for result in (fast, slow)]
    for whole in wholes:
        for one, other in zip(whole, streamed, strict=True):
            for name, column in other.totals._asdict().items():
                assert column.tobytes() == getattr(one.totals, name).tobytes(), name

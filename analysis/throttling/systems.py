"""The systems with queues of the throttling study: real pairs, loads, strategies, classes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.throttling.study import Sizes, Strategies, Systems
    from sim import Persistence, Scenario

PAIRS = ("gpt-4.1/o3", "gpt-4o/o3-mini")
SLOTS = (2.0, 8.0)
LOADS = {"low load": 0.4, "high load": 0.9}  # of the busier model, if nobody reacted to the queue
STORM_LOADS = (0.6, 0.8, 1.0, 1.2, 1.4)
ROOM = 8  # passes that may wait before a prompt is refused or diverted
RETRIES = 64  # seconds for which a refused user keeps asking, on average
POPULATION = "free:30:4/h:1:0.005,paid:10:8/h:3:0.02"
LIMITS = ("none", "priority:paid", "rate-limit:24/h", "cap:24/1h", "cap:24/1h:fallback")


def systems(sizes: "Sizes") -> "Systems":
    """All of them; nobody has reacted to a throttle yet."""
    from analysis.throttling.study import Systems

    return Systems(
        fronts={
            f"{pair}, {load}": _strategies(system(pair, share, sizes))
            for pair in PAIRS
            for load, share in LOADS.items()
        },
        storms=storms(sizes),
        classes=classes(sizes),
    )


def system(pair: str, share: float, sizes: "Sizes") -> "Scenario":
    """A pair at its defaults, the routing that is optimal without queues, and users for it.

    ``share``: load of the busier model by these users.
    """
    from agents import Cascade, NoThrottle, Stationary, stackelberg
    from analysis.games.catalogue import VALUE_OF_TIME, pairs
    from analysis.theory.load import utilisation
    from sim import Exponential, Offer, Person, Poisson, Scenario

    game = pairs()[pair].game()
    best = stackelberg(game)
    start = Scenario(
        game,
        Offer(
            Cascade(best.initial, best.cascade),
            NoThrottle(),
            slots=SLOTS,
            service_time=Exponential(),
        ),
        Person(Stationary(best.abandonment)),
        value_of_time=VALUE_OF_TIME,
        tasks=sizes.tasks,
        seed=sizes.seed,
    )
    return start.replace(arrivals=Poisson(share / max(utilisation(start))))


def _strategies(start: "Scenario", names: "Sequence[str] | None" = None) -> "Strategies":
    from analysis.comparison.strategies import read_strategies
    from analysis.throttling.study import Strategies

    return Strategies(start, read_strategies(None if names is None else ",".join(names), start))


def storms(sizes: "Sizes") -> "dict[tuple[str, float], Scenario]":
    """A queue of limited length at the second pair's M2, and three kinds of refused users.

    Those who return try for about the same time, `RETRIES` seconds.
    """
    from agents import BackOff, Cascade, FixedRetry, GoesAway, QueueLimit, Stationary

    attempts = RETRIES.bit_length()  # of waits 0.5, 1, 2, ... on average: together RETRIES - 0.5
    kinds: dict[str, Persistence] = {
        "ask again every second": FixedRetry(1.0, RETRIES + 1),
        "back off": BackOff(1.0, 2.0, attempts + 1),
        "go away": GoesAway(),
    }
    return {
        (users, load): system(PAIRS[1], load, sizes).replace(
            routing=Cascade(2),
            abandonment=Stationary(0.0),
            throttle=QueueLimit(ROOM),
            persistence=persistence,
            tasks=2 * sizes.tasks,
        )
        for load in STORM_LOADS
        for users, persistence in kinds.items()
    }


def classes(sizes: "Sizes") -> "Strategies":
    """Free and paid users of the second pair, under limits on their use; who is refused leaves."""
    from agents import GoesAway
    from agents.throttling.texts import read_population

    start = system(PAIRS[1], 1.0, sizes).replace(
        arrivals=read_population(POPULATION), persistence=GoesAway()
    )
    return _strategies(start, [*LIMITS, f"downgrade:{ROOM}"])

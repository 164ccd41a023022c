"""How long a system remembers: relaxation times."""

import math
from collections.abc import Sequence

from sim.scenario import Scenario
from sim.servers.service_times import Lognormal


def relaxation(scenario: Scenario, visits: Sequence[float]) -> float:
    """The relaxation time of the slowest model, in tasks that arrive meanwhile; infinite at the
    capacity and above, 0 where nobody waits.

    ``visits``: passes at each model per task. Of M/M/1 the time is 1 / (sqrt(mu) - sqrt(Lambda))^2
    (Cohen, The Single Server Queue, 1982, III.7): so many slots that are all busy work like one,
    and those that are not forget no sooner than in the time of a service. Passes that come again
    as they go stretch it by the passes per task, and service of a coefficient of variation above 1
    by (1 + cv^2) / 2 (heavy traffic).

    >>> from agents import Cascade
    >>> from sim import Game, Offer, Poisson
    >>> game = Game.of((0.4, 0.7), (1, 2), (0.1, 0.3), value=5, penalty=1)
    >>> scenario = Scenario(game, Offer(Cascade(1), slots=(1, 1)), arrivals=Poisson(0.81))
    >>> round(relaxation(scenario, (1.0, 0.0)), 6)
    81.0
    """
    rate, again = arrival_rate(scenario), max(1.0, sum(visits))
    times = [
        _seconds(rate * z, most, mean) if most < math.inf else 0.0
        for most, mean, z in zip(
            capacities(scenario), scenario.service_means(), visits, strict=True
        )
    ]
    return float(rate * again * _spread(scenario) * max(times))


def _seconds(load: float, capacity: float, service: float) -> float:
    if load >= capacity:
        return math.inf
    return max(service, 1 / (math.sqrt(capacity) - math.sqrt(load)) ** 2) if load else 0.0


def arrival_rate(scenario: Scenario) -> float:
    """Tasks per second; NaN of arrivals that do not say."""
    return float(getattr(scenario.arrivals, "rate", math.nan))


def capacities(scenario: Scenario) -> list[float]:
    """Passes per second that each model can serve; infinite with infinitely many slots."""
    offer = scenario.offer
    return [
        each.capacity(slots) / mean
        for each, slots, mean in zip(
            offer.disciplines, offer.slots, scenario.service_means(), strict=True
        )
    ]


def _spread(scenario: Scenario) -> float:
    time = scenario.offer.service_time
    return max(1.0, (1 + time.cv**2) / 2) if isinstance(time, Lognormal) else 1.0

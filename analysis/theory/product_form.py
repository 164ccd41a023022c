"""What a task's time in the system costs its user in the long run, by product form.

A task wanders between the models as in an open network with feedback, so that every model is, on
average, as if it were alone with Poisson arrivals (docs/theory.md, equation 11.1).
"""

import math

from agents import CongestedGame
from analysis.games.congested import station_of
from sim.arrivals.streams import Poisson
from sim.scenario import Scenario
from sim.theory.markov import visits


def mean_delay(scenario: Scenario) -> float | None:
    """Mean latency cost of a task (money): sum over i of z_i (w W_i(lambda z_i) + w x hold_i).

    z_i mean passes at M_i, W_i mean seconds of one there, hold_i seconds that the throttle then
    holds the answer. None where theory has no such mean: it asks for policies that are tables,
    Poisson arrivals of one class of users and less work than can be done; and at every model for
    infinite slots, for exponential service, first come, first served, or for a processor that all
    share without a cap. The run's horizon is not
    looked at: this is the mean of an endless run.

    >>> from agents import Cascade
    >>> from sim import Exponential, Game, Offer
    >>> game = Game.of((0.5, 0.8), (1, 1), (0.1, 0.5), value=8, penalty=1)
    >>> offer = Offer(Cascade(1), slots=(1, 1), service_time=Exponential())
    >>> alone = Scenario(game, offer, arrivals=Poisson(0.2))  # two passes each, .4 a second
    >>> round(mean_delay(alone), 12) == round(2 / (1 - 0.4), 12)
    True
    """
    if not (scenario.unwatched and isinstance(scenario.arrivals, Poisson)):
        return None
    route, abandonment, holds = scenario.table.whole()
    z = visits(scenario.at_work, route.initial, route.escalation, abandonment)
    seconds = 0.0
    for i, (passes, hold) in enumerate(zip(z, holds, strict=True)):
        sojourn = _sojourn(scenario, i, scenario.arrivals.rate * float(passes))
        if sojourn is None:
            return None
        seconds += float(passes) * (sojourn + hold)
    delay = scenario.value_of_time * seconds
    return delay if math.isfinite(delay) else None


def seconds_by_model(
    game: CongestedGame, initial: int, cascade: float, abandonment: float
) -> tuple[float, float]:
    """Mean seconds of a task at each model, z_i W_i(lambda z_i), when all users play one q."""
    z_1, z_2 = (float(z) for z in visits(game.unloaded, initial, cascade, abandonment))
    W_1, W_2 = game.sojourns((z_1, z_2))
    return z_1 * W_1, z_2 * W_2


def _sojourn(scenario: Scenario, i: int, load: float) -> float | None:
    """Mean seconds of a pass at the model of index ``i`` with ``load`` passes per second."""
    station, mean = station_of(scenario, i), scenario.service_means()[i]
    return None if station is None else mean * station.sojourn(load * mean)

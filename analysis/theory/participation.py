"""How many users begin where they may decline, at the latencies that they then make."""

from dataclasses import replace

from agents import Joins, begins, effective
from agents.theorems.participation import of_all
from analysis.theory.load import has_queues, participation
from analysis.theory.product_form import mean_delay
from sim.arrivals.streams import Poisson
from sim.checks import refuse
from sim.scenario import Scenario
from sim.theory.markov import Expectations, expectations

_ALONE = 1e-9  # a share of users who do not meet


def share_who_begin(scenario: Scenario) -> float | None:
    """The share of users who begin when they play what ``scenario`` says, which has no joining.

    All if they then have U >= 0; nobody if U < 0 even for one who is alone; else as many as bring U
    to 0, as it falls with the load. None where theory has no mean latency: see `mean_delay` with
    queues, and `effective` without.

    >>> from agents import Cascade, Stationary
    >>> from sim import Exponential, Game, Offer, Person
    >>> game = Game.of((0.5, 0.8), (1, 1), (0.1, 0.5), value=4, penalty=1)
    >>> offer, users = Offer(Cascade(2), slots=(1, 1), service_time=Exponential()), Stationary(1)
    >>> round(share_who_begin(Scenario(game, offer, Person(users), Poisson(2.0))), 6)
    0.34375
    """
    game = effective(scenario.game, scenario.offer.throttle, scenario.value_of_time)
    if game is None or scenario.table.route is None or scenario.table.abandonment is None:
        return None
    if has_queues(scenario):
        return _share_in_queues(scenario)
    route, abandonment, _ = scenario.table.whole()
    return float(begins(game, route.initial, route.escalation, abandonment))


def _share_in_queues(scenario: Scenario) -> float | None:
    from scipy.optimize import brentq

    if mean_delay(_thinned(scenario, _ALONE)) is None:
        return None
    value = float(scenario.game.value)
    route, abandonment, _ = scenario.table.whole()
    success = expectations(scenario.at_work, route.initial, route.escalation, abandonment).success

    def surplus(share: float) -> float:
        """U as a part of V between -1 and 1; -1 if more work comes than can be done."""
        delay = mean_delay(_thinned(scenario, share))
        if delay is None:
            return -1.0
        utility = value * success - delay
        return float(utility / (value + abs(utility)))

    if surplus(1.0) >= 0.0:
        return 1.0
    if surplus(_ALONE) <= 0.0:
        return 0.0
    return float(brentq(surplus, _ALONE, 1.0, xtol=1e-300, rtol=1e-14))


def participating(scenario: Scenario) -> Scenario:
    """``scenario`` with the share of users who begin, of its users as they are.

    Raises InputError, one line, where theory does not have that share.
    """
    share = share_who_begin(scenario)
    if share is None:
        exact = "there are no queues, service is exponential, or passes share a model"
        refuse("participation", "rational", f"'compulsory' unless {exact}")
    return scenario if share == 1.0 else scenario.replace(joining=Joins(share))


def expected_of_all(scenario: Scenario, expected: Expectations) -> Expectations:
    """Expectations of the scenario's tasks, declined ones included, from those of who begins."""
    return of_all(expected, participation(scenario), float(scenario.game.penalty))


def delay_of_all(scenario: Scenario) -> float | None:
    """Mean latency cost of a task (money), 0 of declined ones: `mean_delay` of those who begin."""
    share = participation(scenario)
    if share == 1.0:
        return mean_delay(scenario)
    delay = mean_delay(_thinned(scenario.replace(joining=None), max(share, _ALONE)))
    return None if delay is None else share * delay


def _thinned(scenario: Scenario, share: float) -> Scenario:
    """The same where only a share of the tasks comes."""
    if not isinstance(scenario.arrivals, Poisson):
        return scenario
    return replace(scenario, arrivals=Poisson(share * scenario.arrivals.rate))

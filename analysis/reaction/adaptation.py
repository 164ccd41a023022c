"""Who reacts to a throttle, and how: the equilibrium that a strategy induces.

Where theory has the response it is used (`analysis.reaction.exact`). Elsewhere users find it in
runs of their own, anew in every replication (`analysis.reaction.fits`), so that the noise of what
they found is in whatever is measured afterwards.
"""

import math
from dataclasses import dataclass

from analysis.reaction.exact import (
    announced,
    cost,
    is_exact,
    optimum,
    respond,
    responded,
    routings,
    stackelberg_of,
    without_queues,
)
from analysis.reaction.fits import fit
from analysis.runs.window import Window
from sim.arrivals.population import Population
from sim.checks import refuse
from sim.engine import simulate
from sim.scenario import Scenario
from sim.servers.disciplines import FCFS
from sim.servers.service_times import Exponential

MODES = ("users", "both", "none")
ROUND = 8_000  # tasks of a round in which users look for their response, at least
_DECISION = 2**31  # the replication in which a provider tries routings


@dataclass(frozen=True)
class Reaction:
    """How users respond: ``window`` is the part of each round of a search that counts; if it ends
    with a day, which starts empty, theory has nothing to say.
    """

    window: Window
    engine: str = "auto"

    def known(self, scenario: Scenario) -> bool:
        """Whether theory has the response to ``scenario``."""
        return without_queues(scenario) or (self.window.until == math.inf and is_exact(scenario))

    def __call__(self, scenario: Scenario, replication: int) -> Scenario:
        """``scenario`` with its users' response: as it stands where it is known, else a search."""
        if self.known(scenario):
            return scenario
        return fit(scenario, self.window, replication, self.engine)


_ROUNDS = Reaction(Window(ROUND))


def adapted(scenario: Scenario, adapt: str, reaction: Reaction = _ROUNDS) -> Scenario:
    """``scenario`` with the reaction of both sides to its throttle as far as it can be known.

    ``adapt`` 'users': they respond to the scenario's routing; 'both': the provider first chooses
    the routing that is cheapest with the users' response; 'none': nothing changes. Where theory
    has no response the users keep their rules, with which their search begins: ``reaction``.
    """
    if adapt not in MODES:
        refuse("adapt", adapt, "one of " + ", ".join(MODES))
    if adapt == "none":
        return scenario
    known = reaction.known(scenario)
    if adapt == "both" and known and (best := optimum(scenario)):
        return best
    if adapt == "both":
        tries = [_responded(scenario.replace(routing=each)) for each in routings(scenario)]
        return min(tries, key=lambda each: _provider_cost(each, reaction))
    return _responded(scenario) if known else scenario


def _responded(scenario: Scenario) -> Scenario:
    return responded(scenario) or scenario


def _provider_cost(scenario: Scenario, reaction: Reaction) -> float:
    """J with the users' response (money per task), of one long run where it is not known."""
    if without_queues(scenario):
        return cost(scenario)
    played = reaction.window.on(reaction(scenario, _DECISION))
    result = simulate(played, replication=_DECISION, engine=reaction.engine)
    return float(reaction.window.of(result).metrics()["provider_cost"].mean())


def baseline(scenario: Scenario) -> Scenario:
    """``scenario`` with the provider's optimal routing and the users' response to it.

    The optimum under load where that is exact; of other service times and disciplines that of
    exponential service first come, first served; of classes of users the one without load, which
    without queues is exact among the routings that are tried. Users whose response is not known
    begin with their best one to the latencies without load.
    """
    if isinstance(scenario.arrivals, Population):
        start = respond(stackelberg_of(scenario, announced(scenario)), announced(scenario))
        if not without_queues(start):
            return start
        return min((_responded(start.replace(routing=r)) for r in routings(start)), key=cost)
    usual = scenario.replace(service_time=Exponential(), discipline=FCFS())
    near = optimum(scenario) or optimum(usual)
    start = near or _responded(stackelberg_of(scenario, announced(scenario)))
    return scenario.replace(
        routing=start.offer.routing,
        abandonment=start.person.abandonment,
        joining=start.person.joining,
    )

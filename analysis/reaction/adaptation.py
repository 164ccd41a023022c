"""Who reacts to a throttle, and how: the equilibrium that a strategy induces.

Without queues and under a throttle with fixed delays the reaction is exact: Theorems 1 to 5 and A
on the effective game. Otherwise users respond to what they measure: in every round each class
best-responds to the mean sojourn per pass, the share of re-prompts that cascade and the share of
first prompts that are served elsewhere, as all users together made them so far. The population is
the mixture of the responses of all rounds: fictitious play (Brown 1951) with round n weighted by n,
the step 2/(n+1) of Frank and Wolfe (1956), which forgets the first rounds faster. Every round is a
run like those that are judged: it starts empty, and where queues are long it often shows less
waiting than the mean, so that somewhat more users stay than in an endless run.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

import agents
from agents import Cascade, Stationary, best_response, stackelberg
from agents.theorems.responses import s_0, s_high, s_low
from sim.arrivals.population import Population
from sim.checks import refuse
from sim.engine import choose, simulate
from sim.game import Game
from sim.person import Mixture
from sim.policies import Abandonment
from sim.records import Columns
from sim.scenario import Scenario
from sim.theory.markov import expectations

MODES = ("users", "both", "none")
ROUNDS = 16  # of fictitious play
_PILOT = 2**32  # replications from here on are rounds of fictitious play
_GRID = np.linspace(0.0, 1.0, 201)  # responses that users consider
_CASCADES = (0.0, 0.25, 0.5, 0.75, 1.0)  # that a provider considers beside the thresholds


@dataclass(frozen=True)
class Class:
    """Users of one kind as theory sees them: their game, and their share of the tasks."""

    game: Game
    share: float
    value_of_time: float


def adapted(scenario: Scenario, adapt: str, engine: str = "auto", runs: int = ROUNDS) -> Scenario:
    """``scenario`` with the users' or both sides' reaction to its throttle.

    ``adapt`` 'users': they respond to the scenario's routing; 'both': the provider first chooses
    the routing that is cheapest with the users' response; 'none': nothing changes. ``engine`` as in
    `sim.engine.simulate`; 'auto' counts the tasks of all ``runs`` that are to come.
    """
    if adapt not in MODES:
        refuse("adapt", adapt, "one of " + ", ".join(MODES))
    if adapt == "none":
        return scenario
    game = effective(scenario) if is_exact(scenario) else None
    if adapt == "both" and game is not None and not isinstance(scenario.arrivals, Population):
        return _equilibrium(scenario, game)
    measures = partial(_respond_to_measures, engine=engine, runs=runs)
    respond = measures if game is None else partial(_respond, game=game)
    if adapt == "users":
        return respond(scenario)
    tries = [respond(scenario.replace(routing=each)) for each in _routings(scenario)]
    return min(tries, key=partial(_provider_cost, engine=engine, runs=runs))


def baseline(scenario: Scenario, engine: str = "auto", runs: int = ROUNDS) -> Scenario:
    """``scenario`` with the routing that is optimal without queues, and the users' response to it.

    Of a single class without queues this is the Stackelberg equilibrium of the effective game.
    ``engine`` and ``runs`` as in `adapted`.
    """
    start = _equilibrium(scenario, announced(scenario))
    if isinstance(scenario.arrivals, Population):
        return adapted(start, "both" if is_exact(start) else "users", engine, runs)
    return start if is_exact(start) else adapted(start, "users", engine, runs)


def _equilibrium(scenario: Scenario, game: Game) -> Scenario:
    """The Stackelberg equilibrium of ``game``; its q* is carried, never recomputed."""
    best = stackelberg(game)
    return scenario.replace(
        routing=Cascade(best.initial, best.cascade),
        abandonment=Stationary(best.abandonment),
    )


def effective(scenario: Scenario) -> Game | None:
    """The game that users of the scenario's own value of time face; None if latencies vary."""
    return agents.effective(_alone(scenario).game, scenario.offer.throttle, scenario.value_of_time)


def announced(scenario: Scenario) -> Game:
    """The game without load, and without such delays of the throttle as vary."""
    return effective(scenario) or _alone(scenario).at_work


def _alone(scenario: Scenario) -> Scenario:
    """With the latency of a user who has each model to itself in place of one slot's."""
    offer = scenario.offer
    systems = zip(scenario.game.models, offer.disciplines, offer.slots, strict=True)
    models = tuple(replace(m, t=m.t * each.alone(slots)) for m, each, slots in systems)
    return scenario.replace(game=replace(scenario.game, models=models))


def classes(scenario: Scenario, game: Game) -> list[Class]:
    """``game``, its latencies at the scenario's value of time, with the stakes of each class."""
    arrivals = scenario.arrivals
    if not isinstance(arrivals, Population):
        return [Class(game, 1.0, scenario.value_of_time)]
    found = []
    for each in arrivals.classes:
        dearer = each.value_of_time / scenario.value_of_time
        models = tuple(replace(m, t=dearer * m.t) for m in game.models)
        own = replace(game, models=models, value=each.value)
        share = each.users * each.rate / arrivals.rate
        found.append(Class(own, share, each.value_of_time))
    return found


def is_exact(scenario: Scenario) -> bool:
    """Whether theory has the users' response: no queues, and a throttle with fixed delays."""
    unlimited = all(slots == float("inf") for slots in scenario.offer.slots)
    return unlimited and scenario.plain and effective(scenario) is not None


def _route(scenario: Scenario) -> tuple[int, float]:
    route = scenario.table.route
    assert route is not None  # a cascade: nothing else reacts
    return route.initial, route.escalation[0]


def _with_responses(scenario: Scenario, rules: list[Abandonment]) -> Scenario:
    arrivals = scenario.arrivals
    if not isinstance(arrivals, Population):
        return scenario.replace(abandonment=rules[0])
    own = (
        replace(c, person=replace(c.person or scenario.person, abandonment=rule))
        for c, rule in zip(arrivals.classes, rules, strict=True)
    )
    return scenario.replace(arrivals=Population(tuple(own)))


# --- exact


def _respond(scenario: Scenario, game: Game) -> Scenario:
    """The users' best responses to the scenario's routing in ``game``, class by class."""
    initial, s = _route(scenario)
    rules: list[Abandonment] = [
        Stationary(best_response(each.game, initial, s).q) for each in classes(scenario, game)
    ]
    return _with_responses(scenario, rules)


def _exact_cost(scenario: Scenario) -> float:
    """J of a scenario whose users respond exactly, all classes together (money per task)."""
    game = effective(scenario)
    assert game is not None
    initial, s = _route(scenario)
    people = [scenario.person]
    if isinstance(scenario.arrivals, Population):
        people = [each.person or scenario.person for each in scenario.arrivals.classes]
    own: Iterable[Any] = [person.abandonment for person in people]
    costs = [
        each.share * expectations(each.game, initial, s, rule.q).provider_cost
        for each, rule in zip(classes(scenario, game), own, strict=True)
    ]
    return float(sum(costs))


def _routings(scenario: Scenario) -> list[Cascade]:
    """What a provider considers: either model alone, a grid of s, and every class's thresholds."""
    game = announced(scenario)
    cascades = set(_CASCADES)
    for each in classes(scenario, game):
        regime = each.game.regime
        if regime == "-+":
            cascades.add(float(s_0(each.game)))
        if regime == "+-":
            cascades |= {float(s_low(each.game)), float(s_high(each.game))}
    return [Cascade(2), *(Cascade(1, s) for s in sorted(cascades))]


def _provider_cost(scenario: Scenario, engine: str, runs: int) -> float:
    if is_exact(scenario):
        return _exact_cost(scenario)
    played = simulate(scenario, engine=choose(scenario, engine, runs))
    return float(played.metrics()["provider_cost"].mean())


# --- measured


@dataclass(frozen=True)
class Measured:
    """What users of one class meet: their game with the latencies that they measured, and where.

    ``cascade``: share of failed and re-prompted passes at M1 that were followed by one at M2;
    ``elsewhere``: share of first passes that were served by M1 though M2 was asked; ``passes`` at
    each model that were measured.
    """

    game: Game
    cascade: float
    elsewhere: float
    passes: tuple[int, ...] = ()


def _respond_to_measures(scenario: Scenario, engine: str, runs: int) -> Scenario:
    present = _respond(scenario, announced(scenario))
    *_, (last, _) = fictitious_rounds(present, lambda n: n, ROUNDS, engine=engine, runs=runs)
    return last


def fictitious_rounds(
    start: Scenario,
    weight: Callable[[int], int],
    rounds: int,
    before: float | None = None,
    believe: Callable[[list[Measured]], list[Measured]] = lambda seen: seen,
    *,
    engine: str = "auto",
    runs: int = 0,
) -> Iterator[tuple[Scenario, list[float]]]:
    """The population after each round, and what each class responded in it.

    Round n counts ``weight(n)`` times: n for the step 2/(n+1), 1 for 1/n. ``before``: the q of all
    users in a round 0 that counts once; None forgets how ``start`` began. ``believe``: what each
    class takes for true when it has measured one more round; by default just that. ``engine`` as in
    `sim.engine.simulate`; 'auto' counts the tasks of the rounds, or of more ``runs`` to come.
    """
    initial, _ = _route(start)
    weights: list[Counter[float]] = [
        Counter() if before is None else Counter({before: 1}) for _ in classes(start, start.game)
    ]
    present = start
    for n in range(1, rounds + 1):
        played = choose(present, engine, max(rounds, runs))
        beliefs = believe(measure(present, _PILOT + n, played))
        answers = [response(each, initial) for each in beliefs]
        for counter, q in zip(weights, answers, strict=True):
            counter[q] += weight(n)
        present = _with_responses(present, [mixture(counter) for counter in weights])
        yield present, answers


def measure(scenario: Scenario, replication: int, engine: str = "auto") -> list[Measured]:
    """What each class of users meets in one run."""
    result = simulate(scenario, replication=replication, engine=engine, passes=True)
    tasks, passes = result.tasks, result.passes
    order = np.argsort(tasks["task"])
    place = np.searchsorted(tasks["task"], passes["task"], sorter=order)
    group = tasks["group"][order[place]]
    expected = classes(scenario, announced(scenario))
    return [
        _measured(scenario, each, {name: column[group == k] for name, column in passes.items()})
        for k, each in enumerate(expected)
    ]


def _measured(scenario: Scenario, expected: Class, passes: Columns) -> Measured:
    initial, s = _route(scenario)
    seconds = passes["waiting"] + passes["service"] + passes["throttle_delay"]
    value_of_time = expected.value_of_time
    models = expected.game.models
    own = [seconds[passes["model"] == i] for i in range(1, len(models) + 1)]
    seen = tuple(
        replace(m, t=value_of_time * float(each.mean())) if each.size else m  # as announced
        for m, each in zip(models, own, strict=True)
    )
    same = passes["task"][1:] == passes["task"][:-1]
    after = passes["model"][1:][same & (passes["model"][:-1] == 1)]
    first = passes["model"][passes["pass"] == 1]
    return Measured(
        replace(expected.game, models=seen),
        cascade=float((after == 2).mean()) if after.size else s,
        elsewhere=float((first == 1).mean()) if first.size and initial == 2 else 0.0,
        passes=tuple(each.size for each in own),
    )


def response(seen: Measured, initial: int) -> float:
    """The q of a grid with the largest utility."""
    asked = expectations(seen.game, initial, seen.cascade, _GRID).user_utility
    other = expectations(seen.game, 1, seen.cascade, _GRID).user_utility
    utility = (1 - seen.elsewhere) * asked + seen.elsewhere * other
    return float(_GRID[utility.argmax()])


def mixture(weights: Counter[float]) -> Abandonment:
    """Users who give up with probability q, in shares proportional to ``weights`` of q."""
    if len(weights) == 1:
        return Stationary(next(iter(weights)))
    total = weights.total()
    return Mixture(tuple((n / total, Stationary(q)) for q, n in sorted(weights.items())))

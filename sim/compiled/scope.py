"""What the kernel can play."""

from typing import Any

from sim.arrivals.population import Population
from sim.arrivals.streams import Bursts, Poisson
from sim.checks import speaks_for
from sim.policies import Persistence
from sim.scalars import ALL, USER, Gates, Scalar, gates, scalars
from sim.scenario import Scenario
from sim.servers.disciplines import Station
from sim.servers.service_times import Deterministic, Exponential, Lognormal

SCOPE = (
    "rules of numbers or tables, one provider, users who decline, give up, retry or lose patience, "
    "arrivals that are Poisson, in bursts or of a population, and deterministic, exponential or "
    "lognormal service"
)
OF_USERS = ("probability", "limits", "again", "joins")  # rules of a person
KINDS = (Deterministic, Exponential, Lognormal)  # the kernel's kinds of service, in its order
_MOST_REMEMBERED = 2**26  # numbers
_WIDEST = 2**8  # numbers that are remembered of a stranger


class RuleError(Exception):
    """A rule has raised an exception, or answered nonsense: SimPy can say what it was."""


def covers(scenario: Scenario) -> bool:
    """Whether the kernel can play ``scenario``: see `SCOPE`. Subclasses may do other things."""
    n = len(scenario.game.models)
    return (
        not scenario.rivals
        and scenario.work is None
        and type(scenario.arrivals) in (Poisson, Bursts, Population)
        and type(scenario.offer.service_time) in KINDS
        and all(speaks_for(d, "numbers", "server", "rank") for d in scenario.offer.disciplines)
        and gates_of(scenario) is not None
        and (scenario.table.route is not None or _routing(scenario) is not None)
        and all(_covers_person(scenario, group, n) for group in range(len(scenario.persons)))
        and _remembers_little(scenario)
    )


def gates_of(scenario: Scenario) -> Gates | None:
    """The rules of the throttle; None if it is not made of such."""
    return gates(scenario.offer.throttle, len(scenario.game.models))


def _routing(scenario: Scenario) -> tuple[Scalar, Scalar] | None:
    routing, n = scenario.offer.routing, len(scenario.game.models)
    pair: tuple[Scalar, Scalar] | None = scalars(routing, n, "first", "escalation", "learn", "init")
    return pair


def _covers_person(scenario: Scenario, group: int, models: int) -> bool:
    person = scenario.persons[group]
    others = (person.verifier, person.choice, person.loyalty, person.memory)
    if any(rule is not None for rule in others):
        return False
    probability, limits, again, joins = rules_of_class(scenario, group, models)
    return (
        (scenario.rows[group] is not None or (probability is not None and probability.of == USER))
        and (person.patience is None or limits is not None)
        and (_persistence(scenario, group) is None or again is not None)
        and (person.joining is None or joins is not None)
    )


def _persistence(scenario: Scenario, group: int) -> Persistence | None:
    """What a class of users does when turned away; None also where nobody ever is."""
    throttle = gates_of(scenario)
    return scenario.persons[group].persistence if throttle and throttle.rules else None


def rules_of_class(scenario: Scenario, group: int, models: int) -> tuple[Scalar | None, ...]:
    """How a class of users gives up (None: as a table says), waits, comes back and begins."""
    person = scenario.persons[group]
    table = scenario.rows[group] is not None
    return (
        None if table else scalars(person.abandonment, models, "probability", "learn", "init"),
        scalars(person.patience, models, "limits"),
        scalars(_persistence(scenario, group), models, "again"),
        scalars(person.joining, models, "joins"),
    )


def rules_of(scenario: Scenario) -> list[tuple[str, Scalar, int]]:
    """All rules that are asked: method, rule, and its part of the question's luck."""
    n, throttle = len(scenario.game.models), gates_of(scenario)
    assert throttle is not None
    asked = [("admit", rule, part) for rule, part, _ in throttle.rules]
    if scenario.table.route is None:
        pair = _routing(scenario)
        assert pair is not None
        asked += [("first", pair[0], 0), ("escalation", pair[1], 0)]
    for group in range(len(scenario.persons)):
        methods = zip(OF_USERS, rules_of_class(scenario, group, n), strict=True)
        asked += [(method, rule, 0) for method, rule in methods if rule is not None]
    return asked


def _remembers_little(scenario: Scenario) -> bool:
    members = scenario.arrivals.users if isinstance(scenario.arrivals, Population) else 0
    wide, whole = 0, 0
    for _, rule, _ in rules_of(scenario):
        by_user = rule.of == USER and members
        whole += rule.memory * (members if by_user else 1)
        wide += 0 if by_user or rule.of == ALL else rule.memory
    return wide <= _WIDEST and whole <= _MOST_REMEMBERED


def compile_rules(scenario: Scenario) -> None:
    """Compile what is asked; InputError, one line, for a rule of which that cannot be done."""
    from sim.compiled.rules import address

    for method, rule, _ in rules_of(scenario):
        address(method, rule.rule)


def stations(scenario: Scenario) -> list[Station]:
    """How each model serves."""
    disciplines: tuple[Any, ...] = scenario.offer.disciplines
    pairs = zip(disciplines, scenario.offer.slots, strict=True)
    return [discipline.numbers(slots) for discipline, slots in pairs]


def is_plain(scenario: Scenario) -> bool:
    """Whether tables, slots and strangers are all there is."""
    return (
        not isinstance(scenario.arrivals, Population)
        and not rules_of(scenario)
        and all(station.speed is None for station in stations(scenario))
    )

"""A scenario in numbers, for the kernel: what it can play, and how that is written down."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.arrivals.population import USER, Population
from sim.arrivals.streams import Bursts, Poisson
from sim.checks import speaks_for
from sim.person import Person
from sim.scalars import ALL, Gates, Scalar, gates, scalars
from sim.scalars import USER as OF_USER
from sim.scenario import Scenario
from sim.servers.disciplines import Station
from sim.servers.service_times import Deterministic, Exponential, Lognormal
from sim.summary import Totals

if TYPE_CHECKING:
    from sim.compiled import memory

SCOPE = (
    "rules of numbers or tables, one provider, users who give up, retry or lose patience, arrivals "
    "that are Poisson, in bursts or of a population, and deterministic, exponential or lognormal "
    "service"
)
ENDLESS_SLOTS = 2**62
_KINDS = (Deterministic, Exponential, Lognormal)  # the kernel's kinds of service, in its order
_MOST_REMEMBERED = 2**26  # numbers
_WIDEST = 2**12  # numbers that are remembered of a stranger


class RuleFailed(Exception):
    """A rule has raised an exception, or answered nonsense: SimPy can say what it was."""


def covers(scenario: Scenario) -> bool:
    """Whether the kernel can play ``scenario``: see `SCOPE`. Subclasses may do other things."""
    n = len(scenario.game.models)
    return (
        not scenario.rivals
        and scenario.work is None
        and type(scenario.arrivals) in (Poisson, Bursts, Population)
        and type(scenario.offer.service_time) in _KINDS
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
    others = (person.joining, person.verifier, person.choice, person.loyalty, person.memory)
    if any(rule is not None for rule in others):
        return False
    probability, *rest = _rules_of(scenario, group, models)
    if scenario.rows[group] is None and (probability is None or probability.of != OF_USER):
        return False
    given = (person.patience, person.persistence)
    return all(rule is None or scalar is not None for rule, scalar in zip(given, rest, strict=True))


def _rules_of(scenario: Scenario, group: int, models: int) -> tuple[Scalar | None, ...]:
    """How a class of users gives up (None: as a table says), waits and comes back."""
    person: Person = scenario.persons[group]
    table = scenario.rows[group] is not None
    return (
        None if table else scalars(person.abandonment, models, "probability", "learn", "init"),
        scalars(person.patience, models, "limits"),
        scalars(person.persistence, models, "again"),
    )


def _rules(scenario: Scenario) -> list[tuple[str, Scalar, int]]:
    """All rules that are asked: method, rule, and its part of the question's luck."""
    n, throttle = len(scenario.game.models), gates_of(scenario)
    assert throttle is not None
    asked = [("admit", rule, part) for rule, part in throttle.rules]
    if scenario.table.route is None:
        pair = _routing(scenario)
        assert pair is not None
        asked += [("first", pair[0], 0), ("escalation", pair[1], 0)]
    for group in range(len(scenario.persons)):
        methods = zip(
            ("probability", "limits", "again"), _rules_of(scenario, group, n), strict=True
        )
        asked += [(method, rule, 0) for method, rule in methods if rule is not None]
    return asked


def _remembers_little(scenario: Scenario) -> bool:
    population = scenario.arrivals if isinstance(scenario.arrivals, Population) else None
    widths = [(rule.of, rule.memory) for _, rule, _ in _rules(scenario)]
    wide = sum(width for of, width in widths if population is None or of not in (OF_USER, ALL))
    whole = sum(
        width * (population.users if population and of == OF_USER else 1) for of, width in widths
    )
    return wide <= _WIDEST and whole <= _MOST_REMEMBERED


def compile_rules(scenario: Scenario) -> None:
    """Compile what is asked; InputError, one line, for a rule of which that cannot be done."""
    from sim.compiled.rules import address

    for method, rule, _ in _rules(scenario):
        address(method, rule.rule)


# --- numbers


def rules(scenario: Scenario, replication: int) -> "memory.Rules":
    """What the kernel is told of the game and its arrivals."""
    from sim.compiled import memory

    route = scenario.table.route
    arrivals, service = scenario.arrivals, scenario.offer.service_time
    size = float(arrivals.size) if isinstance(arrivals, Bursts) else 1.0
    horizon = float(scenario.horizon)
    return memory.Rules(
        seed=np.uint64(scenario.seed),
        replication=np.uint64(replication),
        tasks=int(scenario.tasks),
        bursts=_bursts(arrivals),
        size=size,
        horizon=horizon if horizon < math.inf else math.nan,
        kind=_KINDS.index(type(service)),
        variance=service.variance if isinstance(service, Lognormal) else 0.0,
        initial=int(route.initial) if route else 1,
        value_of_time=float(scenario.value_of_time),
    )


def _bursts(arrivals: Any) -> float:
    if isinstance(arrivals, Population):
        return 1.0
    if isinstance(arrivals, Bursts):
        return float(arrivals.rate) / float(arrivals.size)
    return float(arrivals.rate)


def models(scenario: Scenario) -> Any:
    """Rows of `memory.MODEL`, that of model i at place i."""
    from sim.compiled import memory

    n, route, row = len(scenario.game.models), scenario.table.route, scenario.rows[0]
    throttle = gates_of(scenario)
    assert throttle is not None
    rows = np.zeros(n + 1, memory.MODEL)
    rows["first"] = rows["last"] = -1
    rows["p"][1:] = [float(m.p) for m in scenario.at_work.models]
    rows["mean"][1:] = scenario.service_means()
    rows["cost"][1:] = [float(m.c) for m in scenario.at_work.models]
    rows["q"][1:] = row or 0.0
    rows["s"][1:n] = route.escalation if route else 0.0
    rows["hold"][1:] = throttle.hold
    rows["slots"][1:] = [int(min(slots, ENDLESS_SLOTS)) for slots in scenario.offer.slots]
    return rows


def stations(scenario: Scenario) -> list[Station]:
    """How each model serves."""
    pairs = zip(scenario.offer.disciplines, scenario.offer.slots, strict=True)
    return [discipline.numbers(slots) for discipline, slots in pairs]


def is_plain(scenario: Scenario) -> bool:
    """Whether tables, slots and strangers are all there is."""
    return (
        not isinstance(scenario.arrivals, Population)
        and not _rules(scenario)
        and all(station.speed is None for station in stations(scenario))
    )


def more(scenario: Scenario, rows: int) -> "memory.More | None":
    """What a scenario has beyond the paper's game, with room for so many tasks; None: nothing."""
    from sim.compiled import memory
    from sim.compiled.agenda import Agenda

    if is_plain(scenario):
        return None
    n, asked = len(scenario.game.models), _rules(scenario)
    users = _users(scenario)
    table, own, by_row = _asked(asked, len(users))
    methods = [method for method, _, _ in asked]
    return memory.More(
        asked=table,
        own=own,
        gates=methods.count("admit"),
        first=methods.index("first") if "first" in methods else -1,
        escalation=methods.index("escalation") if "escalation" in methods else -1,
        patient="limits" not in methods,
        people=_people(scenario, asked),
        q=np.array([(0.0, *(row or (0.0,) * n)) for row in scenario.rows]),
        memory=np.zeros(by_row[0] + rows * by_row[1]),
        by_row=by_row,
        stations=_stations(scenario),
        queued=np.zeros(n + 1, np.int64),
        serving=np.zeros(n + 1, np.int64),
        lines=memory.Lines(
            *(np.zeros((n + 1, rows), np.int64) for _ in range(3)), np.zeros(n + 1, np.int64)
        ),
        heap=memory.Heap(
            *(np.zeros((n + 1, rows), kind) for kind in (np.float64, np.int64, np.int64))
        ),
        rows=np.zeros(rows, memory.MORE_ROW),
        sources=Agenda.empty(power_of_two(len(users))),
        users=users,
        last_source=np.zeros(1),
        who=np.zeros((3, 0), np.int64),
    )


def power_of_two(least: int) -> int:
    """The first power of 2 that is not below ``least``."""
    return 1 << max(least - 1, 0).bit_length()


def _asked(
    asked: list[tuple[str, Scalar, int]], members: int
) -> tuple[Any, NDArray[np.float64], NDArray[np.int64]]:
    """Rows of `memory.RULE`, their parameters, and where memory by row begins and how wide it is."""
    from sim.compiled import memory
    from sim.compiled.rules import address

    table, own, widths = np.zeros(len(asked), memory.RULE), [0.0], [0, 0, 0]
    for row, (method, rule, part) in zip(table, asked, strict=True):
        of = memory.TOGETHER
        if rule.of != ALL:
            of = memory.BY_USER if members and rule.of == OF_USER else memory.BY_ROW
        row["address"], row["part"] = address(method, rule.rule), part if rule.random else -1
        row["own"], row["owns"] = len(own), len(rule.own)
        row["of"], row["place"], row["width"] = of, widths[of], rule.memory
        own += map(float, rule.own)
        widths[of] += rule.memory
    begins = np.cumsum([0, widths[0], members * widths[1]])
    table["place"] += begins[table["of"]]
    table["stride"] = np.array(widths)[table["of"]]
    return table, np.array(own), np.array([begins[2], widths[2]])


def _people(scenario: Scenario, asked: list[tuple[str, Scalar, int]]) -> Any:
    """Rows of `memory.PERSON`: where the rules of each class stand."""
    from sim.compiled import memory

    n, place = (
        len(scenario.game.models),
        sum(method in ("admit", "first", "escalation") for method, _, _ in asked),
    )
    people = np.zeros(len(scenario.persons), memory.PERSON)
    for group, person in enumerate(people):
        rules = _rules_of(scenario, group, n)
        for name, rule in zip(("probability", "limits", "again"), rules, strict=True):
            person[name] = -1 if rule is None else place
            place += rule is not None
        person["born"] = rules[0] is not None and rules[0].random and rules[0].memory > 0
    people["value_of_time"] = stakes(scenario)
    return people


def stakes(scenario: Scenario) -> list[float]:
    """What a second is worth to each class of users."""
    if isinstance(scenario.arrivals, Population):
        return [float(kind.value_of_time) for kind in scenario.arrivals.classes]
    return [float(scenario.value_of_time)]


def _stations(scenario: Scenario) -> Any:
    from sim.compiled import memory

    rows = np.zeros(len(scenario.game.models) + 1, memory.STATION)
    for row, station in zip(rows[1:], stations(scenario), strict=True):
        row["room"] = int(min(station.room, ENDLESS_SLOTS))
        row["by_class"], row["shared"] = station.by_class, station.speed is not None
        row["a"], row["b"], row["c"] = station.speed or (0.0, 0.0, 1.0)
    return rows


def _users(scenario: Scenario) -> Any:
    """Rows of `memory.SOURCE`, one per member of a population."""
    from sim.compiled import memory

    if not isinstance(scenario.arrivals, Population):
        return np.zeros(0, memory.SOURCE)
    users = np.zeros(scenario.arrivals.users, memory.SOURCE)
    users["group"] = np.repeat(
        np.arange(len(scenario.arrivals.classes)),
        [kind.users for kind in scenario.arrivals.classes],
    )
    users["rate"] = np.array([float(kind.rate) for kind in scenario.arrivals.classes])[
        users["group"]
    ]
    users["next"] = np.arange(len(users)) * USER
    return users


def totals(scenario: Scenario) -> Totals:
    """Empty totals, one per class, of as many tasks as are expected of it."""
    arrivals = scenario.arrivals
    shares = [1.0]
    if isinstance(arrivals, Population):
        shares = [kind.users * kind.rate / arrivals.rate for kind in arrivals.classes]
    parts = [Totals.empty(int(share * scenario.tasks)) for share in shares]
    return Totals(*(np.stack(column) for column in zip(*parts, strict=True)))

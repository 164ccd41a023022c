"""A scenario in numbers, for the kernel."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.arrivals.population import USER as NUMBERS_OF_A_USER
from sim.arrivals.population import Population
from sim.arrivals.streams import Bursts
from sim.compiled.scope import (
    KINDS,
    OF_USERS,
    gates_of,
    is_plain,
    rules_of,
    rules_of_class,
    stations,
)
from sim.scalars import ALL, USER, Scalar
from sim.scenario import Scenario
from sim.servers.service_times import Lognormal
from sim.summary import Totals

if TYPE_CHECKING:
    from sim.compiled import memory

ENDLESS_SLOTS = 2**62


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
        kind=KINDS.index(type(service)),
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


def more(scenario: Scenario, rows: int) -> "memory.More | None":
    """What a scenario has beyond the paper's game, with room for so many tasks; None: nothing."""
    from sim.compiled import memory
    from sim.compiled.agenda import Agenda

    if is_plain(scenario):
        return None
    n, asked = len(scenario.game.models), rules_of(scenario)
    users = _users(scenario)
    table, own, by_row = _asked(asked, len(users))
    methods = [method for method, _, _ in asked]
    table["group"][: methods.count("admit")] = _groups(scenario)
    return memory.More(
        asked=table,
        own=own,
        gates=methods.count("admit"),
        first=methods.index("first") if "first" in methods else -1,
        escalation=methods.index("escalation") if "escalation" in methods else -1,
        patient="limits" not in methods,
        eager="joins" not in methods,
        people=_people(scenario, asked),
        q=np.array([(0.0, *(row or (0.0,) * n)) for row in scenario.rows]),
        memory=np.zeros(by_row[0] + rows * by_row[1]),
        by_row=by_row,
        stations=_stations(scenario),
        queued=np.zeros(n + 1, np.int64),
        serving=np.zeros(n + 1, np.int64),
        lines=_lines(n + 1, rows),
        heap=_heap(n + 1, rows),
        rows=np.zeros(rows, memory.MORE_ROW),
        sources=Agenda.empty(power_of_two(len(users))),
        users=users,
        last_source=np.zeros(1),
        who=np.zeros((3, 0), np.int64),
    )


def _lines(models: int, rows: int) -> "memory.Lines":
    from sim.compiled import memory

    shape = models, rows
    ranks, first, last = (np.zeros(shape, np.int64) for _ in range(3))
    return memory.Lines(ranks, first, last, np.zeros(models, np.int64))


def _heap(models: int, rows: int) -> "memory.Heap":
    from sim.compiled import memory

    shape = models, rows
    return memory.Heap(np.zeros(shape), np.zeros(shape, np.int64), np.zeros(shape, np.int64))


def power_of_two(least: int) -> int:
    """The first power of 2 that is not below ``least``."""
    return 1 << max(least - 1, 0).bit_length()


def _asked(
    asked: list[tuple[str, Scalar, int]], members: int
) -> tuple[Any, NDArray[np.float64], NDArray[np.int64]]:
    """Rows of `memory.RULE`, their parameters; where memory by row begins, and how wide it is."""
    from sim.compiled import memory
    from sim.compiled.rules import address

    table, own, widths = np.zeros(len(asked), memory.RULE), [0.0], [0, 0, 0]
    for row, (method, rule, part) in zip(table, asked, strict=True):
        of = memory.TOGETHER
        if rule.of != ALL:
            of = memory.BY_USER if members and rule.of == USER else memory.BY_ROW
        row["address"], row["part"] = address(method, rule.rule), part if rule.random else -1
        row["own"], row["owns"] = len(own), len(rule.own)
        row["of"], row["place"], row["width"] = of, widths[of], rule.memory
        own += map(float, rule.own)
        widths[of] += rule.memory
    begins = np.cumsum([0, widths[0], members * widths[1]])
    table["place"] += begins[table["of"]]
    table["stride"] = np.array(widths)[table["of"]]
    return table, np.array(own), np.array([begins[2], widths[2]])


def _groups(scenario: Scenario) -> list[int]:
    """The class that each rule of the throttle is asked about."""
    throttle = gates_of(scenario)
    assert throttle is not None
    return [group for _, _, group in throttle.rules]


def _people(scenario: Scenario, asked: list[tuple[str, Scalar, int]]) -> Any:
    """Rows of `memory.PERSON`: where the rules of each class stand."""
    from sim.compiled import memory

    n = len(scenario.game.models)
    place = sum(method in ("admit", "first", "escalation") for method, _, _ in asked)
    people = np.zeros(len(scenario.persons), memory.PERSON)
    for group, person in enumerate(people):
        rules = rules_of_class(scenario, group, n)
        for name, rule in zip(OF_USERS, rules, strict=True):
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
    users["next"] = np.arange(len(users)) * NUMBERS_OF_A_USER
    return users


def totals(scenario: Scenario) -> Totals:
    """Empty totals, one per class, of as many tasks as are expected of it."""
    arrivals = scenario.arrivals
    shares = [1.0]
    if isinstance(arrivals, Population):
        shares = [kind.users * kind.rate / arrivals.rate for kind in arrivals.classes]
    parts = [Totals.empty(int(share * scenario.tasks)) for share in shares]
    return Totals(*(np.stack(column) for column in zip(*parts, strict=True)))

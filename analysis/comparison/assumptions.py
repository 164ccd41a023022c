"""What a comparison assumes, in words: the game, who comes, what serves them, and who reacts."""

from dataclasses import asdict
from math import inf

from agents import BackOff, GoesAway, WhileWorth
from analysis.comparison.outcome import Comparison
from analysis.comparison.verdict import counted
from analysis.comparison.words import listed, quoted
from analysis.theory.relaxation import arrival_rate
from sim.arrivals.population import Population, UserClass
from sim.scenario import Scenario

_ADAPT = {
    "users": "users react to every strategy; the provider keeps the routing that is best without",
    "both": "users react to every strategy, and the provider chooses the best routing for each",
    "none": "nobody has reacted yet: users and provider do what is best without a strategy",
}
_HOUR = 3600
Row = tuple[str, str]


def headline(comparison: Comparison, game: str | None) -> str:
    """Game, traffic and slots in a line."""
    start = _start(comparison)
    return " · ".join((game or "a game of your own", _traffic(start), f"slots: {_slots(start)}"))


def assumptions(comparison: Comparison, game: str | None, adapt: str | None) -> list[Row]:
    """What is assumed, a row each: its name and what it is."""
    start = _start(comparison)
    persons = start.persons
    declines = any(person.joining is not None for person in persons)
    return [
        ("game", game or "given by its numbers"),
        *_models(start),
        *_stakes(start),
        ("traffic", _traffic(start)),
        ("slots", _slots(start)),
        ("service", f"{_named(start.offer.service_time)}; {_discipline(start)}"),
        ("who is refused", listed(list(dict.fromkeys(_refused(p.persistence) for p in persons)))),
        ("participation", "users who expect a loss do not begin" if declines
         else "compulsory: everyone makes a first pass"),
        ("who adapts", _ADAPT.get(adapt or "", "as the scenarios say")),
        ("users' response", _response(comparison)),
        ("regret", _regret(comparison)),
        ("load", _load(comparison)),
        ("what counts", counted(comparison)),
    ]  # fmt: skip


def _start(comparison: Comparison) -> Scenario:
    scenarios = comparison.scenarios
    return scenarios[comparison.reference_strategy]


def _models(start: Scenario) -> list[Row]:
    weight = start.value_of_time
    return [
        (
            f"model M{i}",
            f"a pass solves a task with probability {model.p:.3g}, takes {model.t / weight:.3g} s "
            f"and costs ${model.c:.3g}",
        )
        for i, model in enumerate(start.game.models, start=1)
    ]


def _stakes(start: Scenario) -> list[Row]:
    game, crowd = start.game, start.arrivals
    penalty = ("unsolved task", f"costs the provider P = ${game.penalty:.3g}")
    if isinstance(crowd, Population):
        return [*((f"{kind.name} users", _kind(kind)) for kind in crowd.classes), penalty]
    return [
        ("solved task", f"is worth V = ${game.value:.3g} to its user"),
        penalty,
        ("value of time", _time(float(start.value_of_time))),
    ]


def _kind(kind: UserClass) -> str:
    hourly = kind.rate * _HOUR
    return (
        f"{kind.users}, {hourly:.3g} tasks per hour each, V = ${kind.value:.3g}, value of time "
        f"{_time(kind.value_of_time)}"
    )


def _time(weight: float) -> str:
    return f"${weight:.3g} per second"


def _traffic(start: Scenario) -> str:
    crowd = start.arrivals
    if isinstance(crowd, Population):
        return f"{crowd.users:,} users, {crowd.rate:.3g} tasks per second together"
    rate = arrival_rate(start)
    return f"{rate:.3g} task{'s' if rate != 1 else ''} per second ({_named(crowd)})"


def _slots(start: Scenario) -> str:
    slots = start.offer.slots
    if min(slots) == inf:
        return "no limit, so nobody waits"
    counts = ("no limit" if n == inf else f"{n:g}" for n in slots)
    return listed([f"{n} at M{i}" for i, n in enumerate(counts, start=1)])


def _named(policy: object) -> str:
    """A distribution or stream in words, with its numbers.

    >>> from sim import Lognormal
    >>> _named(Lognormal(0.5))
    'lognormal (cv 0.5)'
    """
    name = type(policy).__name__
    numbers = {k: v for k, v in asdict(policy).items() if k != "rate"}  # type: ignore[call-overload]
    told = ", ".join(f"{k} {v:g}" for k, v in numbers.items())
    name = name if name == "Poisson" else name.lower()
    return f"{name} ({told})" if told else name


def _discipline(start: Scenario) -> str:
    kinds = dict.fromkeys(type(each).__name__ for each in start.offer.disciplines)
    words = {"FCFS": "first come, first served", "PriorityClasses": "by class of users"}
    return listed([words.get(kind, kind) for kind in kinds])


def _refused(persistence: object) -> str:
    match persistence:
        case None:
            return "asks again when told to, however long that is"
        case WhileWorth():
            return "asks again when told to, while the task is worth the wait"
        case GoesAway():
            return "leaves for good"
        case BackOff():
            return (
                f"backs off {persistence.first:g} s, {persistence.factor:g} times as long each "
                f"time, at most {persistence.attempts} times"
            )
    return type(persistence).__name__


def _response(comparison: Comparison) -> str:
    names = list(comparison.selection.values)
    exact = [name for name in names if comparison.known(name)]
    found = [name for name in names if name not in exact]
    if comparison.measures.reaction is None:
        return "none"
    how = "found by simulation, anew in every replication"
    if not exact or not found:
        return f"{'exact' if exact else how}, under every strategy"
    return f"exact under {quoted(exact)}; {how}, under {quoted(found)}"


def _regret(comparison: Comparison) -> str:
    """How far users may be from their best answer."""
    most = max(comparison.regret(name).high for name in comparison.selection.values)
    if comparison.measures.reaction is None:
        return "not measured"
    return f"no user gains more than {100 * most:.2g}% of V by answering otherwise"


def _load(comparison: Comparison) -> str:
    best = comparison.selection.best
    slots = _start(comparison).offer.slots
    loads = zip(comparison.utilisation(best), slots, strict=True)
    told = [
        f"M{i} {'has no limit' if count == inf else f'{100 * at.mean:.0f}%'}"
        for i, (at, count) in enumerate(loads, start=1)
    ]
    return f"{listed(told)}, under '{best}'"

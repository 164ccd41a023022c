"""One frozen record that says everything about a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Any

from sim.arrivals.population import Population
from sim.arrivals.streams import Arrivals, Poisson
from sim.checks import COUNT, HORIZON, POSITIVE, SEED, UNIT, InputError, check, check_policy, refuse
from sim.game import Game
from sim.person import Person
from sim.policies import Reworking, Routing, Throttle, Work
from sim.servers.disciplines import FCFS, Discipline, PriorityClasses
from sim.servers.service_times import Deterministic, ServiceTime
from sim.tables import Row, Table, row

_PERSON = "a Person(abandonment, ...)"
_RANKS = (Discipline.rank, PriorityClasses.rank)  # they do not look at passes


@dataclass(frozen=True)
class Offer:
    """What a provider does with the models of the game: how it routes, throttles and serves.

    ``throttle`` None: nothing stands in the way. ``slots`` per model (infinity, the default: nobody
    ever waits). ``discipline`` says how the slots serve, for all models or, as a tuple, per model.
    Raises InputError for what is no such policy.
    """

    routing: Routing
    throttle: Throttle | None = None
    slots: tuple[float, ...] = ()
    discipline: Discipline | tuple[Discipline, ...] = field(default_factory=FCFS)
    service_time: ServiceTime = field(default_factory=Deterministic)

    def __post_init__(self) -> None:
        check_policy("routing", self.routing, "first", "escalation")
        if self.throttle is not None:
            check_policy("throttle", self.throttle, "admit", "hold")
        check_policy("service time", self.service_time, "seconds")
        rules = self.discipline if isinstance(self.discipline, tuple) else (self.discipline,)
        for rule in rules:
            check_policy("discipline", rule, "server", "rank")
        if not isinstance(self.slots, tuple):
            refuse("slots", self.slots, "a tuple of numbers, one per model")

    @property
    def disciplines(self) -> tuple[Discipline, ...]:
        """How each model serves; of an offer that is part of a scenario."""
        if isinstance(self.discipline, tuple):
            return self.discipline
        return (self.discipline,) * len(self.slots)

    def at_work(self, game: Game) -> Game:
        """``game`` with its models as they really work under the throttle."""
        return self.throttle.work(game) if isinstance(self.throttle, Reworking) else game

    def for_models(self, n: int) -> "Offer":
        """This offer with the slots of ``n`` models; InputError if it does not fit them."""
        offer = self if self.slots else replace(self, slots=(float("inf"),) * n)
        if len(offer.slots) != n:
            refuse("slots", offer.slots, f"{n} numbers, one per model")
        if len(offer.disciplines) != n:
            refuse("discipline", offer.discipline, f"one, or {n}, one per model")
        pairs = zip(offer.slots, offer.disciplines, strict=True)
        for i, (slots, discipline) in enumerate(pairs, start=1):
            check(f"slots {i}", slots, discipline.allowed_slots)
        return offer


@dataclass(frozen=True)
class Scenario:
    """A game, who plays it how, and the system that it is played on.

    ``offer`` is the provider's, ``person`` the user's side; ``arrivals`` says when tasks come: a
    stream of strangers, or a `Population` whose classes have their own value, value of time and, if
    they want, person. ``value_of_time`` w in money per second: a pass at M_i is served for t_i / w
    seconds on average. ``work`` makes tasks differ (None: they do not). ``rivals`` are the offers
    of other providers, among which ``person.choice`` chooses; the provider of the results is all of
    them together. ``tasks`` arrivals, then the system runs until it is empty or, if earlier, until
    ``horizon`` seconds. The defaults make the paper's game. Raises InputError when a number is
    outside its range.

    Not arguments: ``table`` says what the policies always answer, ``tables`` the same of every
    offer, and ``rows`` when the persons of every class always give up, None where they are asked.
    """

    game: Game
    offer: Offer
    person: Person = field(default_factory=Person)
    arrivals: Arrivals | Population = field(default_factory=lambda: Poisson(1.0))
    value_of_time: float = 1.0
    work: Work | None = None
    rivals: tuple[Offer, ...] = ()
    tasks: int = 100_000
    horizon: float = float("inf")
    seed: int = 1
    table: Table = field(init=False, repr=False, compare=False)
    tables: tuple[Table, ...] = field(init=False, repr=False, compare=False)
    rows: tuple[Row | None, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.game, Game):
            refuse("game", self.game, "a Game")
        n = len(self.game.models)
        if self.game.shape != ():
            refuse("game", "arrays", "a single game to be simulated")
        self._check_sides()
        object.__setattr__(self, "offer", self.offer.for_models(n))
        object.__setattr__(self, "rivals", tuple(rival.for_models(n) for rival in self.rivals))
        own, *_ = tables = tuple(
            Table.of(offer.routing, self.person.abandonment, offer.throttle, n)
            for offer in self.offers
        )
        object.__setattr__(self, "table", own)
        object.__setattr__(self, "tables", tables)
        rows = tuple(row(person.abandonment, n, UNIT, "probability") for person in self.persons)
        object.__setattr__(self, "rows", rows)
        check("value of time", self.value_of_time, POSITIVE)
        self.service_means()  # nor does a throttle whose work does not fit the game wait
        check("tasks", self.tasks, COUNT)
        check("seed", self.seed, SEED)
        check("horizon", self.horizon, HORIZON)

    def _check_sides(self) -> None:
        if not isinstance(self.rivals, tuple):
            refuse("rivals", self.rivals, "a tuple of offers")
        for offer in self.offers:
            if not isinstance(offer, Offer):
                refuse("offer", offer, "an Offer(routing, ...)")
        if not isinstance(self.person, Person):
            refuse("person", self.person, _PERSON)
        check_policy("arrivals", self.arrivals, "arrivals")
        if self.work is not None:
            check_policy("work", self.work, "truth", "success")
        if self.rivals and any(person.choice is None for person in self.persons):
            refuse("choice", None, "a rule by which users choose: there are rivals")

    @property
    def offers(self) -> tuple[Offer, ...]:
        """Those of all providers, the scenario's own first."""
        return (self.offer, *self.rivals)

    @property
    def persons(self) -> tuple[Person, ...]:
        """Those of all classes of users."""
        if not isinstance(self.arrivals, Population):
            return (self.person,)
        return tuple(kind.person or self.person for kind in self.arrivals.classes)

    def service_means(self, offer: Offer | None = None) -> tuple[float, ...]:
        """Mean service time of a pass at each model (seconds), of the own or another offer."""
        models = (offer or self.offer).at_work(self.game).models
        return tuple(float(m.t) / float(self.value_of_time) for m in models)

    @property
    def plain(self) -> bool:
        """Whether there is one provider, users only give up, and tasks are alike: the paper's."""
        alike = self.work is None and not self.rivals
        return alike and self.person.only_gives_up and self.person.memory is None

    @property
    def unwatched(self) -> bool:
        """Whether nobody ever looks at the passes of a task: tables answer all questions."""
        population = self.arrivals if isinstance(self.arrivals, Population) else None
        return (
            self.table.complete
            and self.plain
            and not (population and any(kind.person for kind in population.classes))
            and all(type(rule).rank in _RANKS for rule in self.offer.disciplines)
        )

    @property
    def at_work(self) -> Game:
        """The game with its models as they really work under the throttle."""
        return self.offer.at_work(self.game)

    def replace(self, **changes: Any) -> "Scenario":
        """This scenario with other values of fields: its own, those of its offer, of its person.

        >>> from agents import Cascade, Stationary
        >>> game = Game.of((0.4, 0.7), (1, 2), (0.1, 0.3), value=5, penalty=1)
        >>> scenario = Scenario(game, Offer(Cascade(1))).replace(slots=(2, 3), tasks=10)
        >>> scenario.offer.slots, scenario.replace(abandonment=Stationary(0.1)).person.abandonment
        ((2, 3), Stationary(q=0.1))
        """
        for part in ("offer", "person"):
            record = changes.pop(part, getattr(self, part))
            if not isinstance(record, Offer | Person):
                refuse(part, record, "an Offer(routing, ...)" if part == "offer" else _PERSON)
            own = {f.name: changes.pop(f.name) for f in fields(record) if f.name in changes}
            changes[part] = replace(record, **own)
        return replace(self, **changes)

    def to_dict(self) -> dict[str, Any]:
        """A tree of dicts, lists, strings and numbers that JSON can hold."""
        encoded: dict[str, Any] = encode(self)
        return encoded

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], classes: Mapping[str, type]) -> "Scenario":
        """The inverse of `to_dict`; ``classes`` names every class that ``data`` may mention."""
        own = {record.__name__: record for record in (cls, Offer, Person)}
        scenario = decode(data, {**classes, **own})
        if not isinstance(scenario, cls):
            raise InputError(f"class = {data.get('class')!r} must be 'Scenario'")
        return scenario


def encode(value: Any) -> Any:
    """Dataclasses as dicts with their class's name, tuples as lists, infinity as 'inf'."""
    if is_dataclass(value) and not isinstance(value, type):
        encoded = {f.name: encode(getattr(value, f.name)) for f in fields(value) if f.init}
        return {"class": type(value).__name__, **encoded}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if value == float("inf"):
        return "inf"
    return value


def decode(value: Any, classes: Mapping[str, type]) -> Any:
    """The inverse of `encode`. InputError for an unknown class or field."""
    if isinstance(value, Mapping):
        name = str(value.get("class"))
        if name not in classes:
            refuse("class", name, "one of " + ", ".join(sorted(classes)))
        arguments = {k: decode(v, classes) for k, v in value.items() if k != "class"}
        try:
            return classes[name](**arguments)
        except TypeError as error:
            raise InputError(f"{name}: {error}") from error
    if isinstance(value, list):
        return tuple(decode(item, classes) for item in value)
    return float("inf") if value == "inf" else value

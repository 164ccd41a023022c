"""One frozen record that says everything about a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from sim.arrivals.population import Population
from sim.arrivals.streams import Arrivals, Poisson
from sim.checks import COUNT, HORIZON, POSITIVE, SEED, InputError, check, refuse
from sim.game import Game
from sim.policies import Abandonment, Mixture, Patience, Persistence, Reworking, Routing, Throttle
from sim.servers.disciplines import FCFS, Discipline, PriorityClasses
from sim.servers.service_times import Deterministic, ServiceTime
from sim.tables import Table

_RANKS = (Discipline.rank, PriorityClasses.rank)  # they do not look at passes


@dataclass(frozen=True)
class Scenario:
    """A game, who plays it how, and the system it is played on.

    ``slots`` per model (infinity: nobody ever waits; the default); ``value_of_time`` w in money per
    second: a pass at M_i is served for t_i / w seconds on average; ``tasks`` arrivals, then the
    system runs until it is empty or, if earlier, until ``horizon`` seconds. ``patience`` None:
    nobody leaves a queue; ``persistence`` None: who is refused does as the throttle says.
    ``arrivals`` may be a `Population`, whose classes then have their own value, value of time and,
    if they want, rule for giving up. ``discipline`` says how the slots serve, for all models or, as
    a tuple, per model. ``table`` (not an argument) says what the policies always answer.
    Raises InputError when a number is outside its range.
    """

    game: Game
    routing: Routing
    abandonment: Abandonment | Mixture
    throttle: Throttle
    patience: Patience | None = None
    arrivals: Arrivals | Population = field(default_factory=lambda: Poisson(1.0))
    service_time: ServiceTime = field(default_factory=Deterministic)
    slots: tuple[float, ...] = ()
    value_of_time: float = 1.0
    tasks: int = 100_000
    horizon: float = float("inf")
    seed: int = 1
    persistence: Persistence | None = None
    discipline: Discipline | tuple[Discipline, ...] = field(default_factory=FCFS)
    table: Table = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        n = len(self.game.models)
        if self.game.shape != ():
            refuse("game", "arrays", "a single game to be simulated")
        if not self.slots:
            object.__setattr__(self, "slots", (float("inf"),) * n)
        if len(self.slots) != n:
            refuse("slots", self.slots, f"{n} numbers, one per model")
        if len(self.disciplines) != n:
            refuse("discipline", self.discipline, f"one, or {n}, one per model")
        for i, (slots, each) in enumerate(zip(self.slots, self.disciplines, strict=True), start=1):
            check(f"slots {i}", slots, each.allowed_slots)
        table = Table.of(self.routing, self.abandonment, self.throttle, n)
        object.__setattr__(self, "table", table)
        check("value of time", self.value_of_time, POSITIVE)
        self.service_means()  # nor does a throttle whose work does not fit the game wait
        check("tasks", self.tasks, COUNT)
        check("seed", self.seed, SEED)
        check("horizon", self.horizon, HORIZON)

    def service_means(self) -> tuple[float, ...]:
        """Mean service time of a pass at each model (seconds)."""
        return tuple(float(m.t) / float(self.value_of_time) for m in self.at_work.models)

    @property
    def disciplines(self) -> tuple[Discipline, ...]:
        """How each model serves."""
        if isinstance(self.discipline, tuple):
            return self.discipline
        return (self.discipline,) * len(self.game.models)

    @property
    def unwatched(self) -> bool:
        """Whether nobody ever looks at the passes of a task: tables answer all questions."""
        population = self.arrivals if isinstance(self.arrivals, Population) else None
        return (
            self.table.complete
            and not (population and any(each.abandonment for each in population.classes))
            and self.patience is None
            and all(type(each).rank in _RANKS for each in self.disciplines)
        )

    @property
    def at_work(self) -> Game:
        """The game with its models as they really work under the throttle."""
        throttle = self.throttle
        return throttle.work(self.game) if isinstance(throttle, Reworking) else self.game

    def to_dict(self) -> dict[str, Any]:
        """A tree of dicts, lists, strings and numbers that JSON can hold."""
        encoded: dict[str, Any] = encode(self)
        return encoded

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], classes: Mapping[str, type]) -> "Scenario":
        """The inverse of `to_dict`; ``classes`` names every class that ``data`` may mention."""
        scenario = decode(data, {**classes, "Scenario": cls})
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

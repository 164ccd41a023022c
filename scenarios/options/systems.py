"""Options about who comes how often and what serves them, and what they mean."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from scenarios.options.games import F, all_of, read_game
from scenarios.options.users import persistence

if TYPE_CHECKING:
    from sim import Poisson, Population, Scenario
    from sim.servers.disciplines import Discipline
    from sim.servers.service_times import ServiceTime


UNLIMITED = (float("inf"),) * 2  # slots: nobody ever waits
_SYSTEM_OPTIONS = (
    click.option(
        "--arrival-rate",
        type=float,
        metavar="R",
        help="Tasks per second (Poisson); needed with finite slots.",
    ),
    click.option(
        "--slots",
        nargs=2,
        type=float,
        metavar="K1 K2",
        default=UNLIMITED,
        help="Slots per model, or inf.  [default: inf inf]",
    ),
    click.option(
        "--service",
        default="deterministic",
        show_default=True,
        metavar="deterministic|exponential|lognormal:CV",
        help="Service time distribution.",
    ),
)

_SERVER_OPTIONS = (
    click.option(
        "--service-rate",
        nargs=2,
        type=float,
        metavar="M1 M2",
        help="Passes per second and slot, instead of --t.",
    ),
    click.option(
        "--discipline",
        metavar="fcfs|ps|ps:CAP|batch:A,B|priority",
        help="How slots serve: first come first served (default); as one fast processor, shared by "
        "all or by CAP; as a batch with a step of A + B x its size; by class of users (one class "
        "of users here: as fcfs).",
    ),
    click.option(
        "--horizon", type=float, metavar="T", help="Stop after T seconds, whoever is in the system."
    ),
)


def system_options(command: F) -> F:
    """Add the options that describe who comes how often, and what serves them."""
    return all_of(_SYSTEM_OPTIONS, command)


def server_options(command: F) -> F:
    """Add the options that describe how fast and in which order the models serve."""
    return all_of(_SERVER_OPTIONS, command)


def service_time(text: str) -> "ServiceTime":
    """The distribution called ``text``: deterministic, exponential or lognormal:CV.

    >>> service_time("lognormal:0.5")
    Lognormal(cv=0.5)
    """
    from sim.checks import refuse
    from sim.servers.service_times import Deterministic, Exponential, Lognormal

    name, _, number = text.partition(":")
    fixed: dict[str, type[ServiceTime]] = {
        "deterministic": Deterministic,
        "exponential": Exponential,
    }
    try:
        return Lognormal(float(number)) if name == "lognormal" else fixed[text]()
    except (KeyError, ValueError):
        allowed = "deterministic, exponential or lognormal:CV with CV greater than 0"
        refuse("service", text, allowed)


def read_discipline(text: str) -> "Discipline":
    """The discipline called ``text``: fcfs, ps, ps:CAP, batch:A,B or priority.

    >>> read_discipline("batch:3,1")
    Batching(a=3.0, b=1.0)
    """
    from sim.checks import refuse
    from sim.servers.disciplines import FCFS, Batching, PriorityClasses, ProcessorSharing

    makers: dict[str, tuple[Callable[..., Discipline], tuple[int, ...]]] = {
        "fcfs": (FCFS, (0,)),
        "ps": (ProcessorSharing, (0, 1)),
        "batch": (Batching, (2,)),
        "priority": (PriorityClasses, (0,)),
    }
    name, colon, rest = text.partition(":")
    try:
        maker, counts = makers[name]
        numbers = [float(number) for number in rest.split(",")] if colon else []
        if len(numbers) not in counts:
            raise ValueError
    except (KeyError, ValueError):
        refuse("discipline", text, "fcfs, ps, ps:CAP, batch:A,B or priority")
    return maker(*numbers)


def read_system(
    *,
    arrival_rate: float | None,
    slots: tuple[float, float],
    service: str,
    population: str | None,
    refused: str,
    seed: int,
    tasks: int = 1,
    **game: Any,
) -> "Scenario":
    """The scenario of the options without a throttle; nobody has optimised yet."""
    from agents import Cascade, NoThrottle, Stationary
    from sim import Offer, Person, Scenario

    arrivals = _arrivals(arrival_rate, population, slots)
    solved, value_of_time = read_game(**game)
    worth = float(solved.value) / value_of_time
    return Scenario(
        solved,
        Offer(Cascade(1), NoThrottle(), slots=slots, service_time=service_time(service)),
        Person(Stationary(0.0), persistence=persistence(refused, worth)),
        arrivals,
        value_of_time=value_of_time,
        tasks=tasks,
        seed=seed,
    )


def _arrivals(
    rate: float | None, population: str | None, slots: tuple[float, float]
) -> "Poisson | Population":
    from agents.throttling.texts import read_population
    from sim import Poisson

    if population is not None:
        if rate is not None:
            raise click.UsageError("--population goes without --arrival-rate: classes have rates")
        return read_population(population)
    if rate is None and slots != UNLIMITED:
        raise click.UsageError(
            "missing --arrival-rate R or --population: finite --slots need one of them"
        )
    return Poisson(1.0 if rate is None else rate)

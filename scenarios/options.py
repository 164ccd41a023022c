"""Option texts and what they mean, for parsing and for printing.

Nothing heavy is imported before a command runs: `queuit --help` must feel instant.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from sim.disciplines import Discipline
    from sim.game import Game
    from sim.policies import Persistence
    from sim.population import Population, UserClass
    from sim.service_times import ServiceTime

F = TypeVar("F", bound=Callable[..., Any])

_GAME_OPTIONS = (
    click.option("--game", "name", metavar="NAME", help="A reference game (R1 ... R14) or a pair."),
    click.option("--p", nargs=2, type=float, metavar="P1 P2", help="Success probability per pass."),
    click.option("--t", nargs=2, type=float, metavar="T1 T2", help="Latency cost per pass, money."),
    click.option("--c", nargs=2, type=float, metavar="C1 C2", help="Service cost per pass, money."),
    click.option("--value", type=float, metavar="V", help="Value of a solved task, money."),
    click.option("--penalty", type=float, metavar="P", help="Cost of an unsolved task, money."),
)
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


def game_options(command: F) -> F:
    """Add the options that describe a game."""
    return _all_of(_GAME_OPTIONS, command)


def system_options(command: F) -> F:
    """Add the options that describe who comes how often, and what serves them."""
    return _all_of(_SYSTEM_OPTIONS, command)


def _all_of(options: tuple[Callable[[Any], Any], ...], command: F) -> F:
    for option in reversed(options):
        command = option(command)
    return command


def server_options(command: F) -> F:
    """Add the options that describe how fast and in which order the models serve."""
    for option in reversed(_SERVER_OPTIONS):
        command = option(command)
    return command


seed_option = click.option(
    "--seed", type=int, default=1, show_default=True, help="From 0 to 2^64 - 1."
)
workers_option = click.option(
    "--workers", type=int, help="Processes; 1 stays in this one.  [default: one per core]"
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, full precision.")


def read_game(
    name: str | None,
    p: tuple[float, float] | None,
    t: tuple[float, float] | None,
    c: tuple[float, float] | None,
    value: float | None,
    penalty: float | None,
    service_rate: tuple[float, float] | None = None,
) -> tuple["Game", float]:
    """The game that the options describe, and its value of time (money per second).

    With --game, the other options replace what they name. A service rate replaces t by value of
    time / rate: a pass takes 1 / rate seconds on average.
    """
    from analysis.catalogue import named
    from sim.game import Game

    base, value_of_time = (None, 1.0) if name is None else named(name)
    if service_rate is not None:
        t = _latency_costs(t, service_rate, value_of_time)
    given = {"--p": p, "--t": t, "--c": c, "--value": value, "--penalty": penalty}
    if base is None:
        missing = [option for option, number in given.items() if number is None]
        if missing:
            raise click.UsageError(f"missing {', '.join(missing)} (or --game NAME)")
        game = Game.of(p or (), t or (), c or (), value, penalty)
    else:
        game = Game.of(
            p or tuple(m.p for m in base.models),
            t or tuple(m.t for m in base.models),
            c or tuple(m.c for m in base.models),
            base.value if value is None else value,
            base.penalty if penalty is None else penalty,
        )
    game.pair()
    return game, value_of_time


def _latency_costs(
    t: tuple[float, float] | None, rates: tuple[float, float], value_of_time: float
) -> tuple[float, float]:
    from sim.checks import POSITIVE, check

    if t is not None:
        raise click.UsageError("--service-rate replaces --t: give one of the two")
    for i, rate in enumerate(rates, start=1):
        check(f"service rate {i}", rate, POSITIVE)
    return value_of_time / rates[0], value_of_time / rates[1]


def service_time(text: str) -> "ServiceTime":
    """The distribution called ``text``: deterministic, exponential or lognormal:CV.

    >>> service_time("lognormal:0.5")
    Lognormal(cv=0.5)
    """
    from sim.checks import refuse
    from sim.service_times import Deterministic, Exponential, Lognormal

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
    from sim.disciplines import FCFS, Batching, PriorityClasses, ProcessorSharing

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


def population(text: str) -> "Population":
    """Classes of users, comma between them: name:users:rate of each:V:value of time.

    The rate is a number per s, min, h or d; V in money, the value of time in money per second.

    >>> crowd = population("free:80:2/h:1:0.01,paid:20:10/h:3:0.05")
    >>> crowd.users, round(3600 * crowd.rate)
    (100, 360)
    """
    from sim.population import Population

    return Population(tuple(_user_class(part) for part in text.split(",")))


def _user_class(text: str) -> "UserClass":
    from scenarios.strategies import UNITS, per_second
    from sim.checks import refuse
    from sim.population import UserClass

    try:
        name, users, rate, value, value_of_time = text.strip().split(":")
        numbers = (int(users), per_second(rate)[0], float(value), float(value_of_time))
    except ValueError:
        refuse("population", text, "CLASS:USERS:RATE/UNIT:V:W, unit one of " + ", ".join(UNITS))
    return UserClass(name, *numbers)


_BACK_OFF: dict[str, Callable[[str], Any]] = {"first": float, "factor": float, "attempts": int}


def persistence(text: str) -> "Persistence | None":
    """What refused users do: obey (None), leave, or back off FIRST[:FACTOR[:ATTEMPTS]].

    >>> persistence("60:2:5")  # seconds at first, twice as long each time, at most five times
    BackOff(first=60.0, factor=2.0, attempts=5)
    """
    from agents import BackOff, GoesAway
    from sim.checks import refuse

    if text in ("obey", "leave"):
        return GoesAway() if text == "leave" else None
    parts = text.split(":")
    try:
        if len(parts) > len(_BACK_OFF):
            raise ValueError
        pairs = zip(_BACK_OFF.items(), parts, strict=False)
        numbers = {name: number(part) for (name, number), part in pairs}
    except ValueError:
        refuse("refused", text, "leave, obey or FIRST[:FACTOR[:ATTEMPTS]] (seconds of back-off)")
    return BackOff(**numbers)


# every class that a stored scenario may name
_POLICIES = (
    "AddedDelay", "BackOff", "BestResponse", "Cap", "Cascade", "Downgrade", "Effort",
    "FixedPatience", "FixedRetry", "GoesAway", "Layers", "LoadDelay", "NoThrottle", "Optimal",
    "PeakMeter", "Priority", "QueueLimit", "RateLimit", "ShortestQueue", "SlowService",
    "Stackelberg", "Static", "Stationary",
)  # fmt: skip
_PARTS = (
    "Batching", "Bursts", "Deterministic", "Exponential", "FCFS", "Game", "Lognormal",
    "Mixture", "Model", "Poisson", "Population", "PriorityClasses", "ProcessorSharing",
    "UserClass",
)  # fmt: skip


def policy_classes() -> dict[str, type]:
    """Every class that a stored scenario may name."""
    import agents
    import sim

    policies = {name: getattr(agents, name) for name in _POLICIES}
    return policies | {name: getattr(sim, name) for name in _PARTS}

"""Throttling strategies, and classes of users, as texts; one table for parsing and for help."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.theorems.effective import effective
from agents.throttling import (
    AddedDelay,
    Cap,
    Downgrade,
    Effort,
    Layers,
    LoadDelay,
    NoThrottle,
    Optimal,
    PeakMeter,
    PerClass,
    Priority,
    QueueLimit,
    RateLimit,
    SlowService,
)
from sim.arrivals.population import Population, UserClass
from sim.checks import InputError, refuse
from sim.game import Game
from sim.policies import Throttle

UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


@dataclass(frozen=True)
class Setting:
    """What a text is read for: money becomes seconds by ``value_of_time`` (money per second)."""

    game: Game
    value_of_time: float
    classes: Sequence[UserClass]


@dataclass(frozen=True)
class Strategy:
    """One row of the table: the ``form`` of the text, what it ``does``, and what builds it.

    ``build(arguments, setting)`` gets what stands behind the name; ValueError: not of the form.
    """

    form: str
    does: str
    build: Callable[[str, Setting], Throttle]

    @property
    def name(self) -> str:
        """The word that the text begins with."""
        return self.form.partition(":")[0]


def parse(
    text: str, game: Game, value_of_time: float = 1.0, classes: Sequence[UserClass] = ()
) -> Throttle:
    """The throttle that ``text`` describes; layers are joined by +, the outermost first.

    ``optimal`` solves the ``game`` as the other layers leave it, if that is exact. ``classes`` are
    those of the population, for ``priority`` and for CLASS=STRATEGY,CLASS=STRATEGY, where nothing
    is in the way of a class that is not named. InputError, one line, for anything else.

    >>> from sim import Game
    >>> game = Game.of((0.4, 0.7), (0.2, 0.5), (0.1, 0.3), value=2, penalty=1)
    >>> parse("cap:160/3h:fallback", game)
    Cap(limit=160, window=10800.0, fallback=True)
    >>> parse("added-delay:0.5/2", game, value_of_time=0.1)
    AddedDelay(seconds=(5.0, 20.0))
    """
    setting = Setting(game, value_of_time, classes)
    return _per_class(text, setting) if named(text) else _stack(text, setting)


def named(text: str) -> str:
    """The class that ``text`` begins with, as in CLASS=STRATEGY; empty if it does not.

    >>> named("free=rate-limit:10/h:burst=2"), named("rate-limit:10/h:burst=2")
    ('free', '')
    """
    return text.partition("=")[0].strip() if re.match("[^:,+]+=", text) else ""


def _per_class(text: str, setting: Setting) -> Throttle:
    found: dict[int, Throttle] = {}
    try:
        for part in text.split(","):
            place = _place(named(part) or part.strip(), setting)
            if place in found:
                refuse("class", named(part), "named once")
            found[place] = _stack(part.partition("=")[2], setting)
        throttle = PerClass(tuple(found.get(i, NoThrottle()) for i in range(max(found) + 1)))
        throttle.work(setting.game)  # one that changes it says so now
    except InputError as error:
        raise InputError(f"strategy = {text!r}: {error}") from error
    return throttle


def _stack(text: str, setting: Setting) -> Throttle:
    """The layers that ``text`` describes."""
    game, value_of_time = setting.game, setting.value_of_time
    words = text.strip().split("+")
    layers = {i: _layer(w, text, setting) for i, w in enumerate(words) if w != "optimal"}
    if len(layers) < len(words):
        rest = Layers(tuple(layers.values())) if layers else None
        game = (effective(game, rest, value_of_time) if rest else None) or game
        setting = replace(setting, game=game)
        layers |= {i: _layer(w, text, setting) for i, w in enumerate(words) if w == "optimal"}
    stack = tuple(layers[i] for i in range(len(words)))
    return stack[0] if len(stack) == 1 else Layers(stack)


def describe() -> str:
    """The table, one line per strategy.

    >>> print(describe().splitlines()[0])
    none                                no throttle
    """
    rows = [(strategy.form, strategy.does) for strategy in STRATEGIES]
    rows.append(("CLASS=S,CLASS=S", "another of these for each class of users"))
    return "\n".join(f"{form:<36}{does}" for form, does in rows)


def _layer(word: str, text: str, setting: Setting) -> Throttle:
    name, colon, arguments = word.partition(":")
    known = {strategy.name: strategy for strategy in STRATEGIES}
    if name not in known:
        allowed = f"layers joined by +, each one of {', '.join(known)}"
        refuse("strategy", text, allowed)
    strategy = known[name]
    try:
        if bool(colon) != (":" in strategy.form):
            raise ValueError
        return strategy.build(arguments, setting)
    except InputError as error:
        raise InputError(f"strategy = {text!r}: {error}") from error
    except (ValueError, OverflowError):
        raise InputError(f"strategy = {text!r} must be of the form {strategy.form}") from None


def _added_delay(arguments: str, setting: Setting) -> Throttle:
    return AddedDelay(tuple(d / setting.value_of_time for d in _per_model(arguments, setting)))


def _effort(arguments: str, setting: Setting) -> Throttle:
    share, slash, p = arguments.partition("/")
    effort = Effort(_number(share), _number(p) if slash else None)
    effort.work(setting.game)  # a p above the game's says so now
    return effort


def _peak_meter(arguments: str, setting: Setting) -> Throttle:
    rate, hours = arguments.split("@")
    start, end = hours.split("-")
    return PeakMeter(per_second(rate)[0], _number(start), _number(end))


def _priority(arguments: str, setting: Setting) -> Throttle:
    return Priority((_place(arguments, setting),))


def _place(name: str, setting: Setting) -> int:
    """The number of a class, from 0."""
    names = [users.name for users in setting.classes]
    if name not in names:
        allowed = f"one of {', '.join(names)}" if names else "a class of the population"
        refuse("class", name, allowed)
    return names.index(name)


def _rate_limit(arguments: str, setting: Setting) -> Throttle:
    first, *rest = arguments.split(":")
    rate, amount = per_second(first)
    burst = max(1, math.floor(amount)) if math.isfinite(amount) else 1
    if rest and rest[0].startswith("burst="):
        burst = int(rest.pop(0).removeprefix("burst="))
    if rest not in ([], ["wait"]):
        raise ValueError
    return RateLimit(rate, burst, wait=bool(rest))


def _cap(arguments: str, setting: Setting) -> Throttle:
    first, *rest = arguments.split(":")
    limit, window = first.split("/")
    if rest not in ([], ["fallback"]):
        raise ValueError
    return Cap(int(limit), _seconds(window), fallback=bool(rest))


STRATEGIES = (
    Strategy("none", "no throttle", lambda text, setting: NoThrottle()),
    Strategy("added-delay:D or D1/D2", "hold answers back; money, like --t", _added_delay),
    Strategy(
        "slow-service:F or F1/F2",
        "passes take F >= 1 times as long",
        lambda text, setting: SlowService(_per_model(text, setting)),
    ),
    Strategy(
        "load-delay:D",
        "enter D (money) later per pass that waits",
        lambda text, setting: LoadDelay(_number(text) / setting.value_of_time),
    ),
    Strategy(
        "queue-limit:N",
        "refuse while N passes wait at the model",
        lambda text, setting: QueueLimit(int(text)),
    ),
    Strategy(
        "downgrade:N",
        "to M1 while N passes wait at the model",
        lambda text, setting: Downgrade(int(text)),
    ),
    Strategy("effort:SHARE or SHARE/P", "M2 thinks only a share, and solves P", _effort),
    Strategy("peak-meter:RATE@FROM-TO", "one prompt per 1/RATE in hours FROM-TO", _peak_meter),
    Strategy("priority:CLASS", "a class of users goes first", _priority),
    Strategy("rate-limit:N/UNIT[:burst=B][:wait]", "token bucket per user, of B = N", _rate_limit),
    Strategy("cap:N/WINDOW[:fallback]", "N prompts per window, then refuse or M1", _cap),
    Strategy(
        "optimal",
        "the added delays that cost least",
        lambda text, setting: Optimal(setting.game, setting.value_of_time),
    ),
)


def _number(text: str) -> float:
    if not re.fullmatch(r"[-+0-9.eE]+", text):  # float takes more than a person would write
        raise ValueError
    return float(text)


def _per_model(text: str, setting: Setting) -> tuple[float, ...]:
    """One number for all models, or one for each."""
    numbers = [_number(word) for word in text.split("/")]
    models = len(setting.game.models)
    if len(numbers) not in (1, models):
        raise ValueError
    return tuple(numbers * models if len(numbers) == 1 else numbers)


def per_second(text: str) -> tuple[float, float]:
    """N/UNIT as a number per second, and N."""
    number, unit = text.split("/")
    if unit not in UNITS:
        raise InputError(f"unit = {unit!r} must be one of {', '.join(UNITS)}")
    amount = _number(number)
    return amount / UNITS[unit], amount


def _seconds(text: str) -> float:
    """A time such as 30s, 5min, 3h or 1d."""
    parts: Any = re.fullmatch(r"([0-9.eE]+?)([a-z]+)", text)
    if not parts or parts[2] not in UNITS:
        raise InputError(f"window = {text!r} must be a number with one of {', '.join(UNITS)}")
    return _number(parts[1]) * UNITS[parts[2]]


def read_population(text: str) -> Population:
    """Classes of users, comma between them: name:users:rate of each:V:value of time.

    The rate is a number per s, min, h or d; V in money, the value of time in money per second.

    >>> population = read_population("free:80:2/h:1:0.01,paid:20:10/h:3:0.05")
    >>> population.users, round(3600 * population.rate)
    (100, 360)
    """
    return Population(tuple(_user_class(part) for part in text.split(",")))


def _user_class(text: str) -> UserClass:
    try:
        name, users, rate, value, value_of_time = text.strip().split(":")
        numbers = (int(users), per_second(rate)[0], float(value), float(value_of_time))
    except ValueError:
        refuse("population", text, "CLASS:USERS:RATE/UNIT:V:W, unit one of " + ", ".join(UNITS))
    return UserClass(name, *numbers)

"""Which strategies are compared, by their texts; the default ones of a system."""

from agents.throttling.texts import named, parse
from sim.arrivals.population import Population
from sim.checks import InputError, refuse
from sim.game import Game
from sim.policies import Throttle
from sim.scenario import Scenario

_EFFORT = 0.5  # of the thinking, if that leaves M2 the better model


def read_strategies(text: str | None, scenario: Scenario) -> dict[str, Throttle]:
    """The throttles of a list of strategies by their names; None: `defaults`."""
    names = defaults(scenario) if text is None else split(text)
    if not any(names):
        refuse("strategies", text, "at least one strategy")
    twice = [name for i, name in enumerate(names) if name in names[:i]]
    if twice:
        refuse("strategies", twice[0], "named once")
    arrivals = scenario.arrivals
    classes = arrivals.classes if isinstance(arrivals, Population) else ()
    value_of_time = scenario.value_of_time
    throttles = {name: parse(name, scenario.game, value_of_time, classes) for name in names}
    for name, throttle in throttles.items():
        _check_pair(name, scenario.replace(throttle=throttle).at_work)
    return throttles


def split(text: str) -> list[str]:
    """The strategies of a list with commas; CLASS=S goes on with CLASS=S of other classes.

    >>> split("none,free=rate-limit:10/h, paid=cap:9/3h,free=none,priority:paid")
    ['none', 'free=rate-limit:10/h,paid=cap:9/3h', 'free=none', 'priority:paid']
    """
    strategies: list[str] = []
    classes: set[str] = set()  # that the last strategy has named
    for piece in map(str.strip, text.split(",")):
        name = named(piece)
        if name and classes and name not in classes:
            strategies[-1] += f",{piece}"
        else:
            strategies.append(piece)
            classes = set()
        classes |= {name} - {""}
    return strategies


def _check_pair(name: str, at_work: Game) -> None:
    """Users and provider react by theorems that ask for p1 < p2: say so before any work."""
    try:
        at_work.pair()
    except InputError as error:
        raise InputError(f"strategy = {name!r}: {error}") from error


def defaults(scenario: Scenario) -> list[str]:
    """What makes sense for a system: queue strategies need finite slots, limits need a population.

    Delays of 10% and, at M2 alone, just enough to make it worthless; limits near the needs of
    the class with the busiest users.
    """
    first, second = scenario.game.pair()
    names = ["none", f"added-delay:{0.1 * first.t:.3g}/{0.1 * second.t:.3g}"]
    if 1 - (1 - second.p) ** _EFFORT > first.p:
        names.append(f"effort:{_EFFORT:g}")
    worth = scenario.game.value * second.p - second.t
    if worth > 0:
        names.append(f"added-delay:0/{1.01 * worth:.3g}")
    slots = [count for count in scenario.offer.slots if count < float("inf")]
    if slots:
        most = int(max(slots))
        names += [f"load-delay:{second.t / most:.3g}", f"queue-limit:{2 * most}"]
        names += [f"downgrade:{most}"]
    if isinstance(scenario.arrivals, Population):
        names += _limits(scenario.arrivals)
        if slots and len(scenario.arrivals.classes) > 1:
            names.append(f"priority:{scenario.arrivals.classes[-1].name}")
    return names


def _limits(population: Population) -> list[str]:
    """Per-user limits: the rate of the busiest class, and ten of its tasks per window."""
    busiest = max(users.rate for users in population.classes)
    unit, seconds = ("h", 3600.0) if busiest * 3600 < 3600 else ("s", 1.0)
    window = max(1, round(10 / busiest / seconds))
    cap = f"cap:10/{window}{unit}"
    return [f"rate-limit:{busiest * seconds:.3g}/{unit}", cap, f"{cap}:fallback"]

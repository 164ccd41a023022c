"""Policies that are tables: they always answer the same, so that faster engines can run them."""

from typing import TYPE_CHECKING, Any

from sim.checks import NON_NEGATIVE, UNIT, Rule, check, refuse_answer
from sim.disciplines import Discipline, PriorityClasses
from sim.policies import Abandonment, Mixture, Route, Routing, Throttle
from sim.population import Population

if TYPE_CHECKING:
    from sim.scenario import Scenario

_RANKS = (Discipline.rank, PriorityClasses.rank)  # they do not look at passes


def tabular(routing: Routing, abandonment: Abandonment | Mixture, throttle: Throttle) -> bool:
    """Whether all three policies are tables."""
    return (
        is_table(routing, "first", "escalation")
        and is_table(abandonment, "probability")
        and is_table(throttle, "admit", "hold")
    )


def unwatched(scenario: "Scenario") -> bool:
    """Whether nobody ever looks at the passes of a task: tables answer all questions."""
    arrivals = scenario.arrivals
    classes = arrivals.classes if isinstance(arrivals, Population) else ()
    return (
        tabular(scenario.routing, scenario.abandonment, scenario.throttle)
        and all(each.abandonment is None for each in classes)
        and scenario.patience is None
        and all(type(each).rank in _RANKS for each in scenario.disciplines)
    )


def is_table(policy: object, *methods: str) -> bool:
    """Whether ``policy`` has a table, and one that is at least as new as its ``methods``.

    A class that decides anew with one of ``methods``, and inherits the table, is no table.
    """
    if not hasattr(policy, "table"):  # a class may have one for some of its policies only
        return False
    if isinstance(policy, Mixture):  # its parts decide
        return False
    for each in type(policy).__mro__:
        if "table" in vars(each):
            return True
        if any(method in vars(each) for method in methods):
            return False
    return False


def answers(policy: Any, models: int, *methods: str) -> Any:
    """The table of ``policy`` for a chain of ``models``; None if it is asked every time.

    Numbers are floats of Python: of numpy's float32, engines would make different things.
    """
    if not is_table(policy, *methods):
        return None
    table = policy.table(models)
    if isinstance(table, Route):
        return Route(table.initial, tuple(map(float, table.escalation)))
    return tuple(map(float, table))


def check_tables(routing: Any, abandonment: Any, throttle: Any, models: int) -> None:
    """Refuse a table that does not fit a chain of ``models``, or holds what is no answer."""
    if hasattr(routing, "table"):
        route = routing.table(models)
        if route.initial not in range(1, models + 1):
            refuse_answer(routing, "table", route, f"a route from a model from 1 to {models}")
        _check_row(routing, route.escalation, models - 1, UNIT)
    for policy, rule in ((abandonment, UNIT), (throttle, NON_NEGATIVE)):
        if hasattr(policy, "table"):
            _check_row(policy, policy.table(models), models, rule)


def _check_row(policy: object, row: tuple[float, ...], length: int, rule: Rule) -> None:
    if len(row) != length:
        refuse_answer(policy, "table", row, f"{length} numbers")
    for number in row:
        check(f"{type(policy).__name__}.table", number, rule)

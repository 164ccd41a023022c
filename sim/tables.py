"""Policies that are tables: they always answer the same, so that faster engines can run them."""

from dataclasses import dataclass
from typing import Any

from sim.checks import NON_NEGATIVE, UNIT, Rule, check, refuse_answer, speaks_for
from sim.policies import Abandonment, Route, Routing, Throttle

Row = tuple[float, ...]  # a number per model


@dataclass(frozen=True)
class Table:
    """What the policies of a scenario always answer; None for one that is asked every time.

    ``route`` first model, and s at each model but the last; ``abandonment`` q after a failure at
    each model; ``hold`` seconds for which each model's answers are held back.
    """

    route: Route | None
    abandonment: Row | None
    hold: Row | None

    @classmethod
    def of(
        cls,
        routing: Routing,
        abandonment: Abandonment | None,
        throttle: Throttle | None,
        models: int,
    ) -> "Table":
        """The answers for a chain of ``models``; InputError if a table does not fit it."""
        return cls(
            _route(routing, models),
            row(abandonment, models, UNIT, "probability"),
            holds(throttle, models),
        )

    @property
    def complete(self) -> bool:
        """Whether no policy is ever asked."""
        return None not in (self.route, self.abandonment, self.hold)

    def whole(self) -> tuple[Route, Row, Row]:
        """All answers of a `complete` table."""
        assert self.route is not None
        assert self.abandonment is not None
        assert self.hold is not None
        return self.route, self.abandonment, self.hold


def row(policy: Any, models: int, rule: Rule, *methods: str) -> Row | None:
    """The table of ``policy``, a number per model for which ``rule`` holds; None if it has none.

    No policy at all answers 0. Numbers are floats of Python: of numpy's float32, engines would make
    different things.
    """
    if policy is None:
        return (0.0,) * models
    numbers = _answers(policy, models, *methods)
    return None if numbers is None else _checked(policy, numbers, models, rule)


def holds(throttle: Throttle | None, models: int) -> Row | None:
    """Seconds for which a throttle always holds the answers of each model; None if they vary."""
    return row(throttle, models, NON_NEGATIVE, "admit", "hold")


def _route(routing: Any, models: int) -> Route | None:
    route = _answers(routing, models, "first", "escalation")
    if route is None:
        return None
    if route.initial not in range(1, models + 1):
        refuse_answer(routing, "table", route, f"a route from a model from 1 to {models}")
    return Route(route.initial, _checked(routing, route.escalation, models - 1, UNIT))


def _answers(policy: Any, models: int, *methods: str) -> Any:
    """What ``table`` says, unless a class decides anew with one of ``methods`` and inherits it."""
    return policy.table(models) if speaks_for(policy, "table", *methods) else None


def _checked(policy: object, numbers: Any, length: int, rule: Rule) -> Row:
    if len(numbers) != length:
        refuse_answer(policy, "table", numbers, f"{length} numbers")
    for number in numbers:
        check(f"{type(policy).__name__}.table", number, rule)
    return tuple(map(float, numbers))

"""One model for everything."""

from dataclasses import dataclass

from sim.checks import COUNT, check, refuse
from sim.policies import Route, View
from sim.records import Task


@dataclass(frozen=True)
class Static:
    """Every pass goes to model ``initial`` (from 1), however often it fails.

    >>> Static(2).table(2)
    Route(initial=2, escalation=(0.0,))
    """

    initial: int

    def __post_init__(self) -> None:
        check("initial", self.initial, COUNT)

    def first(self, state: None, task: Task, view: View) -> tuple[int, None]:
        """Always the one model."""
        return self.initial, None

    def escalation(self, state: None, task: Task, view: View) -> tuple[float, None]:
        """Never."""
        return 0.0, None

    def table(self, models: int) -> Route:
        """The route; InputError if there is no such model."""
        if self.initial > models:
            refuse("initial", self.initial, f"a model from 1 to {models}")
        return Route(self.initial, (0.0,) * (models - 1))

"""The provider of the paper's game: starts at one model and escalates by chance."""

from dataclasses import dataclass

from sim.checks import COUNT, UNIT, check, refuse
from sim.policies import Route, View
from sim.records import Task


@dataclass(frozen=True)
class Cascade:
    """Start at model ``initial``; a re-prompt goes one model up with probability ``s``.

    ``s`` has one probability per model but the last, or is one number for all of them
    (docs/theory.md, sections 1 and 8).

    >>> Cascade(1, 0.25).table(2)
    Route(initial=1, escalation=(0.25,))
    """

    initial: int
    s: float | tuple[float, ...] = 0.0

    def __post_init__(self) -> None:
        check("initial", self.initial, COUNT)
        for s in self._vector(1):
            check("cascade", s, UNIT)

    def first(self, state: None, task: Task, view: View) -> tuple[int, None]:
        """Always the initial model."""
        return self.initial, None

    def escalation(self, state: None, task: Task, view: View) -> tuple[float, None]:
        """The s of the task's model."""
        return (self.s[task.model - 1] if isinstance(self.s, tuple) else self.s), None

    def table(self, models: int) -> Route:
        """The route; InputError if it does not fit a chain of ``models``."""
        if self.initial > models:
            refuse("initial", self.initial, f"a model from 1 to {models}")
        escalation = self._vector(models - 1)
        if len(escalation) != models - 1:
            refuse("cascade", self.s, f"{models - 1} probabilities, one per model but the last")
        return Route(self.initial, escalation)

    def _vector(self, length: int) -> tuple[float, ...]:
        return self.s if isinstance(self.s, tuple) else (self.s,) * length

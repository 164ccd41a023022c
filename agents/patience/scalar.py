"""Patience and persistence that are scalar rules."""

from agents.by_rule import ByRule
from sim.policies import Limits, Mind, Refuse, View
from sim.records import Task
from sim.scalars import Scalar


class ScalarPatience(ByRule):
    """Leaves when a scalar rule says so: ``limits`` of `sim.scalars`, which ``scalar`` names.

    A patience of this kind is a frozen dataclass with the method ``scalar() -> Scalar``. Both
    engines play it. The rule remembers nothing.
    """

    def scalars(self, models: int) -> Scalar:
        """The rule."""
        return self.scalar()

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        """As the rule says."""
        asked, model = self.asked, task.model
        queued, luck = view.queued(model), asked.luck(view)
        return Limits(*asked.rule(view.now, model, queued, luck, asked.own))


class ScalarPersistence(ByRule):
    """Comes back when a scalar rule says so: ``again`` of `sim.scalars`, which ``scalar`` names.

    A persistence of this kind is a frozen dataclass with the method ``scalar() -> Scalar``. Both
    engines play it. The rule remembers nothing.
    """

    def scalars(self, models: int) -> Scalar:
        """The rule."""
        return self.scalar()

    def again(self, mind: Mind, task: Task, refusal: Refuse, view: View) -> float:
        """As the rule says."""
        asked, told = self.asked, refusal.retry_after
        question = view.now, task.model, told, task.refusals, asked.luck(view), asked.own
        seconds: float = asked.rule(*question)
        return seconds

"""Rules for beginning that are scalar rules."""

from agents.by_rule import ByRule
from sim.policies import Admit, Mind, View
from sim.records import Task
from sim.scalars import Scalar


class ScalarJoining(ByRule):
    """Begins as a scalar rule says: ``joins`` of `sim.scalars`, which ``scalar`` names.

    A rule of this kind is a frozen dataclass with the method ``scalar() -> Scalar``. Both engines
    play it. It is asked about the model that the throttle lets the task in to, and remembers
    nothing; who declines has the outcome BALKED.
    """

    def scalars(self, models: int) -> Scalar:
        """The rule."""
        return self.scalar()

    def joins(self, mind: Mind, task: Task, entry: Admit, view: View) -> float:
        """As the rule says."""
        asked, model = self.asked, task.model
        probability: float = asked.rule(view.now, model, view.queued(model), asked.own)
        return probability

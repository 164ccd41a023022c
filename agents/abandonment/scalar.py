"""Rules for giving up that are scalar rules."""

from collections.abc import Callable
from functools import cached_property

from agents.by_rule import NOTHING, Asked, ByRule, zeros
from sim.checks import refuse
from sim.draws import Luck
from sim.policies import Mind, View
from sim.records import Task
from sim.scalars import USER, Memory, Scalar


class ScalarAbandonment(ByRule):
    """Gives up as a scalar rule says: ``probability`` of `sim.scalars`, which ``scalar`` names.

    A rule for giving up of this kind is a frozen dataclass with the method ``scalar() -> Scalar``.
    Both engines play it. What the rule remembers of its user is that user's mind: strangers have
    one for each task, members of a population one for good. A rule without memory has no ``init``,
    and costs no minds.
    """

    def scalars(self, models: int) -> Scalar:
        """The rule; InputError if it remembers others than its user, or has no place for luck."""
        scalar = self.scalar()
        if scalar.of != USER:
            refuse("of", scalar.of, f"'{USER}': who gives up remembers nothing of others")
        if scalar.random and not scalar.memory:
            refuse("memory", 0, "at least 1 of a random rule: the user's own uniform")
        return scalar

    @cached_property
    def asked(self) -> Asked:
        """The rule, ready to be asked."""
        return Asked(self.scalars(0))

    @property
    def init(self) -> Callable[[Luck], Memory]:
        """Makes the mind of a new user, zeros, but the own uniform first if the rule is random."""
        if not self.asked.width:
            raise AttributeError("init: there is nothing to remember")
        return self._mind

    def probability(self, mind: Mind, task: Task, view: View) -> float:
        """As the rule says."""
        asked, now = self.asked, view.now
        memory: Memory = mind if asked.width else NOTHING
        elapsed = now - task.arrived
        q: float = asked.rule(now, task.model, task.passes, elapsed, asked.own, memory)
        return q

    def _mind(self, luck: Luck) -> Memory:
        mind = zeros(self.asked.width)
        if self.asked.random:
            mind[0] = luck.words[0]
        return mind

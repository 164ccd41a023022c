"""The users: their rules, and what they remember."""

from sim.checks import UNIT, refuse_answer
from sim.policies import Abandonment, Learner, Patience, State, View
from sim.records import Pass, Task


class User:
    """Someone with a rule for giving up and, perhaps, limited patience in queues.

    Keeps the states of both rules from task to task. ``learner`` is the rule for giving up once
    more if it learns, else None.
    """

    __slots__ = ("_abandonment", "_learner", "_patience", "_patience_state", "_state")

    def __init__(
        self, abandonment: Abandonment, patience: Patience | None, learner: Learner | None
    ) -> None:
        self._abandonment = abandonment
        self._patience = patience
        self._state: State = abandonment.init()
        self._patience_state: State = patience.init() if patience else None
        self._learner = learner

    def quits(self, task: Task, view: View) -> float:
        """Probability of giving up after the failed pass that ends the task's history."""
        q, self._state = self._abandonment.probability(self._state, task.history, view)
        if not 0.0 <= q <= 1.0:
            refuse_answer(self._abandonment, "probability", q, UNIT.allowed)
        return q

    def patience(self, task: Task, view: View) -> float:
        """Seconds that the user will wait in the queue."""
        if self._patience is None:
            return float("inf")
        seconds, self._patience_state = self._patience.seconds(self._patience_state, task, view)
        if not seconds >= 0.0:
            refuse_answer(self._patience, "seconds", seconds, "at least 0, or inf")
        return seconds

    def saw(self, record: Pass) -> None:
        """Learn from an own pass."""
        if self._learner is not None:
            self._state = self._learner.learn(self._state, record)

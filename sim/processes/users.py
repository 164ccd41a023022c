"""The users: their rules, what they remember, and who comes when."""

from collections.abc import Iterator
from itertools import count, repeat

from sim.arrivals.population import Population
from sim.checks import UNIT, refuse_answer
from sim.draws import Draws, Purpose
from sim.policies import (
    Abandonment,
    Learner,
    Mixture,
    Patience,
    Persistence,
    Refuse,
    Retry,
    State,
    View,
)
from sim.records import Pass, Task
from sim.scenario import Scenario


class User:
    """Someone with a rule for giving up and, perhaps, for queues and refusals.

    Keeps the states of the rules from task to task. ``learner`` is the rule for giving up once
    more if it learns, ``table`` what it always answers if it is a table; else None. ``impatient``:
    there is a rule for queues; ``learns``: to be shown own passes.
    """

    __slots__ = (
        "_abandonment",
        "_learner",
        "_patience",
        "_patience_state",
        "_persistence",
        "_persistence_state",
        "_state",
        "_table",
        "impatient",
        "learns",
    )

    def __init__(
        self,
        abandonment: Abandonment,
        patience: Patience | None,
        persistence: Persistence | None,
        learner: Learner | None,
        table: tuple[float, ...] | None,
    ) -> None:
        self._abandonment = abandonment
        self._patience = patience
        self._persistence = persistence
        self._state: State = abandonment.init()
        self._patience_state: State = patience.init() if patience else None
        self._persistence_state: State = persistence.init() if persistence else None
        self._learner = learner
        self._table = table
        self.impatient = patience is not None
        self.learns = learner is not None

    def quits(self, task: Task, view: View) -> float:
        """Probability of giving up after the failed pass that ends the task's history."""
        if self._table is not None:
            return self._table[task.model - 1]
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

    @property
    def obeys(self) -> bool:
        """Whether a refusal alone says when the user asks again."""
        return self._persistence is None

    def returns(self, task: Task, refusal: Refuse, view: View) -> Retry:
        """When the user asks again after a refusal."""
        if self._persistence is None:
            return Retry(refusal.retry_after)
        state = self._persistence_state
        retry, self._persistence_state = self._persistence.again(state, task, refusal, view)
        if not (retry.after >= 0.0 and 0.0 <= retry.spread < float("inf") and sum(retry) > 0.0):
            allowed = "seconds that are not negative and not all 0"  # 0 could go on for ever
            refuse_answer(self._persistence, "again", retry, allowed)
        return retry

    def saw(self, record: Pass) -> None:
        """Learn from an own pass."""
        if self._learner is not None:
            self._state = self._learner.learn(self._state, record)


class Public:
    """Everybody who may come: strangers with one task each, or the members of a population."""

    def __init__(self, scenario: Scenario, draws: Draws) -> None:
        self._scenario = scenario
        self._draws = draws
        arrivals = scenario.arrivals
        self._population = arrivals if isinstance(arrivals, Population) else None
        self._known: dict[int, User] = {}
        self._learners: dict[int, Learner | None] = {}  # isinstance of a protocol is slow
        self._table = scenario.table.abandonment
        self._anybody = self._stranger()

    def arrivals(self) -> Iterator[tuple[float, int, int, int]]:
        """Seconds to the next arrival, its task, user and class."""
        arrivals = self._scenario.arrivals
        if isinstance(arrivals, Population):
            return arrivals.arrivals(self._draws)
        return zip(arrivals.gaps(self._draws), count(), count(), repeat(0))

    def user(self, task: Task) -> User:
        """Whose task it is: a stranger, or a member who remembers."""
        if self._anybody is not None:
            return self._anybody
        if self._population is None:
            return self._new(task, self._scenario.abandonment)
        if task.user not in self._known:
            own = self._population.classes[task.group].abandonment
            rule = self._scenario.abandonment if own is None else own
            self._known[task.user] = self._new(task, rule)
        return self._known[task.user]

    def _stranger(self) -> User | None:
        """The one user whom all tasks can share if nobody has anything to remember."""
        scenario, rule = self._scenario, self._scenario.abandonment
        memories = (self._population, scenario.patience, scenario.persistence)
        if self._table is None or isinstance(rule, Mixture) or any(m is not None for m in memories):
            return None
        return self._with(rule)

    def _new(self, task: Task, rule: Abandonment | Mixture) -> User:
        if isinstance(rule, Mixture):
            rule = rule.type_of(self._draws.words(task.user, 0, Purpose.JOIN)[0])
        return self._with(rule)

    def _with(self, rule: Abandonment) -> User:
        scenario = self._scenario
        table = self._table if rule is scenario.abandonment else None
        learner = self._learner(rule) if table is None else None
        return User(rule, scenario.patience, scenario.persistence, learner, table)

    def _learner(self, rule: Abandonment) -> Learner | None:
        if id(rule) not in self._learners:  # the scenario keeps the rule alive
            self._learners[id(rule)] = rule if isinstance(rule, Learner) else None
        return self._learners[id(rule)]

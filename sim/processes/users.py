"""The users: their rules, what they remember, and who comes when."""

from collections.abc import Iterator
from typing import Any

from sim.arrivals.streams import Arrival, of_strangers
from sim.checks import AFTER, DURATION, UNIT, answered, chosen, refuse_answer
from sim.draws import Draws, Luck, Purpose
from sim.person import Person
from sim.policies import Admit, Limits, Mind, Refuse, View
from sim.records import Ended, Refused, Reply, Task
from sim.scenario import Scenario
from sim.tables import Row

_FOREVER = float("inf")
_STAYS = Limits()


class User:
    """Someone with the rules of a `Person`, and one mind for all of them.

    ``table``: what the rule for giving up always answers, None if it is asked. ``away``: until when
    the user has left the provider (seconds). The other attributes say which rules there are, so
    that the process of a task need not ask those that are not.
    """

    __slots__ = (
        "_learn", "_luck", "_mind", "_person", "_table",
        "away", "doubts", "hesitates", "impatient", "learns", "loyal",
    )  # fmt: skip

    def __init__(self, person: Person, mind: Mind, luck: Luck, table: Row | None) -> None:
        self._person = person
        self._mind = mind
        self._luck = luck
        self._table = table
        self._learn: Any = getattr(person.remembers, "learn", None)
        self.learns = self._learn is not None
        self.impatient = person.patience is not None
        self.hesitates = person.joining is not None
        self.doubts = person.verifier is not None
        self.loyal = person.loyalty is None
        self.away = 0.0

    def chooses(self, task: Task, views: tuple[View, ...]) -> int:
        """The place of the provider that the task goes to."""
        choice = self._person.choice
        assert choice is not None  # a scenario with rivals asks for it
        self._luck.of(task.id, 0, Purpose.CHOICE)
        place = choice.provider(self._mind, task, views)
        return chosen(choice, "provider", place, range(len(views)), "a place")

    def joins(self, task: Task, entry: Admit, view: View) -> bool:
        """Whether the user begins, having seen the queue."""
        rule = self._person.joining
        assert rule is not None
        luck = self._luck.of(task.id, 0, Purpose.BALK)
        chance = answered(rule, "joins", rule.joins(self._mind, task, entry, view), UNIT)
        return luck.of(task.id, 0, Purpose.BALK, 1).words[0] < chance

    def quits(self, task: Task, view: View) -> float:
        """Probability of giving up after the failed pass that ends the task's history."""
        if self._table is not None:
            return self._table[task.model - 1]
        rule = self._person.abandonment
        if rule is None:
            return 0.0
        self._luck.of(task.id, task.passes, Purpose.GIVE_UP)
        return answered(rule, "probability", rule.probability(self._mind, task, view), UNIT)

    def limits(self, task: Task, view: View) -> Limits:
        """How long the user will wait for the pass that was asked for."""
        rule = self._person.patience
        if rule is None:
            return _STAYS
        self._luck.of(task.id, task.passes + 1, Purpose.PATIENCE)
        limits = rule.limits(self._mind, task, view)
        if not isinstance(limits, Limits):
            refuse_answer(rule, "limits", limits, "Limits(waiting, sojourn)")
        return Limits(*(answered(rule, "limits", seconds, DURATION) for seconds in limits))

    @property
    def obeys(self) -> bool:
        """Whether a refusal alone says when the user asks again."""
        return self._person.persistence is None

    def returns(self, task: Task, refusal: Refuse, view: View) -> float:
        """Seconds until the user asks again after a refusal; infinity: never."""
        if self.learns:
            self.learn(Refused(task, refusal.retry_after))
        rule = self._person.persistence
        if rule is None:
            return refusal.retry_after
        self._luck.of(task.id, task.passes + 1, Purpose.BACK_OFF, task.refusals)
        seconds = rule.again(self._mind, task, refusal, view)
        return answered(rule, "again", seconds, AFTER)  # 0 could go on for ever

    def accepts(self, task: Task, solved: bool) -> bool:
        """Whether the user takes the answer for right."""
        verifier = self._person.verifier
        assert verifier is not None
        chance = answered(verifier, "accepts", verifier.accepts(solved, task), UNIT)
        return self._luck.of(task.id, task.passes, Purpose.VERIFY).words[0] < chance

    def learn(self, event: Reply | Refused | Ended) -> None:
        """Keep in mind what happened to the user."""
        self._mind = self._learn(self._mind, event)

    def parts(self, task: Task, view: View) -> None:
        """After a task: the user may leave the provider."""
        rule = self._person.loyalty
        assert rule is not None
        self._luck.of(task.id, 0, Purpose.LOYALTY)
        chance = answered(rule, "leaves", rule.leaves(self._mind, task, view), UNIT)
        if self._luck.of(task.id, 0, Purpose.LOYALTY, 1).words[0] < chance:
            self.away = max(self.away, view.now + self._absence(rule, task, view))

    def _absence(self, rule: Any, task: Task, view: View) -> float:
        """Seconds for which a user who leaves is away."""
        if not hasattr(rule, "returns"):
            return _FOREVER
        self._luck.of(task.id, 0, Purpose.RETURN)
        return answered(rule, "returns", rule.returns(self._mind, view), DURATION)


class Users:
    """Everybody who may come: strangers with one task each, or the members of a population."""

    def __init__(self, scenario: Scenario, draws: Draws, luck: Luck) -> None:
        self._scenario = scenario
        self._draws = draws
        self._luck = luck
        self._again: Any = getattr(scenario.arrivals, "again", None)
        self.brings_more = self._again is not None  # the end of a task may bring the next one
        self._come_back = not of_strangers(scenario.arrivals)
        self._known: dict[int, User] = {}
        self._alike: dict[int, User] = {}  # by class, those who have nothing to remember

    def arrivals(self) -> Iterator[Arrival]:
        """Who comes when."""
        return self._scenario.arrivals.arrivals(self._draws)

    def next_task(self, task: Task) -> Any:
        """What the end of a task brings about."""
        return self._again(task, self._luck.of(task.id, 0, Purpose.NEXT_TASK))

    def user(self, user: int, group: int) -> User:
        """A stranger, or a member who remembers."""
        if group in self._alike:
            return self._alike[group]
        if user in self._known:
            return self._known[user]
        person = self._scenario.persons[group]
        newcomer = self._new(person, user, group)
        if person.remembers is None and person.loyalty is None:
            self._alike[group] = newcomer
        elif self._come_back:
            self._known[user] = newcomer
        return newcomer

    def _new(self, person: Person, user: int, group: int) -> User:
        memory, luck = person.remembers, self._luck.of(user, 0, Purpose.JOIN)
        mind = memory.init(luck) if memory else None
        return User(person, mind, self._luck, self._scenario.rows[group])

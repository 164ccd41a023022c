"""A known number of users in classes, each of them a source of tasks."""

from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import count

from sim.arrivals.streams import Arrival, gap
from sim.checks import COUNT, POSITIVE, check, refuse
from sim.draws import Draws, Purpose
from sim.person import Person

_BLOCK = 16  # gaps of one user drawn at once
USER = 2**32  # tasks of user u are numbered from u * USER


@dataclass(frozen=True)
class UserClass:
    """Users of one kind.

    ``users`` how many; ``rate`` tasks per second of each; ``value`` V of a solved task (money);
    ``value_of_time`` (money per second); ``person`` their rules, None: the scenario's.
    """

    name: str
    users: int
    rate: float
    value: float
    value_of_time: float
    person: Person | None = None

    def __post_init__(self) -> None:
        if not self.name or not self.name.replace("-", "_").isidentifier():
            refuse("class", self.name, "a name of letters, digits and -")
        check(f"users of {self.name}", self.users, COUNT)
        check(f"rate of {self.name}", self.rate, POSITIVE)
        check(f"value of {self.name}", self.value, POSITIVE)
        check(f"value of time of {self.name}", self.value_of_time, POSITIVE)
        if self.person is not None and not isinstance(self.person, Person):
            refuse(f"person of {self.name}", self.person, "a Person(abandonment, ...)")


@dataclass(frozen=True)
class Population:
    """Every user is an independent Poisson source of tasks; users remember from task to task.

    Task n of user u is number u * 2^32 + n and arrives when it does whatever the policies are:
    users who start late and users who are refused do not renumber anybody.

    >>> free, paid = UserClass("free", 3, 1.0, 2.0, 0.1), UserClass("paid", 1, 5.0, 9.0, 0.1)
    >>> crowd = Population((free, paid))
    >>> crowd.rate, crowd.class_of(3)
    (8.0, 1)
    """

    classes: tuple[UserClass, ...]

    def __post_init__(self) -> None:
        if not self.classes:
            refuse("population", self.classes, "at least one class of users")
        names = [kind.name for kind in self.classes]
        if len(set(names)) < len(names):
            refuse("population", names, "classes with different names")
        check("users", self.users, COUNT)

    @property
    def users(self) -> int:
        """All users."""
        return sum(kind.users for kind in self.classes)

    @property
    def rate(self) -> float:
        """Tasks per second, all users together."""
        return sum(kind.users * kind.rate for kind in self.classes)

    def class_of(self, user: int) -> int:
        """The class, from 0, of ``user``, from 0: classes follow each other."""
        group = 0
        while user >= self.classes[group].users:
            user -= self.classes[group].users
            group += 1
        return group

    def arrivals(self, draws: Draws) -> Iterator[Arrival]:
        """The tasks of all users; endless."""
        now = 0.0
        for at, task, user, group in merge(*(self._tasks(u, draws) for u in range(self.users))):
            yield Arrival(at - now, task, user, group)
            now = at

    def _tasks(self, user: int, draws: Draws) -> Iterator[tuple[float, int, int, int]]:
        group = self.class_of(user)
        rate, now = self.classes[group].rate, 0.0
        for first in count(user * USER, _BLOCK):
            gaps = draws.block(first, _BLOCK, 0, Purpose.ARRIVAL)[:, 0].tolist()
            for task, u in enumerate(gaps, start=first):
                now += gap(u, 0.0, rate, 1.0)
                yield now, task, user, group

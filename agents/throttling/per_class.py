"""Another throttle for every class of users."""

from dataclasses import dataclass
from typing import Any

from agents.throttling.layers import behind
from sim.checks import refuse
from sim.game import Game
from sim.policies import WELCOME, Admit, Refuse, Reworking, Throttle, View
from sim.records import Ended, Reply, Task
from sim.scalars import EVERYBODY, Gates, gates
from sim.tables import Row


@dataclass(frozen=True)
class PerClass:
    """Users of class g, from 0, meet ``throttles[g]``; nothing is in the way of later classes.

    The limits of a free and of a paid plan, side by side. Each throttle sees the prompts and the
    answers of its own class, and everybody's passes in the queues. It may hold answers back, which
    SimPy alone plays; it may not change the work, as all classes share the models: InputError.

    >>> from agents.throttling import Cap, RateLimit
    >>> limits = PerClass((RateLimit(rate=1 / 360, burst=10), Cap(160, 10800, fallback=True)))
    >>> [group for _, _, group in limits.scalars(models=2).rules]
    [0, 1]
    """

    throttles: tuple[Throttle, ...]

    def __post_init__(self) -> None:
        if not self.throttles:
            refuse("throttles", self.throttles, "at least one, the first class's")

    def init(self) -> list[Any]:
        """The states of the throttles."""
        throttles: tuple[Any, ...] = self.throttles
        return [each.init() if hasattr(each, "init") else None for each in throttles]

    def admit(self, state: list[Any], task: Task, view: View) -> tuple[Admit | Refuse, list[Any]]:
        """As the throttle of the task's class says."""
        return self.behind(WELCOME, state, task, view)

    def behind(
        self, before: Admit, state: list[Any], task: Task, view: View
    ) -> tuple[Admit | Refuse, list[Any]]:
        """The same of a prompt that was let in ``before``, and both together."""
        entry: Admit | Refuse = before
        if task.group < len(state):
            own, its = self.throttles[task.group], state[task.group]
            entry, state[task.group] = behind(own, before, its, task, view)
        return entry, state

    def hold(self, state: list[Any], reply: Reply, view: View) -> tuple[float, list[Any]]:
        """The same."""
        seconds = 0.0
        if reply.group < len(state):
            own = self.throttles[reply.group]
            seconds, state[reply.group] = own.hold(state[reply.group], reply, view)
        return seconds, state

    def learn(self, state: list[Any], event: Reply | Ended) -> list[Any]:
        """What the throttle of its class makes of it."""
        group = event.group if isinstance(event, Reply) else event.task.group
        learn: Any = getattr(self.throttles[group], "learn", None) if group < len(state) else None
        if learn is not None:
            state[group] = learn(state[group], event)
        return state

    def work(self, game: Game) -> Game:
        """The models as they are; InputError for a throttle that changes them."""
        for each in self.throttles:
            if isinstance(each, Reworking) and each.work(game) is not game:
                allowed = "one that leaves the models as they are: all classes share them"
                refuse("throttle of a class", each, allowed)
        return game

    def table(self, models: int) -> Row | None:
        """No delay; None if anybody is ever asked, or held back."""
        whole = self.scalars(models)
        return None if whole is None or whole.rules else whole.hold

    def scalars(self, models: int) -> Gates | None:
        """The rules of all throttles, each for its class; None if one has none, or holds back."""
        found = [gates(each, models) for each in self.throttles]
        if any(inner is None or any(inner.hold) for inner in found):
            return None
        rules = tuple(
            (rule, part, group)
            for group, inner in enumerate(found)
            for rule, part, of in (inner.rules if inner else ())
            if of in (EVERYBODY, group)
        )
        return Gates(rules, (0.0,) * models)

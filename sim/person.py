"""What a user does: all rules of one person, in one record."""

import math
from dataclasses import dataclass
from typing import Any

from sim.checks import UNIT, check, check_policy, refuse
from sim.draws import Luck
from sim.policies import (
    Abandonment,
    Choice,
    Joining,
    Loyalty,
    Memory,
    Mind,
    Patience,
    Persistence,
    Verifier,
    View,
)
from sim.records import Ended, Refused, Reply, Task
from sim.scalars import Own, Scalar
from sim.tables import row

_METHODS = {
    "abandonment": "probability",
    "patience": "limits",
    "persistence": "again",
    "joining": "joins",
    "verifier": "accepts",
    "choice": "provider",
    "loyalty": "leaves",
    "memory": "init",
}


@dataclass(frozen=True)
class Person:
    """The rules of a user; by default those of nobody: never gives up, never leaves, forgets all.

    ``abandonment`` when to give up a task; ``patience`` when to leave a queue or a running pass;
    ``persistence`` what to do when turned away (None: what the throttle says); ``joining`` whether
    to begin at the sight of the queue; ``verifier`` how answers are judged (None: rightly);
    ``choice`` which provider to ask (None: the first); ``loyalty`` whether to leave the provider
    after a task; ``memory`` makes the mind that all rules read (None: the rule for giving up does,
    if it has ``init``). Raises InputError for what is no such policy.

    >>> Person(patience=3)
    Traceback (most recent call last):
    sim.checks.InputError: patience = 3 must be a policy with the method 'limits'
    """

    abandonment: Abandonment | None = None
    patience: Patience | None = None
    persistence: Persistence | None = None
    joining: Joining | None = None
    verifier: Verifier | None = None
    choice: Choice | None = None
    loyalty: Loyalty | None = None
    memory: Memory | None = None

    def __post_init__(self) -> None:
        for field, method in _METHODS.items():
            rule = getattr(self, field)
            if rule is not None:
                check_policy(field, rule, method)
                if hasattr(rule, "init") and rule is not self.remembers:
                    refuse(field, rule, "the memory, too, or have no 'init': a user has one mind")

    @property
    def remembers(self) -> Memory | None:
        """Who makes this person's mind; None: there is nothing to remember."""
        if self.memory is not None:
            return self.memory
        rule: Any = self.abandonment
        return rule if hasattr(rule, "init") else None

    @property
    def only_gives_up(self) -> bool:
        """Whether no rule but those for giving up and for refusals can change what happens."""
        others = (self.patience, self.joining, self.verifier, self.choice, self.loyalty)
        return all(rule is None for rule in others)


@dataclass(frozen=True)
class Mixture:
    """Users of several types: ``parts`` of (weight, rule for giving up); weights add up to 1.

    Each user is of one type for good, drawn when the user comes; a part may have a memory, too.
    """

    parts: tuple[tuple[float, Abandonment], ...]

    def __post_init__(self) -> None:
        if not all(isinstance(part, tuple) and len(part) == 2 for part in self.parts):
            refuse("parts", self.parts, "pairs of a weight and a rule for giving up")
        if not math.isclose(sum(weight for weight, _ in self.parts), 1.0, abs_tol=1e-9):
            refuse("weights", [weight for weight, _ in self.parts], "numbers that add up to 1")
        for weight, rule in self.parts:
            check("weight", weight, UNIT)
            check_policy("abandonment", rule, "probability")

    def init(self, luck: Luck) -> tuple[Abandonment, Mind]:
        """The type of a new user, and what a user of that type has in mind."""
        rule = self._type_of(luck.words[0])
        memory = Person(rule).remembers
        return rule, memory.init(luck.part(1)) if memory else None

    def learn(
        self, mind: tuple[Abandonment, Mind], event: Reply | Refused | Ended
    ) -> tuple[Abandonment, Mind]:
        """What a user of that type makes of it."""
        rule, own = mind
        return rule, rule.learn(own, event) if hasattr(rule, "learn") else own

    def probability(self, mind: tuple[Abandonment, Mind], task: Task, view: View) -> float:
        """As the type says."""
        rule, own = mind
        return rule.probability(own, task, view)

    def scalars(self, models: int) -> Scalar | None:
        """The rule of a mixture of tables; None for one of other parts."""
        own = [float(models)]
        for weight, rule in self.parts:
            q = row(rule, models, UNIT, "probability")
            if q is None:
                return None
            own += (weight, *q)
        return Scalar(mixed, tuple(own), memory=1, random=True)

    def _type_of(self, u: float) -> Abandonment:
        weights = (weight for weight, _ in self.parts)
        return self.parts[type_of(u, (0.0, *weights))][1]


def mixed(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
    """As the user's type says; the user's own uniform, which decides the type, is the memory."""
    return own[1 + type_of(memory[0], own) * (int(own[0]) + 1) + model]


def type_of(u: float, own: Own) -> int:
    """The type, from 0, of a user whose own uniform is ``u``.

    ``own``: for how many models there are probabilities, and of each type its weight and those.

    >>> [type_of(u, (1.0, 0.25, 0.9, 0.75, 0.1)) for u in (0.2, 0.3)]
    [0, 1]
    """
    width = int(own[0]) + 1
    last = (len(own) - 1) // width - 1
    for place in range(last):
        u -= own[1 + place * width]
        if u < 0.0:
            return place
    return last

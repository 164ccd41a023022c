"""The protocols that behaviours implement; nothing else.

Policies decide, the engine draws: a policy returns probabilities or times, never random numbers.
An answer outside its range ends the run with an InputError that names the policy.
Each is a frozen dataclass. What it remembers is a state: ``init()`` makes the first one, every
question takes the present one and returns the next one beside the answer. The engine passes each
state on exactly once, so a policy may change a mutable state in place and hand it back; states of
users never mix. ``task`` and ``view`` are read-only.

Optional extras, looked up by name:

- ``learn(state, record) -> state`` (`Learner`): shown every finished pass, the solved ones too;
  users see their own passes, routing and throttle all of them.
- ``table(models) -> ...``: a policy that never looks at state, history or view says what it always
  answers; then faster engines can run it, and the SimPy engine asks it once and shows it nothing.
  See the classes below. The table of a class no longer counts in a subclass that decides anew but
  has no table of its own.
- ``work(game) -> Game`` of a throttle: the models as they really work under it (`Reworking`).
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from sim.checks import UNIT, check, refuse
from sim.game import Game
from sim.records import Pass, Task

State = Any


class View(Protocol):
    """What a policy may see of the system."""

    @property
    def now(self) -> float:
        """Seconds since the start."""
        ...

    def queued(self, model: int) -> int:
        """Passes that wait at ``model`` (from 1)."""
        ...

    def in_service(self, model: int) -> int:
        """Passes that ``model`` is serving."""
        ...


class Admit(NamedTuple):
    """Let the prompt in after ``delay`` seconds, to ``model`` instead of the asked one if given.

    In the queue it goes before all of a higher ``priority`` number; the default is 0.
    """

    delay: float = 0.0
    model: int | None = None
    priority: int = 0


WELCOME = Admit()  # the answer of an open gate: the event loop knows it and moves on


class Refuse(NamedTuple):
    """Turn the prompt away; it asks again after ``retry_after`` > 0 seconds (infinity: never)."""

    retry_after: float = float("inf")


class Retry(NamedTuple):
    """Ask again after ``after`` seconds (infinity: give the task up) plus up to ``spread`` more.

    The engine draws the additional time uniformly from [0, ``spread``).
    """

    after: float
    spread: float = 0.0


@dataclass(frozen=True)
class Route:
    """A routing without surprises: first model, and s at each model but the last."""

    initial: int
    escalation: tuple[float, ...]


@runtime_checkable
class Learner(Protocol):
    """A policy that is shown what came of its decisions."""

    def learn(self, state: State, record: Pass) -> State:
        """The state after seeing one more pass."""
        ...


class Routing(Protocol):
    """The provider's rule: which model first, and when to cascade to the next one.

    A tabular routing has ``table(models: int) -> Route``.
    """

    def init(self) -> State:
        """The state before the first task."""
        ...

    def first(self, state: State, task: Task, view: View) -> tuple[int, State]:
        """The model (from 1) of the first pass."""
        ...

    def escalation(self, state: State, task: Task, view: View) -> tuple[float, State]:
        """Probability that, if the user re-prompts, the pass goes from ``task.model`` one up.

        Asked after every failed pass below the last model, before the user's choice is known.
        """
        ...


class Abandonment(Protocol):
    """The user's rule: when to give up.

    A tabular one has ``table(models: int) -> tuple[float, ...]``, q after a failure at each model.
    """

    def init(self) -> State:
        """The state of a new user."""
        ...

    def probability(self, state: State, history: list[Pass], view: View) -> tuple[float, State]:
        """Probability of giving up, asked after each failed pass; ``history`` ends with it."""
        ...


@dataclass(frozen=True)
class Mixture:
    """Users of several types: ``parts`` of (weight, rule for giving up); weights add up to 1.

    Each user is of one type for good, drawn by the engine.
    """

    parts: tuple[tuple[float, Abandonment], ...]

    def __post_init__(self) -> None:
        if not math.isclose(sum(weight for weight, _ in self.parts), 1.0, abs_tol=1e-9):
            refuse("weights", [weight for weight, _ in self.parts], "numbers that add up to 1")
        for weight, _ in self.parts:
            check("weight", weight, UNIT)

    def type_of(self, u: float) -> Abandonment:
        """The type of a user with the uniform ``u``."""
        for weight, rule in self.parts:
            u -= weight
            if u < 0.0:
                return rule
        return self.parts[-1][1]


class Patience(Protocol):
    """How long a user waits in a queue before leaving it unserved."""

    def init(self) -> State:
        """The state of a new user."""
        ...

    def seconds(self, state: State, task: Task, view: View) -> tuple[float, State]:
        """Seconds until the user reneges; infinity: never leaves the queue."""
        ...


class Persistence(Protocol):
    """What a user does who is turned away; without one, users do as `Refuse` says."""

    def init(self) -> State:
        """The state of a new user."""
        ...

    def again(self, state: State, task: Task, refusal: Refuse, view: View) -> tuple[Retry, State]:
        """When to ask again; ``task.refusals`` counts this refusal, too."""
        ...


@runtime_checkable
class Reworking(Protocol):
    """A throttle that changes the work itself."""

    def work(self, game: Game) -> Game:
        """``game`` with the p, t and c that the models have under the throttle."""
        ...


class Throttle(Protocol):
    """What stands between the users and the models.

    A tabular one admits everything and has ``table(models: int) -> tuple[float, ...]``, the seconds
    for which each model's answers are held back.
    """

    def init(self) -> State:
        """The state before the first task."""
        ...

    def admit(self, state: State, task: Task, view: View) -> tuple[Admit | Refuse, State]:
        """Asked for every prompt, re-prompts and retries too."""
        ...

    def hold(self, state: State, reply: Pass, view: View) -> tuple[float, State]:
        """Seconds for which a finished answer is held back."""
        ...

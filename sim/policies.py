"""The protocols that behaviours implement; nothing else.

Policies decide, the engine draws: a policy returns probabilities or times. One that wants to be
random decides by ``view.luck``, the uniforms of the question that it is asked; it never draws
numbers of its own. An answer outside its range ends the run with an InputError that names the
policy.

A policy is a frozen dataclass. A routing or a throttle may remember: ``init()``, if it has one,
makes its first state, every question takes the present state and returns the next one beside the
answer. The engine passes each state on exactly once, so a policy may change a mutable state in
place and hand it back. A user has one mind for all of their rules, made and changed by a `Memory`;
the rules read it. ``task``, ``view`` and events are read-only, and show what can be seen: whether
an answer was accepted, never whether it was right.

Optional extras, looked up by name:

- ``learn(state, event) -> state`` of a routing or a throttle (`Learner`): shown every `Reply`, once
  its user has judged it, and the `Ended` of every task.
- ``table(models) -> ...``: a policy that never looks at state, task or view says what it always
  answers; then faster engines can run it, and the SimPy engine asks it once and shows it nothing.
  None: this one is no table. The table of a class no longer counts in a subclass that decides anew
  but has no table of its own.
- ``work(game) -> Game`` of a throttle: the models as they really work under it (`Reworking`).
"""

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, runtime_checkable

from sim.draws import Luck
from sim.game import Game
from sim.records import Ended, Reply, Task

State = Any
Mind = Any


class View(Protocol):
    """What a policy may see of the system of one provider."""

    @property
    def now(self) -> float:
        """Seconds since the start."""
        ...

    @property
    def luck(self) -> Luck:
        """The random numbers of the question that is being asked; not drawn unless looked at."""
        ...

    def queued(self, model: int) -> int:
        """Passes that wait at ``model`` (from 1)."""
        ...

    def in_service(self, model: int) -> int:
        """Passes that ``model`` is serving."""
        ...


# --- the provider


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


@dataclass(frozen=True)
class Route:
    """A routing without surprises: first model, and s at each model but the last."""

    initial: int
    escalation: tuple[float, ...]


@runtime_checkable
class Learner(Protocol):
    """A routing or a throttle that is shown what came of its decisions."""

    def learn(self, state: State, event: Reply | Ended) -> State:
        """The state after one more pass or task; the throttle's ``hold`` is asked before."""
        ...


class Routing(Protocol):
    """The provider's rule: which model first, and when to cascade to the next one.

    A tabular routing has ``table(models: int) -> Route``.
    """

    def first(self, state: State, task: Task, view: View) -> tuple[int, State]:
        """The model (from 1) of the first pass, and the next state."""
        ...

    def escalation(self, state: State, task: Task, view: View) -> tuple[float, State]:
        """Probability that, if the user re-prompts, the pass goes from ``task.model`` one up.

        Asked after every failed pass below the last model, before the user's choice is known.
        Returns the next state, too.
        """
        ...


class Throttle(Protocol):
    """What stands between the users and the models.

    A tabular one admits everything and has ``table(models: int) -> tuple[float, ...]``, the seconds
    for which each model's answers are held back.
    """

    def admit(self, state: State, task: Task, view: View) -> tuple[Admit | Refuse, State]:
        """Asked for every prompt, re-prompts and retries too; returns the next state, too."""
        ...

    def hold(self, state: State, reply: Reply, view: View) -> tuple[float, State]:
        """Seconds for which a finished answer is held back, and the next state."""
        ...


@runtime_checkable
class Reworking(Protocol):
    """A throttle that changes the work itself."""

    def work(self, game: Game) -> Game:
        """``game`` with the p, t and c that the models have under the throttle."""
        ...


# --- the users


class Memory(Protocol):
    """What a user remembers from pass to pass and from task to task: one mind for all rules.

    ``learn(mind, event) -> mind``, if there is one, is shown the user's own `Reply`, `Refused` and
    `Ended` events.
    """

    def init(self, luck: Luck) -> Mind:
        """The mind of a new user; ``luck`` is that user's."""
        ...


class Abandonment(Protocol):
    """The user's rule for giving up a task.

    A tabular one has ``table(models: int) -> tuple[float, ...]``, q after a failure at each model.
    A rule that has ``init`` is the user's `Memory`, too, unless the user has another one.
    """

    def probability(self, mind: Mind, task: Task, view: View) -> float:
        """Probability of giving up, asked after each failed pass: the last of ``task.history``."""
        ...


class Limits(NamedTuple):
    """Seconds that a user bears for one pass: in the queue, and in queue and service together."""

    waiting: float = float("inf")
    sojourn: float = float("inf")


class Patience(Protocol):
    """When a user leaves a queue unserved (reneges), or a model that works on it (cancels)."""

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        """Asked when a pass has been asked for; infinity: the user stays."""
        ...


class Persistence(Protocol):
    """What a user does who is turned away; without one, users do as `Refuse` says."""

    def again(self, mind: Mind, task: Task, refusal: Refuse, view: View) -> float:
        """Seconds > 0 until the user asks again; infinity: gives the task up.

        ``task.refusals`` counts this refusal, too.
        """
        ...


class Joining(Protocol):
    """Whether a user who sees the queue begins at all, or balks."""

    def joins(self, mind: Mind, task: Task, entry: Admit, view: View) -> float:
        """Probability of joining, asked before the first pass; ``entry`` is the throttle's word."""
        ...


class Verifier(Protocol):
    """How a user judges an answer; without one, right answers are accepted and wrong ones not."""

    def accepts(self, solved: bool, task: Task) -> float:
        """Probability that the user accepts an answer that is right or wrong."""
        ...


class Choice(Protocol):
    """Which provider a user asks."""

    def provider(self, mind: Mind, task: Task, views: tuple[View, ...]) -> int:
        """The place, from 0, of one of ``views``: the scenario's offer, and then its rivals."""
        ...


class Loyalty(Protocol):
    """Whether a user leaves the provider for good, or for a while, after a task.

    ``returns(mind, view) -> seconds``, if there is one, says for how long; otherwise for ever.
    """

    def leaves(self, mind: Mind, task: Task, view: View) -> float:
        """Probability of leaving, asked when ``task`` is over, however it ended."""
        ...


# --- the tasks


class Work(Protocol):
    """What makes tasks differ; without one, passes are independent and tasks alike.

    ``signal(truth) -> anything``, if there is one, is what everybody sees of a task: `Task.signal`.
    """

    def truth(self, luck: Luck) -> Any:
        """What is true of a new task, and seen by nobody."""
        ...

    def success(self, truth: Any, model: int, p: float, failures: int) -> float:
        """Probability that a pass solves the task: at ``model``, whose p it is on average, after
        ``failures`` passes that did not."""
        ...

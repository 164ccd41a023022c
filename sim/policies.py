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
- ``scalars(models) -> ...``: a policy that decides by a function of numbers (`sim.scalars`); faster
  engines can run it, too. Again it does not count in a subclass that decides anew.
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
        """Take note of one more pass, or of the end of a task.

        Arguments: ``state`` the present state; ``event`` a `Reply` that its user has judged, or the
        `Ended` of a task. Returns: the next state.
        """
        ...


class Routing(Protocol):
    """The provider's rule: which model first, and when to cascade to the next one.

    A tabular routing has ``table(models: int) -> Route``. Examples: `agents.routing`.
    """

    def first(self, state: State, task: Task, view: View) -> tuple[int, State]:
        """Choose the model of the first pass.

        Arguments: ``state`` the present state; ``task`` before its first pass; ``view`` the system.
        Returns: the model, from 1, and the next state. Another number is an InputError.
        """
        ...

    def escalation(self, state: State, task: Task, view: View) -> tuple[float, State]:
        """Say how likely a re-prompt goes one model up.

        Asked after every failed pass below the last model, before the user's choice is known.
        Arguments: ``state``; ``task``, whose ``model`` has failed; ``view``.
        Returns: the probability s that, if the user re-prompts, the pass goes from ``task.model``
        one up, and the next state. A number outside [0, 1] is an InputError.
        """
        ...


class Throttle(Protocol):
    """What stands between the users and the models.

    A tabular one admits everything and has ``table(models: int) -> tuple[float, ...]``, the seconds
    for which each model's answers are held back. Examples: `agents.throttling`.
    """

    def admit(self, state: State, task: Task, view: View) -> tuple[Admit | Refuse, State]:
        """Let a prompt in, or turn it away.

        Asked for every prompt, re-prompts and retries too. Arguments: ``state``; ``task``, which
        asks for ``task.model``; ``view``. Returns: `Admit` or `Refuse`, and the next state.
        """
        ...

    def hold(self, state: State, reply: Reply, view: View) -> tuple[float, State]:
        """Say for how long a finished answer is held back.

        Arguments: ``state``; ``reply``, not judged yet; ``view``.
        Returns: seconds (finite, at least 0) and the next state.
        """
        ...


@runtime_checkable
class Reworking(Protocol):
    """A throttle that changes the work itself."""

    def work(self, game: Game) -> Game:
        """Return ``game`` with the p, t and c that the models have under the throttle."""
        ...


# --- the users


class Memory(Protocol):
    """What a user remembers from pass to pass and from task to task: one mind for all rules.

    ``learn(mind, event) -> mind``, if there is one, is shown the user's own `Reply`, `Refused` and
    `Ended` events.
    """

    def init(self, luck: Luck) -> Mind:
        """Make the mind of a new user.

        Arguments: ``luck`` the random numbers of that user. Returns: anything.
        """
        ...


class Abandonment(Protocol):
    """The user's rule for giving up a task.

    A tabular one has ``table(models: int) -> tuple[float, ...]``, q after a failure at each model.
    A rule that has ``init`` is the user's `Memory`, too, unless the user has another one.
    Examples: `agents.abandonment`.
    """

    def probability(self, mind: Mind, task: Task, view: View) -> float:
        """Say how likely the user gives up.

        Asked after each failed pass. Arguments: ``mind`` of the user; ``task``, whose ``history``
        ends with that pass; ``view``. Returns: the probability q, in [0, 1].
        """
        ...


class Limits(NamedTuple):
    """Seconds that a user bears for one pass: in the queue, and in queue and service together."""

    waiting: float = float("inf")
    sojourn: float = float("inf")


class Patience(Protocol):
    """When a user leaves a queue unserved (reneges), or a model that works on it (cancels).

    The task is over then; a pass that is cancelled costs the provider what a whole one does.
    Examples: `agents.patience`.
    """

    def limits(self, mind: Mind, task: Task, view: View) -> Limits:
        """Say how long the user bears the pass that was just asked for.

        Arguments: ``mind``; ``task``, which has joined ``task.model``; ``view``.
        Returns: `Limits` of at least 0 seconds; infinity: the user stays.
        """
        ...


class Persistence(Protocol):
    """What a user does who is turned away; without one, users do as `Refuse` says."""

    def again(self, mind: Mind, task: Task, refusal: Refuse, view: View) -> float:
        """Say when the user asks again.

        Arguments: ``mind``; ``task``, whose ``refusals`` count this one, too; ``refusal`` the
        throttle's word; ``view``. Returns: seconds > 0; infinity: the task is given up.
        """
        ...


class Joining(Protocol):
    """Whether a user who sees the queue begins at all, or balks."""

    def joins(self, mind: Mind, task: Task, entry: Admit, view: View) -> float:
        """Say how likely the user begins.

        Asked before the first pass, once the throttle has let it in. Arguments: ``mind``; ``task``;
        ``entry`` the throttle's word; ``view``. Returns: a probability.
        """
        ...


class Verifier(Protocol):
    """How a user judges an answer; without one, right answers are accepted and wrong ones not."""

    def accepts(self, solved: bool, task: Task) -> float:
        """Say how likely an answer is accepted.

        Arguments: ``solved`` whether it is right; ``task`` with the pass counted.
        Returns: a probability. The user leaves with what is accepted, and has the value of what is
        solved.
        """
        ...


class Choice(Protocol):
    """Which provider a user asks, task by task."""

    def provider(self, mind: Mind, task: Task, views: tuple[View, ...]) -> int:
        """Choose a provider.

        Arguments: ``mind``; ``task`` before its first pass; ``views`` of the scenario's offer and
        of its rivals. Returns: the place of one of ``views``, from 0.
        """
        ...


class Loyalty(Protocol):
    """Whether a user leaves the provider for good, or for a while, after a task.

    ``returns(mind, view) -> seconds``, if there is one, says for how long; otherwise for ever. The
    tasks of a user who is away do not come.
    """

    def leaves(self, mind: Mind, task: Task, view: View) -> float:
        """Say how likely the user leaves.

        Asked when a task is over, however it ended. Arguments: ``mind``; ``task`` with its
        outcome; ``view``. Returns: a probability.
        """
        ...


# --- the tasks


class Work(Protocol):
    """What makes tasks differ; without one, passes are independent and tasks alike.

    ``signal(truth) -> anything``, if there is one, is what everybody sees of a task: `Task.signal`.
    """

    def truth(self, luck: Luck) -> Any:
        """Draw what is true of a new task, and seen by nobody.

        Arguments: ``luck`` the random numbers of that task. Returns: anything.
        """
        ...

    def success(self, truth: Any, model: int, p: float, failures: int) -> float:
        """Say how likely a pass solves the task.

        Arguments: ``truth`` of the task; ``model``, from 1; ``p`` its success probability in the
        game; ``failures`` passes of the task that did not end it. Returns: a probability.
        """
        ...

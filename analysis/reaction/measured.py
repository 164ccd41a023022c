"""What users measure of a run, and the best answer to it.

A user's task is a chain: from the start, or from a failed pass at model i, it is served next at
model j, wherever it had asked, or turned away for good. The frequencies of these moves, what a pass
at each model took and what was lost by waiting in vain are all that a user must know: refusals,
back-off and diversions are in them.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis.reaction.exact import Class
from analysis.runs.window import Window
from sim.game import Game
from sim.records import Outcome
from sim.results import Result
from sim.scenario import Scenario

Array = NDArray[np.float64]
GRID = np.linspace(0.0, 1.0, 201)  # responses that users consider


def tally(scenario: Scenario, result: Result, window: Window, kinds: list[Class]) -> Array:
    """What each class meets in one run, which needs its passes: sums, shape (classes, n + 1, n + 4)
    for n models.

    Row 0 is the start of a task and row i a failed pass at model i; columns 0 to n - 1 count the
    moves to each model, column n those who were turned away for good; column n + 1 is what these
    had spent on waiting since their last answer, column n + 2 what passes at model i took, and
    column n + 3 the part of it before they were let in (money). Users who decline were let in
    before: of those turned away at the start count as many as would have begun.
    """
    n, tasks, passes = len(scenario.game.models), result.tasks, result.passes
    owner = np.repeat(np.arange(len(tasks["task"])), tasks["passes"])
    counts = window.counts(tasks)
    origin, last, spent = _ways(result, owner)
    seen, group = counts[owner], tasks["group"]
    seconds = passes["waiting"] + passes["service"] + passes["throttle_delay"]
    outside = _outside(result, owner, n)
    gone = counts & (tasks["outcome"] == Outcome.REFUSED)
    declined = counts & (tasks["outcome"] == Outcome.BALKED)
    found = np.zeros((len(kinds), n + 1, n + 4))
    for k, kind in enumerate(kinds):
        mine, away = seen & (group[owner] == k), gone & (group == k)
        here, own = passes["model"][mine], found[k]
        pairs = np.bincount(origin[mine] * n + here - 1, minlength=(n + 1) * n)
        own[:, :n] = pairs.reshape(n + 1, n)
        own[:, n] = np.bincount(last[away], minlength=n + 1)
        own[:, n + 1] = kind.value_of_time * np.bincount(last[away], spent[away], n + 1)
        own[:, n + 2] = kind.value_of_time * np.bincount(here, seconds[mine], n + 1)
        own[:, n + 3] = kind.value_of_time * np.bincount(here, outside[mine], n + 1)
        if balked := int((declined & (group == k)).sum()):
            began = own[0, :n].sum()
            own[0, n : n + 2] *= began / (began + balked)
    return found


def _outside(result: Result, owner: NDArray[np.int64], n: int) -> Array:
    """The seconds of each pass before it was let in: of tasks that were refused, what throttles
    held them up longer than the others at the same model.
    """
    model, held = result.passes["model"], result.passes["throttle_delay"]
    refused = result.tasks["refusals"][owner] > 0
    welcome = np.bincount(model[~refused], minlength=n + 1)
    usual = np.bincount(model[~refused], held[~refused], n + 1) / np.maximum(welcome, 1)
    return np.where(refused, held - usual[model], 0.0)


def _ways(result: Result, owner: NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """Where each pass came from, the model of each task's last pass (0: none), and the seconds
    that a task was held up after its last answer.
    """
    tasks, passes = result.tasks, result.passes
    origin = np.concatenate([[0], passes["model"][:-1]])
    origin[passes["pass"] == 1] = 0
    ends = np.cumsum(tasks["passes"]) - 1
    last = np.where(tasks["passes"] > 0, np.append(passes["model"], 0)[ends], 0)
    held = np.bincount(owner, passes["throttle_delay"], len(tasks["task"]))
    return origin, last, np.maximum(tasks["throttle_delay"] - held, 0.0)


@dataclass(frozen=True)
class Belief:
    """A class's picture of the service: ``kind`` with announced latencies, the `tally` so far, and
    the moves, shape (n + 1, n), that are announced for where nobody has been.

    ``moves_known``: whether the announced moves are the true ones, so that none are estimated.
    """

    kind: Class
    seen: Array
    announced: Array
    moves_known: bool

    @cached_property
    def game(self) -> Game:
        """The game with the latencies that were measured; as announced where nobody was."""
        costs = self.seen[1:, len(self.kind.game.models) + 2]
        pairs = zip(self.kind.game.models, self.passes, costs, strict=True)
        models = (replace(m, t=float(cost / n)) if n > 0 else m for m, n, cost in pairs)
        return replace(self.kind.game, models=tuple(models))

    @property
    def passes(self) -> Array:
        """Passes at each model that were measured."""
        count = self.seen[:, : len(self.kind.game.models)].sum(0)
        return np.asarray(count)

    @cached_property
    def moves(self) -> Array:
        """Probability of each next model, shape (n + 1, n); the rest is turned away for good."""
        n = len(self.kind.game.models)
        total = self.seen[:, : n + 1].sum(1, keepdims=True)
        if self.moves_known:
            return self.announced
        shares = self.seen[:, :n] / np.where(total > 0, total, 1.0)
        return np.where(total > 0, shares, self.announced)

    @cached_property
    def lost(self) -> Array:
        """Money that a user loses on average, per move, by waiting for a prompt never let in."""
        n = len(self.kind.game.models)
        total = self.seen[:, : n + 1].sum(1)
        return np.asarray(self.seen[:, n + 1] / np.where(total > 0, total, 1.0))

    @property
    def outside(self) -> Array:
        """Money that a pass at each model takes on average before it is let in."""
        count = self.passes
        return np.asarray(self.seen[1:, -1] / np.where(count > 0, count, 1.0))

    def values(self, q: Array) -> tuple[Array, Array]:
        """Expected utility of a task, and from a pass at each model on, shape (len(q), n), by the
        probability ``q`` of giving up after a failure (money).

        With a = (1 - p)(1 - q): U = V p - t - a lost + a moves U, solved for U.
        """
        game = self.game
        p, t = (np.array([getattr(m, name) for m in game.models], float) for name in ("p", "t"))
        again = (1 - p) * (1 - q[:, None])
        once = float(game.value) * p - t - again * self.lost[1:]
        left = np.eye(len(p)) - again[:, :, None] * self.moves[1:]
        here = np.linalg.solve(left, once[:, :, None])[:, :, 0]
        return here @ self.moves[0] - self.lost[0], here


@dataclass(frozen=True)
class Answer:
    """What users decide: the probability ``q`` of giving up after a failure, per model the
    ``seconds`` for which a refused prompt is worth waiting for, and whether a task is worth
    beginning (``begins``).
    """

    q: float
    seconds: tuple[float, ...]
    begins: bool


def best(belief: Belief) -> Answer:
    """The q of a grid with the largest utility, and what a pass is then worth in seconds, without
    the wait before it is let in: who decides whether to wait for it counts that against it.
    """
    start, here = belief.values(GRID)
    place = int(start.argmax())
    worth = np.maximum(here[place] + belief.outside, 0.0) / belief.kind.value_of_time
    return Answer(float(GRID[place]), tuple(worth.tolist()), bool(start[place] >= 0))

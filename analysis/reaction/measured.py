"""What users measure of a run, and the best answer to it.

A user's task is a chain: from the start, or from a failed pass at model i, it is served next at
model j, wherever it had asked, or turned away for good. The frequencies of these moves, what was
spent on waiting to be let in and what a pass at each model took are all that a user must know:
refusals, back-off and diversions are in them.
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
    """What each class meets in one run, which needs its passes: sums, shape (classes, n + 1, n + 3)
    for n models.

    Row 0 is the start of a task and row i a failed pass at model i; columns 0 to n - 1 count the
    moves to each model, column n those who were turned away for good; column n + 1 is what was
    spent on waiting to be let in, in vain or not, and column n + 2 what passes at model i took from
    then on (money). Users who decline had been let in: of those turned away at the start count as
    many as would have begun.
    """
    n, tasks, passes = len(scenario.game.models), result.tasks, result.passes
    owner = np.repeat(np.arange(len(tasks["task"])), tasks["passes"])
    counts = window.counts(tasks)
    origin, last, spent = _ways(result, owner)
    seen, group = counts[owner], tasks["group"]
    outside = _outside(result, owner, n)
    inside = passes["waiting"] + passes["service"] + passes["throttle_delay"] - outside
    found = np.zeros((len(kinds), n + 1, n + 3))
    for k, kind in enumerate(kinds):
        mine = seen & (group[owner] == k)
        gone, declined = (
            counts & (group == k) & (tasks["outcome"] == outcome)
            for outcome in (Outcome.REFUSED, Outcome.BALKED)
        )
        here, came, own = passes["model"][mine], origin[mine], found[k]
        own[:, :n] = np.bincount(came * n + here - 1, minlength=(n + 1) * n).reshape(n + 1, n)
        began, weight = own[0, :n].sum(), np.ones(n + 1)
        if declined.any():
            weight[0] = began / (began + declined.sum())
        own[:, n] = weight * np.bincount(last[gone], minlength=n + 1)
        in_vain = weight * np.bincount(last[gone], spent[gone], n + 1)
        waited = in_vain + np.bincount(came, outside[mine], n + 1)
        own[:, n + 1] = kind.value_of_time * waited
        own[:, n + 2] = kind.value_of_time * np.bincount(here, inside[mine], n + 1)
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
        pairs = zip(self.kind.game.models, self.passes, self.seen[1:, -1], strict=True)
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
        """Money that a user loses on average, per move, by waiting to be let in."""
        n = len(self.kind.game.models)
        total = self.seen[:, : n + 1].sum(1)
        return np.asarray(self.seen[:, n + 1] / np.where(total > 0, total, 1.0))

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
    """The q of a grid with the largest utility, and what a pass is then worth in seconds."""
    start, here = belief.values(GRID)
    place = int(start.argmax())
    worth = np.maximum(here[place], 0.0) / belief.kind.value_of_time
    return Answer(float(GRID[place]), tuple(worth.tolist()), bool(start[place] >= 0))

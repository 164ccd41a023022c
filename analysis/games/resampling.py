"""Real pairs measured anew: what their success per pass would have been on other tasks."""

from dataclasses import replace
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from analysis.games.catalogue import Pair
from analysis.games.distributions import generator
from sim.game import Game, Model

RESAMPLING = 2  # the stream of `analysis.games.distributions.generator`


def resampled(pair: Pair, count: int, seed: int) -> NDArray[np.float64]:
    """Success per pass of a pair in ``count`` bootstrap samples of its tasks: (2, count).

    Each model's tasks, solved at the first try, at the second or not at all, are drawn with
    replacement, independently: the source does not tell which tasks. So tries of a task need not be
    independent. A sample depends on the seed and the name of the pair alone.

    >>> from analysis.games.catalogue import pairs
    >>> resampled(pairs()["gpt-4.1/o3"], 10_000, seed=1).std(axis=1).round(3).tolist()
    [0.021, 0.024]
    """
    random = generator(seed, RESAMPLING, crc32(pair.name.encode()))
    both = zip(pair.tasks, pair.first, pair.solved, strict=True)
    return np.array([_tried_again(*each, count, random) for each in both])


def _tried_again(
    tasks: int, first: int, solved: int, count: int, random: np.random.Generator
) -> NDArray[np.float64]:
    shares = np.array([first, solved - first, tasks - solved]) / tasks
    at_first, at_second, _ = random.multinomial(tasks, shares, size=count).T
    again: NDArray[np.float64] = (at_first + at_second) / (2 * tasks - at_first)
    return again


def ordered(game: Game) -> tuple[Game, NDArray[Any]]:
    """The games of arrays with p1 < p2, and where that exchanged the models.

    Of models that solve as much, the second solves more by a rounding.

    >>> games, exchanged = ordered(Game.of((0.4, 0.3), (1, 2), (0.1, 0.2), 5, 1).flat())
    >>> games.models[0].p, exchanged
    (array([0.3]), array([ True]))
    """
    first, second = game.models
    wrong = np.asarray(first.p) > np.asarray(second.p)
    low, high = _choose(wrong, second, first), _choose(wrong, first, second)
    high = replace(high, p=np.maximum(high.p, np.nextafter(low.p, 1.0)))
    return replace(game, models=(low, high)), wrong


def _choose(where: NDArray[Any], one: Model, other: Model) -> Model:
    return Model(*(np.where(where, getattr(one, x), getattr(other, x)) for x in "ptc"))

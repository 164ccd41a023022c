"""The equilibrium found by simulation: users who respond to the latencies that they measure.

In every round all users play the average population of the rounds before, measure what a pass takes
at each model, and one more round's worth of users best-responds: fictitious play (Brown 1951) with
the step 1/n. The potential of docs/theory.md, section 11.2, is concave, so that the average should
come to the equilibrium from any start. Measured latencies come from finite runs that start empty.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from agents import CongestedEquilibrium, CongestedGame, Stationary, congested_equilibrium
from analysis.games.congested import scenario_of
from analysis.reaction.fits import fictitious_rounds, types
from analysis.runs.window import Window
from sim.person import Person
from sim.theory.markov import visits

STARTS = {"all stay": 0.0, "half": 0.5, "all leave": 1.0}  # q of round 0: all users play it
NEAR = 0.1  # of each load's own distance between all stay and all leave


@dataclass(frozen=True)
class Play:
    """A game's way to equilibrium.

    ``loads`` shape (rounds + 1, 2): those of the population after each round, the start first
    (passes per second, by the visits of its q); ``ranges`` shape (2,): how far each of them
    is apart between all stay and all leave; ``equilibrium`` what theory predicts.
    """

    game: CongestedGame
    equilibrium: CongestedEquilibrium
    start: str
    loads: NDArray[np.float64]
    ranges: NDArray[np.float64]

    @property
    def distances(self) -> NDArray[np.float64]:
        """Largest difference of a load from the predicted one, each in its own range, after each
        round. A load that no user can change has range 0 and does not count.
        """
        moves = self.ranges > 1e-12 * self.game.arrival_rate  # visits are rounded
        apart = np.abs(self.loads - self.equilibrium.loads)[:, moves] / self.ranges[moves]
        return np.asarray(apart.max(axis=1, initial=0.0))

    @property
    def arrived(self) -> bool:
        """Whether the average of all rounds is near both predicted loads."""
        return bool(self.distances[-1] <= NEAR)


def fictitious_play(
    game: CongestedGame, initial: int, cascade: float, start: str,
    rounds: int = 40, tasks: int = 2000, seed: int = 1,
) -> Play:  # fmt: skip
    """Play ``rounds`` rounds of ``tasks`` tasks each. InputError for an infeasible policy."""
    q = STARTS[start]
    scenario = scenario_of(game, initial, cascade, Stationary(q))
    scenario = scenario.replace(seed=seed)
    played = fictitious_rounds(scenario, Window(tasks), rounds, weight=lambda n: 1, before=q)
    people = [scenario.person, *(after.person for after, _ in played)]
    average = np.array([_visits_of_all(game, initial, cascade, each) for each in people])
    ends = np.stack(visits_of(game, initial, cascade, np.array([0.0, 1.0])), axis=1)
    return Play(
        game,
        congested_equilibrium(game, initial, cascade),
        start,
        game.arrival_rate * average,
        game.arrival_rate * np.abs(ends[0] - ends[1]),
    )


def _visits_of_all(
    game: CongestedGame, initial: int, cascade: float, person: Person
) -> list[float]:
    """Mean passes at each model of a population."""
    weights, q = map(np.array, zip(*types(person), strict=True))
    return [float(weights @ each) for each in visits_of(game, initial, cascade, q)]


def visits_of(
    game: CongestedGame, initial: int, cascade: float, q: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Mean passes at each model of users who play ``q``, in its shape."""
    found = visits(game.unloaded, initial, cascade, q)
    return [np.broadcast_to(np.asarray(each, float), q.shape) for each in found]

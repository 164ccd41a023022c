"""Does the simulation agree with the theory?"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agents import Cascade, NoThrottle, Stationary, stackelberg
from analysis.catalogue import REFERENCE, pairs
from analysis.intervals import Estimate, estimate
from sim.engine import simulate
from sim.game import Game
from sim.markov import expectations
from sim.scenario import Scenario

METRICS = ("success", "delay", "service_cost", "user_utility", "provider_cost", "passes")
FALSE_ALARM = 1e-3  # probability that a correct program fails any check of a run
_RELATIVE = 1e-12  # for metrics without variance


@dataclass(frozen=True)
class Check:
    """One metric of one game: the simulated estimate against the exact value.

    It passes if they are at most ``limit`` standard errors apart, or, without variance, equal to
    1e-12 relative.
    """

    game: str
    metric: str
    estimate: Estimate
    exact: float
    limit: float

    @property
    def z(self) -> float | None:
        """Standard errors between estimate and exact value; None without variance."""
        return self.estimate.z(self.exact)

    @property
    def passed(self) -> bool:
        """Whether they agree."""
        if self.z is not None:
            return abs(self.z) <= self.limit
        return abs(self.estimate.mean - self.exact) <= _RELATIVE * max(1.0, abs(self.exact))


def catalogue() -> dict[str, tuple[Game, float]]:
    """Every reference game and real pair with its value of time."""
    real = {name: (pair.game(), 0.01) for name, pair in pairs().items()}
    return {name: (game, 1.0) for name, game in REFERENCE.items()} | real


def validate(
    tasks: int, seed: int, progress: Callable[[int], None] = lambda done: None
) -> Iterator[Check]:
    """Play every game of the catalogue at its equilibrium as SimPy processes, and check it.

    The limit is such that a correct program fails any of the checks with probability at most
    `FALSE_ALARM` (Bonferroni, normal approximation). ``progress`` is told the tasks played.
    """
    from scipy.special import ndtri

    games = catalogue()
    limit = float(-ndtri(FALSE_ALARM / 2 / (len(games) * len(METRICS))))
    for played, (name, (game, value_of_time)) in enumerate(games.items()):
        optimum = stackelberg(game)
        scenario = Scenario(
            game,
            routing=Cascade(optimum.initial, optimum.cascade),
            abandonment=Stationary(optimum.abandonment),
            throttle=NoThrottle(),
            value_of_time=value_of_time,
            tasks=tasks,
            seed=seed,
        )
        result = simulate(scenario, engine="simpy")
        progress((played + 1) * tasks)
        exact = expectations(game, optimum.initial, optimum.cascade, optimum.abandonment)
        for metric, values in result.metrics().items():
            yield Check(name, metric, estimate(values), float(getattr(exact, metric)), limit)

"""The claims of the paper's abstract as numbers, over stated distributions of games.

Exact values come from the solver over many games; the same numbers are simulated on the first few
hundred of them, policy against policy on common random numbers. What is estimated is a property of
the distribution: the interval says how well this many games tell it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from agents import AddedDelay, Cascade, Equilibrium, Stationary, best_response, stackelberg
from agents.routing.stackelberg import D, leave_cost
from analysis.catalogue import pairs
from analysis.intervals import estimate
from analysis.replications import Moments, run_jobs
from analysis.throttling import cheapest_pass, throttling_pays
from sim.engine import simulate
from sim.game import Game
from sim.markov import expectations
from sim.scenario import Scenario

if TYPE_CHECKING:
    from concurrent.futures import Executor

    import pandas as pd

GAMES = 200_000  # per distribution
SAMPLE = 400  # games per distribution that are simulated, too
TASKS = 2_000  # per simulated game and policy
SEED = 1
CONFIDENCE = 0.95
REGIMES = ("++", "--", "-+", "+-")
KINDS = ("M1, stay", "M2, stay", "M1, leave", "M2, leave", "threat", "cascade")
_STREAMS = 2**63  # replications of this and above draw games, those below play them
_ENOUGH = 1 + 1e-6  # t_hat_i over V p_i: the mildest delay that makes users leave, as in the limit
_ROUNDING = 1e-12

Array = NDArray[Any]
Bounds = tuple[float, float]


def _log_uniform(random: np.random.Generator, bounds: Bounds, games: int) -> Array:
    low, high = np.log(bounds)
    values: Array = np.exp(random.uniform(low, high, games))
    return values


@dataclass(frozen=True)
class PaperBox:
    """The paper's range: p, t and c of two models uniform on (0, 1), each sorted; V, P swept."""

    name: ClassVar[str] = "paper's box"
    value: Bounds = (0.1, 10.0)
    penalty: Bounds = (0.1, 10.0)

    def draw(self, games: int, random: np.random.Generator) -> Game:
        """``games`` independent games, as arrays."""
        p, t, c = (tuple(np.sort(random.random((2, games)), axis=0)) for _ in range(3))
        value = _log_uniform(random, self.value, games)
        return Game.of(p, t, c, value, _log_uniform(random, self.penalty, games))

    def __str__(self) -> str:
        return (
            "success probabilities, latency costs and service costs of the two models uniform on "
            "(0, 1), each pair sorted; value V log-uniform from {:g} to {:g}, penalty P from {:g} "
            "to {:g}".format(*self.value, *self.penalty)
        )


@dataclass(frozen=True)
class RealPairs:
    """A measured pair of models, each as likely; V, P (dollars), dollars per second swept."""

    name: ClassVar[str] = "real pairs"
    value: Bounds = (0.1, 10.0)
    penalty: Bounds = (0.01, 10.0)
    value_of_time: Bounds = (0.001, 0.1)

    def draw(self, games: int, random: np.random.Generator) -> Game:
        """``games`` independent games, as arrays."""
        known = list(pairs().values())
        which = random.integers(len(known), size=games)
        p, seconds, c = (
            np.array([getattr(pair, name) for pair in known]).T[:, which]
            for name in ("p", "seconds", "dollars")
        )
        t = _log_uniform(random, self.value_of_time, games) * seconds
        value = _log_uniform(random, self.value, games)
        penalty = _log_uniform(random, self.penalty, games)
        return Game.of(tuple(p), tuple(t), tuple(c), value, penalty)

    def __str__(self) -> str:
        return (
            "one of {} measured standard/reasoning pairs, each as likely; value V log-uniform from "
            "{:g} to {:g} dollars, penalty P from {:g} to {:g} dollars, value of time from {:g} to "
            "{:g} dollars per second"
        ).format(len(pairs()), *self.value, *self.penalty, *self.value_of_time)


Distribution = PaperBox | RealPairs
DISTRIBUTIONS: tuple[Distribution, ...] = (PaperBox(), RealPairs())


@dataclass(frozen=True)
class Policy:
    """What both sides play in every game: (i, s), q and the delays added to t (money)."""

    initial: Array
    cascade: Array
    abandonment: Array
    delays: tuple[Array, Array]

    def of(self, game: int) -> tuple[float, ...]:
        """The policy in one game, as plain numbers."""
        columns = (self.initial, self.cascade, self.abandonment, *self.delays)
        return tuple(column[game].item() for column in columns)


# what is compared: metric, policy, minus policy
DIFFERENCES = {
    "cascading": ("provider_cost", "static", "optimum"),  # what a cascade saves the provider
    "gap": ("user_utility", "user", "optimum"),  # Delta_U
    "gain": ("provider_cost", "optimum", "throttle"),  # of full throttling, to the provider
    "loss": ("user_utility", "optimum", "throttle"),  # of full throttling, to the user
}


@dataclass(frozen=True)
class Games:
    """Games drawn from a distribution, and what theory says about them."""

    distribution: Distribution
    game: Game

    @cached_property
    def optimum(self) -> Equilibrium:
        """The provider's optimum."""
        return stackelberg(self.game)

    @cached_property
    def regime(self) -> Array:
        """Signs of the net values."""
        return np.asarray(self.game.regime)

    @cached_property
    def kind(self) -> Array:
        """What the optimum is, one of `KINDS`; a threat is announced, but users leave before it."""
        best = self.optimum
        leave, one = best.abandonment == 1, best.initial == 1
        escalates = one & (best.cascade_low > 0)
        choices = [escalates & leave, escalates, one & leave, one, leave]
        return np.select(choices, ["threat", "cascade", "M1, leave", "M1, stay", "M2, leave"], "M2, stay")

    @cached_property
    def policies(self) -> dict[str, Policy]:
        """The optimum, the best static routing, the user's favourite, and the full throttle."""
        best, none = self.optimum, np.zeros(self.game.shape)
        first, second = self.game.models
        xi_1, xi_2 = self.game.xi
        stays = np.where(xi_1 / first.p >= xi_2 / second.p, 1, 2)
        leaves = np.where(xi_1 >= xi_2, 1, 2)
        signs = [self.regime == regime for regime in ("++", "--", "-+")]
        one, two = leave_cost(self.game, 1), leave_cost(self.game, 2)
        throttled = self.throttled
        delays = tuple(
            new.t - old.t for new, old in zip(throttled.models, self.game.models, strict=True)
        )
        cheaper = self.optimum.initial
        static = [self._static(np.full(self.game.shape, i)) for i in (1, 2)]
        costs = [self._played(policy).provider_cost for policy in static]
        optimal = (best.initial == 2) | (best.cascade_low == 0)
        cheaper = np.where(optimal, best.initial, np.where(costs[0] <= costs[1], 1, 2))
        last = np.where(one <= two, 1, 2)
        return {
            "optimum": Policy(best.initial, best.cascade, best.abandonment, (none, none)),
            "static": self._static(cheaper),
            "user": self._static(np.select(signs, [stays, leaves, 2], 1)),
            "throttle": Policy(last, none, best_response(throttled, last, none).q, delays),
        }

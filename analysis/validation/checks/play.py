"""Play the policies of a validation case on common random numbers."""

from dataclasses import dataclass
from math import ceil

from scipy.special import ndtri

from agents import Cascade, NoThrottle, Stationary, best_response
from agents.theorems.policy import Policy
from analysis.statistics.moments import Moments
from analysis.validation.cases.games import Case
from sim.engine import simulate
from sim.person import Person
from sim.records import Columns
from sim.scenario import Offer, Scenario

FALSE_ALARM = 1e-3  # probability that a correct program fails any check of a run
MARGIN = 0.01  # of the metric's scale
BLOCK = 20_000  # tasks of one replication at precision 1; fewer below, at least 500
SIMPY_TASKS = 1_000  # tasks per case that are also played as SimPy processes
_SPARE = 1.1  # the variance of the first block is itself an estimate


@dataclass(frozen=True)
class Settings:
    """``precision`` divides the margins; ``simpy_tasks`` per case; ``checks`` in the whole run."""

    precision: float = 1.0
    seed: int = 1
    simpy_tasks: int = SIMPY_TASKS
    checks: int = 1

    @property
    def block(self) -> int:
        """Tasks of one replication."""
        return max(500, int(BLOCK * min(1.0, self.precision**2)))

    @property
    def alarm(self) -> float:
        """The normal quantile of the false-alarm probability of one check."""
        return float(-ndtri(FALSE_ALARM / 2 / self.checks))


def scale(case: Case, metric: str) -> float:
    """What the margin is a fraction of.

    Success: 1. Delay and user utility: V. Service and provider cost: P + max c. Passes: 1 / p_1,
    the most that a task can take on average.
    """
    game = case.game
    if metric == "success":
        return 1.0
    if metric in ("delay", "user_utility"):
        return float(game.value)
    if metric == "passes":
        return 1 / float(game.models[0].p)
    return float(game.penalty + max(m.c for m in game.models))


class Player:
    """Plays policies of one case on common random numbers, block by block, and remembers."""

    def __init__(self, case: Case, settings: Settings) -> None:
        self.case = case
        self.settings = settings
        self.policy = case.policy
        self._played: dict[tuple[Policy, int], Columns] = {}

    def margin(self, metric: str) -> float:
        """The deviation that must not be missed, in the metric's unit."""
        return MARGIN * scale(self.case, metric) / self.settings.precision

    def scenario(self, policy: Policy, tasks: int) -> Scenario:
        """The case's game with ``policy`` on both sides."""
        initial, s, q = policy
        return Scenario(
            self.case.game,
            Offer(Cascade(initial, s), NoThrottle()),
            Person(Stationary(q)),
            value_of_time=self.case.value_of_time,
            tasks=tasks,
            seed=self.settings.seed,
        )

    def block(self, policy: Policy, number: int) -> Columns:
        """Metrics of one block of tasks."""
        key = (policy, number)
        if key not in self._played:
            scenario = self.scenario(policy, self.settings.block)
            result = simulate(scenario, replication=number, engine="compiled")
            self._played[key] = result.metrics()
        return self._played[key]

    def answer(self, initial: int, cascade: float) -> Policy:
        """The policy with the user's best response, ties carried (Theorems 1 and 2)."""
        q = float(best_response(self.case.game, initial, cascade).q)
        return Policy(initial, cascade, q)

    def blocks_for(self, sd: float, margin: float, critical: float) -> int:
        """Blocks so that a correct program fails with the probability allowed to one check."""
        n = ((self.settings.alarm + critical) * sd * _SPARE / margin) ** 2
        return max(1, ceil(n / self.settings.block))

    def difference(self, policy: Policy, base: Policy, metric: str, blocks: int) -> Moments:
        """Paired differences of a metric, task by task."""
        parts = (
            Moments.of(self.block(policy, b)[metric] - self.block(base, b)[metric])
            for b in range(blocks)
        )
        return sum(parts, start=next(parts))

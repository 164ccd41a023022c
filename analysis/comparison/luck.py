"""What the draws of a run make of its criteria: one control variate for each.

Theory values every draw: what a success, a user who gives up or a prompt that goes up is worth in
the game where nobody waits. Values times the controls of `analysis.statistics.controls.of_run` add
up to how lucky a run was, a number with mean 0 whatever the values are. Grouped like this they cost
one degree of freedom, so that ten replications are enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from analysis.comparison.criteria import of_class
from analysis.runs.measure import Row
from analysis.statistics.controls import of_run
from sim.arrivals.population import Population
from sim.checks import UNIT
from sim.person import Mixture
from sim.policies import Abandonment
from sim.results import Result
from sim.scenario import Scenario
from sim.tables import Row as Numbers
from sim.tables import row
from sim.theory.markov import expectations

LUCK = {  # criterion -> what luck moves it; the median is moved by none
    "provider_cost": "cost_luck",
    "user_utility": "utility_luck",
    "worst_decile": "utility_luck",
    "success": "success_luck",
    "delay_p95": "delay_luck",
}
KINDS = tuple(dict.fromkeys(LUCK.values()))


def of_all(group: str) -> dict[str, str]:
    """The luck that moves the criteria of the only class of users."""
    pairs = (("utility", "utility_luck"), ("solved", "success_luck"))
    return {of_class(group, criterion): kind for criterion, kind in pairs}


@dataclass(frozen=True)
class _Worth:
    """A quantity: what is expected of a pass at each model and all after it, of a solved task, of
    one that is given up, and of a second in service.
    """

    expected: Sequence[float]
    solved: float = 0.0
    given_up: float = 0.0
    second: float = 0.0

    def of_draws(self, s: Numbers, q: Numbers) -> dict[str, float]:
        """What each control of a run is worth per unit."""
        worth: dict[str, float] = {}
        for i, (here, s_i, q_i) in enumerate(zip(self.expected, s, q, strict=True)):
            above = self.expected[min(i + 1, len(s) - 1)]
            again = s_i * above + (1 - s_i) * here
            worth |= {
                f"service {i + 1}": self.second,
                f"success {i + 1}": self.solved - q_i * self.given_up - (1 - q_i) * again,
                f"abandonment {i + 1}": self.given_up - again,
                f"cascade {i + 1}": above - here,
            }
        return worth


def luck(scenario: Scenario, result: Result) -> Row:
    """How far the draws of a run moved cost, utility, delay (money) and success, per task.

    0 where routing is no table, so that theory has no values. Where every draw is seen and nobody
    waits, the means of a run are the exact expectations plus this, whatever was drawn.
    """
    route = scenario.table.route
    if route is None:
        return dict.fromkeys(KINDS, 0.0)
    drawn, q, s = of_run(scenario, result), _giving_up(scenario), (*route.escalation, 0.0)
    return {
        kind: sum(value * drawn.get(name, 0.0) for name, value in worth.of_draws(s, q).items())
        for kind, worth in _worths(scenario, route.escalation, q).items()
    }


def _worths(scenario: Scenario, s: Numbers, q: Numbers) -> dict[str, _Worth]:
    game, weight = scenario.at_work, float(scenario.value_of_time)
    if scenario.table.hold is not None:
        game = game.delayed(*(weight * seconds for seconds in scenario.table.hold))
    value, penalty = float(game.value), float(game.penalty)
    means = [expectations(game, i, s, q) for i in range(1, len(q) + 1)]
    return {
        "cost_luck": _Worth([float(e.provider_cost) for e in means], given_up=penalty),
        "utility_luck": _Worth([float(e.user_utility) for e in means], value, second=-weight),
        "success_luck": _Worth([float(e.success) for e in means], solved=1.0),
        "delay_luck": _Worth([float(e.delay) for e in means], second=weight),
    }


def _giving_up(scenario: Scenario) -> Numbers:
    """About how probable it is that a user gives up after a failure at each model."""
    n, persons, crowd = len(scenario.game.models), scenario.persons, scenario.arrivals
    rates = (
        [1.0] if not isinstance(crowd, Population) else [k.users * k.rate for k in crowd.classes]
    )
    shares = [rate / sum(rates) for rate in rates]
    rows = [_mean_row(person.abandonment, n) for person in persons]
    return tuple(sum(w * each[i] for w, each in zip(shares, rows, strict=True)) for i in range(n))


def _mean_row(rule: Abandonment | None, n: int) -> Numbers:
    parts = rule.parts if isinstance(rule, Mixture) else ((1.0, rule),)
    rows = [(w, row(part, n, UNIT, "probability") or (0.0,) * n) for w, part in parts]
    return tuple(sum(w * each[i] for w, each in rows) for i in range(n))

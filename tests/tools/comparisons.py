"""Comparisons with made-up numbers."""

from collections.abc import Mapping

import numpy as np

from agents import Cascade, Stationary
from analysis.comparison.criteria import CRITERIA
from analysis.comparison.outcome import Comparison
from analysis.comparison.replication import GROWTH, Measures, columns, visits
from analysis.games.catalogue import REFERENCE
from analysis.runs.window import Window
from analysis.statistics.selection import Plan, Selection
from sim import Offer, Person, Poisson, Population, Scenario, UserClass

N = 20


def comparison(
    means: Mapping[str, tuple[float, float]],
    rivals: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    spread: float = 1e-4,
    load: float = 0.0,
    regret: float = 0.0,
) -> Comparison:
    """Strategies with the ``means`` of provider's cost and users' utility (of all classes, too) and
    independent noise of so much ``spread``; the cheapest is the best. ``load`` of M1, under which
    queues grow from 1 on; ``regret`` in V.
    """
    crowd = (
        Population(tuple(UserClass(name, 5, 0.1, 1.0, 1.0) for name in groups))
        if groups
        else Poisson(1.0)
    )
    start = Scenario(
        REFERENCE["R14"], Offer(Cascade(1), slots=(1, 2)), Person(Stationary(0.0)), crowd
    )
    names = columns(start)
    values = {}
    for k, (name, (cost, utility)) in enumerate(means.items()):
        noise = np.random.default_rng(k).normal(0, spread, (N, 2))
        rows = np.zeros((N, len(names)))
        rows[:, names.index("provider_cost")] = cost + noise[:, 0]
        for i, column in enumerate(names):
            if column == "user_utility" or column.endswith(": utility"):
                rows[:, i] = utility + noise[:, 1]
            elif column == "regret 0":
                rows[:, i] = regret
        rows[:, names.index(visits(1))] = load / 0.2  # a slot does 5 passes per second
        rows[:, names.index(GROWTH)] = float(load >= 1)
        values[name] = rows
    best = min(means, key=lambda name: means[name][0])
    selection = Selection(values, Plan(budget=N), 0.01, best, rivals)
    scenarios = dict.fromkeys(means, start)
    return Comparison(
        CRITERIA[0], selection, None, tuple(names), scenarios, Measures(Window(100)), ()
    )

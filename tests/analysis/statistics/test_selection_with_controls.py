"""Selection with control variates: the same promises, kept sooner.

Bounds on repeated studies as in test_selection.py: a procedure that just keeps its promise misses
one with probability 1/740.
"""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from analysis.statistics.selection import Plan, Selection, Target, Values, select
from tests.tools.selection import Score, correlated


def controlled_studies(studies: int, off: float = 0.0, used: bool = True) -> Score:
    """Normal strategies one zone behind the best; controls, with mean ``off`` for the second best,
    explain nine tenths of their variance.
    """
    means, plan, score = (1.0, 0.0, 0.0), Plan(budget=1280), Score()
    for seed in range(studies):
        known, rest = (
            correlated((0, 0, 0), (3, 3, 3), 0.2, plan.budget, seed + n) for n in (0, studies)
        )
        biased = known + np.array([0.0, off, 0.0])
        values = np.stack([np.array(means) + known + rest / 3, biased], axis=2)

        def sample(
            names: Sequence[str], first: int, count: int, values: Values = values
        ) -> dict[str, Values]:
            return {name: values[first : first + count, int(name)] for name in names}

        target = Target(0, 1, 0.99, "0", controls={0: 1} if used else {})
        exact = {str(i): mean for i, mean in enumerate(means)}
        score.add(select(list(exact), sample, plan, target), exact)
    return score


def test_controls_keep_the_promise_and_save_replications() -> None:
    """300 studies, bound of three standard errors; planted: a control whose mean is not 0."""
    score, plain = controlled_studies(300), controlled_studies(100, used=False)
    assert score.keeps(), score
    assert score.decided == 300
    assert score.replications / 300 < 0.4 * plain.replications / 100
    assert not controlled_studies(300, off=1.5).keeps()


def test_a_tie_goes_to_the_first_named_whatever_the_controls() -> None:
    value, one, other = np.random.default_rng(5).normal(size=(3, 10))

    def sample(names: Sequence[str], first: int, count: int) -> dict[str, Values]:
        return {
            name: np.stack([value, known], 1)
            for name, known in zip(names, (one, other), strict=True)
        }

    for names in (("a", "b"), ("b", "a")):
        found = select(
            names, sample, Plan(budget=10, first=10), Target(0, 1, 0.1, "a", controls={0: 1})
        )
        assert (found.best, found.decided) == (names[0], True)
        assert found.difference("b", "a", 0) == (0, 0, 0)


def test_a_control_corrects_the_mean_and_costs_a_degree_of_freedom() -> None:
    control = np.random.default_rng(6).normal(size=(2, 10))
    noise = np.random.default_rng(7).normal(size=(2, 10))
    arrays = {"0": np.stack([control[0] + noise[0], control[0]], 1)}
    arrays |= {"1": np.stack([control[1] + noise[1], control[1]], 1)}
    found = Selection(arrays, Plan(budget=10, first=10), 0.1, "0", (), {0: 1})
    value, known = (arrays["0"] - arrays["1"]).T
    fit = stats.linregress(known, value)
    estimate = found.estimate(0, "0", "1")
    assert estimate.mean == pytest.approx(fit.intercept)
    assert estimate.standard_error == pytest.approx(fit.intercept_stderr)
    assert estimate.parts == 9  # t of 8 degrees of freedom
    rest = value - fit.intercept - fit.slope * known
    assert estimate.skewness == pytest.approx(stats.skew(rest, bias=False))
    assert found.left(0, "0", "1") == pytest.approx(
        fit.intercept_stderr**2 / (value.var(ddof=1) / 10)
    )
    assert found.left(1, "0", "1") == 1

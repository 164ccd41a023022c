"""Long runs of every kind of behaviour have one trajectory in both engines."""

import pytest

from tests.benchmark.behaviours import kinds
from tests.sim.compiled.twins import assert_twins

TASKS = 100_000
DEAR = 50_000  # of those that take SimPy longest
LONG = {
    "rate limit, retry", "rate limit, back off", "cap, goes away", "cap, fallback", "load delay",
    "three layers", "patience", "sojourn limit",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("kind", kinds(1))
def test_long_runs_of_behaviours_have_one_trajectory(kind: str) -> None:
    assert_twins(kinds(DEAR if kind in LONG else TASKS, seed=7)[kind])

"""Many runs, on any executor, with the same bytes whatever the workers, batches and order.

Every run is a pure function of its job, random numbers are keyed by (seed, replication, task), and
results are put together in the order of the jobs. Scenarios with the same seed share their random
numbers: the same task has the same luck in each of them.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from typing import TYPE_CHECKING

import numpy as np

from analysis.runs.jobs import run_jobs
from sim.checks import COUNT, check
from sim.engine import choose, simulate
from sim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd


def replicate(
    scenarios: Mapping[str, Scenario],
    replications: int,
    executor: Executor | None = None,
    engine: str = "auto",
    progress: Callable[[int], None] | None = None,
) -> "pd.DataFrame":
    """Means of every metric in every replication of every scenario.

    A tidy frame: scenario, replication, metric, value (units as in `sim.results.Result.metrics`),
    n (tasks behind the mean). Replication r of every scenario shares its random numbers if the
    seeds agree. Intervals: `analysis.statistics.intervals.estimate` over replications.
    """
    import pandas as pd

    check("replications", replications, COUNT)
    engines = [choose(s, engine, runs=replications) for s in scenarios.values()]
    players = list(zip(scenarios.values(), engines, strict=True))
    jobs = [(s, r, player) for s, player in players for r in range(replications)]
    results = run_jobs(_means, jobs, executor, progress)
    keys = [(name, r) for name in scenarios for r in range(replications)]
    rows = [
        (name, r, metric, value, n)
        for (name, r), (n, means) in zip(keys, results, strict=True)
        for metric, value in means.items()
    ]
    return pd.DataFrame(rows, columns=["scenario", "replication", "metric", "value", "n"])


def _means(job: tuple[Scenario, int, str]) -> tuple[int, dict[str, float]]:
    scenario, replication, engine = job
    metrics = simulate(scenario, replication=replication, engine=engine).metrics()
    n = len(metrics["success"])
    return n, {name: float(values.mean()) if n else np.nan for name, values in metrics.items()}

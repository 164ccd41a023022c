"""The error map: exact where theory is, and corrected by controls that do what they say."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.congestion import errors
from analysis.congestion.errors import RUNS, balanced, error_map
from analysis.runs.measure import measure
from sim.engine import simulate
from sim.servers.disciplines import ProcessorSharing
from sim.servers.service_times import Lognormal
from sim.theory.markov import visits
from tests.tools.chance import t_bound

TASKS, SEED = 100, 3


def score(values: "pd.Series[float]", exact: float = 0.0) -> float:
    """Standard errors of independent runs between their mean and ``exact``."""
    return float((np.mean(values) - exact) / stats.sem(values))


def short(cells: errors.Cells, runs: int) -> pd.DataFrame:
    """Independent short runs of the cells."""
    numbers = range(runs, 2 * runs)
    seen = measure(cells, errors.counted, numbers, names=errors.NAMES, passes=True)
    return errors.with_controls(seen)


def test_both_models_are_as_busy_as_stated() -> None:
    for utilisation in errors.UTILISATION:
        game, scenario = balanced(utilisation)
        z = visits(game.unloaded, 1, 0.5, 0.2)
        busy = [x / s.capacity for x, s in zip(game.loads(z), game.stations, strict=True)]
        assert busy == pytest.approx([utilisation] * 2)
        assert scenario.offer.slots == (1, 1)


def test_runs_with_exponential_service_are_as_predicted() -> None:
    """Two utilisations; false alarm 1e-6. The same check finds a variability of .3."""

    cells = errors.long_cells(TASKS, SEED)
    runs = measure(cells, errors.mean_delay, RUNS, names=errors.NAMES, summary=True)
    runs = errors.with_controls(runs)

    def found(u: float, what: str) -> float:
        return score(runs[(runs.utilisation == u) & (runs.what == what)].error)

    assert max(abs(found(u, "exponential")) for u in (0.3, 0.85)) < t_bound(2, RUNS)
    assert abs(found(0.5, "cv 0.3")) > t_bound(2, RUNS)


def test_a_cap_of_one_is_first_come_first_served() -> None:
    """So that the compiled engine may play it: the same tasks take the same time."""
    _, scenario = balanced(0.7)
    served = scenario.replace(service_time=Lognormal(2.0), tasks=2000)
    capped = served.replace(discipline=ProcessorSharing(1))
    one = simulate(served, engine="compiled").tasks
    other = simulate(capped, engine="simpy").tasks
    for name in ("waiting", "service", "ended"):
        assert other[name] == pytest.approx(one[name], rel=1e-9, abs=1e-7)


def test_sharing_without_a_cap_does_not_feel_the_variability(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """False alarm 1e-6. The same check notices that first come, first served does feel it."""
    monkeypatch.setattr(errors, "CAPS", (np.inf,))
    monkeypatch.setattr(errors, "UTILISATION", (0.5,))
    runs = short(errors.cap_cells(16 * TASKS, SEED), 40)
    assert len(runs) == 40
    assert abs(score(runs.error)) < t_bound(1, 40)
    assert score(runs.alone) > t_bound(1, 40)


def test_the_time_at_m1_under_bursts_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """One M^X/M/1 queue: the size times that of Poisson arrivals. False alarm 1e-6."""
    size = 4.0
    monkeypatch.setattr(errors, "UTILISATION", (0.5,))
    monkeypatch.setattr(errors, "BURSTS", (size,))
    exact = short(errors.burst_cells(4 * TASKS, SEED), RUNS).exact
    assert len(exact) == RUNS
    assert abs(score(exact)) < t_bound(1, RUNS)
    first, second = errors.predicted(balanced(0.5)[0])
    forgotten = (size - 1) * first / (first + second)  # as if bursts changed nothing
    assert score(exact + forgotten) > t_bound(1, RUNS)


def test_an_unsure_control_widens_the_interval() -> None:
    """Weight 1 on a control whose own mean has standard error s: the error is at least s."""
    served = np.linspace(-0.1, 0.1, RUNS)
    drawn = np.random.default_rng(2).normal(size=(2, RUNS))
    runs = pd.concat(
        [
            pd.DataFrame({"what": "cv 2", "error": served}),
            pd.DataFrame(
                {"what": "no cap", "error": drawn[0] + 1e-3 * drawn[1], "alone": drawn[0]}
            ),
        ]
    ).assign(utilisation=0.5, exact=np.nan)
    found = errors._estimate(runs[runs.what == "no cap"], runs)
    unsure = float(stats.sem(served))
    assert found.standard_error == pytest.approx(unsure, rel=0.01)


def test_the_map_has_every_cell_and_the_same_number_where_it_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(errors, "RUNS", 4)
    told: list[int] = []
    runs = errors.measured(50, SEED, tell=told.append)
    assert told[-1] == errors.number_of_runs() == 4 * 4 * (5 + 5 + 3)
    assert runs.tasks[runs.panel == "cap"].max() == round(0.7 * 50 / 0.15)
    cells = error_map(runs)
    names = {panel: tuple(part.what.unique()) for panel, part in cells.groupby("panel")}
    assert names == errors.PANELS
    assert len(cells) == 4 * sum(map(len, errors.PANELS.values()))
    assert cells.notna().all(axis=None)
    assert ((cells.low < cells.error) & (cells.error < cells.high)).all()
    for (panel, what), name in errors.SAME.items():
        one = cells[(cells.panel == panel) & (cells.what == what)]
        other = cells[(cells.panel == "service") & (cells.what == name)]
        assert (one.error.to_numpy() == other.error.to_numpy()).all()
    assert set(cells[cells.length == "short"].panel) == {"cap", "bursts"}

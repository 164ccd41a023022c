"""What users would gain by other answers: nothing in equilibrium, and seen where they are wrong."""

import numpy as np
import pytest
from scipy import stats

from agents import CongestedGame, Joins, Stationary, congested_equilibrium
from analysis.games.congested import joining_of, reference_points, scenario_of, users_of
from analysis.reaction.regret import DEVIATIONS, gains, names, regrets
from analysis.runs.window import Window
from sim import Mixture, Population, Scenario, UserClass
from tests.tools.chance import t_bound

COUNT = len(DEVIATIONS) + 1  # with not to begin
RUNS, WINDOW = 30, Window(4000, skip=500)


def scores(scenario: Scenario, runs: int = RUNS) -> np.ndarray:
    """Of each deviation: mean gain over its standard error, of independent runs."""
    rows = [gains(scenario, WINDOW, r, "compiled")[0] for r in range(runs)]
    found = np.array(rows)
    error = stats.sem(found)
    return np.asarray(found.mean(0) / np.where(error > 0, error, 1.0))


def at(point: str) -> tuple[Scenario, CongestedGame]:
    game, initial, cascade = reference_points()[point]
    e = congested_equilibrium(game, initial, cascade)
    return scenario_of(game, initial, cascade, users_of(e)), game


@pytest.mark.parametrize("point", ["A", "B"])
def test_in_equilibrium_nothing_is_gained(point: str) -> None:
    """A mixture and an inner answer, 30 runs, 11 deviations: a false alarm in a million seeds, by
    t; waits of the first tasks are short of the long run by far less than an error. A q that is off
    by .2 on average is seen, whichever way.
    """
    scenario, _ = at(point)
    assert scores(scenario).max() < t_bound(COUNT, RUNS)
    rule = scenario.person.abandonment
    parts = rule.parts if isinstance(rule, Mixture) else ((1.0, rule),)
    mean = sum(weight * part.q for weight, part in parts)  # type: ignore[union-attr]
    for off in (-0.2, 0.2):
        wrong = Mixture(((1 - mean - off, Stationary(0.0)), (mean + off, Stationary(1.0))))
        assert scores(scenario.replace(abandonment=wrong)).max() > t_bound(COUNT, RUNS)


def test_in_a_mixture_both_answers_gain_nothing() -> None:
    """0 and 1 of point A, two-sided. An answer between them is worse, which is seen as well."""
    scenario, _ = at("A")
    found = scores(scenario)
    assert np.abs(found[[0, -1]]).max() < t_bound(COUNT, RUNS)
    assert found[len(found) // 2] < -t_bound(COUNT, RUNS)


def test_who_may_decline_gains_nothing_by_that_either() -> None:
    game, initial, cascade = reference_points()["A"]
    game = CongestedGame(
        game.p, game.c, game.value, game.penalty, 1.5, game.stations, voluntary=True
    )
    e = congested_equilibrium(game, initial, cascade)
    scenario = scenario_of(game, initial, cascade, users_of(e)).replace(joining=joining_of(e))
    assert abs(scores(scenario)[-1]) < t_bound(COUNT, RUNS)
    more = scenario.replace(joining=Joins(1.5 * e.participation))
    assert scores(more)[-1] > t_bound(COUNT, RUNS)  # too many: declining pays


def test_who_must_begin_has_no_such_choice() -> None:
    scenario, _ = at("A")
    assert len(gains(scenario, Window(200), 0, "simpy")[0]) == len(DEVIATIONS)
    free = scenario.replace(joining=Joins(1.0))
    assert len(gains(free, Window(200), 0, "simpy")[0]) == COUNT


def test_regrets_are_named_by_class() -> None:
    scenario, _ = at("A")
    kinds = (UserClass("a", 5, 0.02, 5.0, 1.0), UserClass("b", 5, 0.02, 9.0, 1.0))
    crowd = scenario.replace(arrivals=Population(kinds))
    assert names(crowd) == ["regret 0", "regret 1"]
    assert list(regrets(crowd, Window(200), 0, "simpy")) == names(crowd)


def test_what_others_do_is_no_deviation() -> None:
    """Who already plays an answer of the list gains nothing by it, exactly."""
    scenario, _ = at("A")
    [found] = gains(scenario.replace(abandonment=Stationary(0.3)), Window(300), 1, "simpy")
    assert found[3] == pytest.approx(0.0, abs=1e-12)
    assert regrets(scenario, Window(300), 1, "simpy") == regrets(
        scenario, Window(300), 1, "compiled"
    )


def test_regrets_do_not_cancel_and_noise_is_none() -> None:
    """Users who are wrong now in one way, now in the other, regret both; in equilibrium regret is 0
    on average: t over 30 runs, false alarm 1e-6.
    """
    scenario, _ = at("B")
    rule = scenario.person.abandonment
    parts = rule.parts if isinstance(rule, Mixture) else ((1.0, rule),)
    mean = sum(weight * part.q for weight, part in parts)  # type: ignore[union-attr]
    sides = [scenario.replace(abandonment=Stationary(mean + off)) for off in (-0.2, 0.2)]
    found = {
        name: np.array([
            next(iter(regrets(cells[r % len(cells)], WINDOW, r, "compiled").values()))
            for r in range(RUNS)
        ])
        for name, cells in (("wrong", sides), ("right", [scenario]))
    }  # fmt: skip
    t = {name: x.mean() / stats.sem(x) for name, x in found.items()}
    assert t["wrong"] > t_bound(1, RUNS)
    assert t["right"] < t_bound(1, RUNS)

from dataclasses import replace

import numpy as np
import pytest

from analysis.games.catalogue import Pair, pairs
from analysis.games.resampling import resampled
from analysis.theory import stability as module
from analysis.theory.outcomes import outcomes
from analysis.theory.stability import CHANGES, RESAMPLES, stability
from sim import Game

CLOSE = pairs()["gpt-4.1/o3"]


def exchanged(pair: Pair) -> Pair:
    """The same models in the other order."""
    return replace(
        pair,
        **{name: getattr(pair, name)[::-1] for name in ("tasks", "first", "solved")},
        **{name: getattr(pair, name)[::-1] for name in ("seconds", "dollars")},
    )


def test_what_it_says_of_a_pair_is_its_equilibrium() -> None:
    for pair in pairs().values():
        found, [row] = stability(pair), outcomes(pair.game().flat()).itertuples()
        assert (found.pair, found.regime, found.optimum) == (pair.name, row.regime, row.optimum)
        assert (found.k_1, found.k_2) == pair.k


def test_resampling_changes_what_single_games_say() -> None:
    found, p = stability(CLOSE), resampled(CLOSE, RESAMPLES, seed=1)
    few = slice(300)
    other = []
    for one, two in p[:, few].T:
        t, c = zip(*((model.t, model.c) for model in CLOSE.game().models), strict=True)
        game = Game.of((one, two), t, c, 1, 0.25)
        other.append(outcomes(game.flat()).optimum[0] != found.optimum)
    _, optima = module._verdicts(module._with_p(CLOSE.game(), p).flat())
    assert other == (optima[few] != found.optimum).tolist()
    assert found.optimum_changes == np.mean(optima != found.optimum)
    assert found.order_changes == pytest.approx(0.2827, abs=5 * 0.0045)  # 5 standard errors


@pytest.mark.parametrize("name", ["gpt-4.1/o3", "deepseek-v3/r1"])
def test_changes_are_those_of_single_games(name: str) -> None:
    pair = pairs()[name]
    found = stability(pair, value=2.0, penalty=0.1, value_of_time=0.03)
    by = []
    for change, (value, penalty, second) in CHANGES.items():
        [row] = outcomes(pair.game(2.0 * value, 0.1 * penalty, 0.03 * second).flat()).itertuples()
        if (row.regime, row.optimum) != (found.regime, found.optimum):
            by.append(change)
    assert found.changed_by == " ".join(by)


@pytest.mark.parametrize(
    ("name", "regime", "optimum"),
    [("gpt-4.1/o3", "-+", "cascade back"), ("gpt-4o/o3-mini", "++", "M1, stay")],
)
def test_names_follow_the_models_when_the_first_solves_more(
    name: str, regime: str, optimum: str
) -> None:
    back = stability(exchanged(pairs()[name]))
    assert (back.regime, back.optimum) == (regime, optimum)


def test_it_depends_on_its_arguments_alone() -> None:
    assert stability(CLOSE) == stability(CLOSE)
    assert stability(CLOSE, seed=2) != stability(CLOSE)

"""The words of the throttling study follow from its numbers."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.comparison.criteria import OF_CLASSES
from analysis.comparison.study import compare
from analysis.statistics.selection import Plan
from analysis.throttling.crowds import STORM
from analysis.throttling.findings import chance, findings, headlines
from analysis.throttling.models import PLANES, simulated
from analysis.throttling.protection import CASES
from analysis.throttling.study import Sizes, Study
from tests.tools.selection import game_scenarios


def frame_of_protection(gains: tuple[float, float]) -> pd.DataFrame:
    """Four games per case; one of them pays, if the case's gain is not 0."""
    rows = [
        {
            "case": case,
            "game": n,
            "gain": gain if n == 0 else 0.0,
            "share": gain if n == 0 else 0.0,
            "user_loss": -0.5,
        }
        for case, gain in zip(CASES, gains, strict=True)
        for n in range(4)
    ]
    return pd.DataFrame(rows)


def storms() -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"users": u, "load": load, "metric": m, "mean": 3.0, "ci_low": 2.0, "ci_high": 4.0}
            for load in (0.5, 1.4)
            for u in ("back off", "go away")
            for m in STORM
        ]
    )


def classes(ends: dict[str, tuple[float, float]]) -> pd.DataFrame:
    parts = {"none": {"free": (0.0, 0.0)}, "cap": ends}
    rows = [
        {
            "strategy": strategy,
            "class": name,
            "metric": by.name,
            "difference_mean": (low + high) / 2,
        }
        | {"settled": True, "difference_ci_low": low, "difference_ci_high": high}
        for strategy, some in parts.items()
        for name, (low, high) in some.items()
        for by in OF_CLASSES
    ]
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def small() -> Study:
    maps = {plane.regime: simulated(plane, 3, seed=1, tasks=200) for plane in PLANES}
    return Study(
        sizes=Sizes(),
        figure5=pd.DataFrame(
            {
                "gain_exact": [1.0, 2.0],
                "gain_simulated": [1.1, 2.0],
                "standard_error": [0.1, 0.0],
            }
        ),
        maps=maps,
        played=maps,
        protection=frame_of_protection((0.0, 0.1)),
        confirmed=pd.DataFrame(),
        fronts={"R14": compare(game_scenarios(50, 1), Plan(budget=20))},
        storms=storms(),
        classes=classes({"free": (-2.0, -1.0), "paid": (-1.0, 1.0)}),
    )


def told(study: Study) -> str:
    return "\n".join(f"{finding.key}. {finding.sentence}" for finding in findings(study))


def test_no_gain_is_said_to_be_none_and_a_gain_how_often(small: Study) -> None:
    text = told(small)
    assert "Queues, P \u2265 m. Once P \u2265 m no added delay lowers" in text
    assert "Queues, P < m. No added delay lowers" in text
    assert "in any of 4 games (95% interval: 0% [0.0, 49.0])" in text
    assert "Queues, M1 overloaded. Some added delay lowers" in text
    assert "in 25.0% [4.6, 69.9] of 4 games, there by 10.0% on average and 10.0% at most" in text
    assert "users then gain, too, in 1 of these 1 games" in text
    turned = told(replace(small, protection=frame_of_protection((0.1, 0.0))))
    assert "P < m. Some added delay lowers" in turned
    assert "M1 overloaded. No added delay lowers" in turned


def test_three_headlines_say_who_is_hurt_and_what_is_cheapest(small: Study) -> None:
    told = headlines(small)
    assert len(told) == 3
    assert told["fronts"].startswith("Cheapest for the provider: ")
    assert told["classes"] == "Free users are hurt by cap. Paid users are shown to be hurt by none."
    both = classes({"free": (-2.0, -1.0), "paid": (0.5, 1.0)})
    sentence = headlines(replace(small, classes=both))["classes"]
    assert sentence == "Free users are hurt by cap. Paid users are helped by cap."


def test_figure_5_agrees_unless_it_does_not(small: Study) -> None:
    assert "agree: the largest of 1 deviations is 1.0 standard errors" in told(small)
    off = small.figure5.assign(gain_simulated=[1.5, 2.0])
    assert "do not agree: the largest of 1 deviations is 5.0" in told(replace(small, figure5=off))


def test_the_region_is_the_theorems_unless_it_is_not(small: Study) -> None:
    assert "exactly where the theorem says" in told(small)
    assert "NOT" not in told(small)
    wrong = {regime: frame.assign(pays=True) for regime, frame in small.maps.items()}
    assert "NOT exactly where the theorem says" in told(replace(small, maps=wrong))
    less = {k: f.assign(gain_m2=0.5 * f["gain_m2"]) for k, f in small.maps.items()}
    assert "M2 alone gains less than both together" in told(replace(small, maps=less))


def test_only_who_is_shown_to_be_hurt_is_said_to_be(small: Study) -> None:
    text = told(small)
    assert "Free users lose: -1.50 [-2.00, -1.00]" in text
    assert "paid users may lose or gain: 0 [-1.00, +1.00]" in text
    gain = classes({"free": (1.0, 2.0)})
    finding = findings(replace(small, classes=gain))[-1]
    assert (finding.sentence, finding.cell) == (
        "Free users gain: +1.50 [+1.00, +2.00].",
        "free +1.50*",
    )


def test_the_storm_is_told_at_the_highest_load(small: Study) -> None:
    assert "What refused users do, at load 1.4: back off: 3.0 [2.0, 4.0] prompts per task" in told(
        small
    )


def test_chance_is_the_normal_quantile() -> None:
    assert chance(1) == pytest.approx(1.959964, abs=1e-6)
    z = np.abs(np.random.default_rng(1).normal(size=(2000, 100))).max(1)
    # Bonferroni is all but exact for independent z: 5% of 2,000 with a standard error of 10
    assert abs((z > chance(100)).sum() - 98) < 5 * 10

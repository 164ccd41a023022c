"""The page of a comparison: made for every kind of answer, and only what is shown is said."""

from dataclasses import replace
from typing import Any

import pytest

from agents import BackOff, GoesAway, WhileWorth
from analysis.comparison.assumptions import assumptions, headline
from analysis.comparison.criteria import OF_CLASSES
from analysis.comparison.outcome import Comparison
from analysis.comparison.page import report
from analysis.comparison.takeaways import takeaways
from analysis.comparison.verdict import notes, sides, verdict
from analysis.runs.window import Window
from tests.tools.comparisons import comparison

TWO = {"none": (1.0, 2.0), "slow": (3.0, 1.5)}
CLASSES = ("free", "paid")
RUN = {"game": "R14", "adapt": "users", "command": "queuit throttle compare --game 'a b'"}


def day(found: Comparison) -> Comparison:
    return replace(found, measures=replace(found.measures, window=Window(100, until=3600.0)))


@pytest.mark.parametrize(
    ("found", "parts"),
    [
        (comparison(TWO), ("has the best provider", "With 'none':", "$1 ", "R14")),
        (comparison({"none": (1.0, 2.0)}), ("the only strategy", "What users get")),
        (comparison(TWO, load=1.2), ("No winner", "120%", "Overload: this holds for")),
        (comparison(TWO, regret=0.5), ("equilibrium", "which leads", "If users stay as they are")),
        (comparison(TWO, rivals=("slow",)), ("Cannot decide", "which leads", "undecided")),
        (comparison(TWO, groups=CLASSES), ("free users", "paid users", "10 users")),
        (day(comparison(TWO, load=1.2)), ("has the best", "a day of 3,600 s")),
        (replace(comparison(TWO), idle=("cap:9/1h",)), ("Never acted", "cap:9/1h")),
    ],
)
def test_a_page_for_every_answer(found: Comparison, parts: tuple[str, ...]) -> None:
    html = report(found, RUN).html()
    for part in (*parts, "1 at M1 and 2 at M2", "queuit throttle compare --game &#39;a b&#39;"):
        assert part in html
    assert html.count("<table") == html.count('<div class="scroll"><table') + 1  # the narrow one
    assert html.count("<figure>") == html.count('class="takeaway"') == html.count("<svg")


def test_frames_and_settings() -> None:
    made = report(comparison(TWO, groups=CLASSES), {})
    assert list(made.frames) == ["comparison", "classes", "loads", "replications"]
    assert len(made.frames["classes"]) == 2 * 2 * len(OF_CLASSES)
    assert made.settings["window"] == {"tasks": 100, "warmup": 0, "horizon": float("inf")}
    assert made.html()  # without a game's name, and without a command


def test_what_each_favourite_costs_the_other_side() -> None:
    found = sides(comparison({"none": (3.0, 2.0), "slow": (1.0, 1.5)}))
    assert found[0].startswith("Provider: 'slow' is cheapest at $1")
    assert "Users get $0.5" in found[0]
    assert found[1].startswith("Users: 'none' is best at $2")
    assert "It costs the provider $2" in found[1]
    assert found[2].startswith("'slow' costs users $0.5")
    assert found[2].endswith("per task, against 'none'.")


def test_who_leads_is_not_called_best() -> None:
    near = {"none": (1.0, 2.0), "slow": (1.001, 1.999)}
    found = sides(comparison(near, spread=0.1))
    for side in ("Provider", "Users"):
        [said] = [x for x in found if x.startswith(side)]
        assert " leads at $" in said
        assert "(not shown to be better than" in said
    assert found[-1] == "Not shown to change users' utility: 'slow'."
    for said in sides(comparison(TWO, regret=0.5))[:2]:
        assert "leads" in said
        assert "(not shown: users may not be in equilibrium)" in said


def test_a_difference_that_is_not_shown_is_called_so() -> None:
    found = sides(comparison({"none": (3.0, 2.0), "slow": (1.0, 1.99)}, spread=0.1))
    assert "A difference from 'none' in users' utility is not shown: $0.0" in found[0] + found[1]


def test_equals_are_the_same_and_overload_names_nobody() -> None:
    equal = comparison({"none": (1.0, 2.0), "same": (1.0, 2.0)}, spread=0)
    assert (
        sides(equal)[0] == "Provider: 'none' is cheapest at $1 [1, 1] per task, the same as 'same'."
    )
    assert sides(comparison(TWO, load=1.2)) == sides(comparison({"none": (1.0, 2.0)})) == []
    assert verdict(comparison({"none": (1.0, 2.0)}, load=1.2)).startswith("No winner")
    assert "--horizon" in " ".join(notes(comparison(TWO, load=1.2)))


def test_takeaways_follow_from_the_numbers() -> None:
    told = takeaways(comparison(TWO))
    assert told["differences"].endswith("'none' is shown to be better than the other strategy")
    assert told["pareto"].startswith("On the Pareto front: 'none'; the other is shown")
    assert told["criteria"] == "Nothing is shown to be better than 'none' in any criterion"
    assert told["classes"] == "Shown, against 'none': users worse off with 'slow'"
    near = takeaways(comparison({"none": (1.0, 2.0), "slow": (1.001, 1.999)}, spread=0.1))
    assert "'none' is not shown to be better" in near["differences"]
    assert near["pareto"].startswith("No strategy is shown")
    assert near["classes"].startswith("No class of users is shown")


@pytest.mark.parametrize(
    ("persistence", "words"),
    [
        (None, "however long"),
        (WhileWorth((9.0,)), "while the task is worth the wait"),
        (GoesAway(), "leaves for good"),
        (BackOff(3.0, 2.0, 5), "backs off 3 s, 2 times as long each time, at most 5 times"),
    ],
)
def test_assumptions_name_what_was_played(persistence: Any, words: str) -> None:
    found = comparison(TWO)
    scenarios = {k: x.replace(persistence=persistence) for k, x in found.scenarios.items()}
    told = dict(assumptions(replace(found, scenarios=scenarios), None, "both"))
    assert words in told["who is refused"]
    assert told["solved task"] == "is worth V = $1 to its user"
    assert told["unsolved task"] == "costs the provider P = $3"
    assert "best routing for each" in told["who adapts"]
    assert (
        headline(found, "R14") == "R14 · 1 task per second (Poisson) · slots: 1 at M1 and 2 at M2"
    )

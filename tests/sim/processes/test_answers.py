"""What a policy may not answer: one line that names policy, method, answer and what is allowed."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from agents import AddedDelay, Cascade, Stationary
from sim import (
    Admit,
    Game,
    InputError,
    Limits,
    Offer,
    Person,
    Refuse,
    Reply,
    Route,
    Scenario,
    Task,
    View,
    simulate,
)
from sim.checks import NON_NEGATIVE, UNIT
from sim.policies import WELCOME, Mind
from sim.tables import row
from tests.tools.scripted import system

NAN, INF = float("nan"), float("inf")


@dataclass(frozen=True)
class Says:
    """Any policy at all: gives the same answers to every question."""

    model: Any = 1
    s: Any = 0.0
    q: Any = 1.0
    entry: Any = WELCOME
    seconds: Any = 0.0

    def first(self, state: None, task: Task, view: View) -> tuple[Any, None]:
        return self.model, None

    def escalation(self, state: None, task: Task, view: View) -> tuple[Any, None]:
        return self.s, None

    def probability(self, mind: Mind, task: Task, view: View) -> Any:
        return self.q

    def admit(self, state: None, task: Task, view: View) -> tuple[Any, None]:
        return self.entry, None

    def hold(self, state: None, reply: Reply, view: View) -> tuple[Any, None]:
        return self.seconds, None


@dataclass(frozen=True)
class WaitsFor:
    """Patience of any kind."""

    limit: Any

    def limits(self, mind: Mind, task: Task, view: View) -> Any:
        return Limits(self.limit)


def play(**policies: Any) -> None:
    quiet = {"routing": Says(), "abandonment": Says(), "throttle": Says()}
    simulate(system((0, 0), (2, 3), (1, 1), last_solves=False, **{**quiet, **policies}))


def refused(method: str, answer: object, **policies: Any) -> None:
    [policy] = policies.values()
    with pytest.raises(InputError) as caught:
        play(**policies)
    assert str(caught.value).startswith(f"{type(policy).__name__}.{method} = {answer!r} must be ")


@dataclass(frozen=True)
class Bare(Says):
    """Forgets to return its next state."""

    answer: Any = None

    def first(self, state: None, task: Task, view: View) -> Any:
        return self.answer

    escalation = first

    def admit(self, state: None, task: Task, view: View) -> Any:
        return self.answer

    def hold(self, state: None, reply: Reply, view: View) -> Any:
        return self.answer


def test_an_answer_of_the_wrong_shape_names_policy_and_method() -> None:
    refused("first", 1, routing=Bare(answer=1))
    refused("admit", WELCOME, throttle=Bare(answer=WELCOME))
    refused("admit", 0.5, throttle=Says(entry=0.5))
    refused("escalation", "much", routing=Says(s="much"))
    refused("hold", None, throttle=Says(seconds=None))
    for answer in (None, "often", np.array([0.1, 0.2])):
        with pytest.raises(InputError, match=r"^Says.probability = .* must be between 0 and 1"):
            play(abandonment=Says(q=answer))


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        ({"routing": Says}, "routing = Says must be an instance of it: Says(...)"),
        ({"routing": 1}, "routing = 1 must be a policy with the method 'first'"),
        ({"throttle": "none"}, "throttle = 'none' must be a policy with the method 'admit'"),
        ({"abandonment": 0.5}, "abandonment = 0.5 must be a policy with the method 'probability'"),
        ({"patience": WaitsFor}, "patience = WaitsFor must be an instance of it: WaitsFor(...)"),
        ({"persistence": 3}, "persistence = 3 must be a policy with the method 'again'"),
        ({"arrivals": 2.0}, "arrivals = 2.0 must be a policy with the method 'arrivals'"),
        ({"work": Says(1)}, "must be a policy with the method 'truth'"),
        ({"offer": Says(1)}, "must be an Offer(routing, ...)"),
        ({"person": None}, "person = None must be a Person(abandonment, ...)"),
    ],
)
def test_what_is_no_policy_is_refused_at_construction(sides: Any, message: str) -> None:
    game = Game.of((0.2, 0.6), (1, 2), (1, 1), 5, 1)
    parts = {"offer": Offer, "person": Person}
    with pytest.raises(InputError) as caught:
        if set(sides) & set(parts) or set(sides) & {"arrivals", "work"}:
            Scenario(game, **{"offer": Offer(Says()), **sides})
        elif set(sides) <= {"routing", "throttle"}:
            Offer(**{"routing": Says(), **sides})
        else:
            Person(**sides)
    assert message in str(caught.value)


@dataclass(frozen=True)
class Breaks(Says):
    """Has a mistake."""

    def first(self, state: None, task: Task, view: View) -> Any:
        raise KeyError("nowhere")


def test_an_exception_inside_a_policy_keeps_its_traceback() -> None:
    with pytest.raises(KeyError, match="nowhere") as caught:
        play(routing=Breaks())
    assert caught.traceback[-1].name == "first"


def test_the_answers_that_are_right_are_taken() -> None:
    play()
    play(routing=Says(model=2), throttle=Says(entry=Admit(0.0, 1), seconds=0), patience=WaitsFor(0))
    play(routing=Says(s=1), patience=WaitsFor(INF))
    play(routing=Says(s=np.float64(0.5), model=np.int64(2)), throttle=Says(entry=Refuse(INF)))


@pytest.mark.parametrize("model", [0, -1, 3, NAN, 1.5, None, "1"])
def test_a_first_model_that_does_not_exist(model: Any) -> None:
    """0 and -1 are codes of outcomes: the task must not end without a pass."""
    refused("first", model, routing=Says(model=model))


@pytest.mark.parametrize("number", [-0.1, 1.1, NAN])
def test_a_probability_that_is_none(number: float) -> None:
    refused("escalation", number, routing=Says(s=number))
    refused("probability", number, abandonment=Says(q=number))


@pytest.mark.parametrize("number", [-1.0, NAN])
def test_a_time_that_is_none(number: float) -> None:
    refused("hold", number, throttle=Says(seconds=number))
    refused("limits", number, patience=WaitsFor(number))
    for entry in (Admit(delay=number), Refuse(retry_after=number)):
        refused("admit", entry, throttle=Says(entry=entry))


def test_an_answer_is_not_held_back_for_ever() -> None:
    refused("hold", INF, throttle=Says(seconds=INF))
    refused("admit", Admit(INF), throttle=Says(entry=Admit(INF)))


def test_a_refusal_that_may_ask_again_at_once_would_never_end() -> None:
    refused("admit", Refuse(0), throttle=Says(entry=Refuse(0)))


@pytest.mark.parametrize("model", [0, 3])
def test_a_prompt_is_not_diverted_to_nowhere(model: int) -> None:
    refused("admit", model, throttle=Says(entry=Admit(0.0, model)))


# --- tables


@dataclass(frozen=True)
class Table(Says):
    """A table of anything."""

    row: Any = ()

    def table(self, models: int) -> Any:
        return self.row


@pytest.mark.parametrize(
    "policies",
    [
        {"routing": Table(row=Route(3, (0.0,)))},
        {"routing": Table(row=Route(0, (0.0,)))},
        {"routing": Table(row=Route(1, ()))},
        {"routing": Table(row=Route(1, (1.5,)))},
        {"abandonment": Table(row=(0.5,))},
        {"abandonment": Table(row=(0.5, NAN))},
        {"throttle": Table(row=(0.5, 0.5, 0.5))},
        {"throttle": Table(row=(0.5, -1.0))},
        {"throttle": Table(row=(INF, 1.0))},
    ],
)
def test_a_table_that_is_wrong_is_refused_before_anything_is_played(policies: Any) -> None:
    quiet = {"routing": Says(), "abandonment": Says(), "throttle": Says()}
    game = Game.of((0.2, 0.6), (1, 2), (1, 1), 5, 1)
    with pytest.raises(InputError, match=r"^Table.table = "):
        Scenario(game, Offer(Says())).replace(**{**quiet, **policies})


@dataclass(frozen=True)
class Stubborn(Stationary):
    """Inherits a table and decides otherwise."""

    def probability(self, mind: Mind, task: Task, view: View) -> float:
        return float(task.passes >= 3)


@dataclass(frozen=True)
class Doubled(AddedDelay):
    """Inherits a deciding method and a table, and replaces both."""

    def hold(self, state: None, reply: Reply, view: View) -> tuple[float, None]:
        return 2 * self.seconds[reply.model - 1], None

    def table(self, models: int) -> tuple[float, ...]:
        return tuple(2 * seconds for seconds in super().table(models))


def test_a_table_does_not_speak_for_a_subclass_that_decides_anew() -> None:
    game = Game.of((1e-300, 0.6), (1, 2), (1, 1), 5, 1)
    scenario = Scenario(game, Offer(Cascade(1)), Person(Stubborn(1.0)), tasks=9)
    result = simulate(scenario)
    assert result.engine == "simpy"
    assert result.tasks["passes"].tolist() == [3] * 9


def test_what_is_a_table() -> None:
    assert row(Stationary(0.5), 2, UNIT, "probability") == (0.5, 0.5)
    assert row(Doubled((1.0, 2.0)), 2, NON_NEGATIVE, "admit", "hold") == (2.0, 4.0)
    assert row(Stubborn(0.5), 2, UNIT, "probability") is None
    assert row(Says(), 2, UNIT, "probability") is None
    assert row(object(), 2, UNIT, "probability") is None

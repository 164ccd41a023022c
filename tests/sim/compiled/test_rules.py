"""Rules of a person's own: compiled or refused, and then the same on both engines."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
import pytest

from agents import Gate, ScalarAbandonment, ScalarPatience, ScalarPersistence
from sim import InputError, Scalar, Scenario, engine, simulate, stream
from sim.compiled import rules
from sim.scalars import ADMIT, REFUSE, Answer, Memory, Own
from tests.sim.compiled.test_kernel import network
from tests.sim.compiled.twins import assert_twins
from tests.tools.running import ROOT

Rule = Callable[..., Any]


@dataclass(frozen=True)
class By:
    """Decides by whatever rule."""

    rule: Any
    own: tuple[float, ...] = (0.25, 2.0)
    memory: int = field(default=1, kw_only=True)

    def scalar(self) -> Scalar:
        return Scalar(self.rule, self.own, self.memory)


class Admits(By, Gate):
    pass


class GivesUp(By, ScalarAbandonment):
    pass


class Bears(By, ScalarPatience):
    pass


class ComesBack(By, ScalarPersistence):
    pass


def leaving(rule: Rule, **changes: Any) -> Scenario:
    return network(abandonment=GivesUp(rule), tasks=200, **changes)


def gated(rule: Rule, **changes: Any) -> Scenario:
    return network(throttle=Admits(rule), tasks=200, **changes)


# --- what can be compiled


def test_the_examples_of_the_page_have_one_trajectory() -> None:
    page = ROOT / "docs" / "engines.md"
    shared: dict[str, Any] = {}
    for code in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        exec(compile(code, page.name, "exec"), shared)
    assert_twins(shared["scenario"])


def annotated(
    now: float,
    model: int,
    passes: int = 1,
    elapsed: "float" = 0.0,
    own: Any = None,
    memory: Any = 0,
) -> float:
    """Defaults of what is always given."""
    return 0.1 if passes < 3 else 0.5


def lends(k: float) -> Rule:
    def closure(
        now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own
    ) -> float:
        return k

    return closure


LIMITS = np.array([0.25, 0.5])


def looks_up(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
    q: float = LIMITS[model - 1]
    return q


SHORT = lambda now, model, passes, elapsed, own, memory: 0.3  # noqa: E731


@pytest.mark.parametrize("rule", [annotated, lends(0.1), lends(0.6), looks_up, SHORT])
def test_defaults_constants_and_closures_are_compiled(rule: Rule) -> None:
    assert_twins(leaving(rule))


TEXT = "def same(now, model, passes, elapsed, own, memory):\n    return {}\n"


@pytest.mark.parametrize("file", ["<string>", "<stdin>"])
def test_rules_without_a_file_are_compiled(file: str) -> None:
    known: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(TEXT.format(0.3), file, "exec"), known)
    assert_twins(leaving(known["same"]))


def test_rules_of_one_name_are_two_rules(tmp_path: Path) -> None:
    counts = []
    for place, q in enumerate((0.1, 0.8)):
        file, known = tmp_path / f"{place}.py", {"__name__": "same"}
        file.write_text(TEXT.format(q))
        exec(compile(file.read_text(), str(file), "exec"), known)
        scenario = leaving(known["same"])  # type: ignore[arg-type]
        assert_twins(scenario)
        counts.append(simulate(scenario, engine="compiled").counts()["abandoned"])
    assert counts[0] < counts[1]


def test_the_comparison_notices_another_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted difference: Python's rule changes when the kernel has it already."""

    def rule(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
        return 0.25

    def other(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
        return 0.26

    assert_twins(leaving(rule))
    monkeypatch.setattr(rule, "__code__", other.__code__)
    with pytest.raises(AssertionError):
        assert_twins(leaving(rule))


# --- the name under which a rule is kept changes with what it uses

USING = """
def rule(now, model, passes, elapsed, own, memory):
    return scale(elapsed) * LIMIT + aside.FACTOR + ROW[0] + passes
"""
ASIDE = """
import math
LIMIT, FACTOR = 0.5, 0.25
def scale(x, by=2.0):
    return deeper(x) * by
def deeper(x):
    return math.sin(x) + 1.0
"""


def name(text: str, row: float = 1.0) -> str:
    """Of a rule that uses a file with such a text."""
    aside = ModuleType("aside")
    exec(text, vars(aside))
    using: dict[str, Any] = {**vars(aside), "aside": aside, "ROW": np.array([row])}
    exec(USING, using)
    rule = using["rule"]
    assert isinstance(rule, FunctionType)
    return rules._digest(rule)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT, FACTOR = 0.5", "LIMIT, FACTOR = 0.6"),
        ("0.25", "0.35"),
        ("by=2.0", "by=3.0"),
        ("math.sin", "math.cos"),
        ("+ 1.0", "+ 2.0"),
        ("+ 1.0", "- 1.0"),
        ("deeper(x) * by", "by * deeper(x)"),
    ],
)
def test_what_a_rule_uses_of_other_files_is_part_of_its_name(old: str, new: str) -> None:
    assert old in ASIDE
    assert name(ASIDE.replace(old, new)) != name(ASIDE)


def test_nothing_else_is_part_of_its_name() -> None:
    assert name(ASIDE) == name(ASIDE + "OTHER = 1\n")
    assert name(ASIDE) != name(ASIDE, row=2.0)


# --- what cannot be compiled

TABLE, LIST, THING = {1: 0.5, 2: 0.5}, [0.5, 0.5], Path()


def a_dict(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
    return TABLE[model]


def a_text(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
    return 0.5 if str(model) == "1" else 0.2


def an_object(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
    return 0.5 if THING.name else 0.2


def a_list(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
    return LIST[model - 1]


def its_list(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
    return [0.5, 0.2][passes % 2]


def allocates(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
    q: float = np.zeros(2)[0] + 0.5
    return q


def any_number(
    now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own, **more: float
) -> float:
    return 0.5


def one_more(
    now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own, q: float = 0.5
) -> float:
    return q


def recurs(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
    return 0.5 if passes == 0 else recurs(now, model, passes - 1, elapsed, own, memory)


UNCOMPILED = [recurs, a_dict, a_text, an_object, a_list, its_list, allocates, any_number, one_more]


@pytest.mark.parametrize("rule", UNCOMPILED, ids=lambda rule: rule.__name__)
def test_a_rule_that_cannot_be_compiled_is_named(
    rule: FunctionType, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario, first = leaving(rule), rule.__code__.co_firstlineno
    said = rf"rule {rule.__name__} \((.*), line (\d+)\) cannot be compiled: ."
    for play in (partial(simulate, engine="compiled"), stream):
        with pytest.raises(InputError) as error:
            play(scenario)
        [(file, line)] = re.findall(rf"^{said}", str(error.value))
        assert Path(file).name == Path(__file__).name
        assert first <= int(line) <= first + 4
        assert "\n" not in str(error.value)
    monkeypatch.setattr(engine, "COMPILED_FROM", 100)
    with pytest.warns(RuntimeWarning, match=said + ".*; SimPy plays it$"):
        assert simulate(scenario).engine == "simpy"


def test_what_is_no_function_is_named() -> None:
    scenario = leaving(partial(a_dict, 1.0))
    with pytest.raises(
        InputError, match=r"^rule functools.partial\(.* must be a function, written"
    ):
        simulate(scenario, engine="compiled")


# --- what fails, or answers nonsense


def broken(text: str, memory: int = 1) -> Any:
    """An ``admit`` that does ``text`` from second 5 on."""
    source = f"""
def admit(now, model, group, queued, luck, own, memory):
    if now > 5.0:
        {text}
    return ADMIT, 0.0, 0, 0
"""
    known = {"ADMIT": ADMIT, "REFUSE": REFUSE, "math": math, "__name__": __name__}
    exec(source, known)
    return known["admit"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("return ADMIT, 1.0 / (own[0] - 0.25), 0, 0", ZeroDivisionError),
        ("return ADMIT, now % (own[0] - 0.25), 0, 0", ZeroDivisionError),
        ("return ADMIT, own[model + 1], 0, 0", IndexError),
        ("memory[model + 9] = 1.0", IndexError),
        ("raise ValueError('late')", ValueError),
        ("return ADMIT, math.log(own[0] - 0.25), 0, 0", ValueError),
        ("return ADMIT, math.nan, 0, 0", InputError),
        ("return ADMIT, math.inf, 0, 0", InputError),
        ("return ADMIT, -1.0, 0, 0", InputError),
        ("return ADMIT, 0.0, 9, 0", InputError),
        ("return ADMIT, 0.0, -1, 0", InputError),
        ("return REFUSE, 0.0, 0, 0", InputError),
        ("return REFUSE, -1.0, 0, 0", InputError),
        ("return REFUSE, math.nan, 0, 0", InputError),
    ],
)
def test_a_throttle_that_fails_says_the_same_on_both_engines(
    text: str, error: type[Exception]
) -> None:
    assert_same_error(gated(broken(text)), error)


def too_sure(now: float, model: int, passes: int, elapsed: float, own: Own, memory: Own) -> float:
    return own[1] if passes > 1 else 0.0


def no_number(now: float, model: int, queued: int, luck: float, own: Own) -> tuple[float, float]:
    return math.nan, math.inf


def at_once(now: float, model: int, told: float, refusals: int, luck: float, own: Own) -> float:
    return 0.0


def shut(
    now: float, model: int, group: int, queued: int, luck: float, own: Own, memory: Memory
) -> Answer:
    return REFUSE, 1.0, 0, 0


@pytest.mark.parametrize(
    "scenario",
    [
        leaving(too_sure),
        network(patience=Bears(no_number)),
        gated(shut, persistence=ComesBack(at_once)),
    ],
    ids=["q = 2", "patience of nan", "again at once"],
)
def test_a_user_who_fails_says_the_same_on_both_engines(scenario: Scenario) -> None:
    assert_same_error(scenario, InputError)


def assert_same_error(scenario: Scenario, error: type[Exception]) -> None:
    said = set()
    plays: tuple[Callable[[Scenario], object], ...] = (
        partial(simulate, engine="simpy"), partial(simulate, engine="compiled"), stream,
    )  # fmt: skip
    for play in plays:
        with pytest.raises(error) as raised:
            play(scenario)
        assert raised.type is error
        said.add(str(raised.value))
    assert len(said) == 1

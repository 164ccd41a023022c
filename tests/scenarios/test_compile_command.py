"""`queuit compile`, and what is said when the engine is compiled without it."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from numba.core.event import trigger_event

from scenarios.compile import shipped_rules
from sim.compiled import run, warm
from tests.tools.behaviours import behaviours
from tests.tools.running import queuit

LINE = "Compiling the engine, once on this machine (about a minute) ...\n"
SIMULATE = ("simulate", "--game", "R9", "--tasks", 500, "--engine", "compiled", "--json")


@pytest.fixture
def not_loaded() -> Iterator[None]:
    """As in a new process; it ends as one that has loaded all."""
    for forgets in (run._load, warm._say):
        forgets.cache_clear()
    yield
    for forgets in (run._load, warm._say):
        forgets.cache_clear()


def compiling(times: int) -> Callable[[], None]:
    def part() -> None:
        for _ in range(times):
            with trigger_event("numba:compile"):
                pass

    return part


@pytest.mark.parametrize("times", [0, 1, 3])
def test_one_line_says_that_the_engine_is_compiled(
    times: int, not_loaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("queuit"), "disabled", False)
    monkeypatch.setattr(warm, "PARTS", dict.fromkeys(warm.PARTS, compiling(times)))
    first, second = queuit(*SIMULATE), queuit(*SIMULATE, "--slots", 2, 2, "--arrival-rate", 1)
    assert first.json["tasks"] == second.json["tasks"] == 500
    assert (first.err, second.err) == (LINE if times else "", "")


def test_what_is_loaded_is_what_the_scenario_needs(
    not_loaded: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(warm, "load", loaded.append)
    words = (*SIMULATE, "--slots", 2, 2, "--arrival-rate", 1)
    for run_ in (SIMULATE, words, (*words, "--discipline", "ps")):
        assert queuit(*run_).code == 0
    assert loaded == ["alone", "plain", "general"]


def test_parts_are_compiled_as_scenarios_use_them(not_loaded: None) -> None:
    """Once they are loaded, nothing is left to be compiled or loaded."""
    from sim.compiled import kernel

    for part in warm.PARTS.values():
        part()
    entries = (kernel.play, kernel.sample, kernel.gaps, kernel.total, kernel.start)
    before = [len(entry.signatures) for entry in entries]
    words = (*SIMULATE, "--slots", 2, 2, "--arrival-rate", 1)
    for run_ in (SIMULATE, words, (*words, "--discipline", "ps")):
        assert queuit(*run_).code == 0
    assert [len(entry.signatures) for entry in entries] == before


def test_compile_says_what_it_did_and_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {"first": compiling(1), "second": compiling(0)}
    monkeypatch.setattr("scenarios.compile._PARTS", parts)
    monkeypatch.setattr("scenarios.compile._place", lambda: "/some/place")
    ran = queuit("compile")
    first, second, kept, took = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert first.startswith("first ")
    assert first.endswith(" s  compiled")
    assert second.endswith(" s  loaded: was compiled already")
    assert kept == "kept on disk, the kernel in /some/place"
    assert took.endswith(" seconds in all")


def test_compile_says_that_there_is_nowhere_to_keep_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scenarios.compile._PARTS", {})
    monkeypatch.setattr("scenarios.compile._place", lambda: None)
    ran = queuit("compile")
    assert ran.code == 0
    assert ran.out.startswith("nothing is kept: neither ")


def test_every_rule_that_is_shipped_is_found() -> None:
    def says(behaviour: Any) -> bool:
        return any(name in vars(behaviour) for name in ("scalar", "pair"))

    found = [rule for _, rule in shipped_rules()]
    assert sum(map(says, behaviours().values())) == len({rule.__module__ for rule in found})
    assert len({method for method, _ in shipped_rules()}) == 6  # no shipped rule for giving up

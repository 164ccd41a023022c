"""`import queuit`: all that a script needs, at no cost until it is asked for."""

import ast
import subprocess
import sys
from importlib import import_module

import pytest

import agents
import queuit
import queuit as q
import sim
from tests.tools.running import HEAVY, ROOT

NAMES = dir(queuit)


def test_to_import_it_costs_nothing() -> None:
    """Nothing of the project and nothing heavy: about 20 ms, most of it for `typing`."""
    heavy = {*HEAVY, "numba", "sim", "agents", "analysis", "scenarios"}
    code = f"import sys, queuit; print(sorted(set(sys.modules) & {heavy!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_it_hands_on_what_a_person_needs() -> None:
    for name in NAMES:
        assert getattr(queuit, name) is not None
    assert {*sim.__all__, *agents.__all__} <= set(NAMES)
    for name in ("solve", "games", "pairs", "named", "replicate", "compare", "read_strategy"):
        assert name in NAMES
    assert set(sim.__all__).isdisjoint(agents.__all__)


def test_a_star_takes_all_of_it() -> None:
    taken: dict[str, object] = {}
    exec("from queuit import *", taken)
    assert set(NAMES) <= set(taken)
    assert sorted(NAMES) == NAMES


def test_what_is_handed_on_is_the_thing_itself() -> None:
    assert q.Game is sim.Game
    assert q.Cascade is agents.Cascade
    assert q.solve is q.stackelberg
    assert q.solve(q.games["R14"]).regime == "+-"
    assert q.named("gpt-4.1/o3")[0] == q.pairs()["gpt-4.1/o3"].game()
    assert q.read_strategy("queue-limit:3", q.games["R1"]) == q.QueueLimit(3)


def test_editors_and_mypy_are_told_the_same() -> None:
    """The imports for type checking agree with the table by which names are found."""
    tree = ast.parse((ROOT / "queuit.py").read_text(encoding="utf-8"))
    [told] = [node for node in tree.body if isinstance(node, ast.If)]
    imports = [node for node in told.body if isinstance(node, ast.ImportFrom)]
    whole = {node.module for node in imports if node.names[0].name == "*"}
    parts = {f"{node.module}:{alias.name}" for node in imports for alias in node.names}
    rooms = {f"agents.{room}" for room in ("abandonment", "patience", "routing", "throttling")}
    assert whole == set(queuit._WHOLE) | rooms  # mypy does not follow what agents takes over whole
    assert parts - {f"{module}:*" for module in whole} == set(queuit._PARTS.values())


@pytest.mark.parametrize("name", ["Gmae", "_private", "__path__", "__wrapped__"])
def test_a_wrong_name_is_said_so(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"^module 'queuit' has no '{name}'; dir\(queuit\)"):
        getattr(queuit, name)
    assert not hasattr(import_module("queuit"), name)

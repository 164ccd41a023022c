"""Every behaviour is exported, documented and tested."""

import inspect
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

import agents

TESTS = Path(__file__).parents[1]
ROOMS = ("abandonment", "joining", "patience", "routing", "throttling")
THEORY = ("congestion", "theorems")  # rooms without behaviours
DECISIONS = ("probability", "limits", "again", "joins", "first", "admit")


def policies() -> Iterator[tuple[str, type]]:
    """(folder, class) of every class that its own module defines and that decides."""
    for room in ROOMS:
        package = import_module(f"agents.{room}")
        for info in iter_modules(package.__path__):
            module = import_module(f"agents.{room}.{info.name}")
            for member in vars(module).values():
                own = inspect.isclass(member) and member.__module__ == module.__name__
                if own and any(hasattr(member, method) for method in DECISIONS):
                    yield room, member


def mentioned() -> str:
    """All tests but this one."""
    files = (path for path in TESTS.rglob("test_*.py") if path != Path(__file__))
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def test_the_walk_finds_the_behaviours() -> None:
    names = {policy.__name__ for _, policy in policies()}
    assert {"Stationary", "BestResponse", "Static", "Cascade", "Stackelberg"} <= names
    assert {"NoThrottle", "AddedDelay"} <= names


def test_there_is_no_room_that_the_walk_does_not_visit() -> None:
    rooms = {info.name for info in iter_modules(agents.__path__) if info.ispkg}
    assert rooms == {*ROOMS, *THEORY}


@pytest.mark.parametrize(("room", "policy"), list(policies()))
def test_a_behaviour_is_exported_documented_and_tested(room: str, policy: type) -> None:
    name = policy.__name__
    package = import_module(f"agents.{room}")
    assert name in package.__all__
    assert name in agents.__all__
    assert getattr(agents, name) is policy
    assert policy.__doc__
    assert not policy.__doc__.startswith(f"{name}(")  # that is what a dataclass writes by itself
    assert f"{name}(" in mentioned()


@pytest.mark.parametrize("room", ["", *(f".{room}" for room in ROOMS)])
def test_what_is_exported_exists(room: str) -> None:
    module = import_module(f"agents{room}")
    if room:
        assert sorted(module.__all__) == module.__all__
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert hasattr(module, name)


def test_the_package_exports_theory_and_then_what_its_folders_export() -> None:
    behaviours = [name for room in ROOMS for name in import_module(f"agents.{room}").__all__]
    theory = agents.__all__[: -len(behaviours)]
    assert agents.__all__ == [*theory, *behaviours]
    assert sorted(theory) == theory


def test_no_engine_may_import_theory() -> None:
    """Nothing in `sim` may, a new file neither; only `sim` itself hands some of it on."""
    settings = tomllib.loads((TESTS.parent / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    [contract] = [contract for contract in contracts if contract["type"] == "protected"]
    assert contract["protected_modules"] == ["sim.theory"]
    assert contract["allowed_importers"] == ["agents", "analysis", "scenarios"]
    assert contract["ignore_imports"] == ["sim -> sim.theory.*"]

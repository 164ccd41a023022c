"""The wheel: what is in it, and that it works alone in a fresh environment."""

import json
import os
import subprocess
import sys
import tarfile
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("sim", "agents", "analysis", "scenarios")


def uv(*words: object) -> None:
    command = [sys.executable, "-m", "uv", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    uv("build", "--out-dir", folder)  # the source distribution, and the wheel from it
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_holds_the_program_its_data_and_its_licence(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        held = set(archive.namelist())
        [licence] = [name for name in held if name.endswith(".dist-info/licenses/LICENSE")]
        assert archive.read(licence) == (ROOT / "LICENSE").read_bytes()
        data = "analysis/data/model_pairs.csv"
        assert archive.read(data) == (ROOT / data).read_bytes()
    sources = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    held = {name for name in held if ".dist-info/" not in name}
    assert held == {*sources, "queuit.py"}  # no tests, no docs


def test_the_source_distribution_holds_tests_docs_and_the_front_door(wheel: Path) -> None:
    [packed] = wheel.parent.glob("*.tar.gz")
    with tarfile.open(packed) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert {"queuit.py", "tests/house/test_package.py", "docs/findings.md", "README.md"} <= held


def test_the_metadata_say_what_it_is(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
        entry_points = archive.read(name.replace("METADATA", "entry_points.txt")).decode()
    assert metadata["Name"] == "queuit"
    assert metadata["License-Expression"] == "MIT"
    assert metadata.get_all("License-File") == ["LICENSE"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert metadata["Summary"]
    assert str(metadata.get_payload()) == (ROOT / "README.md").read_text(encoding="utf-8")
    assert "[console_scripts]\nqueuit = scenarios.cli:main" in entry_points


def test_the_wheel_runs_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    environment, empty = tmp_path / "environment", tmp_path / "empty"
    empty.mkdir()
    uv("venv", "--python", sys.executable, environment)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    uv("pip", "install", "--python", scripts / "python", wheel)

    def run(program: str, *words: str) -> str:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV", "VIRT"))}
        command = [str(scripts / program), *words]
        done = subprocess.run(command, cwd=empty, env=clean, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    solved = json.loads(run("queuit", "solve", "--game", "R14", "--json"))
    assert solved["provider_cost"] == pytest.approx(1.1240051085, abs=6e-11)
    assert "gpt-4.1/o3" in run("queuit", "pairs")
    assert "simulate" in run("queuit", "--help")
    cost = run("python", "-c", "import queuit as q; print(q.solve(q.games['R14']).provider_cost)")
    assert float(cost) == pytest.approx(1.1240051085, abs=6e-11)
    assert list(empty.iterdir()) == []

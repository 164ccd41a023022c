"""`queuit figures`: what it writes and prints, and how it refuses bad input."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from analysis.paper import findings, study
from analysis.paper.frames import frames
from scenarios import paper_figures

NAMES = ("figure1", "figure3", "figure4", "figure5", "figure5_loss")
SMALL = ("--cells", "7", "--tasks", "300")


def run(*options: str) -> Result:
    return CliRunner().invoke(paper_figures.command, options)


@pytest.mark.slow
def test_writes_every_figure_and_the_table(tmp_path: Path) -> None:
    result = run(*SMALL, "--out", str(tmp_path))
    assert result.exit_code == 0, result.output
    wanted = [f"{name}.{kind}" for name in NAMES for kind in ("png", "svg", "pdf")]
    wanted += [f"{name}.csv" for name in NAMES]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(wanted)
    lines = result.output.splitlines()
    assert lines[:20] == [str(tmp_path / name) for name in wanted]
    assert "300 tasks per policy" in result.output
    for row in ("3: response q*", "4 left: policy", "4 right", "5 left", "5 middle", "5 right"):
        assert sum(line.strip().startswith(row) for line in lines) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--cells", "2"), "cells = 2 must be a whole number from 3 to 1000"),
        (("--cells", "1001"), "cells = 1001 must be"),
        (("--cells", "many"), "'many' is not a valid integer"),
        (("--tasks", "0"), "tasks = 0 must be"),
        (("--tasks", "1"), "tasks = 1 must be at least 2"),
        (("--seed", "-1"), "seed = -1 must be"),
    ],
)
def test_bad_input_is_one_line(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    result = run(*SMALL, "--out", str(tmp_path / "figures"), *options)
    assert result.exit_code == 2
    assert message in result.output
    assert len(result.output.splitlines()) == 1
    assert not (tmp_path / "figures").exists()


def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("taken", encoding="utf-8")
    result = run(*SMALL, "--out", str(tmp_path / "file"))
    assert result.exit_code == 2
    assert "must be a place that can be written" in result.output
    assert len(result.output.splitlines()) == 1


def test_an_error_on_the_way_leaves_no_half_written_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(study, "simulated_maps", fails)
    assert run(*SMALL, "--out", str(tmp_path)).exit_code != 0
    assert not list(tmp_path.iterdir())


def test_a_few_tasks_may_agree_nowhere() -> None:
    exact = study.exact_maps(11)
    [*_, gain] = findings.compare(exact, study.simulated_maps(11, 20, 1))
    assert gain.deviation is None
    assert 0 <= gain.share <= 1


def test_the_numbers_of_a_figure_are_beside_it() -> None:
    exact = study.exact_maps(7)
    found = frames(exact, exact)
    assert tuple(found) == NAMES
    assert [len(frame) for frame in found.values()] == [15, 98, 196, 294, 98]
    cell = found["figure5"].iloc[7 * 4 + 2]
    assert (cell.source, cell.regime, cell.kind) == ("exact", "-+", "cascade_stay")
    data = exact.policies[0]
    assert (cell.k1_minus_k2, cell.penalty) == (data.difference[2], data.penalty[4])
    assert cell.gap == data.gap[4, 2]


def test_agreement_counts_cells() -> None:
    exact = study.exact_maps(11)
    for row in findings.compare(exact, exact):
        assert (row.share, row.inside) == (1.0, 1.0)
        assert row.deviation in (None, 0.0)
    wrong = exact.policies[0]
    gap = wrong.gap.copy()
    gap[0, 0] += 1.0
    planted = study.PolicyMap(**{**vars(wrong), "gap": gap})
    other = study.Maps(exact.response, (planted, *exact.policies[1:]))
    row = findings.compare(exact, other)[3]
    assert row.share == pytest.approx(120 / 121)
    assert row.deviation == np.inf

"""The figures: their numbers, their files, and text that stays inside."""

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from agents import stackelberg
from agents.theorems.responses import s_0, s_high, s_low
from analysis.games.planes import FALLING, Kind
from analysis.paper import figures, study
from analysis.paper.panels import regions
from analysis.report import images, planes, style

NAMES = ("figure1", "figure3", "figure4", "figure5", "figure5_loss")
EXACT = study.exact_maps(9)


@pytest.fixture(scope="module")
def drawn() -> dict[str, Figure]:
    return figures.draw(EXACT, EXACT)


def texts(figure: Figure) -> list[Text]:
    return [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text()]


def test_slopes_of_figure_3() -> None:
    assert figures.slope(s_0, -1) == pytest.approx(-0.9, abs=1e-9)
    assert figures.slope(s_low, 1) == pytest.approx(-0.5118, abs=5e-5)
    assert figures.slope(s_high, 1) == pytest.approx(-3, abs=1e-9)


def test_all_figures_are_drawn(drawn: dict[str, Figure]) -> None:
    assert tuple(drawn) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_text_stays_inside_the_figure(drawn: dict[str, Figure], name: str) -> None:
    figure = drawn[name]
    with style.styled():
        figure.draw_without_rendering()
    frame = figure.bbox
    for text in texts(figure):
        if not text.get_visible() or not text.get_window_extent().width:
            continue
        box = text.get_window_extent()
        assert box.x0 >= frame.x0 - 1, text.get_text()
        assert box.x1 <= frame.x1 + 1, text.get_text()
        assert box.y0 >= frame.y0 - 1, text.get_text()
        assert box.y1 <= frame.y1 + 1, text.get_text()


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("figure3", ("-0.9", "-0.5118", "-3")),
        ("figure4", ("0.0570", "9.888", "0.0411")),
        ("figure5", ("2.4333", "2.05", "2.29", "3.33", "1.13", "1.35")),
        ("figure5_loss", ("users lose 3.000", r"\xi_1 = 0.3$")),
        ("figure1", ("P_1", "P_2", "P_3", "$D$", "k_1", "s_{low}", "s_0")),
    ],
)
def test_numbers_on_the_figures(
    drawn: dict[str, Figure], name: str, numbers: tuple[str, ...]
) -> None:
    written = " ".join(text.get_text() for text in texts(drawn[name])).replace("\n", " ")
    for number in numbers:
        assert number in written


def test_the_regions_of_a_plane_are_what_its_cells_say() -> None:
    """Every cell of the exact map lies in one region, that of its policy, if not on a border."""
    data = study.exact_policies(FALLING, 51)
    counts = np.zeros(data.kind.shape, int)
    for game, x, low, high in regions(data.plane):
        best = stackelberg(game)
        kind = study.kinds(data.plane, best.initial, best.cascade, best.abandonment)
        order = np.argsort(x)
        ends = (np.interp(data.difference, x[order], each[order]) for each in (low, high))
        below, above = (np.where(data.difference * x[50] > 0, each, np.nan) for each in ends)
        inside = (data.penalty[:, None] > below + 1e-9) & (data.penalty[:, None] < above - 1e-9)
        assert (data.kind[inside] == kind).all()
        counts += inside
    assert counts.max() == 1
    assert (counts == 1).mean() > 0.97  # without the column where k_1 = k_2


def test_exact_regions_have_no_steps(drawn: dict[str, Figure]) -> None:
    for figure, exact in (("figure4", (0, 1)), ("figure5", (0, 1))):
        panels = drawn[figure].axes
        assert [len(panels[k].images) for k in exact] == [0, 0]
        assert [len(panels[k].images) for k in (len(panels) // 2, len(panels) // 2 + 1)] == [1, 1]


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_equal_data_gives_equal_bytes(kind: str) -> None:
    rendered = []
    for _ in range(2):
        with style.styled():
            figure = figures.figure5_loss(EXACT.policies[2], EXACT.policies[2])
        rendered.append(images.render(figure, kind))
    once, again = rendered
    assert once == again
    assert b"dc:date" not in once
    assert b"CreationDate" not in once
    assert kind != "svg" or b">gain = loss</text>" in once  # text is text


def test_files_are_whole_and_large_enough(drawn: dict[str, Figure], tmp_path: Path) -> None:
    paths = images.save(drawn["figure3"], tmp_path / "new", "figure3")
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "figure3.png",
        "figure3.svg",
    ]
    png, svg = (path.read_bytes() for path in paths)
    width = int.from_bytes(png[16:20])
    assert width >= 200 * style.WIDTH
    assert ElementTree.fromstring(svg).tag.endswith("svg")


def test_a_figure_that_fails_leaves_no_file(
    drawn: dict[str, Figure], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true = images.render

    def fails(figure: Figure, kind: str) -> bytes:
        if kind == "svg":
            raise OSError("no space")
        return true(figure, kind)

    monkeypatch.setattr(images, "render", fails)
    with pytest.raises(OSError, match="no space"):
        images.save(drawn["figure1"], tmp_path, "figure1")
    assert not list(tmp_path.iterdir())


def test_global_settings_stay_as_they_are() -> None:
    before = dict(mpl.rcParams)
    images.render(figures.figure1(), "png")
    assert dict(mpl.rcParams) == before
    code = "import sys, analysis.paper.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def luminance(colour: str) -> float:
    """Relative luminance of the Web Content Accessibility Guidelines."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in mpl.colors.to_rgb(colour)
    ]
    return float(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2])


@pytest.mark.parametrize("kind", list(Kind))
def test_labels_have_contrast(kind: Kind) -> None:
    low, high = sorted((luminance(planes.ink(kind)), luminance(planes.COLOURS[kind])))
    assert (high + 0.05) / (low + 0.05) >= 3

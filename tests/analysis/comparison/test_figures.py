"""Figures of a comparison: labels apart, points inside, zooms that show something new."""

from itertools import pairwise

import numpy as np
import pytest

from analysis.comparison.figures import differing, draw
from analysis.comparison.front import AXES, groups, limits, near_front
from analysis.comparison.outcome import Comparison
from tests.tools.comparisons import comparison

FAR = {"near": (1.0, 2.0), "nearer": (1.001, 2.001), "far": (9.0, -5.0)}


def test_strategies_at_one_place_share_a_label() -> None:
    found = comparison(FAR)
    [(_, first), (_, second)] = groups(found, limits(found, list(FAR)))
    assert (first, second) == (["near", "nearer"], ["far"])


def test_the_zoom_takes_points_apart_or_is_left_out() -> None:
    apart = comparison(FAR)
    zoom = near_front(apart)
    assert zoom is not None
    assert [members for _, members in groups(apart, zoom)] == [["near"], ["nearer"]]
    assert near_front(comparison({"a": (1.0, 2.0), "b": (9.0, -5.0)})) is None
    assert (
        near_front(comparison({"a": (1.0, 2.0), "same": (1.0, 2.0), "b": (9.0, -5.0)}, spread=0))
        is None
    )


def test_every_interval_is_inside_the_frame() -> None:
    found = comparison(FAR)
    for (low, high), by in zip(limits(found, list(FAR)), AXES, strict=True):
        for name in FAR:
            assert low < found.own(name, by).low <= found.own(name, by).high < high


def test_the_indifference_zone_has_edges() -> None:
    axes = draw(comparison(FAR))["differences"].axes[0]
    at = {
        float(np.asarray(line.get_xdata())[0])
        for line in axes.lines
        if line.get_linestyle() == "--"
    }
    assert at == {-0.01, 0.01}


@pytest.mark.parametrize("found", [comparison(FAR), comparison(FAR, groups=("free", "paid"))])
def test_ticks_do_not_collide(found: Comparison) -> None:
    for figure in draw(found).values():
        figure.canvas.draw()
        for axes in filter(lambda axes: axes.get_visible(), figure.axes):
            boxes = [x.get_window_extent() for x in axes.get_xticklabels() if _inside(axes, x)]
            for left, right in pairwise(boxes):
                assert left.x1 < right.x0
            assert axes.xaxis.get_offset_text().get_text() == ""


def _inside(axes, label) -> bool:  # type: ignore[no-untyped-def]
    low, high = axes.get_xlim()
    return bool(label.get_text()) and low <= label.get_position()[0] <= high


def test_criteria_by_which_nothing_differs_are_left_out() -> None:
    assert [by.name for by in differing(comparison(FAR))] == ["provider_cost", "user_utility"]


def test_one_strategy_has_no_differences() -> None:
    assert list(draw(comparison({"none": (1.0, 2.0)}))) == ["classes"]

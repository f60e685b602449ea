"""What a page's charts hold: marks, lines and labels of the figure before it becomes SVG."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hpscan.report.html.charts import NARROW, WIDE, histogram, holds, scale

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GROUPS = {"negative": [0.1, 0.2], "high": [0.9]}
KINDS = {"negative": "negative", "high": "infected"}
EDGES = [0.0, 1.0, 2.0]


def _axis(figure: Figure) -> Axes:
    (axis,) = figure.axes
    return axis


def _line(axis: Axes, kind: str) -> list[float]:
    (line,) = [line for line in axis.lines if line.get_gid() == kind]
    return np.asarray(line.get_xdata(), dtype=float).tolist()


def _heights(axis: Axes, kind: str) -> list[float]:
    (steps,) = [patch for patch in axis.patches if patch.get_gid() == kind]
    return steps.get_data().values.tolist()  # type: ignore[attr-defined]


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("value", [-40.0, 0.5, 1e6])
def test_scale_holds_every_score_on_the_row_of_its_diagnosis(width: int, value: float) -> None:
    axis = _axis(scale(width, GROUPS, KINDS, value=value, threshold=0.4, format_tick=str))
    low, high = axis.get_xlim()
    assert low < min(value, 0.1)
    assert max(value, 0.9) < high
    assert (_line(axis, "mark negative"), _line(axis, "mark infected")) == ([0.1, 0.2], [0.9])
    assert (_line(axis, "own"), _line(axis, "threshold")) == ([value] * 2, [0.4] * 2)
    assert [label.get_text() for label in axis.get_yticklabels()] == ["negative", "high"]
    assert [text.get_text() for text in axis.texts] == ["threshold", "this patient"]


def test_scale_of_one_score_alone_has_ticks_and_no_threshold() -> None:
    axis = _axis(scale(WIDE, {}, {}, value=0.0, threshold=None, format_tick=str, start=0.0))
    low, high = axis.get_xlim()
    assert sum(low <= tick <= high for tick in axis.get_xticks()) >= 2
    assert [text.get_text() for text in axis.texts] == ["this patient"]


@pytest.mark.parametrize(("value", "side"), [(0.41, "right"), (0.39, "left"), (0.9, "center")])
def test_the_patients_own_line_does_not_cross_the_threshold_s_label(value: float, side: str) -> None:
    axis = _axis(scale(NARROW, GROUPS, KINDS, value=value, threshold=0.4, format_tick=str))
    assert axis.texts[0].get_horizontalalignment() == side


def test_the_area_shows_the_proportions_of_the_patients_own_patches() -> None:
    axis = _axis(histogram(WIDE, [0.5] * 9 + [1.5], EDGES, {"negative": [10, 0], "infected": [0, 0]}, 1.0, str))
    assert _heights(axis, "bar") == pytest.approx([0.9, 0.1])
    full, empty = _heights(axis, "line negative")
    assert full == 1
    assert empty == axis.get_ylim()[0]
    assert "line infected" not in {patch.get_gid() for patch in axis.patches}
    assert _line(axis, "threshold") == [1.0, 1.0]


def test_scores_beyond_the_bins_widen_the_histogram_instead_of_vanishing() -> None:
    scores = [-3.0, 0.5, 7.9, 500.0]
    axis = _axis(histogram(WIDE, scores, EDGES, {"negative": [1, 1]}, 1.0, str))
    low, high = axis.get_xlim()
    assert (low, high) == pytest.approx((-3, 500))
    floor = axis.get_ylim()[0]
    assert sum(height for height in _heights(axis, "bar") if height > floor) == pytest.approx(1)


@pytest.mark.parametrize(("threshold", "shown"), [(1.0, True), (9.0, False)])
def test_a_threshold_beyond_the_axis_is_left_out(threshold: float, shown: bool) -> None:
    axis = _axis(histogram(WIDE, [0.5], EDGES, {}, threshold, str))
    assert holds(threshold, [0.5], EDGES) is shown
    assert ("threshold" in {line.get_gid() for line in axis.lines}) is shown

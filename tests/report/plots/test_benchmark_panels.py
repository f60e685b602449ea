"""What the plots of a benchmark's results hold: counts, every fold's value, every patient, every backend."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hpscan.core.decision import Aggregation
from hpscan.report.plots import benchmark
from hpscan.report.plots.drawing import titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures before they become PNG."""
    kept: list[Figure] = []

    def keep(figure: Figure, *words: Any) -> bytes:
        kept.append(titled(figure, *words))
        return b""

    monkeypatch.setattr(benchmark, "finished", keep)
    return kept


def _texts(axis: Axes) -> list[str]:
    return [text.get_text().replace("\n", " ") for text in axis.texts]


def _points(axis: Axes, marker: str) -> list[tuple[float, ...]]:
    """The marks of one shape."""
    lines = [line for line in axis.lines if line.get_marker() == marker]
    return [tuple(map(float, point)) for line in lines for point in np.asarray(line.get_xydata())]


def test_a_confusion_matrix_holds_counts_and_proportions_of_its_row(figures: list[Figure]) -> None:
    benchmark.confusions({"cnn": (771.0, 9.0, 10.0, 30.0), "none": (5.0, 0.0, 0.0, 0.0)}, "patches")
    cnn, none = figures[0].axes
    assert _texts(cnn) == ["771", "98.8 %", "9", "1.2 %", "10", "25.0 %", "30", "75.0 %"]
    assert _texts(none)[4:] == ["0", "\N{EN DASH}", "0", "\N{EN DASH}"]
    assert [axis.get_title(loc="left") for axis in (cnn, none)] == ["cnn", "none"]


def test_every_fold_with_a_value_has_its_mark_and_a_backend_without_any_says_so(figures: list[Figure]) -> None:
    benchmark.fold_boxes({"AUC": {"a": [0.9, math.nan, 0.8], "b": [math.nan]}})
    (axis,) = figures[0].axes
    assert [x for x, _ in _points(axis, "o")] == [0.9]
    assert [x for x, _ in _points(axis, "^")] == [0.8]  # the third fold keeps its own shape
    assert _points(axis, "s") == []
    assert _texts(axis) == ["no value"]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["a", "b"]


@pytest.mark.parametrize("aggregation", [Aggregation.FRACTION_POSITIVE, Aggregation.MAX])
def test_every_patient_has_a_mark_and_every_finite_threshold_a_line(
    figures: list[Figure], aggregation: Aggregation
) -> None:
    scores = {"cnn": {"negative": [0.0, 0.004], "low": [0.02], "high": [0.6, 1.0]}, "empty": {"negative": []}}
    benchmark.patient_values(scores, {"cnn": [0.01, 0.02, math.inf]}, aggregation)
    cnn, empty = figures[0].axes
    assert sorted(y for _, y in _points(cnn, "o")) == [0.0, 0.004]
    assert sorted(y for _, y in _points(cnn, "^")) == [0.02, 0.6, 1.0]
    level = [float(np.ravel(line.get_ydata())[0]) for line in cnn.lines if line.get_linestyle() == "--"]
    assert level == [pytest.approx(0.015)]  # the median of the folds' thresholds
    assert [label.get_text() for label in cnn.get_xticklabels()] == ["negative\n(2)", "low\n(1)", "high\n(2)"]
    assert _texts(empty) == ["no patient with a density"]


def test_every_backend_with_a_speed_is_a_named_point_and_the_others_are_listed(figures: list[Figure]) -> None:
    points = {"a": (100.0, 0.9, 0.8, 0.95), "b": (5.0, 0.7, 0.6, 0.75), "slow": (0.0, 0.9, 0.8, 1.0)}
    benchmark.accuracy_speed(points, "AUC")
    (axis,) = figures[0].axes
    marks = [tuple(map(float, np.ravel(line.get_xydata()))) for line in axis.lines if len(line.get_xdata()) == 1]  # type: ignore[arg-type]
    assert {(100.0, 0.9), (5.0, 0.7)} <= set(marks)
    assert {"a", "b"} <= set(_texts(axis))
    assert "Not shown: slow." in figures[0].get_supxlabel()
    assert axis.get_xscale() == "log"

"""The plot of an operating point shows both classes and every threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest
from matplotlib.figure import Figure

from hpscan.core.choices import Aggregation
from hpscan.core.decision import OperatingPoint, Threshold
from hpscan.report.plots.operating_point import (
    draw_operating_point,
    draw_patch_scores,
    draw_patient_scores,
    operating_point_png,
)


@dataclass(frozen=True)
class Counted:
    edges: tuple[float, ...] = (0.0, 0.5, 1.0)
    negative: tuple[int, ...] = (90, 1)
    infected: tuple[int, ...] = (50, 7)


def test_infected_patches_stand_upward_and_negative_ones_downward() -> None:
    axis = Figure().subplots()
    draw_patch_scores(axis, Counted(), Threshold(0.25, "corner"))
    assert sorted(bar.get_height() for bar in axis.patches) == [-90, -1, 7, 50]
    assert [label.get_text() for label in axis.get_yticklabels()] == ["1", "10", "100", "0", "1", "10", "100"]
    assert axis.get_yticks().tolist() == [-1, -10, -100, 0, 1, 10, 100]


def test_a_patch_and_a_threshold_beyond_the_histogram_are_on_the_plot() -> None:
    axis = Figure().subplots()
    legend = draw_patch_scores(axis, Counted(), Threshold(3.0, "corner"), -2.0)
    low, high = axis.get_xlim()
    assert low < -2 < 3 < high
    assert {"threshold", "this patch"} <= set(legend)


def test_a_threshold_that_nothing_reaches_is_left_out() -> None:
    axis = Figure().subplots()
    assert "threshold" not in draw_patch_scores(axis, Counted(), Threshold(math.inf, "corner"))
    assert axis.get_xlim()[1] < 2


def test_patients_stand_by_diagnosis_with_the_threshold() -> None:
    axis = Figure().subplots()
    groups = {"high": [0.9, 0.8], "negative": [0.1], "low": []}
    draw_patient_scores(axis, groups, Threshold(0.3, "corner"), Aggregation.MAX, 3)
    assert [label.get_text() for label in axis.get_xticklabels()] == ["negative\n(1)", "high\n(2)"]
    assert 0.3 in {line.get_ydata()[0] for line in axis.lines}


@pytest.mark.parametrize("aggregation", list(Aggregation))
@pytest.mark.parametrize("values", [{}, {"negative": [0.0], "low": [0.1], "high": [0.9], "infected": [0.5]}])
def test_every_aggregation_is_drawn_also_without_a_patient(
    aggregation: Aggregation, values: dict[str, list[float]]
) -> None:
    point = OperatingPoint(Threshold(0.5, "corner"), Threshold(0.2, "corner"), Threshold(0.6, "corner"), aggregation)
    figure = draw_operating_point(point, Counted(), values, values)
    heads = ["patches of these patients", "patients", *["infected patients: density"] * bool(values)]
    assert [axis.get_title(loc="left") for axis in figure.axes] == heads
    if not values:
        assert "no diagnosed patient" in figure.axes[1].texts[0].get_text()
    assert operating_point_png(point, Counted(), values, values).startswith(b"\x89PNG")


def test_values_far_above_the_threshold_leave_those_below_it_apart() -> None:
    axis = Figure().subplots()
    groups = {"negative": [0.0, 0.001], "high": [0.9]}
    draw_patient_scores(axis, groups, Threshold(0.002, "corner"), Aggregation.MAX, 3)
    low, middle, high = axis.transData.transform([(0, 0.0), (0, 0.001), (0, 0.9)])[:, 1]
    assert (middle - low) > 0.05 * (high - low)

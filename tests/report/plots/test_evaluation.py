"""The plot of an evaluation holds what there is: ROC curve, scores of patches, and patient-level scores."""

from __future__ import annotations

import numpy as np
import pytest

from hpscan.core.choices import Aggregation
from hpscan.core.decision import OperatingPoint, Threshold
from hpscan.report.plots.evaluation import draw_evaluation, evaluation_png

POINT = OperatingPoint(
    Threshold(0.15, "corner"), Threshold(0.2, "corner"), Threshold(0.5, "corner"), Aggregation.TOP_K_MEAN
)
REFERENCE = np.array([False, False, True, True])
SCORE = np.array([-1.0, 0.2, 0.1, 0.9])
PATIENTS = {"negative": [0.1], "low": [0.2, 0.3]}


def test_the_roc_curve_carries_its_auc_and_the_models_threshold() -> None:
    roc, scores, patients = draw_evaluation(REFERENCE, SCORE, POINT, PATIENTS).axes
    assert roc.get_title(loc="left") == "ROC, AUC 0.750"
    assert [float(x) for x in np.ravel(roc.lines[2].get_xydata())] == [0.5, 0.5]  # 1 - specificity, sensitivity
    assert "sensitivity 0.50" in roc.texts[0].get_text()
    heights = [bar.get_height() for bar in scores.patches]  # type: ignore[attr-defined]
    assert (sum(h for h in heights if h > 0), sum(h for h in heights if h < 0)) == (2, -2)
    assert [label.get_text() for label in patients.get_xticklabels()] == ["negative\n(1)", "low\n(2)"]


def test_the_same_scores_are_the_same_bytes() -> None:
    png = evaluation_png(REFERENCE, SCORE, POINT, PATIENTS)
    assert png == evaluation_png(REFERENCE, SCORE, POINT, PATIENTS)
    assert png != evaluation_png(REFERENCE, SCORE, POINT, {})


@pytest.mark.parametrize(
    ("reference", "patients", "heads"),
    [
        ([], {"infected": [0.3]}, ["diagnosed patients"]),
        ([True, True], {}, ["ROC", "labelled patches"]),
        ([False, False], {"negative": [0.3], "high": [0.5]}, ["ROC", "labelled patches", "diagnosed patients"]),
    ],
)
def test_without_labels_or_with_one_class_the_panels_that_are_possible_are_drawn(
    reference: list[bool], patients: dict[str, list[float]], heads: list[str]
) -> None:
    figure = draw_evaluation(np.array(reference, np.bool_), np.linspace(0, 1, len(reference)), POINT, patients)
    assert [axis.get_title(loc="left") for axis in figure.axes] == heads

"""Thresholds in words, with where they come from."""

from __future__ import annotations

import pytest

from hpscan.core.choices import Aggregation
from hpscan.core.decision import OperatingPoint, Threshold
from hpscan.report.text.thresholds import (
    aggregation_column,
    describe_aggregation,
    describe_density_threshold,
    describe_distance,
    describe_patch_threshold,
    describe_patient_threshold,
    describe_thresholds,
)


def test_a_threshold_says_where_it_comes_from() -> None:
    assert (
        describe_patch_threshold(Threshold(0.25, "corner", 9, 4))
        == "0.25 (corner on 9 negative and 4 positive patches)"
    )
    assert describe_patient_threshold(Threshold(0.01, "fallback", note="why")) == "1.0 % (fallback; why)"
    assert describe_density_threshold(None) == "no threshold: density is unknown"
    assert (
        describe_patch_threshold(Threshold(0.25, "specificity=0.99", 9))
        == "0.25 (specificity=0.99 on 9 negative patches)"
    )
    assert describe_patch_threshold(Threshold(0.5, "user")) == "0.5 (given by the user)"


def test_a_proportion_is_shown_in_per_cent_and_a_score_as_a_score() -> None:
    threshold = Threshold(0.05, "corner", 3, 4)
    assert (
        describe_distance(0.8, threshold, Aggregation.FRACTION_POSITIVE)
        == "80.0 %, 75.0 points above the threshold of 5.0 %"
    )
    for aggregation in (Aggregation.TOP_K_MEAN, Aggregation.MAX):
        assert describe_distance(0.02, threshold, aggregation) == "0.02, 0.03 below the threshold of 0.05"
        assert describe_patient_threshold(threshold, aggregation).startswith("0.05 (corner")
    assert describe_density_threshold(threshold).startswith("5.0 % (corner")


def test_every_threshold_of_an_operating_point_has_a_line() -> None:
    point = OperatingPoint(Threshold(0.5, "user"), Threshold(0.25, "user"), None, Aggregation.MAX)
    assert dict(describe_thresholds(point)) == {
        "patch threshold": "0.5 (given by the user)",
        "patient-level score": "highest score",
        "patient threshold": "0.25 (given by the user)",
        "low / high density": "no threshold: density is unknown",
    }


@pytest.mark.parametrize("aggregation", Aggregation)
def test_every_aggregation_has_a_sentence_and_a_column(aggregation: Aggregation) -> None:
    assert describe_aggregation(aggregation, 3)
    assert len(aggregation_column(aggregation, 3)) <= 10

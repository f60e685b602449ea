"""Metrics of a binary decision, against counts made by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from hpscan.core.scores import PatchScores
from hpscan.evaluation.metrics import BinaryMetrics, binary, equal_patients, labelled

thorough = settings(deadline=None, derandomize=True, max_examples=50)


def _binary(
    reference: list[int], score: list[float], decision: list[int], weight: list[float] | None = None
) -> BinaryMetrics:
    return binary(
        np.array(reference, dtype=np.bool_),
        np.array(score, dtype=np.float64),
        np.array(decision, dtype=np.bool_),
        None if weight is None else np.array(weight, dtype=np.float64),
    )


def test_metrics_are_those_counted_by_hand() -> None:
    made = _binary([1, 1, 1, 0, 0], [0.9, 0.8, 0.2, 0.5, 0.1], [1, 1, 0, 1, 0])
    assert (made.n, made.n_positive) == (5, 3)
    assert made.positive.precision == pytest.approx(2 / 3)
    assert made.positive.recall == pytest.approx(2 / 3)
    assert made.positive.f1 == pytest.approx(2 / 3)
    assert made.negative.precision == pytest.approx(1 / 2)
    assert made.negative.recall == pytest.approx(1 / 2)
    assert made.negative.f1 == pytest.approx(1 / 2)
    assert made.auc == pytest.approx(5 / 6)  # of six pairs only 0.2 < 0.5 is the wrong way round
    # Precision 1 at the first third of recall, 1 at the second, 3/4 at the last.
    assert made.average_precision == pytest.approx((1 + 1 + 3 / 4) / 3)


def test_sensitivity_and_specificity_are_not_mistaken_for_each_other() -> None:
    made = _binary([1, 0, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0])
    assert made.positive.recall == 1
    assert made.negative.recall == pytest.approx(2 / 3)


def test_a_tie_between_the_classes_counts_half_in_the_auc() -> None:
    assert _binary([1, 0], [0.5, 0.5], [1, 1]).auc == 0.5


def test_weights_count_like_cases_that_occur_more_than_once() -> None:
    weighted = _binary([1, 1, 0, 0], [0.9, 0.3, 0.4, 0.1], [1, 0, 1, 0], weight=[3, 1, 2, 1])
    assert weighted.positive.precision == pytest.approx(3 / 5)
    assert weighted.positive.recall == pytest.approx(3 / 4)
    # Pairs by weight: 3*2 + 3*1 + 1*1 right of 4*3.
    assert weighted.auc == pytest.approx(10 / 12)


def test_with_one_class_only_there_is_no_curve() -> None:
    made = _binary([0, 0], [0.1, 0.9], [0, 1])
    assert made.auc is None
    assert made.average_precision is None
    assert made.negative.recall == 0.5
    assert made.positive.recall is None
    assert made.positive.precision == 0


def test_precision_of_a_class_that_is_never_told_is_undefined() -> None:
    made = _binary([1, 0], [0.1, 0.2], [0, 0])
    assert made.positive.precision is None
    assert made.positive.recall == 0
    assert made.positive.f1 == 0


def test_without_a_case_every_metric_is_undefined() -> None:
    made = _binary([], [], [])
    assert made.n == 0
    assert {made.positive.precision, made.positive.recall, made.positive.f1, made.auc} == {None}


@thorough
@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from([0.0, 0.1, 0.5, 0.7, 1.0]), st.booleans(), st.floats(0.1, 5)),
        min_size=2,
        max_size=30,
    )
)
def test_metrics_agree_with_scikit_learn(cases: list[tuple[bool, float, bool, float]]) -> None:
    reference, score, decision, weight = (np.array(column) for column in zip(*cases, strict=True))
    made = binary(reference, score, decision, weight)
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        reference, decision, labels=[False, True], sample_weight=weight, zero_division=np.nan
    )
    for index, metrics_ in enumerate((made.negative, made.positive)):
        for own, other in ((metrics_.precision, precision), (metrics_.recall, recall), (metrics_.f1, f1)):
            assert (np.nan if own is None else own) == pytest.approx(other[index], nan_ok=True)
    if reference.any() and not reference.all():
        assert made.auc == pytest.approx(metrics.roc_auc_score(reference, score, sample_weight=weight))
        assert made.average_precision == pytest.approx(
            metrics.average_precision_score(reference, score, sample_weight=weight)
        )


def _table(label: list[int] | None) -> PatchScores:
    n = 4
    return PatchScores(
        np.array(["a"] * n),
        np.array([f"a.{i}" for i in range(n)]),
        np.arange(n, dtype=np.float64),
        None if label is None else np.array(label, dtype=np.int8),
    )


def test_uncertain_patches_are_left_out_of_metrics() -> None:
    assert labelled(_table([-1, 0, 1, 0])).patch_id.tolist() == ["a.0", "a.2"]


def test_patches_without_any_label_give_nothing_to_measure() -> None:
    assert len(labelled(_table(None))) == 0


def test_every_patient_weighs_the_same_however_many_patches_there_are() -> None:
    weight = equal_patients(np.array(["a", "b", "a", "a"]))
    assert weight.tolist() == pytest.approx([2 / 3, 2, 2 / 3, 2 / 3])
    assert weight.mean() == pytest.approx(1)

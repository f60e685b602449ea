"""ROC and precision-recall curves, against scikit-learn, and their means over folds with bands."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from hpscan.evaluation.cases import Cases
from hpscan.evaluation.curves import Band, mean_curves, roc


def _cases(folds: int = 5, seed: int = 0) -> Cases:
    """98 patients, 929 patches, about 150 of them positive, every fold on a scale of its own."""
    rng = np.random.default_rng(seed)
    patient = rng.integers(0, 98, 929)
    fold = (patient % folds).astype(np.intp)
    reference = rng.random(929) < np.where(patient < 49, 0.31, 0.01)
    score = (rng.normal(size=929) + 2.6 * reference - 3) * (1 + fold)
    return Cases(reference, score, score > 0, np.array([f"p{i}" for i in patient]), fold)


def _bands(cases: Cases) -> tuple[Band, Band]:
    bands = mean_curves(cases)
    assert bands is not None
    return bands


def test_equal_scores_are_called_together_and_weights_count() -> None:
    curve = roc(np.array([True, False, True]), np.array([0.5, 0.5, 0.1]), np.array([[1.0, 1, 1], [2, 0, 3]]))
    assert curve.score.tolist() == [0.5, 0.1]
    assert curve.true_positive.tolist() == [[1, 2], [2, 5]]
    assert curve.false_positive.tolist() == [[1, 1], [0, 0]]
    assert curve.auc()[0] == 0.25
    assert np.isnan([curve.auc()[1], curve.average_precision()[1]]).all()


def test_on_one_fold_the_mean_roc_is_that_of_scikit_learn() -> None:
    cases = _cases(folds=1)
    band, _ = _bands(cases)
    false, true, _ = roc_curve(cases.reference, cases.score)
    np.testing.assert_allclose(band.mean, np.interp(band.x, false, true))
    assert band.area == pytest.approx(roc_auc_score(cases.reference, cases.score))


def test_on_one_fold_precision_is_that_of_scikit_learn_at_every_recall() -> None:
    cases = _cases(folds=1)
    rounded = dataclasses.replace(cases, score=np.round(cases.score, 1))  # with ties
    _, band = _bands(rounded)
    precision, recall, _ = precision_recall_curve(rounded.reference, rounded.score)
    at = [precision[np.flatnonzero(recall >= r - 1e-12)[-1]] for r in band.x[1:]]
    np.testing.assert_allclose(band.mean[1:], at)
    area = average_precision_score(rounded.reference, rounded.score)
    assert band.area == pytest.approx(area)
    assert np.trapezoid(band.mean, band.x) == pytest.approx(area, abs=0.005)


@pytest.mark.parametrize("which", [0, 1])
def test_the_mean_over_folds_knows_no_scale_and_its_band_resamples_patients(which: int) -> None:
    cases = _cases()
    band = _bands(cases)[which]
    stretched = _bands(dataclasses.replace(cases, score=cases.score * 10.0**cases.fold))[which]
    np.testing.assert_array_equal(band.mean, stretched.mean)
    np.testing.assert_array_equal(band.high, stretched.high)
    assert (band.low <= band.high).all()
    inside = (band.low <= band.mean + 1e-9) & (band.mean <= band.high + 1e-9)
    assert inside.mean() > 0.95
    alone = _bands(dataclasses.replace(cases, patient=cases.fold.astype(np.str_)))[which]  # one a fold: no other draw
    np.testing.assert_allclose(alone.high - alone.low, 0, atol=1e-12)


def test_folds_with_one_class_are_left_out_of_the_mean() -> None:
    cases = _cases()
    band, _ = _bands(dataclasses.replace(cases, reference=cases.reference & (cases.fold > 1)))
    assert band.n_folds == 3
    areas = [roc_auc_score(cases.reference[cases.fold == k], cases.score[cases.fold == k]) for k in (2, 3, 4)]
    assert band.area == pytest.approx(np.mean(areas))
    assert mean_curves(dataclasses.replace(cases, reference=np.zeros(929, np.bool_))) is None

"""Metrics of a binary decision under many weightings at once, against scikit-learn and against one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics

from hpscan.evaluation.cases import Cases
from hpscan.evaluation.metrics import METRICS, binary, measure

if TYPE_CHECKING:
    from numpy.typing import NDArray

thorough = settings(deadline=None, derandomize=True, max_examples=100)


def _cases(reference: Any, score: Any, decision: Any, patient: Any = None, fold: Any = None) -> Cases:
    n = len(reference)
    return Cases(
        np.asarray(reference, dtype=np.bool_),
        np.asarray(score, dtype=np.float64),
        np.asarray(decision, dtype=np.bool_),
        np.arange(n).astype(np.str_) if patient is None else np.asarray(patient, dtype=np.str_),
        np.zeros(n, np.intp) if fold is None else np.asarray(fold, dtype=np.intp),
    )


@st.composite
def _weighted(draw: st.DrawFn) -> tuple[Cases, NDArray[np.float64]]:
    """Few distinct scores, so that there are ties; weights as patients drawn again make them, or fractions."""
    n, b = draw(st.integers(1, 25)), draw(st.integers(1, 4))
    cases = _cases(
        draw(hnp.arrays(np.bool_, n)),
        draw(hnp.arrays(np.float64, n, elements=st.sampled_from([-2.5, 0.0, 1e-9, 0.1, 0.3, 7.0]))),
        draw(hnp.arrays(np.bool_, n)),
    )
    element = draw(st.sampled_from([st.integers(0, 3).map(float), st.sampled_from([0.0, 0.1, 1 / 3, 1.7])]))
    return cases, draw(hnp.arrays(np.float64, (b, n), elements=element))


@thorough
@given(_weighted())
def test_every_weighting_agrees_with_scikit_learn(given_: tuple[Cases, NDArray[np.float64]]) -> None:
    cases, weight = given_
    made = dict(zip(METRICS, measure(cases, weight), strict=True))
    for b, w in enumerate(weight):
        if not w.any():
            assert all(np.isnan(row[b]) for row in made.values())
            continue
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            cases.reference, cases.decision, labels=[True, False], sample_weight=w, zero_division=np.nan
        )
        for kind, expected in (("precision", precision), ("recall", recall), ("f1", f1)):
            told = [made[f"{kind}_positive"][b], made[f"{kind}_negative"][b]]
            assert told == pytest.approx(expected.tolist(), nan_ok=True)
        if w[cases.reference].sum() and w[~cases.reference].sum():
            assert made["auc"][b] == pytest.approx(metrics.roc_auc_score(cases.reference, cases.score, sample_weight=w))
            step = metrics.average_precision_score(cases.reference, cases.score, sample_weight=w)
            assert made["average_precision"][b] == pytest.approx(step)
        else:
            assert np.isnan([made["auc"][b], made["average_precision"][b]]).all()


@thorough
@given(_weighted(), st.randoms(use_true_random=False))
def test_the_order_of_the_cases_changes_nothing(given_: tuple[Cases, NDArray[np.float64]], random: Any) -> None:
    cases, weight = given_
    order = random.sample(range(len(cases)), len(cases))
    other = _cases(cases.reference[order], cases.score[order], cases.decision[order])
    assert measure(other, weight[:, order]) == pytest.approx(measure(cases, weight), nan_ok=True)


def test_the_metrics_are_those_that_evaluate_tells() -> None:
    rng = np.random.default_rng(0)
    reference, score = rng.random(60) < 0.3, rng.normal(size=60).round(1)
    made = dict(zip(METRICS, measure(_cases(reference, score, score > 0.5), np.ones((1, 60)))[:, 0], strict=True))
    told = binary(reference, score, score > 0.5)
    for name, of in (("positive", told.positive), ("negative", told.negative)):
        assert made[f"precision_{name}"] == pytest.approx(of.precision)
        assert made[f"recall_{name}"] == pytest.approx(of.recall)
        assert made[f"f1_{name}"] == pytest.approx(of.f1)
    assert made["auc"] == pytest.approx(told.auc)
    assert made["average_precision"] == pytest.approx(told.average_precision)


def test_without_cases_there_is_no_metric() -> None:
    assert np.isnan(measure(_cases([], [], []), np.ones((2, 0)))).all()


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([1, 0], [0.5], [1, 0]), "2 cases have shapes"),
        (([1, 0], [0.5, np.nan], [1, 0]), "no number"),
        (([1, 0], [0.5, 0.1], [1, 0], ["a", "a"], [0, 1]), "patient a is in more than one fold"),
    ],
)
def test_cases_that_cannot_be_are_refused(columns: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        _cases(*columns)


def test_a_reference_of_numbers_is_refused() -> None:  # its inverse would be another number, not the other class
    whole = np.zeros(1, np.intp)
    with pytest.raises(ValueError, match="booleans"):
        Cases(whole, np.zeros(1), whole, np.array(["a"]), whole)  # type: ignore[arg-type]

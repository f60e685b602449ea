"""Metrics of a binary decision: for patches, and for patients, whose finding is one too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.scores import PatchScores


@dataclass(frozen=True, slots=True)
class ClassMetrics:
    """Precision, recall and F1 of one class, 0..1; None where a denominator is zero."""

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class BinaryMetrics:
    """What a score and its threshold are worth.

    Attributes:
        n: Cases.
        n_positive: Positive ones, by the truth.
        auc: Area under the ROC curve; None unless both classes are there.
        average_precision: Area under the precision-recall curve by steps; None likewise.
        positive: Figures of the positive class; its recall is the sensitivity.
        negative: Figures of the negative class; its recall is the specificity.
        confusion: Weights of true negatives, false positives, false negatives and true positives.
    """

    n: int
    n_positive: int
    auc: float | None
    average_precision: float | None
    positive: ClassMetrics
    negative: ClassMetrics
    confusion: tuple[float, float, float, float]


def binary(
    truth: NDArray[np.bool_],
    score: NDArray[np.float64],
    decision: NDArray[np.bool_],
    weight: NDArray[np.float64] | None = None,
) -> BinaryMetrics:
    """Metrics of n cases; all arguments have shape (n,), weights are positive."""
    from sklearn.metrics import average_precision_score, roc_auc_score

    w = np.ones(len(truth)) if weight is None else weight
    tn, fp, fn, tp = (
        float(w[(truth == t) & (decision == d)].sum())
        for t, d in ((False, False), (False, True), (True, False), (True, True))
    )
    both = bool(truth.any() and not truth.all())
    return BinaryMetrics(
        n=len(truth),
        n_positive=int(truth.sum()),
        auc=float(roc_auc_score(truth, score, sample_weight=w)) if both else None,
        average_precision=float(average_precision_score(truth, score, sample_weight=w)) if both else None,
        positive=_class(tp, fp, fn),
        negative=_class(tn, fn, fp),
        confusion=(tn, fp, fn, tp),
    )


def _class(true: float, false: float, missed: float) -> ClassMetrics:
    return ClassMetrics(
        precision=_ratio(true, true + false),
        recall=_ratio(true, true + missed),
        f1=_ratio(2 * true, 2 * true + false + missed),
    )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def labelled(scores: PatchScores) -> PatchScores:
    """The patches that metrics are made of: -1 or +1. Uncertain ones are left out here and nowhere else."""
    if scores.label is None:
        return scores.where(np.zeros(len(scores), dtype=np.bool_))
    return scores.where(scores.label != 0)


def equal_patients(patient_id: NDArray[np.str_]) -> NDArray[np.float64]:
    """Weights, (n,), with which every patient counts as much as every other; their mean is 1."""
    _, inverse, count = np.unique(patient_id, return_inverse=True, return_counts=True)
    weight: NDArray[np.float64] = len(patient_id) / len(count) / count[inverse]
    return weight

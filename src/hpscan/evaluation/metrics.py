"""Metrics of a binary decision, for patches and for patients, under one weighting of the cases or under many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from hpscan.evaluation.cases import Cases
from hpscan.evaluation.curves import ratio, roc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.core.scores import PatchScores

RANKING = ("auc", "average_precision")
"""Metrics that need no threshold."""

METRICS = (
    "precision_positive",
    "precision_negative",
    "recall_positive",
    "recall_negative",
    "f1_positive",
    "f1_negative",
    *RANKING,
)
"""In the order of the rows that `measure` gives; recall_positive is the sensitivity, recall_negative the specificity."""


class Weighting(StrEnum):
    """What counts as much as what.

    POOLED: every case as much as every other, of whichever fold. BY_PATIENT: every patient as much as every other.
    FOLD_MEAN: every case within its fold, then the mean over folds; a fold without a metric is left out of it.
    """

    POOLED = "pooled"
    BY_PATIENT = "by-patient"
    FOLD_MEAN = "mean-over-folds"


def measure(cases: Cases, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """The metrics under each of B weightings.

    AUC counts a tie between the classes half; average precision is the sum by steps of scikit-learn, with equal
    scores as one step. `intervals.Resampled` gives the same of thousands of weightings of patients in much less time.

    Args:
        cases: n cases.
        weight: (B, n), at least 0.

    Returns:
        (8, B), rows in the order of METRICS; NaN where a denominator is zero, and for the last two where a class has
        no weight.
    """
    curve = roc(cases.reference, cases.score, weight)
    return np.vstack(
        [decided(weight @ outcomes(cases.reference, cases.decision)), curve.auc(), curve.average_precision()]
    )


def outcomes(reference: NDArray[np.bool_], decision: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n, 4), 1 in the column of what a case came to: true positive, false negative, false positive, true negative."""
    kinds = [reference & decision, reference & ~decision, ~reference & decision, ~reference & ~decision]
    return np.stack(kinds, axis=1).astype(np.float64)


def decided(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The first six METRICS, (6, B), from the counts of each of the four `outcomes`, (B, 4)."""
    tp, fn, fp, tn = counts.T
    return np.stack(
        [
            ratio(tp, tp + fp),
            ratio(tn, tn + fn),
            ratio(tp, tp + fn),
            ratio(tn, tn + fp),
            ratio(2 * tp, 2 * tp + fp + fn),
            ratio(2 * tn, 2 * tn + fp + fn),
        ]
    )


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
        n_positive: Positive ones, by the reference standard.
        auc: Area under the ROC curve; None unless both classes are there.
        average_precision: Area under the precision-recall curve by steps; None likewise.
        positive: Metrics of the positive class; its recall is the sensitivity.
        negative: Metrics of the negative class; its recall is the specificity.
    """

    n: int
    n_positive: int
    auc: float | None
    average_precision: float | None
    positive: ClassMetrics
    negative: ClassMetrics


def binary(
    reference: NDArray[np.bool_],
    score: NDArray[np.float64],
    decision: NDArray[np.bool_],
    weight: NDArray[np.float64] | None = None,
) -> BinaryMetrics:
    """Metrics of n cases; all arguments have shape (n,), weights are positive."""
    n = len(reference)
    cases = Cases(reference, score, decision, np.arange(n).astype(np.str_), np.zeros(n, np.intp))
    values = measure(cases, np.ones((1, n)) if weight is None else weight[None])[:, 0]
    of = {metric: number(value) for metric, value in zip(METRICS, values.tolist(), strict=True)}
    positive, negative = (
        ClassMetrics(of[f"precision_{side}"], of[f"recall_{side}"], of[f"f1_{side}"])
        for side in ("positive", "negative")
    )
    return BinaryMetrics(n, int(reference.sum()), of["auc"], of["average_precision"], positive, negative)


def number(value: float) -> float | None:
    """A value, or None where it is NaN or infinite."""
    return value if math.isfinite(value) else None


def labelled(scores: PatchScores) -> PatchScores:
    """The patches that metrics are made of: -1 or +1. Uncertain ones are left out here and nowhere else."""
    if scores.label is None:
        return scores.where(np.zeros(len(scores), dtype=np.bool_))
    return scores.where(scores.label != 0)


def equal_patients(patient_id: NDArray[np.str_]) -> NDArray[np.float64]:
    """Weights, (n,), with which every patient counts as much as every other; their mean is 1."""
    _, patient, size = np.unique(patient_id, return_inverse=True, return_counts=True)
    weight: NDArray[np.float64] = len(patient_id) / len(size) / size[patient]
    return weight

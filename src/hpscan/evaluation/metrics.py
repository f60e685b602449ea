"""The figures of a binary decision, under one weighting of the cases or under thousands at once.

`patch.binary` gives the same figures of one weighting by way of scikit-learn. Here the cases are sorted once and
every weighting is summed in one pass, so that a bootstrap over patients takes seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FIGURES = (
    "precision_positive",
    "precision_negative",
    "recall_positive",
    "recall_negative",
    "f1_positive",
    "f1_negative",
    "auc",
    "average_precision",
)
"""In the order of the rows that `figures` gives; recall_positive is the sensitivity, recall_negative the specificity."""


class Weighting(StrEnum):
    """What counts as much as what.

    POOLED: every case as much as every other, of whichever fold. BY_PATIENT: every patient as much as every other.
    FOLD_MEAN: every case within its fold, then the mean over folds; a fold without a figure is left out of it.
    """

    POOLED = "pooled"
    BY_PATIENT = "by-patient"
    FOLD_MEAN = "mean-over-folds"


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """n scored cases, e.g. the patches or the patients held out in all folds.

    Attributes:
        truth: (n,) bool.
        score: (n,) float64, higher = more likely positive.
        decision: (n,) bool, by the threshold of the case's own fold.
        patient: (n,) strings.
        fold: (n,) integers; a patient is in one fold.

    Raises:
        ValueError: When lengths differ, a score is no number or a patient is in more than one fold.
    """

    truth: NDArray[np.bool_]
    score: NDArray[np.float64]
    decision: NDArray[np.bool_]
    patient: NDArray[np.str_]
    fold: NDArray[np.intp]

    def __post_init__(self) -> None:
        columns = (self.truth, self.score, self.decision, self.patient, self.fold)
        if any(c.shape != (len(self.truth),) for c in columns):
            raise ValueError(f"columns of {len(self.truth)} cases have shapes {[c.shape for c in columns]}")
        if any(c.dtype != np.bool_ for c in (self.truth, self.decision)):
            raise ValueError("truth and decision are booleans")
        if np.isnan(self.score).any():
            raise ValueError("a score is no number")
        _, first, patient = np.unique(self.patient, return_index=True, return_inverse=True)
        parted = self.fold != self.fold[first][patient]
        if parted.any():
            raise ValueError(f"patient {self.patient[parted][0]} is in more than one fold")

    def __len__(self) -> int:
        return len(self.truth)

    def where(self, mask: NDArray[np.bool_]) -> Cases:
        """The cases where mask, (n,) bool, is true."""
        return Cases(self.truth[mask], self.score[mask], self.decision[mask], self.patient[mask], self.fold[mask])


def figures(cases: Cases, weight: NDArray[np.float64]) -> NDArray[np.float64]:
    """The figures under each of B weightings.

    AUC counts a tie between the classes half; average precision is the sum by steps of scikit-learn, with equal
    scores as one step.

    Args:
        cases: n cases.
        weight: (B, n), at least 0.

    Returns:
        (8, B), rows in the order of FIGURES; NaN where a denominator is zero, and for the last two where a class has
        no weight.
    """
    truth, decision = cases.truth, cases.decision
    kinds = np.stack([truth & decision, truth & ~decision, ~truth & decision, ~truth & ~decision], axis=1)
    tp, fn, fp, tn = (weight @ kinds.astype(np.float64)).T
    return np.stack(
        [
            _ratio(tp, tp + fp),
            _ratio(tn, tn + fn),
            _ratio(tp, tp + fn),
            _ratio(tn, tn + fp),
            _ratio(2 * tp, 2 * tp + fp + fn),
            _ratio(2 * tn, 2 * tn + fp + fn),
            *_ranking(cases, weight),
        ]
    )


def _ranking(cases: Cases, weight: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """AUC and average precision, each (B,)."""
    order = np.argsort(-cases.score, kind="stable")
    score, truth = cases.score[order], cases.truth[order]
    starts = np.flatnonzero(np.r_[True, score[1:] != score[:-1]])[: len(score)]  # of equal scores
    sorted_weight = weight[:, order]
    positive = np.add.reduceat(sorted_weight * truth, starts, axis=1)  # (B, steps), highest score first
    negative = np.add.reduceat(sorted_weight * ~truth, starts, axis=1)
    tp, fp = np.cumsum(positive, axis=1), np.cumsum(negative, axis=1)
    all_positive, all_negative = positive.sum(axis=1), negative.sum(axis=1)
    beaten = all_negative[:, None] - fp + negative / 2
    auc = _ratio((positive * beaten).sum(axis=1), all_positive * all_negative)
    called = np.where(tp + fp > 0, tp + fp, 1)  # leading steps without weight add nothing
    average_precision = _ratio((positive * tp / called).sum(axis=1), all_positive)
    average_precision[all_negative == 0] = np.nan
    return auc, average_precision


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return ratio

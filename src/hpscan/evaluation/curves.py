"""The ROC curve: what is called positive at each score. Areas, thresholds and plotted curves all start from here.

Curves of several folds are averaged, with bands from patients resampled within folds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hpscan.evaluation.cases import Cases

DRAWS = 500
"""Resamples behind a band."""


@dataclass(frozen=True, slots=True, eq=False)
class Roc:
    """What is called positive at each distinct score, the highest first, under each of B weightings.

    Attributes:
        score: (k,); a case is called positive from its own score on, so equal scores are called together.
        true_positive: (B, k), the weight of positive cases with this score or a higher one.
        false_positive: (B, k), that of negative cases.
    """

    score: NDArray[np.float64]
    true_positive: NDArray[np.float64]
    false_positive: NDArray[np.float64]

    def both_classes(self) -> NDArray[np.bool_]:
        """Under which weightings there are cases of both classes: (B,)."""
        if not len(self.score):
            return np.zeros(len(self.true_positive), np.bool_)
        known: NDArray[np.bool_] = (self.true_positive[:, -1] > 0) & (self.false_positive[:, -1] > 0)
        return known

    def auc(self) -> NDArray[np.float64]:
        """The area under the curve, (B,); a tie between the classes counts half, and NaN where a class is missing."""
        positive = np.diff(self.true_positive, prepend=0, axis=1)
        negative = np.diff(self.false_positive, prepend=0, axis=1)
        all_negative = negative.sum(axis=1)
        beaten = all_negative[:, None] - self.false_positive + negative / 2
        return ratio((positive * beaten).sum(axis=1), positive.sum(axis=1) * all_negative)

    def average_precision(self) -> NDArray[np.float64]:
        """The sum by steps of scikit-learn, (B,), with equal scores as one step; NaN where a class is missing."""
        positive = np.diff(self.true_positive, prepend=0, axis=1)
        called = self.true_positive + self.false_positive
        called[called == 0] = 1  # leading steps without weight add nothing
        area = ratio((positive * self.true_positive / called).sum(axis=1), positive.sum(axis=1))
        area[~self.both_classes()] = np.nan
        return area


def roc(reference: NDArray[np.bool_], score: NDArray[np.float64], weight: NDArray[np.float64] | None = None) -> Roc:
    """The curve of n cases.

    Args:
        reference: (n,), whether a case is positive.
        score: (n,).
        weight: (B, n), at least 0; all alike without it.
    """
    order = np.argsort(-score, kind="stable")
    ordered, positive = score[order], reference[order]
    last = np.flatnonzero(np.append(np.diff(ordered) != 0, True))[: len(score)]
    weights = np.ones((1, len(score))) if weight is None else weight[:, order]
    return Roc(
        ordered[last],
        np.cumsum(weights * positive, axis=1)[:, last],
        np.cumsum(weights * ~positive, axis=1)[:, last],
    )


def ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Part by whole, NaN where the whole is not above 0."""
    quotient: NDArray[np.float64] = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return quotient


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """A mean curve over folds.

    Attributes:
        x: (grid,), 0..1: 1 - specificity, or recall.
        mean: (grid,), vertical mean of the folds' curves.
        low: (grid,), 2.5th percentile of that mean when patients are drawn anew within folds.
        high: (grid,), 97.5th percentile likewise.
        area: Mean over folds of AUC or average precision.
        n_folds: Folds with both classes; the others are left out.
    """

    x: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    area: float
    n_folds: int


ROC_GRID = np.linspace(0, 1, 301) ** 2
"""1 - specificity: finest near 0."""

RECALL_GRID = np.linspace(0, 1, 301)


def mean_curves(cases: Cases, seed: int = 0) -> tuple[Band, Band] | None:
    """Sensitivity over 1 - specificity, and precision over recall; None where no fold has both classes.

    Precision follows the steps that average precision sums.
    """
    rng = np.random.default_rng(seed)
    whole, resampled = [], []
    for number in np.unique(cases.fold):
        inside = cases.fold == number
        reference, score = cases.reference[inside], cases.score[inside]
        if reference.all() or not reference.any():
            continue
        whole.append(roc(reference, score))
        patients, patient = np.unique(cases.patient[inside], return_inverse=True)
        times = rng.multinomial(len(patients), np.full(len(patients), 1 / len(patients)), DRAWS)  # (DRAWS, patients)
        resampled.append(roc(reference, score, times[:, patient].astype(np.float64)))
    if not whole:
        return None
    areas = [float(curve.auc()[0]) for curve in whole], [float(curve.average_precision()[0]) for curve in whole]
    return (
        _band(ROC_GRID, [_sensitivity(c) for c in whole], [_sensitivity(c) for c in resampled], areas[0]),
        _band(RECALL_GRID, [_precision(c) for c in whole], [_precision(c) for c in resampled], areas[1]),
    )


def _band(
    grid: NDArray[np.float64],
    whole: Sequence[NDArray[np.float64]],
    resampled: Sequence[NDArray[np.float64]],
    areas: Sequence[float],
) -> Band:
    every = np.stack(resampled)  # (folds, DRAWS, grid); NaN where a draw left a fold with one class
    every = every[:, ~np.isnan(every[:, :, 0]).all(axis=0)]
    mean = np.mean([curve[0] for curve in whole], axis=0)
    low, high = np.quantile(np.nanmean(every, axis=0), [0.025, 0.975], axis=0) if every.size else (mean, mean)
    return Band(grid, mean, low, high, float(np.mean(areas)), len(whole))


def _sensitivity(curve: Roc) -> NDArray[np.float64]:
    """On `ROC_GRID`: (B, grid); NaN where a class is missing."""
    rows = np.full((len(curve.true_positive), len(ROC_GRID)), np.nan)
    for row in np.flatnonzero(curve.both_classes()):
        tp, fp = curve.true_positive[row], curve.false_positive[row]
        rows[row] = np.interp(ROC_GRID, np.append(0, fp / fp[-1]), np.append(0, tp / tp[-1]))
    return rows


def _precision(curve: Roc) -> NDArray[np.float64]:
    """On `RECALL_GRID`: (B, grid); NaN where a class is missing."""
    rows = np.full((len(curve.true_positive), len(RECALL_GRID)), np.nan)
    least = np.maximum(RECALL_GRID - 1e-12, 1e-12)
    for row in np.flatnonzero(curve.both_classes()):
        tp, fp = curve.true_positive[row], curve.false_positive[row]
        reached = np.searchsorted(tp / tp[-1], least)  # the highest threshold with that recall
        rows[row] = tp[reached] / (tp[reached] + fp[reached])
    return rows

"""Curves averaged over folds, with bands from resampled patients: the numbers behind `charts`, nothing drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    _Steps: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]

DRAWS = 500
_FARTHEST = 1e6  # of a relative score: farther ones are drawn there


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One backend's held-out patches.

    Attributes:
        name: The backend.
        truth: (n,), whether a patch is positive.
        score: (n,), as the models gave it; each fold has a model of its own, and so a scale of its own.
        decision: (n,), whether a patch was called positive.
        patient: (n,).
        fold: (n,).
        threshold: Each fold's patch threshold.
    """

    name: str
    truth: NDArray[np.bool_]
    score: NDArray[np.float64]
    decision: NDArray[np.bool_]
    patient: NDArray[np.str_]
    fold: NDArray[np.intp]
    threshold: Mapping[int, float]

    def folds(self) -> list[NDArray[np.intp]]:
        """The patches of each fold, as indices."""
        return [np.flatnonzero(self.fold == k) for k in np.unique(self.fold)]


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


@dataclass(frozen=True, slots=True)
class Point:
    """What the decisions of one fold come to, each 0..1; None where there was nothing to divide by."""

    false_positive: float | None
    recall: float | None
    precision: float | None


def mean_roc(curve: Curve, seed: int = 0) -> Band | None:
    """Sensitivity over 1 - specificity; None where no fold has both classes. The grid is finest near 0."""
    from sklearn.metrics import roc_auc_score

    return _mean(curve, seed, np.linspace(0, 1, 301) ** 2, _sensitivity, roc_auc_score)


def mean_precision_recall(curve: Curve, seed: int = 0) -> Band | None:
    """Precision over recall, by the steps that average precision sums; None where no fold has both classes."""
    from sklearn.metrics import average_precision_score

    return _mean(curve, seed, np.linspace(0, 1, 301), _precision, average_precision_score)


def _mean(curve: Curve, seed: int, grid: NDArray[np.float64], steps: _Steps, area: Callable[..., float]) -> Band | None:
    rng = np.random.default_rng(seed)
    usable = [i for i in curve.folds() if curve.truth[i].any() and not curve.truth[i].all()]
    if not usable:
        return None
    means, drawn = [], []
    for index in usable:
        truth, score = curve.truth[index], curve.score[index]
        means.append(_on_grid(truth, score, np.ones((1, len(index))), grid, steps)[0])
        patients, inverse = np.unique(curve.patient[index], return_inverse=True)
        times = rng.multinomial(len(patients), np.full(len(patients), 1 / len(patients)), DRAWS)  # (DRAWS, patients)
        drawn.append(_on_grid(truth, score, times[:, inverse].astype(np.float64), grid, steps))
    every = np.stack(drawn)  # (folds, DRAWS, grid); nan where a draw left a fold with one class
    every = every[:, ~np.isnan(every[:, :, 0]).all(axis=0)]
    mean = np.mean(means, axis=0)
    low, high = np.quantile(np.nanmean(every, axis=0), [0.025, 0.975], axis=0) if every.size else (mean, mean)
    areas = [float(area(curve.truth[i], curve.score[i])) for i in usable]
    return Band(grid, mean, low, high, float(np.mean(areas)), len(usable))


def _on_grid(
    truth: NDArray[np.bool_],
    score: NDArray[np.float64],
    weight: NDArray[np.float64],
    grid: NDArray[np.float64],
    steps: _Steps,
) -> NDArray[np.float64]:
    """The curve of each row of weights, (draws, n), on the grid: (draws, grid)."""
    order = np.argsort(-score, kind="stable")
    last = np.flatnonzero(np.append(np.diff(score[order]) != 0, True))  # equal scores are called together
    tp = np.cumsum(weight[:, order] * truth[order], axis=1)[:, last]
    fp = np.cumsum(weight[:, order] * ~truth[order], axis=1)[:, last]
    found = np.full((len(weight), len(grid)), np.nan)
    for row in np.flatnonzero((tp[:, -1] > 0) & (fp[:, -1] > 0)):
        found[row] = steps(tp[row], fp[row], grid)
    return found


def _sensitivity(tp: NDArray[np.float64], fp: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.interp(grid, np.append(0, fp / fp[-1]), np.append(0, tp / tp[-1])), dtype=np.float64)


def _precision(tp: NDArray[np.float64], fp: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
    reached = np.searchsorted(tp / tp[-1], np.maximum(grid - 1e-12, 1e-12))  # the highest threshold with that recall
    return np.asarray(tp[reached] / (tp[reached] + fp[reached]), dtype=np.float64)


def operating_points(curve: Curve) -> list[Point]:
    """One point a fold."""
    points = []
    for index in curve.folds():
        truth, called = curve.truth[index], curve.decision[index]
        points.append(Point(_share(called[~truth]), _share(called[truth]), _share(truth[called])))
    return points


def _share(yes: NDArray[np.bool_]) -> float | None:
    return float(yes.mean()) if len(yes) else None


def relative_scores(curve: Curve) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    """Scores on one scale for all folds: 0 is the fold's threshold, 1 its distance from the median negative patch.

    Returns:
        The relative scores, (m,), and the truth, (m,), of patches in folds with a finite threshold; and how many
        folds that is.
    """
    values, truths = [np.zeros(0)], [np.zeros(0, np.bool_)]
    for index in curve.folds():
        threshold = curve.threshold.get(int(curve.fold[index[0]]), np.nan)
        if not np.isfinite(threshold):
            continue
        truth, away = curve.truth[index], curve.score[index] - threshold
        unit = abs(float(np.median(away[~truth]))) if not truth.all() else 0.0
        unit = unit or float(np.abs(away).mean()) or 1.0  # every score at the threshold: any unit will do
        with np.errstate(over="ignore"):
            values.append(np.clip(away / unit, -_FARTHEST, _FARTHEST))
        truths.append(truth)
    return np.concatenate(values), np.concatenate(truths), len(values) - 1

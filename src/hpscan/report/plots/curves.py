"""What the pictures of held-out patches show of one backend: its scores, its curves, its operating points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_FARTHEST = 1e6  # of a relative score: farther ones are drawn there


class Band(Protocol):
    """A mean curve over folds with its 95 % band, as `hpscan.evaluation.curves` makes it."""

    @property
    def x(self) -> NDArray[np.float64]:
        """(grid,), 0..1: 1 - specificity, or recall."""

    @property
    def mean(self) -> NDArray[np.float64]:
        """(grid,)."""

    @property
    def low(self) -> NDArray[np.float64]:
        """(grid,)."""

    @property
    def high(self) -> NDArray[np.float64]:
        """(grid,)."""

    @property
    def area(self) -> float:
        """Mean over folds of AUC or average precision."""

    @property
    def n_folds(self) -> int:
        """Folds with both classes, of which it is the mean."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One backend's held-out patches.

    Attributes:
        name: The backend.
        reference: (n,), whether a patch is positive.
        score: (n,), as the models gave it; each fold has a model of its own, and so a scale of its own.
        decision: (n,), whether a patch was called positive.
        fold: (n,).
        threshold: Each fold's patch threshold.
        roc: Sensitivity over 1 - specificity; None where no fold has both classes.
        precision_recall: Precision over recall; likewise.
    """

    name: str
    reference: NDArray[np.bool_]
    score: NDArray[np.float64]
    decision: NDArray[np.bool_]
    fold: NDArray[np.intp]
    threshold: Mapping[int, float]
    roc: Band | None = None
    precision_recall: Band | None = None

    def folds(self) -> list[NDArray[np.intp]]:
        """The patches of each fold, as indices."""
        return [np.flatnonzero(self.fold == k) for k in np.unique(self.fold)]


@dataclass(frozen=True, slots=True)
class Point:
    """What the decisions of one fold come to, each 0..1; None where there was nothing to divide by."""

    false_positive: float | None
    recall: float | None
    precision: float | None


def operating_points(curve: Curve) -> list[Point]:
    """One point a fold."""
    points = []
    for index in curve.folds():
        reference, called = curve.reference[index], curve.decision[index]
        points.append(Point(_mean(called[~reference]), _mean(called[reference]), _mean(reference[called])))
    return points


def _mean(yes: NDArray[np.bool_]) -> float | None:
    return float(yes.mean()) if len(yes) else None


def relative_scores(curve: Curve) -> tuple[NDArray[np.float64], NDArray[np.bool_], int]:
    """Scores on one scale for all folds: 0 is the fold's threshold, 1 its distance from the median negative patch.

    Returns:
        The relative scores, (m,), and the reference, (m,), of patches in folds with a finite threshold; and how many
        folds that is.
    """
    values, references = [np.zeros(0)], [np.zeros(0, np.bool_)]
    for index in curve.folds():
        threshold = curve.threshold.get(int(curve.fold[index[0]]), np.nan)
        if not np.isfinite(threshold):
            continue
        reference, away = curve.reference[index], curve.score[index] - threshold
        unit = abs(float(np.median(away[~reference]))) if not reference.all() else 0.0
        unit = unit or float(np.abs(away).mean()) or 1.0  # every score at the threshold: any unit will do
        with np.errstate(over="ignore"):
            values.append(np.clip(away / unit, -_FARTHEST, _FARTHEST))
        references.append(reference)
    return np.concatenate(values), np.concatenate(references), len(values) - 1

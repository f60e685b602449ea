"""How far a metric would move with other patients: percentile bootstrap over patients, and Wilson for proportions.

Patches of one patient resemble each other, so patients are resampled, each with all its cases. The models are not fitted
again: an interval tells what other patients would change, not what another training would.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.cohort import Density
from hpscan.evaluation.curves import ratio
from hpscan.evaluation.metrics import METRICS, Weighting, decided, outcomes

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hpscan.evaluation.cases import Cases

RESAMPLES = 2000
LEVEL = 0.95

_AT_ONCE = 2_000_000
"""Numbers in one array: 16 MB, which is quicker than larger ones and gives the same draws."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A metric and its interval at LEVEL; None where there is none."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """The metrics of a binary decision, and those of every draw of patients.

    Attributes:
        point: (8,), in the order of METRICS.
        draws: (8, R).
    """

    point: NDArray[np.float64]
    draws: NDArray[np.float64]

    def estimate(self, metric: str) -> Estimate:
        """One of METRICS with its percentile interval.

        Where no case is wrong none is in any draw: the interval has no width then, and `wilson` says more.
        """
        row = METRICS.index(metric)
        return percentile(float(self.point[row]), self.draws[row])


def wilson(part: int, whole: int) -> Estimate:
    """A proportion of independent cases with its Wilson score interval (Wilson 1927); all None where whole is 0."""
    from scipy.stats import binomtest

    if whole == 0:
        return Estimate(None, None, None)
    interval = binomtest(part, whole).proportion_ci(confidence_level=LEVEL, method="wilson")
    return Estimate(part / whole, float(interval.low), float(interval.high))


def percentile(point: float, draws: NDArray[np.float64]) -> Estimate:
    """A metric with the percentile interval of its draws, (R,).

    Draws without the metric (NaN) are left out. There is no interval where more than half of them are, and nothing
    at all where the point is NaN.
    """
    if np.isnan(point):
        return Estimate(None, None, None)
    if not draws.size or np.isnan(draws).mean() > 0.5:
        return Estimate(point, None, None)
    low, high = np.nanquantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(point, float(low), float(high))


def draw(patients: int, resamples: int = RESAMPLES, seed: int = 0) -> NDArray[np.float64]:
    """How often each patient is in each draw of as many patients, with replacement: (resamples, patients).

    It depends on these numbers alone: of two backends that scored the same patients, draw r holds the same patients,
    and their differences are paired.
    """
    drawn = np.random.default_rng(seed).integers(0, max(1, patients), (resamples, patients))
    shifted = drawn + patients * np.arange(resamples)[:, None]
    return np.bincount(shifted.ravel(), minlength=drawn.size).reshape(drawn.shape).astype(np.float64)


class Resampled:
    """Cases whose patients are drawn again and again, from all folds together.

    A patient's cases come and go together, so whatever is counted is counted once for each patient, and a draw is a
    weighted sum over patients. AUC and average precision do not depend on decisions, and are computed once.
    """

    def __init__(self, cases: Cases, *, resamples: int = RESAMPLES, seed: int = 0) -> None:
        """Draw the patients; what follows from the draws is computed when it is asked for."""
        self.cases = cases
        self._patients, self._patient, self._size = np.unique(cases.patient, return_inverse=True, return_counts=True)
        n = len(self._patients)
        self._times = np.vstack([np.ones((1, n)), draw(n, resamples, seed)])  # the first row: all patients as they are
        self._folds = [np.flatnonzero(cases.fold == k) for k in np.unique(cases.fold)] or [np.zeros(0, np.intp)]
        self._ranking: dict[Weighting, NDArray[np.float64]] = {}
        self._own: dict[Weighting, Distribution] = {}

    def distribution(self, weighting: Weighting, decision: NDArray[np.bool_] | None = None) -> Distribution:
        """The metrics of the cases and of every draw; with `decision`, (n,), had they been decided so."""
        if decision is not None:
            return self._measured(weighting, decision)
        if weighting not in self._own:
            self._own[weighting] = self._measured(weighting, self.cases.decision)
        return self._own[weighting]

    def _measured(self, weighting: Weighting, decision: NDArray[np.bool_]) -> Distribution:
        outcome = outcomes(self.cases.reference, decision)

        def of_decision(inside: NDArray[np.intp], times: NDArray[np.float64]) -> NDArray[np.float64]:
            return decided(times @ self._by_patient(outcome, inside))

        if weighting not in self._ranking:
            self._ranking[weighting] = self._weighted(weighting, self._ranked)
        rows = np.vstack([self._weighted(weighting, of_decision), self._ranking[weighting]])
        if len(self._patients) < 2:  # one patient says nothing of others
            rows[:, 1:] = np.nan
        return Distribution(rows[:, 0], rows[:, 1:])

    def _weighted(
        self, weighting: Weighting, of: Callable[[NDArray[np.intp], NDArray[np.float64]], NDArray[np.float64]]
    ) -> NDArray[np.float64]:
        """What `of` makes, (rows, R + 1), of some cases, as indices, and of the weight of each patient, (R + 1, patients)."""
        if weighting is Weighting.FOLD_MEAN:
            return _mean([of(inside, self._times) for inside in self._folds])
        every = np.arange(len(self.cases))
        return of(every, self._times / self._size if weighting is Weighting.BY_PATIENT else self._times)

    def _by_patient(self, columns: NDArray[np.float64], inside: NDArray[np.intp]) -> NDArray[np.float64]:
        """Sums of columns, (n, c), over each patient's cases: (patients, c)."""
        sums = [
            np.bincount(self._patient[inside], column[inside], minlength=len(self._patients)) for column in columns.T
        ]
        return np.stack(sums, axis=1)

    def _ranked(self, inside: NDArray[np.intp], weight: NDArray[np.float64]) -> NDArray[np.float64]:
        """AUC and average precision, (2, B), of some cases."""
        here, patient = np.unique(self._patient[inside], return_inverse=True)  # of a fold, its patients alone
        return _ranking(self.cases.reference[inside], self.cases.score[inside], patient, weight[:, here])


def _ranking(
    positive: NDArray[np.bool_], score: NDArray[np.float64], patient: NDArray[np.intp], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """AUC and average precision, (2, B), of n cases by the weight of their patients, (B, patients).

    Both are sums over the distinct scores of positive cases, the highest first. So many of them are taken at once as
    memory allows, and so many weightings.
    """
    patients = weight.shape[1]
    steps = np.unique(score[positive])[::-1]
    step = np.searchsorted(-steps, -score)  # the first step at which a case is called positive, or none
    negative, tied = ~positive, ~positive & np.isin(score, steps)
    all_positive, all_negative = (
        weight @ np.bincount(patient[kind], minlength=patients) for kind in (positive, negative)
    )
    wins, area = np.zeros(len(weight)), np.zeros(len(weight))
    width = max(1, _AT_ONCE // max(1, patients))
    for start in range(0, len(steps), width):
        n = min(width, len(steps) - start)
        new_tp, new_fp, ties = (_by_step(patient[c], step[c] - start, patients, n) for c in (positive, negative, tied))
        earlier_tp, earlier_fp = (
            np.bincount(patient[kind & (step < start)], minlength=patients) for kind in (positive, negative)
        )
        reached = earlier_fp[:, None] + np.cumsum(new_fp, axis=1)
        rows = max(1, _AT_ONCE // max(n, patients))
        for first in range(0, len(weight), rows):
            part = slice(first, first + rows)
            w = weight[part]
            gained, fp = w @ new_tp, w @ reached
            tp = np.cumsum(gained, axis=1) + (w @ earlier_tp)[:, None]
            called = tp + fp
            called[called == 0] = 1  # leading steps without weight add nothing
            area[part] += (gained * tp / called).sum(axis=1)
            beaten = all_negative[part, None] - fp
            if ties.any():
                beaten += w @ ties / 2
            wins[part] += (gained * beaten).sum(axis=1)
    average_precision = ratio(area, all_positive)
    average_precision[all_negative == 0] = np.nan
    return np.stack([ratio(wins, all_positive * all_negative), average_precision])


def _by_step(patient: NDArray[np.intp], step: NDArray[np.intp], patients: int, steps: int) -> NDArray[np.float64]:
    """How many cases of each patient are at each of these steps: (patients, steps)."""
    inside = (step >= 0) & (step < steps)
    cell = patient[inside] * steps + step[inside]
    return np.bincount(cell, minlength=patients * steps).reshape(patients, steps).astype(np.float64)


def distribution(cases: Cases, weighting: Weighting, *, resamples: int = RESAMPLES, seed: int = 0) -> Distribution:
    """Metrics of the cases and of `resamples` draws of as many patients, under one weighting."""
    return Resampled(cases, resamples=resamples, seed=seed).distribution(weighting)


def _mean(per_fold: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Mean over folds, (rows, draws), of those that have the metric; NaN where none has."""
    known, total = np.zeros(per_fold[0].shape), np.zeros(per_fold[0].shape)
    for values in per_fold:
        known += ~np.isnan(values)
        total += np.nan_to_num(values)
    return ratio(total, known)


def density_estimates(
    reference: Sequence[str], called: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """Three-class metrics of patients: accuracy (Wilson), and macro_f1, f1_negative, f1_low, f1_high (bootstrap).

    macro_f1 is the mean over the classes that occur in the reference standard; a class that does not has no F1 of its
    own. A class that a draw lacks counts 0 in it, as in scikit-learn, which widens the interval of a rare class downwards.

    Args:
        reference: Each patient's density.
        called: What was said of it; anything but a density is wrong.
        resamples: How many draws.
        seed: Decides the draws.

    Raises:
        ValueError: When the lengths differ.
    """
    if len(reference) != len(called):
        raise ValueError(f"{len(reference)} densities in the reference standard, {len(called)} called")
    known, said = np.asarray(reference, dtype=np.str_), np.asarray(called, dtype=np.str_)
    classes = [d.value for d in Density if (known == d.value).any()]
    estimates = {"accuracy": wilson(int((known == said).sum()), len(known))}
    if classes:
        of_class = np.array([known == c for c in classes])
        called_class = np.array([said == c for c in classes])
        times = np.vstack([np.ones((1, len(known))), draw(len(known), resamples, seed)])
        tp = (of_class & called_class) @ times.T  # (classes, R + 1)
        half = (of_class.astype(np.float64) + called_class) @ times.T  # twice the true, and the false and the missed
        f1 = np.divide(2 * tp, half, out=np.zeros(tp.shape), where=half > 0)
        rows = np.vstack([f1.mean(axis=0), f1])
        if len(known) < 2:
            rows[:, 1:] = np.nan
        names = ["macro_f1", *(f"f1_{c}" for c in classes)]
        estimates |= {name: percentile(float(row[0]), row[1:]) for name, row in zip(names, rows, strict=True)}
    missing = Estimate(None, None, None)
    return {n: estimates.get(n, missing) for n in ("accuracy", "macro_f1", *(f"f1_{d.value}" for d in Density))}

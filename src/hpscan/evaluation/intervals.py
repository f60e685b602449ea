"""How far a figure would move with other patients: percentile bootstrap over patients, and Wilson for shares.

Patches of one patient resemble each other, so patients are drawn, each with all its cases. The models are not fitted
again: an interval tells what other patients would change, not what another training would.
"""

from __future__ import annotations

import inspect
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.cohort import Density
from hpscan.evaluation.metrics import FIGURES, Weighting, figures

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from hpscan.evaluation.metrics import Cases

RESAMPLES = 2000
LEVEL = 0.95

_NUMBERS_AT_ONCE = 2_000_000
"""Weights in one batch of draws: 16 MB an array, which is quicker than larger ones and gives the same draws."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and its interval at LEVEL; None where there is none."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """The figures of a binary decision, and those of every draw of patients.

    Attributes:
        point: (8,), in the order of FIGURES.
        draws: (8, R).
    """

    point: NDArray[np.float64]
    draws: NDArray[np.float64]

    def estimate(self, figure: str) -> Estimate:
        """One of FIGURES with its percentile interval.

        Where no case is wrong none is in any draw: the interval has no width then, and `wilson` says more.
        """
        row = FIGURES.index(figure)
        return percentile(float(self.point[row]), self.draws[row])


def wilson(part: int, whole: int) -> Estimate:
    """A share of independent cases with its Wilson score interval (Wilson 1927); all None where whole is 0."""
    from scipy.stats import binomtest

    if whole == 0:
        return Estimate(None, None, None)
    interval = binomtest(part, whole).proportion_ci(confidence_level=LEVEL, method="wilson")
    return Estimate(part / whole, float(interval.low), float(interval.high))


def percentile(point: float, draws: NDArray[np.float64]) -> Estimate:
    """A figure with the percentile interval of its draws, (R,).

    Draws without the figure (NaN) are left out. There is no interval where more than half of them are, and nothing
    at all where the point is NaN.
    """
    if np.isnan(point):
        return Estimate(None, None, None)
    if not draws.size or np.isnan(draws).mean() > 0.5:
        return Estimate(point, None, None)
    low, high = np.nanquantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Estimate(point, float(low), float(high))


def distribution(cases: Cases, weighting: Weighting, *, resamples: int = RESAMPLES, seed: int = 0) -> Distribution:
    """Figures of the cases and of `resamples` draws of as many patients, with replacement, from all folds together.

    The draws depend on the seed and on the number of patients, in sorted order, and on nothing else: of two backends
    that scored the same patients, draw r holds the same patients, and their differences are paired.
    """
    names, patient, size = np.unique(cases.patient, return_inverse=True, return_counts=True)
    folds = [(cases.where(inside), inside) for inside in (cases.fold == k for k in np.unique(cases.fold))]

    def of(count: NDArray[np.float64]) -> NDArray[np.float64]:
        if weighting is Weighting.BY_PATIENT:
            return figures(cases, (count / size)[:, patient])
        weight = count[:, patient]
        if weighting is Weighting.POOLED:
            return figures(cases, weight)
        return _mean([figures(part, weight[:, inside]) for part, inside in folds], len(count))

    point = of(np.ones((1, len(names))))[:, 0]
    return Distribution(point, _draws(of, len(point), len(names), len(cases), resamples, seed))


def _mean(per_fold: Sequence[NDArray[np.float64]], draws: int) -> NDArray[np.float64]:
    """Mean over folds, (8, draws), of those that have the figure; NaN where none has."""
    known = np.zeros((len(FIGURES), draws))
    total = np.zeros((len(FIGURES), draws))
    for one in per_fold:
        known += ~np.isnan(one)
        total += np.nan_to_num(one)
    mean: NDArray[np.float64] = np.divide(total, known, out=np.full(total.shape, np.nan), where=known > 0)
    return mean


def _draws(
    of: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    rows: int,
    patients: int,
    cases: int,
    resamples: int,
    seed: int,
) -> NDArray[np.float64]:
    """What `of` makes, (rows, B), of how often each patient was drawn, (B, patients), for all draws: (rows, R)."""
    from scipy.stats import DegenerateDataWarning, bootstrap

    if patients < 2:  # one patient says nothing of others
        return np.full((rows, resamples), np.nan)

    def statistic(drawn: NDArray[np.intp], axis: int) -> NDArray[np.float64]:  # noqa: ARG001  (B, patients); axis is the last
        drawn = drawn.reshape(-1, patients)
        shifted = drawn + patients * np.arange(len(drawn))[:, None]
        return of(np.bincount(shifted.ravel(), minlength=drawn.size).reshape(drawn.shape).astype(np.float64))

    rng = "rng" if "rng" in inspect.signature(bootstrap).parameters else "random_state"  # renamed in scipy 1.15
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)  # a figure that some draws lack; `percentile` sees to it
        made = bootstrap(
            (np.arange(patients),),
            statistic,
            n_resamples=resamples,
            batch=max(1, _NUMBERS_AT_ONCE // max(cases, patients)),
            vectorized=True,
            method="percentile",
            **{rng: np.random.default_rng(seed)},
        )
    drawn: NDArray[np.float64] = made.bootstrap_distribution
    return drawn


def density_estimates(
    truth: Sequence[str], told: Sequence[str], *, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """Three-class figures of patients: accuracy (Wilson), and macro_f1, f1_negative, f1_low, f1_high (bootstrap).

    macro_f1 is the mean over the classes that occur in the truth; a class that does not has no F1 of its own. A class
    that a draw lacks counts 0 in it, as in scikit-learn, which widens the interval of a rare class downwards.

    Args:
        truth: Each patient's density.
        told: What was said of it; anything but a density is wrong.
        resamples: How many draws.
        seed: Decides the draws.

    Raises:
        ValueError: When the lengths differ.
    """
    if len(truth) != len(told):
        raise ValueError(f"{len(truth)} densities in the truth, {len(told)} told")
    known, said = np.asarray(truth, dtype=np.str_), np.asarray(told, dtype=np.str_)
    classes = [d.value for d in Density if (known == d.value).any()]
    of_class = np.array([known == c for c in classes]).reshape(len(classes), len(known))
    told_class = np.array([said == c for c in classes]).reshape(len(classes), len(known))

    def of(count: NDArray[np.float64]) -> NDArray[np.float64]:
        tp = (of_class & told_class) @ count.T  # (classes, B)
        half = (of_class.astype(np.float64) + told_class) @ count.T  # twice the true, and the false and the missed
        f1 = np.divide(2 * tp, half, out=np.zeros(tp.shape), where=half > 0)
        return np.vstack([f1.mean(axis=0), f1])

    estimates = {"accuracy": wilson(int((known == said).sum()), len(known))}
    names = ["macro_f1", *(f"f1_{c}" for c in classes)]
    if classes:
        point = of(np.ones((1, len(known))))[:, 0]
        draws = _draws(of, len(point), len(known), len(known), resamples, seed)
        estimates |= {name: percentile(float(p), d) for name, p, d in zip(names, point, draws, strict=True)}
    missing = Estimate(None, None, None)
    return {n: estimates.get(n, missing) for n in ("accuracy", "macro_f1", *(f"f1_{d.value}" for d in Density))}

"""Whether scores rank the classes the wrong way round by more than chance: permutation tests.

AUC says how often a positive case scores above a negative one. Where that is rarer than the other way round, and rarer than
shuffled labels make it in 95 of 100 shuffles, the labels or the scores are turned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpscan.evaluation.curves import roc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hpscan.evaluation.cases import Cases

LEVEL = 0.05
"""One-sided: the p value up to which AUC is called below chance."""

_SHUFFLES = 9999
_AT_ONCE = 2_000_000


def auc(cases: Cases) -> float:
    """The area under the ROC curve of all cases; NaN where a class is missing."""
    return float(roc(cases.reference, cases.score).auc()[0])


def below_chance(cases: Cases, *, one_scale: bool = True) -> float | None:
    """The p value of an AUC below 0.5; None where it is not below, or by no more than chance.

    Cases of one patient are not independent. Where patients have several, the labels are shuffled within each patient,
    and, apart from that, whole patients are: of the two p values the smaller counts, doubled (Bonferroni).

    Args:
        cases: Scored cases; patients have one or several.
        one_scale: Whether scores of two folds compare; otherwise only within each fold.
    """
    if not len(cases) or not auc(cases) < 0.5:
        return None
    fold = np.zeros(len(cases), np.intp) if one_scale else np.unique(cases.fold, return_inverse=True)[1]
    rank = _ranks(cases.score, fold)
    _, first, patient, count = np.unique(cases.patient, return_index=True, return_inverse=True, return_counts=True)
    reference = cases.reference.astype(np.float64)
    if (count == 1).all():
        p = _lower_tail(reference, rank, fold)
    else:
        positive, height = (np.bincount(patient, x) / count for x in (reference, rank))
        p = min(1.0, 2 * min(_lower_tail(reference, rank, patient), _lower_tail(positive, height, fold[first])))
    return p if p <= LEVEL else None


def _ranks(score: NDArray[np.float64], stratum: NDArray[np.intp]) -> NDArray[np.float64]:
    """Midranks within each stratum, as proportions of it: (n,), 0..1."""
    from scipy.stats import rankdata

    rank = np.zeros(len(score))
    for k in np.unique(stratum):
        inside = stratum == k
        rank[inside] = (rankdata(score[inside]) - 0.5) / inside.sum()
    return rank


def _lower_tail(x: NDArray[np.float64], rank: NDArray[np.float64], stratum: NDArray[np.intp]) -> float:
    """How often a sum of x times rank is as small as this one where x is shuffled within each stratum.

    The shuffles are drawn with one seed; the order as it is counts as one of them, so that the test keeps its level.
    """
    order = np.argsort(stratum, kind="stable")
    x, rank, stratum = x[order], rank[order], stratum[order]
    rng = np.random.default_rng(0)
    seen = float(x @ rank) + 1e-9
    hits, batch = 1, max(1, _AT_ONCE // max(1, len(x)))
    for start in range(0, _SHUFFLES, batch):
        n = min(batch, _SHUFFLES - start)
        key = rng.random((n, len(x))) + stratum  # sorting by it shuffles within each stratum
        hits += int((x[np.argsort(key, axis=1)] @ rank <= seen).sum())
    return hits / (_SHUFFLES + 1)

"""Doubts about metrics: scores that put the classes the wrong way round, or that are all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.reasons import Reason, ReasonKind
from hpscan.evaluation.cases import Cases
from hpscan.evaluation.chance import auc, below_chance

if TYPE_CHECKING:
    from numpy.typing import NDArray


def turned(
    level: str, reference: NDArray[np.bool_], score: NDArray[np.float64], patient: NDArray[np.str_]
) -> tuple[Reason, ...]:
    """What is wrong with scored cases with a reference standard, all arguments (n,); `level` is `patches` or `patients`."""
    decision, fold = np.zeros(len(reference), np.bool_), np.zeros(len(reference), np.intp)
    return of_cases(level, Cases(reference, score, decision, patient, fold))


def of_cases(level: str, cases: Cases, *, one_scale: bool = True) -> tuple[Reason, ...]:
    """The same of cases, whose folds have scores of one scale or each of its own."""
    flat = without_spread(level, cases.score)
    if flat:
        return flat
    p = below_chance(cases, one_scale=one_scale)
    if p is None:
        return ()
    return (Reason.of(ReasonKind.AUC_BELOW_CHANCE, level, auc=auc(cases), p=p, n=len(cases)),)


def without_spread(level: str, score: NDArray[np.float64]) -> tuple[Reason, ...]:
    """Whether two scores or more are all the same."""
    if len(score) < 2 or np.ptp(score) > 0:
        return ()
    return (Reason.of(ReasonKind.SCORES_WITHOUT_SPREAD, level, n=len(score), score=float(score[0])),)

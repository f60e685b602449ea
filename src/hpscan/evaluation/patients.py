"""Metrics of patients' results: the finding as a binary decision, and density in three classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.cohort import Density
from hpscan.core.decision import Finding
from hpscan.evaluation.metrics import BinaryMetrics, binary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpscan.core.decision import PatientResult


@dataclass(frozen=True, slots=True)
class DensityMetrics:
    """Three classes, negative / low / high.

    Attributes:
        n: Patients.
        accuracy: Proportion of patients whose class is right; an indeterminate one is wrong.
        macro_f1: Mean F1 of the classes that occur in the reference standard.
    """

    n: int
    accuracy: float
    macro_f1: float


def findings(
    reference: Sequence[bool], results: Sequence[PatientResult], *, indeterminate_as: Finding
) -> BinaryMetrics:
    """Metrics of the finding, with indeterminate patients counted as detected or as not detected."""
    if indeterminate_as is Finding.INDETERMINATE:
        raise ValueError("an indeterminate finding is counted as one of the other two")
    counted = [indeterminate_as if r.finding is Finding.INDETERMINATE else r.finding for r in results]
    return binary(
        np.asarray(reference, dtype=np.bool_),
        np.asarray([0.0 if r.value is None else r.value for r in results]),
        np.asarray([f is Finding.DETECTED for f in counted], dtype=np.bool_),
    )


def called_class(result: PatientResult) -> str:
    """Which of the three classes a result says: `negative`, `low` or `high`; else `indeterminate`, which is none of them."""
    if result.finding is Finding.NOT_DETECTED:
        return Density.NEGATIVE.value
    return "indeterminate" if result.density is None else result.density.value


def densities(reference: Sequence[Density], results: Sequence[PatientResult]) -> DensityMetrics | None:
    """Three-class metrics; None where no patient is given or no density can be read."""
    from sklearn.metrics import accuracy_score, f1_score

    detected = [r for r in results if r.finding is Finding.DETECTED]
    if not reference or (detected and all(r.density is None for r in detected)):
        return None
    called = [called_class(r) for r in results]
    known = [d.value for d in reference]
    present = sorted(set(known))
    return DensityMetrics(
        n=len(known),
        accuracy=float(accuracy_score(known, called)),
        macro_f1=float(f1_score(known, called, labels=present, average="macro", zero_division=0)),
    )

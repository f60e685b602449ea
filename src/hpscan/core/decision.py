"""From patch scores to one patient's result: thresholds, operating points, findings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from hpscan.core.choices import Aggregation
from hpscan.core.cohort import Density
from hpscan.core.reasons import Reason, ReasonKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that parts negative from positive, and where it comes from.

    Attributes:
        value: At or above this, a score is positive.
        criterion: How it was chosen, e.g. `specificity=0.99`, `corner`, `fallback`, `user`.
        n_negative: Negative cases (patches or patients) that it was chosen on.
        n_positive: Positive ones.
        fingerprint: SHA-256 of the cohort that it was chosen on, or an empty string.
        note: What a reader must know before trusting it; empty if nothing.
        code: The kind of that note (a `ReasonKind`) where code must know it; empty otherwise.
    """

    value: float
    criterion: str
    n_negative: int = 0
    n_positive: int = 0
    fingerprint: str = ""
    note: str = ""
    code: str = ""

    @property
    def separates_nothing(self) -> bool:
        """Whether it tells nobody apart on what it was chosen on, so that no finding can rest on it."""
        return self.code == ReasonKind.THRESHOLD_SEPARATES_NOTHING

    def decides(self, x: float) -> bool:
        """Whether x is positive."""
        import numpy as np

        return bool(self.decides_all(np.asarray(x, dtype=np.float64)))

    def decides_all(self, x: NDArray[np.float64]) -> NDArray[np.bool_]:
        """`decides` for an array of any shape. This is the only place where a tie is decided."""
        import numpy as np

        return np.asarray(x >= self.value, dtype=np.bool_)


TOP_K = 3
"""Of every 100 patches those whose scores `TOP_K_MEAN` averages unless told otherwise."""


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """The thresholds of a trained model.

    Attributes:
        patch: Parts negative from positive patches, in units of the score.
        patient: Parts not detected from detected, in units of the aggregation.
        density: Parts LOW from HIGH among detected patients, by their `extent`; None where nothing was known to choose it on.
        aggregation: How patch scores become a patient-level score.
        top_k: How many of every 100 scores, the highest, TOP_K_MEAN averages; no other aggregation looks at it.

    Raises:
        ValueError: When `top_k` is below 1.
    """

    patch: Threshold
    patient: Threshold
    density: Threshold | None
    aggregation: Aggregation = Aggregation.FRACTION_POSITIVE
    top_k: int = TOP_K

    def __post_init__(self) -> None:
        if self.top_k < 1:
            raise ValueError(f"a mean of the highest {self.top_k} in 100 scores")

    @property
    def separates_nothing(self) -> bool:
        """Whether the threshold that decides the finding tells nobody apart."""
        counted = not self.aggregation.of_scores and self.patch.separates_nothing
        return counted or self.patient.separates_nothing

    def extent(self, scores: NDArray[np.float64]) -> float:
        """The proportion of positive patches, 0..1, whatever the aggregation: how dense an infection is."""
        return float(self.patch.decides_all(scores).mean())

    def value(self, scores: NDArray[np.float64]) -> float:
        """The patient-level score from the scores, (n,) with n >= 1, of its patches.

        FRACTION_POSITIVE: the proportion of patches at or above the patch threshold, 0..1. TOP_K_MEAN: the mean of the
        highest scores, `top_k` of every 100, rounded up: more patches have higher maxima, so a fixed number would call a
        larger biopsy infected sooner. MAX: the highest score.
        """
        match self.aggregation:
            case Aggregation.FRACTION_POSITIVE:
                return self.extent(scores)
            case Aggregation.TOP_K_MEAN:
                import numpy as np

                return float(np.sort(scores)[-math.ceil(self.top_k * len(scores) / 100) :].mean())
            case Aggregation.MAX:
                return float(scores.max())


class Finding(StrEnum):
    """What is said of one patient."""

    DETECTED = "detected"
    NOT_DETECTED = "not_detected"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class PatientResult:
    """One patient's result.

    Attributes:
        patient_id: The base id.
        finding: Detected, not detected or indeterminate.
        density: LOW or HIGH when detected and a density threshold is known; None for everybody else.
        n_listed: Patches listed; always `n_scored + n_rejected + n_duplicate`.
        n_scored: Patches with a score.
        n_rejected: Patches that could not be read.
        n_duplicate: Patches that are byte for byte another patch of the patient, scored once.
        n_positive: Scored patches at or above the patch threshold.
        value: The patient-level score; None when nothing was scored.
        reasons: Why the result is indeterminate, or what else a reader must know.
    """

    patient_id: str
    finding: Finding
    density: Density | None
    n_listed: int
    n_scored: int
    n_rejected: int
    n_duplicate: int
    n_positive: int
    value: float | None
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        if self.n_listed != self.n_scored + self.n_rejected + self.n_duplicate:
            raise ValueError(f"patient {self.patient_id}: a patch has vanished from the count")
        if self.density is Density.NEGATIVE or (self.density is not None and self.finding is not Finding.DETECTED):
            raise ValueError(f"patient {self.patient_id}: a density of {self.density}, and {self.finding}")


MAX_MISSING = 0.1
"""Proportion of listed patches that may be unreadable before absence of *H. pylori* is no longer claimed."""

MANY_POSITIVE, MOSTLY_POSITIVE = 1 / 3, 1 / 2
"""Proportion of positive patches from which absence is doubtful, and above which it is no longer claimed."""


def decide(
    patient_id: str,
    scores: NDArray[np.float64],
    point: OperatingPoint,
    *,
    n_rejected: int = 0,
    n_duplicate: int = 0,
    n_unread: int = 0,
    first_rejection: str = "",
    doubts: tuple[Reason, ...] = (),
    remarks: tuple[Reason, ...] = (),
) -> PatientResult:
    """One patient's result from the scores, (n,), of its patches.

    A detection needs only the patches that were read; its absence needs nearly all of them, so a patient with
    more than `MAX_MISSING` of the patches unreadable is detected or indeterminate, never not detected; `n_unread` files
    of the patient that may be patches, and were never listed, count as unreadable here. Neither is one with more than
    `MOSTLY_POSITIVE` of the patches positive. Any of the `doubts` (a blank slide, another stain) makes the
    result indeterminate; `remarks` are only passed on. `first_rejection` says why the first of the rejected patches was.
    """
    reasons = (*doubts, *remarks)
    n_listed = len(scores) + n_rejected + n_duplicate
    n_positive = int(point.patch.decides_all(scores).sum()) if len(scores) else 0
    value = point.value(scores) if len(scores) else None
    density: Density | None = None
    why = (first_rejection,) if first_rejection else ()
    if value is None:
        finding = Finding.INDETERMINATE
        reasons += (Reason.of(ReasonKind.NOTHING_SCORED, *why, listed=n_listed, rejected=n_rejected),)
    elif doubts:
        finding = Finding.INDETERMINATE
    elif point.patient.decides(value):
        finding = Finding.DETECTED
        if point.density is not None:
            density = Density.HIGH if point.density.decides(point.extent(scores)) else Density.LOW
    else:
        too_many_missing = n_rejected + n_unread > MAX_MISSING * (n_listed + n_unread)
        missing = Reason.of(ReasonKind.PATCHES_REJECTED, *why, count=n_rejected, listed=n_listed)
        # Files that were never listed are among the remarks already, whatever the finding.
        against, hints = _against_absence(n_positive, len(scores), [missing] if too_many_missing and n_rejected else [])
        finding = Finding.INDETERMINATE if against or too_many_missing else Finding.NOT_DETECTED
        reasons += (*against, *hints)
    return PatientResult(
        patient_id,
        finding,
        density,
        n_listed,
        len(scores),
        n_rejected,
        n_duplicate,
        n_positive,
        value,
        reasons,
    )


def _against_absence(n_positive: int, n_scored: int, missing: list[Reason]) -> tuple[list[Reason], list[Reason]]:
    """Of a patient whose patient-level score is below the threshold: what forbids to claim absence, and what only casts doubt on it."""
    against, hints = [*missing], []
    proportion = n_positive / n_scored
    if proportion > MOSTLY_POSITIVE:
        kind = ReasonKind.MOSTLY_POSITIVE_YET_NOT_DETECTED
        against.append(Reason.of(kind, positive=n_positive, scored=n_scored))
    elif n_positive and not against:
        many = proportion >= MANY_POSITIVE
        kind = ReasonKind.POSITIVE_YET_NOT_DETECTED if many else ReasonKind.SOME_POSITIVE_YET_NOT_DETECTED
        hints.append(Reason.of(kind, positive=n_positive, scored=n_scored))
    return against, hints

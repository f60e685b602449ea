"""Cases that are judged: patches or patients with reference standard, score, decision, patient and fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """n scored cases, e.g. the patches or the patients held out in all folds.

    Attributes:
        reference: (n,) bool, by the reference standard.
        score: (n,) float64, higher = more likely positive.
        decision: (n,) bool, by the threshold of the case's own fold.
        patient: (n,) strings.
        fold: (n,) integers; a patient is in one fold.

    Raises:
        ValueError: When lengths differ, a score is no number or a patient is in more than one fold.
    """

    reference: NDArray[np.bool_]
    score: NDArray[np.float64]
    decision: NDArray[np.bool_]
    patient: NDArray[np.str_]
    fold: NDArray[np.intp]

    def __post_init__(self) -> None:
        columns = (self.reference, self.score, self.decision, self.patient, self.fold)
        if any(c.shape != (len(self.reference),) for c in columns):
            raise ValueError(f"columns of {len(self.reference)} cases have shapes {[c.shape for c in columns]}")
        if any(c.dtype != np.bool_ for c in (self.reference, self.decision)):
            raise ValueError("reference and decision are booleans")
        if np.isnan(self.score).any():
            raise ValueError("a score is no number")
        _, first, patient = np.unique(self.patient, return_index=True, return_inverse=True)
        parted = self.fold != self.fold[first][patient]
        if parted.any():
            raise ValueError(f"patient {self.patient[parted][0]} is in more than one fold")

    def __len__(self) -> int:
        return len(self.reference)

    def where(self, mask: NDArray[np.bool_]) -> Cases:
        """The cases where mask, (n,) bool, is true."""
        return Cases(self.reference[mask], self.score[mask], self.decision[mask], self.patient[mask], self.fold[mask])

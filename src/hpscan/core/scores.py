"""PatchScores: the one table that scoring makes and everything after it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class PatchScores:
    """Scores of n patches.

    Attributes:
        patient_id: (n,) strings.
        patch_id: (n,) strings; unique.
        score: (n,) float64, finite, no unit, higher = more likely *H. pylori*.
        label: (n,) int8 of -1 / 0 / +1 as published, 0 being uncertain or unlabelled; None if no
            patch is labelled.

    Raises:
        ValueError: When lengths differ, a score is not finite or a patch stands twice.
    """

    patient_id: NDArray[np.str_]
    patch_id: NDArray[np.str_]
    score: NDArray[np.float64]
    label: NDArray[np.int8] | None = None

    def __post_init__(self) -> None:
        n = len(self.patch_id)
        columns = [self.patient_id, self.score] + ([] if self.label is None else [self.label])
        if any(c.shape != (n,) for c in columns):
            raise ValueError(f"columns of {n} patch ids have shapes {[c.shape for c in columns]}")
        if self.score.dtype != np.float64 or not np.isfinite(self.score).all():
            raise ValueError("scores are finite float64 numbers")
        if len(np.unique(self.patch_id)) != n:
            raise ValueError("a patch is scored once")
        if self.label is not None and not np.isin(self.label, (-1, 0, 1)).all():
            raise ValueError("labels are -1, 0 or +1")

    def __len__(self) -> int:
        return len(self.patch_id)

    def where(self, mask: NDArray[np.bool_]) -> PatchScores:
        """The rows where mask, (n,) bool, is true."""
        return PatchScores(
            self.patient_id[mask],
            self.patch_id[mask],
            self.score[mask],
            None if self.label is None else self.label[mask],
        )

    def of(self, patient_id: str) -> PatchScores:
        """One patient's rows."""
        return self.where(self.patient_id == patient_id)

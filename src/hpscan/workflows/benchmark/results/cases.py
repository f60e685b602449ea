"""The held-out cases of a benchmark: patches and patients with reference standard, score and decision, and their draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from hpscan.core.cohort import Origin
from hpscan.core.decision import Finding
from hpscan.evaluation.cases import Cases
from hpscan.evaluation.intervals import Resampled
from hpscan.workflows.benchmark.results.held_out import any_positive

if TYPE_CHECKING:
    from collections.abc import Callable

    from hpscan.core.cohort import Patient
    from hpscan.core.decision import PatientResult
    from hpscan.workflows.benchmark.results.held_out import BackendResult

Standard = Literal["diagnosis", "any positive patch"]
"""What the reference standard of patients is taken from."""


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """One backend's held-out cases with their resampled patients: all its metrics and comparisons share the draws.

    Attributes:
        result: The backend.
        patches: Its labelled patches; None where there are none.
        patients: Its patients by reference standard, the indeterminate as not detected; without those that hold none.
    """

    result: BackendResult
    patches: Resampled | None
    patients: dict[Standard, Resampled]

    @classmethod
    def of(cls, result: BackendResult, seed: int) -> Sampled:
        """Draw the patients of a backend."""
        patches = patch_cases(result)
        patients = {word: patient_cases(result, standard) for word, standard in standards(result).items()}
        return cls(
            result,
            None if patches is None else Resampled(patches, seed=seed),
            {word: Resampled(cases, seed=seed) for word, cases in patients.items() if cases is not None},
        )


def standards(result: BackendResult) -> dict[Standard, Callable[[Patient], bool | None]]:
    """By diagnosis; of patients judged by selected patches also by whether any patch is labelled positive."""
    standards: dict[Standard, Callable[[Patient], bool | None]] = {"diagnosis": lambda patient: patient.infected}
    if is_selected(result):
        standards["any positive patch"] = any_positive
    return standards


def is_selected(result: BackendResult) -> bool:
    """Whether patients are judged by patches that somebody selected."""
    return not any(is_complete(patient) for fold in result.folds for patient in fold.judged)


def patch_cases(result: BackendResult) -> Cases | None:
    """The labelled patches held out; None where there are none."""
    tables = [fold.labelled() for fold in result.folds]
    if not sum(map(len, tables)):
        return None
    return Cases(
        reference=np.concatenate([np.asarray(t.label) == 1 for t in tables]),
        score=np.concatenate([t.score for t in tables]),
        decision=np.concatenate(
            [fold.point.patch.decides_all(t.score) for fold, t in zip(result.folds, tables, strict=True)]
        ),
        patient=np.concatenate([t.patient_id for t in tables]),
        fold=np.concatenate(
            [np.full(len(t), fold.number, np.intp) for fold, t in zip(result.folds, tables, strict=True)]
        ),
    )


def patient_cases(
    result: BackendResult, standard: Callable[[Patient], bool | None], indeterminate_as: Finding = Finding.NOT_DETECTED
) -> Cases | None:
    """The patients held out whose reference standard is known; None where there are none."""
    rows = [
        (known, one.result, fold.number)
        for fold in result.folds
        for patient, one in zip(fold.judged, fold.diagnoses, strict=True)
        if (known := standard(patient)) is not None
    ]
    if not rows:
        return None
    return Cases(
        reference=np.array([known for known, _, _ in rows], np.bool_),
        score=np.array([r.value or 0.0 for _, r, _ in rows], np.float64),
        decision=np.array([_finding(r, indeterminate_as) is Finding.DETECTED for _, r, _ in rows], np.bool_),
        patient=np.array([r.patient_id for _, r, _ in rows], np.str_),
        fold=np.array([fold for _, _, fold in rows], np.intp),
    )


def _finding(result: PatientResult, indeterminate_as: Finding) -> Finding:
    return indeterminate_as if result.finding is Finding.INDETERMINATE else result.finding


def is_complete(patient: Patient) -> bool:
    """Whether all patches of the patient's biopsy are there, not only selected ones."""
    return bool(patient.of(Origin.CROPPED))

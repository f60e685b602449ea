"""Diagnose patients: every patch scored, one result per patient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.backend import Progress, silent
from hpscan.core.cohort import Origin, Patient
from hpscan.core.decision import OperatingPoint, Threshold, decide
from hpscan.data import layout, quality
from hpscan.store import models
from hpscan.workflows import scoring
from hpscan.workflows.loading import load_scorer
from hpscan.workflows.seen import seen

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Patch
    from hpscan.core.decision import PatientResult
    from hpscan.data.images import Rejection
    from hpscan.store.models import StoredModel
    from hpscan.workflows.scoring import Scored

SELECTED = "only selected patches, not all windows of the biopsy"
SEEN = "the model was trained or calibrated on this patient"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One patient's result and what it rests on.

    Attributes:
        result: The result.
        patches: Scored patches, the most suspicious first.
        scores: Their scores, in the same order.
        rejected: Patches that could not be read.
        duplicates: Patches that are copies of another one.
        point: The thresholds used.
    """

    result: PatientResult
    patches: tuple[Patch, ...]
    scores: tuple[float, ...]
    rejected: tuple[Rejection, ...]
    duplicates: tuple[Patch, ...]
    point: OperatingPoint


@dataclass(frozen=True, slots=True)
class Diagnoses:
    """All patients asked for, and the model that was used."""

    model: StoredModel
    patients: tuple[Diagnosis, ...]
    seconds: float


def diagnose(
    paths: Sequence[Path],
    model: str | None = None,
    *,
    threshold: float | None = None,
    device: str = "auto",
    progress: Callable[[Progress], None] = silent,
) -> Diagnoses:
    """Diagnose all patients found in `paths`: patients' folders or whole datasets.

    Args:
        paths: Folders. What belongs to one patient of one dataset meets, also from several folders.
        model: Name or path of the model; the newest by default.
        threshold: A patch threshold in place of the model's.
        device: Where to score.
        progress: Told how far it has come.
    """
    stored = models.find(model)
    point = stored.manifest.operating_point.point()
    if threshold is not None:
        note = "the thresholds on patients were chosen with another one"
        point = replace(point, patch=Threshold(threshold, "user", note=note))
    patients = _gather(paths)
    scorer = load_scorer(stored, device)
    every = [patch for patient in patients for patch in windows(patient)]
    scored = scoring.score(every, scorer, progress=progress)
    known = seen(stored.manifest, patients, dict(zip(scored.patches, scored.sha256, strict=True)))
    return Diagnoses(stored, tuple(results(patients, scored, point, known.role)), scored.seconds)


def windows(patient: Patient) -> tuple[Patch, ...]:
    """The patches that a patient's result rests on: all cropped windows, else the annotated patches."""
    return patient.of(Origin.CROPPED) or patient.of(Origin.ANNOTATED)


def results(
    patients: Iterable[Patient], scored: Scored, point: OperatingPoint, known: Collection[str] = ()
) -> list[Diagnosis]:
    """One result per patient from the scores of their `windows`; ids in `known` get the remark SEEN."""
    return [_result(patient, scored, point, known=patient.id in known) for patient in patients]


def _result(patient: Patient, scored: Scored, point: OperatingPoint, *, known: bool) -> Diagnosis:
    own = set(windows(patient))
    rows = [i for i, patch in enumerate(scored.patches) if patch in own]
    score = scored.scores.score[rows]
    order = np.argsort(-score, kind="stable")
    rejected = tuple(r for r in scored.rejected if r.patch in own)
    duplicates = tuple(p for p in scored.duplicates if p in own)
    result = decide(
        patient.id,
        score,
        point,
        n_rejected=len(rejected),
        n_duplicate=len(duplicates),
        doubts=quality.doubts([scored.looks[i] for i in rows]),
        remarks=(() if patient.of(Origin.CROPPED) else (SELECTED,)) + ((SEEN,) if known else ()),
    )
    return Diagnosis(
        result=result,
        patches=tuple(scored.patches[rows[i]] for i in order),
        scores=tuple(score[order].tolist()),
        rejected=rejected,
        duplicates=duplicates,
        point=point,
    )


def _gather(paths: Sequence[Path]) -> list[Patient]:
    """Patients of all folders; folders of one patient in one dataset are put together."""
    found: dict[tuple[Path, str], Patient] = {}
    for path in paths:
        dataset = layout.load(path)
        for patient in dataset.cohort.patients:
            key = (dataset.root, patient.id)
            if key in found:
                patches = {p.path: p for p in (*found[key].patches, *patient.patches)}
                patient = replace(patient, patches=tuple(patches.values()))  # noqa: PLW2901  the same patient
            found[key] = patient
    return list(found.values())

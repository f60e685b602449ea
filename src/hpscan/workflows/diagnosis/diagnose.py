"""Diagnose patients: every patch scored, one result per patient."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from hpscan.core.account import PatientFate
from hpscan.core.backend import Progress, silent
from hpscan.core.cohort import Origin
from hpscan.core.decision import OperatingPoint, Threshold, decide
from hpscan.core.errors import SettingsError
from hpscan.core.reasons import Reason, ReasonKind
from hpscan.data.images import quality
from hpscan.workflows.cohort.account import Fates, account
from hpscan.workflows.cohort.surroundings import NOTHING
from hpscan.workflows.diagnosis.remarks import patient_remarks
from hpscan.workflows.scoring import patches as scoring
from hpscan.workflows.scoring.kept import KeptPixels
from hpscan.workflows.scoring.models import restore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hpscan.core.account import Account
    from hpscan.core.cohort import Patch, Patient
    from hpscan.core.compression import Compression
    from hpscan.core.decision import PatientResult
    from hpscan.core.notes import Note
    from hpscan.data.images.batches import Rejection
    from hpscan.store.default_model import Choice
    from hpscan.store.models import StoredModel
    from hpscan.workflows.cohort.gather import GatheredCohort
    from hpscan.workflows.cohort.surroundings import Surroundings
    from hpscan.workflows.scoring.loaded import LoadedModel
    from hpscan.workflows.scoring.models import AnyModel
    from hpscan.workflows.scoring.patches import Scored

FEW = 10
"""Scored patches below which a result carries a remark."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One patient's result and what it rests on.

    Attributes:
        result: The result.
        patches: Scored patches, the most suspicious first.
        scores: Their scores, in the same order.
        sha256: Hex digests of their files, in the same order.
        rejected: Patches that could not be read.
        duplicates: Patches that are copies of another one.
        point: The thresholds used.
        originals: For each of the duplicates the row of the patch that it is a copy of, where that is known.
        compression: How each of the patches was compressed as JPEG, in their order; None without a trace of it.
    """

    result: PatientResult
    patches: tuple[Patch, ...]
    scores: tuple[float, ...]
    sha256: tuple[str, ...]
    rejected: tuple[Rejection, ...]
    duplicates: tuple[Patch, ...]
    point: OperatingPoint
    originals: tuple[int, ...] = ()
    compression: tuple[Compression | None, ...] = ()

    def placed(self) -> Iterator[tuple[int, Patch]]:
        """Every patch that has a score, copies too, with the row of its score: a copy has a place of its own."""
        yield from enumerate(self.patches)
        yield from zip(self.originals, self.duplicates, strict=False)


@dataclass(frozen=True, slots=True)
class DiagnoseRequest:
    """How to diagnose a cohort.

    Attributes:
        model: Name or path of the model, or one that was chosen before; the default when None.
        threshold: A patch threshold in place of the model's.
        device: Where to score: `auto`, `cpu`, `cuda` or `mps`.
        keep: How many of each patient's highest scoring patches are kept as pixels, for a report, as memory allows.
    """

    model: AnyModel = None
    threshold: float | None = None
    device: str = "auto"
    keep: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Diagnoses:
    """All patients asked for.

    Attributes:
        loaded: The model that was used.
        patients: Their results.
        seconds: Time taken to score.
        account: What became of everything that was handed in.
        notes: What was noticed about the datasets.
        pixels: Those of the patches that were kept.
    """

    loaded: LoadedModel
    patients: tuple[Diagnosis, ...]
    seconds: float
    account: Account
    notes: tuple[Note, ...]
    pixels: KeptPixels

    @property
    def model(self) -> StoredModel:
        """The model's folder and manifest."""
        return self.loaded.stored

    @property
    def chosen(self) -> Choice:
        """Why that model was taken."""
        return self.loaded.choice


def diagnose(
    cohort: GatheredCohort, request: DiagnoseRequest, *, progress: Callable[[Progress], None] = silent
) -> Diagnoses:
    """Diagnose all patients of a cohort.

    Raises:
        SettingsError: When the threshold is no finite number.
    """
    if request.threshold is not None and not math.isfinite(request.threshold):
        raise SettingsError(f"a threshold cannot be {request.threshold}", hint="give `threshold` a finite number")
    loaded = restore(request.model, request.device)
    manifest = loaded.stored.manifest
    point = _point(loaded.operating_point, request.threshold)
    kept = KeptPixels(request.keep)
    patches = {patient: result_patches(patient) for patient in cohort.patients}
    listed = [patch for of_patient in patches.values() for patch in of_patient]
    scored = scoring.score(listed, loaded.scorer, keep=kept, progress=progress)
    remarks = patient_remarks(patches, scored, manifest)
    if request.threshold is not None:
        for patient in cohort.patients:
            remarks[patient.id].append(Reason.of(ReasonKind.PATCH_THRESHOLD_GIVEN, value=request.threshold))
    diagnoses = tuple(results(cohort.patients, scored, point, remarks, cohort.surroundings))
    books = _account(cohort, scored, diagnoses)
    return Diagnoses(loaded, diagnoses, scored.seconds, books, cohort.notes, kept)


def _point(point: OperatingPoint, threshold: float | None) -> OperatingPoint:
    """The model's operating point, with the patch threshold that was asked for."""
    if threshold is None:
        return point
    note = "the thresholds on patients were chosen with another one"
    if point.aggregation.of_scores:
        note = "it counts positive patches: the density may change with it, a finding only where most are positive"
    return replace(point, patch=Threshold(threshold, "user", note=note))


def _account(cohort: GatheredCohort, scored: Scored, diagnoses: Sequence[Diagnosis]) -> Account:
    fates = Fates(
        used=frozenset(patch.path for patch in scored.patches),
        rejected={r.patch.path: r.reason for r in scored.rejected},
        duplicates=frozenset(patch.path for patch in scored.duplicates),
        patients={d.result.patient_id: PatientFate.UNREADABLE for d in diagnoses if not d.patches},
    )
    return account(cohort.datasets, fates, cohort.names)


def result_patches(patient: Patient) -> tuple[Patch, ...]:
    """The patches that a patient's result rests on: all cropped patches, else the annotated ones."""
    return patient.of(Origin.CROPPED) or patient.of(Origin.ANNOTATED)


def results(
    patients: Iterable[Patient],
    scored: Scored,
    point: OperatingPoint,
    remarks: Mapping[str, Sequence[Reason]] = MappingProxyType({}),
    surroundings: Mapping[str, Surroundings] = MappingProxyType({}),
) -> list[Diagnosis]:
    """One result per patient from the scores of their `result_patches`.

    Args:
        patients: The patients.
        scored: What became of their patches.
        point: The thresholds.
        remarks: On some of the patients, by id.
        surroundings: What lies beside the patches of some of them, by id.
    """
    row = {patch: i for i, patch in enumerate(scored.patches)}
    rejected = {r.patch: r for r in scored.rejected}
    duplicates = frozenset(scored.duplicates)
    diagnoses = []
    undecided = (
        (Reason.of(ReasonKind.THRESHOLD_SEPARATES_NOTHING, value=point.patient.value),)
        if point.separates_nothing
        else ()
    )
    for patient in patients:
        listed = result_patches(patient)
        rows = [row[patch] for patch in listed if patch in row]
        score = scored.scores.score[rows]
        order = np.argsort(-score, kind="stable")
        unreadable = tuple(rejected[patch] for patch in listed if patch in rejected)
        copies = tuple(patch for patch in listed if patch in duplicates)
        about_patches = list(remarks.get(patient.id, ()))
        if 0 < len(rows) < FEW:
            about_patches.insert(0, Reason.of(ReasonKind.FEW_PATCHES, scored=len(rows), least=FEW))
        if listed and not patient.of(Origin.CROPPED):
            about_patches.insert(0, Reason.of(ReasonKind.SELECTED_PATCHES, count=len(listed)))
        around = surroundings.get(patient.id, NOTHING)
        result = decide(
            patient.id,
            score,
            point,
            n_rejected=len(unreadable),
            n_duplicate=len(copies),
            n_unread=around.n_unread,
            first_rejection=unreadable[0].reason if unreadable else "",
            doubts=(*around.doubts, *quality.doubts([scored.looks[i] for i in rows]), *undecided),
            remarks=(*around.remarks, *about_patches),
        )
        ranked = tuple(scored.patches[rows[i]] for i in order)
        digests = tuple(scored.sha256[rows[i]] for i in order)
        place = {patch: i for i, patch in enumerate(ranked)}
        originals = tuple(place[scored.originals[copy]] for copy in copies if copy in scored.originals)
        compression = tuple(scored.compression.get(patch) for patch in ranked)
        scores = tuple(score[order].tolist())
        diagnoses.append(Diagnosis(result, ranked, scores, digests, unreadable, copies, point, originals, compression))
    return diagnoses

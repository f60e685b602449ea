"""Evaluate a stored model on a labelled dataset, on patients that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from hpscan.backends import device as devices
from hpscan.core.backend import Progress, silent
from hpscan.core.cohort import Origin, PatchLabel
from hpscan.core.decision import Finding
from hpscan.core.errors import LeakageError, NotEnoughDataError
from hpscan.data.dataset import layout
from hpscan.evaluation import metrics as patch_metrics
from hpscan.evaluation import patients as patient_metrics
from hpscan.store.default_model import Choice
from hpscan.workflows.cohort.account import Fates, account, patient_fates
from hpscan.workflows.cohort.inspected import inspected, with_cause
from hpscan.workflows.cohort.seen import seen
from hpscan.workflows.cohort.surroundings import surroundings_of
from hpscan.workflows.diagnosis.diagnose import result_patches, results
from hpscan.workflows.scoring import patches as scoring
from hpscan.workflows.scoring.doubts import turned
from hpscan.workflows.scoring.models import choose, restore
from hpscan.workflows.training.partition import scored_patches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.core.cohort import Patch, Patient
    from hpscan.core.decision import OperatingPoint, PatientResult
    from hpscan.core.notes import Note
    from hpscan.core.reasons import Reason
    from hpscan.core.scores import PatchScores
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.images.batches import Rejection
    from hpscan.evaluation.metrics import BinaryMetrics
    from hpscan.evaluation.patients import DensityMetrics
    from hpscan.store.models import StoredModel
    from hpscan.workflows.diagnosis.diagnose import Diagnosis
    from hpscan.workflows.scoring.models import AnyModel
    from hpscan.workflows.scoring.patches import Scored


class Reference(StrEnum):
    """What a patient's result is compared with."""

    DIAGNOSIS = "diagnosis"
    ANY_POSITIVE_PATCH = "any positive patch"


@dataclass(frozen=True, slots=True)
class Ceiling:
    """What a patch model without a single error would reach on these patients, by their labels alone."""

    sensitivity: float | None
    specificity: float | None


@dataclass(frozen=True, slots=True)
class PatientEvaluation:
    """Metrics of patients' results.

    Attributes:
        reference: What the results are compared with, `diagnosis` or `any positive patch`.
        selected_patches: Whether the results rest on patches that somebody selected, not on all patches.
        metrics: With indeterminate patients counted as not detected.
        metrics_as_positive: With indeterminate patients counted as detected; None where there is none.
        n_indeterminate: Indeterminate patients.
        ceiling: For selected patches only.
        density: Three-class metrics, where all patches were read.
    """

    reference: Reference
    selected_patches: bool
    metrics: BinaryMetrics
    metrics_as_positive: BinaryMetrics | None
    n_indeterminate: int
    ceiling: Ceiling | None
    density: DensityMetrics | None


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """What to evaluate, and how.

    Attributes:
        data: The dataset's folder.
        model: Name or path of the model, or one that was chosen before; the default when None.
        allow_training_patients: Whether patients that the model has seen are evaluated, too.
        patient_from: Who is a patient, where the folders do not tell.
        device: Where to score: `auto`, `cpu`, `cuda` or `mps`.
    """

    data: Path
    model: AnyModel = None
    allow_training_patients: bool = False
    patient_from: str | None = None
    device: str = "auto"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What evaluation gave; a part is None where the dataset does not hold what it needs.

    Attributes:
        model: The model.
        dataset: The dataset.
        fingerprint: SHA-256 over its patch ids and file contents.
        evaluated: Ids of the patients evaluated.
        refused: Ids of patients left out because the model has seen them.
        includes_seen: Ids of patients evaluated although the model has seen them, as was asked for.
        namesakes: Ids that stand in the training cohort too, for patients with other images.
        patch: Metrics of labelled patches, pooled.
        patch_weighted: The same with patients weighted equally.
        patient: Metrics of patients' results.
        diagnoses: The patients' results that the metrics rest on.
        labelled: The labelled patches' scores.
        rejected: Patches that could not be read.
        n_scored: Patches scored.
        seconds: Time taken to score.
        account: What became of everything in the dataset.
        chosen: Why that model was taken.
        warnings: What is wrong with the scores: no spread, or the classes the wrong way round.
    """

    model: StoredModel
    dataset: Dataset
    fingerprint: str
    evaluated: tuple[str, ...]
    refused: tuple[str, ...]
    includes_seen: tuple[str, ...]
    namesakes: tuple[str, ...]
    patch: BinaryMetrics | None
    patch_weighted: BinaryMetrics | None
    patient: PatientEvaluation | None
    diagnoses: tuple[Diagnosis, ...]
    labelled: PatchScores
    rejected: tuple[Rejection, ...]
    n_scored: int
    seconds: float
    account: Account
    chosen: Choice = Choice.NAMED
    warnings: tuple[Reason, ...] = ()

    @property
    def n_patients(self) -> int:
        """How many patients were evaluated."""
        return len(self.evaluated)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What was noticed about the dataset."""
        return self.dataset.notes


def evaluate(request: EvaluateRequest, *, progress: Callable[[Progress], None] = silent) -> Evaluation:
    """Score the labelled patches and the diagnosed patients of a dataset.

    Raises:
        LeakageError: When the model has seen every patient.
        NotEnoughDataError: When nothing in the dataset is labelled or diagnosed.
    """
    taken = choose(request.model)
    stored = taken.model
    point = stored.manifest.operating_point.point()
    dataset = layout.load(request.data, patient=request.patient_from)
    device = devices.choose(request.device)  # before every file is read
    cohort, listing = inspected(dataset, progress)
    known = seen(stored.manifest, cohort.patients, listing.digest)
    refused = () if request.allow_training_patients else tuple(known.role)
    patients = [p for p in cohort.patients if p.id not in refused]
    if not patients:
        raise LeakageError(
            f"the model {stored.manifest.name!r} was trained or calibrated on every patient of {request.data}",
            hint="evaluate on other patients, or give `allow_training_patients` and call it no test",
            path=request.data,
        )
    wanted = scored_patches(patients)
    if not wanted:
        lack = NotEnoughDataError(
            f"{request.data} holds no labelled patch and no diagnosed patient",
            hint=f"see which tables were understood: hpscan data check {request.data}",
            path=request.data,
        )
        raise with_cause(lack, dataset)
    scored = scoring.score(wanted, restore(request.model, device).scorer, progress=progress)
    labelled = patch_metrics.labelled(scored.scores)
    selected = not any(p.infected is not None and p.of(Origin.CROPPED) for p in patients)
    judged = _judged(patients, wanted, dataset, selected=selected)
    diagnoses = tuple(results(judged, scored, point, surroundings=surroundings_of(dataset)))
    readable = {patch.patient_id for patch in scored.patches}
    return Evaluation(
        model=stored,
        dataset=dataset,
        fingerprint=listing.fingerprint,
        evaluated=tuple(dict.fromkeys(p.patient_id for p in wanted if p.patient_id in readable)),
        refused=refused,
        includes_seen=tuple(known.role) if request.allow_training_patients else (),
        namesakes=tuple(i for i in known.namesakes if i in {p.id for p in patients}),
        patch=_patch(labelled, point),
        patch_weighted=_patch(labelled, point, weighted=True),
        patient=_patient(judged, [d.result for d in diagnoses], selected=selected),
        diagnoses=diagnoses,
        labelled=labelled,
        rejected=scored.rejected,
        n_scored=len(scored.patches),
        seconds=scored.seconds,
        account=_account(dataset, patients, scored, refused),
        chosen=taken.how,
        warnings=_warnings(labelled, judged, [d.result for d in diagnoses]),
    )


def _judged(patients: Sequence[Patient], wanted: Sequence[Patch], dataset: Dataset, *, selected: bool) -> list[Patient]:
    """The patients that have a result."""
    listed = set(wanted)
    judged = [p for p in patients if not listed.isdisjoint(result_patches(p))]
    if selected:
        return judged
    judged = [p for p in judged if p.of(Origin.CROPPED) and p.infected is not None]
    # Who is diagnosed, and has no patch that could be listed, is no less a patient: an indeterminate one.
    return judged + [p for p in dataset.without if p.infected is not None]


def _warnings(
    labelled: PatchScores, patients: Sequence[Patient], patient_results: Sequence[PatientResult]
) -> tuple[Reason, ...]:
    warned: tuple[Reason, ...] = ()
    if labelled.label is not None:
        warned = turned("patches", labelled.label == 1, labelled.score, labelled.patient_id)
    known = [
        (p, r.value)
        for p, r in zip(patients, patient_results, strict=True)
        if p.infected is not None and r.value is not None
    ]
    return warned + turned(
        "patients",
        np.array([p.infected is True for p, _ in known], np.bool_),
        np.array([value for _, value in known], np.float64),
        np.array([p.id for p, _ in known], np.str_),
    )


def _account(dataset: Dataset, patients: Sequence[Patient], scored: Scored, refused: Iterable[str]) -> Account:
    readable = {patch.patient_id for patch in scored.patches}
    judgeable = {p.id for p in patients if scored_patches([p])}
    without_reference = [p.id for p in patients if p.id not in judgeable]
    without_reference += [p.id for p in dataset.without if p.infected is None]
    fates = Fates(
        used=frozenset(patch.path for patch in scored.patches),
        rejected={r.patch.path: r.reason for r in scored.rejected},
        duplicates=frozenset(patch.path for patch in scored.duplicates),
        patients=patient_fates(dataset, refused, without_reference, judgeable - readable),
    )
    return account([dataset], fates)


def _patch(labelled: PatchScores, point: OperatingPoint, *, weighted: bool = False) -> BinaryMetrics | None:
    if not len(labelled) or labelled.label is None:
        return None
    return patch_metrics.binary(
        labelled.label == 1,
        labelled.score,
        point.patch.decides_all(labelled.score),
        patch_metrics.equal_patients(labelled.patient_id) if weighted else None,
    )


def _patient(
    patients: Sequence[Patient], patient_results: Sequence[PatientResult], *, selected: bool
) -> PatientEvaluation | None:
    if not patients:
        return None
    by_diagnosis = all(p.infected is not None for p in patients)
    any_positive = [any(patch.label is PatchLabel.POSITIVE for patch in p.patches) for p in patients]
    reference = [p.infected is True for p in patients] if by_diagnosis else any_positive
    n_indeterminate = sum(r.finding is Finding.INDETERMINATE for r in patient_results)
    graded = [(p.density, r) for p, r in zip(patients, patient_results, strict=True) if p.density is not None]
    return PatientEvaluation(
        reference=Reference.DIAGNOSIS if by_diagnosis else Reference.ANY_POSITIVE_PATCH,
        selected_patches=selected,
        metrics=patient_metrics.findings(reference, patient_results, indeterminate_as=Finding.NOT_DETECTED),
        metrics_as_positive=patient_metrics.findings(reference, patient_results, indeterminate_as=Finding.DETECTED)
        if n_indeterminate
        else None,
        n_indeterminate=n_indeterminate,
        ceiling=_ceiling(np.array(reference), np.array(any_positive)) if selected else None,
        density=None if selected else patient_metrics.densities([d for d, _ in graded], [r for _, r in graded]),
    )


def _ceiling(reference: np.ndarray, any_positive: np.ndarray) -> Ceiling:
    def proportion(part: np.ndarray) -> float | None:
        return float(part.mean()) if len(part) else None

    return Ceiling(sensitivity=proportion(any_positive[reference]), specificity=proportion(~any_positive[~reference]))

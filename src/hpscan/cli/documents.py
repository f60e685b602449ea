"""Machine-readable output: the documents that `--json` prints. Their JSON schemas are in docs/reference/schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hpscan.backends.registry import Plugin
    from hpscan.core.decision import OperatingPoint, Threshold
    from hpscan.data.images import Rejection
    from hpscan.evaluation.patch import BinaryMetrics, ClassMetrics
    from hpscan.store.models import StoredModel
    from hpscan.workflows.calibrate import Calibration
    from hpscan.workflows.check import Check
    from hpscan.workflows.diagnose import Diagnoses, Diagnosis
    from hpscan.workflows.doctor import Doctor
    from hpscan.workflows.evaluate import Evaluation
    from hpscan.workflows.train import Training

Density = Literal["negative", "low", "high"]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ThresholdDocument(_Document):
    """A threshold and where it comes from."""

    value: float = Field(description="At or above this a value is positive.")
    criterion: str
    n_negative: int = Field(description="Negative cases that it was chosen on.")
    n_positive: int = Field(description="Positive cases that it was chosen on.")
    note: str = Field(description="What to know before trusting it; empty if nothing.")


class ThresholdsDocument(_Document):
    """The thresholds of an operating point."""

    patch: ThresholdDocument
    patient: ThresholdDocument
    density: ThresholdDocument | None


class ModelDocument(_Document):
    """A stored model."""

    name: str
    path: str
    backend: str
    created: str = Field(description="ISO 8601.")
    hpscan: str = Field(description="Version that made it.")
    seed: int
    interrupted: bool
    bytes: int = Field(description="Size of the weights.")
    patients: dict[str, int] = Field(description="Patients by what they were used for.")
    cohort_fingerprint: str
    thresholds: ThresholdsDocument


class RejectionDocument(_Document):
    """A file that could not be used."""

    file: str
    reason: str


class TopDocument(_Document):
    """A patch and its score."""

    patch: str
    score: float


class DiagnosisDocument(_Document):
    """One patient's result."""

    patient: str
    finding: Literal["detected", "not_detected", "indeterminate"]
    density: Density | None
    listed: int
    scored: int
    rejected: int
    duplicate: int
    positive: int
    value: float | None = Field(description="Fraction of scored patches that are positive.")
    reasons: list[str]
    thresholds: ThresholdsDocument
    model: str = Field(description="The model's folder.")
    rejections: list[RejectionDocument]
    top: list[TopDocument] = Field(description="The ten most suspicious patches.")


class ClassDocument(_Document):
    """Figures of one class."""

    precision: float | None
    recall: float | None
    f1: float | None


class MetricsDocument(_Document):
    """Metrics of a binary decision."""

    n: int
    n_positive: int
    auc: float | None
    average_precision: float | None
    threshold: float
    positive: ClassDocument
    negative: ClassDocument


class PatchMetricsDocument(MetricsDocument):
    """Metrics of labelled patches, pooled, and with patients weighted equally."""

    patient_weighted: MetricsDocument


class CeilingDocument(_Document):
    """What a patch model without an error would reach."""

    sensitivity: float | None
    specificity: float | None


class PatientMetricsDocument(MetricsDocument):
    """Metrics of patients' results; indeterminate ones count as not detected."""

    truth: Literal["diagnosis", "any positive patch"]
    selected_patches: bool = Field(description="Whether results rest on selected patches instead of all windows.")
    n_indeterminate: int
    indeterminate_as_detected: MetricsDocument | None = Field(description="The same, counting them as detected.")
    ceiling: CeilingDocument | None


class DensityMetricsDocument(_Document):
    """Three classes, negative / low / high."""

    n: int
    accuracy: float
    macro_f1: float


class CohortDocument(_Document):
    """What was evaluated."""

    path: str
    fingerprint: str = Field(description="SHA-256 over patch ids and file contents.")
    patients: int = Field(description="Patients evaluated.")
    evaluated: list[str] = Field(description="Their ids.")
    refused: list[str] = Field(description="Patients left out because the model has seen them.")
    includes_seen: list[str] = Field(description="Patients evaluated although the model has seen them.")
    rejected: list[RejectionDocument]


class EvaluationDocument(_Document):
    """What `evaluate --json` prints."""

    model: str
    cohort: CohortDocument
    patch: PatchMetricsDocument | None
    patient: PatientMetricsDocument | None
    density: DensityMetricsDocument | None


class NoteDocument(_Document):
    """An observation about a dataset."""

    kind: str
    message: str
    items: list[str]


class CheckDocument(_Document):
    """What `data check --json` prints."""

    path: str
    fingerprint: str = Field(description="SHA-256 over patch ids and file contents.")
    tables: list[str]
    patients: dict[str, int] = Field(description="Patients by diagnosis.")
    patches: dict[str, int] = Field(description="Patches listed, by origin.")
    labels: dict[str, int] = Field(description="Patches by label.")
    listed: int
    readable: int
    rejected: int
    duplicate: int
    sizes: dict[str, int] = Field(description="Patches by width x height.")
    rejections: list[RejectionDocument]
    shared: list[list[str]] = Field(description="Groups of patients that share identical images.")
    notes: list[NoteDocument]


class TrainingDocument(_Document):
    """What `train --json` prints."""

    model: ModelDocument
    patches: int = Field(description="Patches fitted on.")
    rejected: list[RejectionDocument]
    seconds: float
    patches_per_second: float | None
    scored_per_second: float
    peak_memory: int = Field(description="Bytes.")


class CalibrationDocument(_Document):
    """What `calibrate --json` prints."""

    model: ModelDocument
    before: ThresholdsDocument
    patients: int
    held_out: int
    rejected: list[RejectionDocument]


class SynthDocument(_Document):
    """What `data synth --json` prints."""

    path: str
    patients: dict[str, int] = Field(description="Patients by diagnosis.")
    patches: int
    seed: int


class PluginDocument(_Document):
    """An installed backend."""

    name: str
    distribution: str
    version: str
    problem: str


class DeviceDocument(_Document):
    """Something to compute on."""

    name: str
    description: str


class FolderDocument(_Document):
    """A folder of the user's."""

    path: str
    writable: bool


class DoctorDocument(_Document):
    """What `doctor --json` prints."""

    versions: dict[str, str]
    system: str
    devices: list[DeviceDocument]
    folders: dict[str, FolderDocument]
    hpscan_home: str | None
    plugins: list[PluginDocument]
    models: int
    problems: list[str]


def threshold(value: Threshold) -> ThresholdDocument:
    """One threshold."""
    return ThresholdDocument(
        value=value.value,
        criterion=value.criterion,
        n_negative=value.n_negative,
        n_positive=value.n_positive,
        note=value.note,
    )


def thresholds(point: OperatingPoint) -> ThresholdsDocument:
    """The thresholds of an operating point."""
    return ThresholdsDocument(
        patch=threshold(point.patch),
        patient=threshold(point.patient),
        density=None if point.density is None else threshold(point.density),
    )


def model(stored: StoredModel) -> ModelDocument:
    """A stored model."""
    from hpscan.store.manifest import Role

    manifest = stored.manifest
    return ModelDocument(
        name=manifest.name,
        path=str(stored.path),
        backend=manifest.backend.name,
        created=manifest.created.isoformat(),
        hpscan=manifest.hpscan,
        seed=manifest.training.seed,
        interrupted=manifest.training.interrupted,
        bytes=stored.size,
        patients={role.value: manifest.count(role) for role in Role},
        cohort_fingerprint=manifest.cohort_fingerprint,
        thresholds=thresholds(manifest.operating_point.point()),
    )


def rejections(rejected: Sequence[Rejection]) -> list[RejectionDocument]:
    """Files that could not be used."""
    return [RejectionDocument(file=str(r.patch.path), reason=r.reason) for r in rejected]


def diagnosis(one: Diagnosis, stored: StoredModel, *, top: int = 10) -> DiagnosisDocument:
    """One patient's result."""
    result = one.result
    return DiagnosisDocument(
        patient=result.patient_id,
        finding=result.finding.value,
        density=None if result.density is None else result.density.value,
        listed=result.n_listed,
        scored=result.n_scored,
        rejected=result.n_rejected,
        duplicate=result.n_duplicate,
        positive=result.n_positive,
        value=result.value,
        reasons=list(result.reasons),
        thresholds=thresholds(one.point),
        model=str(stored.path),
        rejections=rejections(one.rejected),
        top=[TopDocument(patch=p.id, score=s) for p, s in zip(one.patches[:top], one.scores[:top], strict=True)],
    )


def diagnoses(found: Diagnoses) -> list[DiagnosisDocument]:
    """All patients' results."""
    return [diagnosis(one, found.model) for one in found.patients]


def metrics(value: BinaryMetrics, at: float) -> MetricsDocument:
    """Metrics of a binary decision at a threshold."""
    return MetricsDocument(
        n=value.n,
        n_positive=value.n_positive,
        auc=value.auc,
        average_precision=value.average_precision,
        threshold=at,
        positive=_class(value.positive),
        negative=_class(value.negative),
    )


def _class(value: ClassMetrics) -> ClassDocument:
    return ClassDocument(precision=value.precision, recall=value.recall, f1=value.f1)


def evaluation(found: Evaluation) -> EvaluationDocument:
    """What an evaluation found."""
    point = found.model.manifest.operating_point.point()
    patch = patient = density = None
    if found.patch is not None and found.patch_weighted is not None:
        weighted = metrics(found.patch_weighted, point.patch.value)
        patch = PatchMetricsDocument(**dict(metrics(found.patch, point.patch.value)), patient_weighted=weighted)
    if found.patient is not None:
        at = point.patient.value
        other, ceiling, three = found.patient.metrics_as_positive, found.patient.ceiling, found.patient.density
        patient = PatientMetricsDocument(
            **dict(metrics(found.patient.metrics, at)),
            truth=found.patient.truth.value,
            selected_patches=found.patient.selected_patches,
            n_indeterminate=found.patient.n_indeterminate,
            indeterminate_as_detected=None if other is None else metrics(other, at),
            ceiling=None
            if ceiling is None
            else CeilingDocument(sensitivity=ceiling.sensitivity, specificity=ceiling.specificity),
        )
        if three is not None:
            density = DensityMetricsDocument(n=three.n, accuracy=three.accuracy, macro_f1=three.macro_f1)
    return EvaluationDocument(
        model=str(found.model.path),
        cohort=CohortDocument(
            path=str(found.dataset.root),
            fingerprint=found.fingerprint,
            patients=found.n_patients,
            evaluated=list(found.evaluated),
            refused=list(found.refused),
            includes_seen=list(found.includes_seen),
            rejected=rejections(found.rejected),
        ),
        patch=patch,
        patient=patient,
        density=density,
    )


def check(found: Check) -> CheckDocument:
    """What a look over a dataset found."""
    seen = found.inspection
    patches = seen.patches
    duplicate = [patch for patch in seen.duplicates if patch not in seen.rejected]
    labels = {-1: "negative", 0: "uncertain", 1: "positive", None: "unlabelled"}
    return CheckDocument(
        path=str(found.dataset.root),
        fingerprint=seen.fingerprint,
        tables=[str(path) for path in found.dataset.tables],
        patients=dict(sorted(found.patients().items())),
        patches={origin: sum(p.origin == origin for p in patches) for origin in ("cropped", "annotated")},
        labels={name: sum(p.label == value for p in patches) for value, name in labels.items()},
        listed=len(patches),
        readable=len(patches) - len(seen.rejected) - len(duplicate),
        rejected=len(seen.rejected),
        duplicate=len(duplicate),
        sizes={f"{w}x{h}": n for (w, h), n in seen.sizes.most_common()},
        rejections=[RejectionDocument(file=str(p.path), reason=reason) for p, reason in seen.rejected.items()],
        shared=[list(group) for group in seen.linked_patients],
        notes=[NoteDocument(kind=n.kind, message=n.message, items=list(n.items)) for n in found.dataset.notes],
    )


def training(made: Training) -> TrainingDocument:
    """What training gave."""
    return TrainingDocument(
        model=model(made.model),
        patches=made.n_patches,
        rejected=rejections(made.rejected),
        seconds=made.model.manifest.training.seconds,
        patches_per_second=made.fitted_per_second,
        scored_per_second=made.scored_per_second,
        peak_memory=made.peak_memory,
    )


def calibration(made: Calibration) -> CalibrationDocument:
    """What calibration gave."""
    return CalibrationDocument(
        model=model(made.model),
        before=thresholds(made.before.point()),
        patients=made.n_patients,
        held_out=made.n_held_out,
        rejected=rejections(made.rejected),
    )


def plugin(value: Plugin) -> PluginDocument:
    """An installed backend."""
    return PluginDocument(
        name=value.name, distribution=value.distribution, version=value.version, problem=value.problem
    )


def doctor(found: Doctor) -> DoctorDocument:
    """The state of an installation."""
    return DoctorDocument(
        versions=dict(found.versions),
        system=found.system,
        devices=[DeviceDocument(name=d.name, description=d.description) for d in found.devices],
        folders={name: FolderDocument(path=str(path), writable=ok) for name, (path, ok) in found.folders.items()},
        hpscan_home=found.home_variable,
        plugins=[plugin(p) for p in found.plugins],
        models=found.models,
        problems=list(found.problems),
    )

"""From values to the documents that `--json` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.cli.output import account as accounts
from hpscan.cli.output.documents import (
    CalibrationDocument,
    CeilingDocument,
    CheckDocument,
    ClassDocument,
    CohortDocument,
    DemoDocument,
    DensityMetricsDocument,
    DeviceDocument,
    DiagnosisDocument,
    DoctorDocument,
    EvaluationDocument,
    FolderDocument,
    IndeterminateDocument,
    MetricsDocument,
    ModelDocument,
    NoteDocument,
    PatchMetricsDocument,
    PatientMetricsDocument,
    PluginDocument,
    ReasonDocument,
    RejectionDocument,
    ThresholdDocument,
    ThresholdsDocument,
    TopDocument,
    TrainingDocument,
    WarningDocument,
    WhenceDocument,
)
from hpscan.core.cohort import Density
from hpscan.core.decision import Aggregation, Finding
from hpscan.core.errors import HpscanError
from hpscan.report.text import reasons as text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hpscan.backends.registry import Plugin
    from hpscan.core.decision import OperatingPoint, Threshold
    from hpscan.core.notes import Note
    from hpscan.core.reasons import Reason
    from hpscan.data.images.batches import Rejection
    from hpscan.evaluation.classification import BinaryMetrics, ClassMetrics
    from hpscan.store.default_model import Chosen
    from hpscan.store.models import StoredModel
    from hpscan.workflows.datasets.check import Check
    from hpscan.workflows.datasets.provenance import Whence
    from hpscan.workflows.demo import Demo
    from hpscan.workflows.diagnosis.diagnose import Diagnoses, Diagnosis
    from hpscan.workflows.doctor import Doctor
    from hpscan.workflows.evaluation.evaluate import Evaluation
    from hpscan.workflows.training.calibrate import Calibration
    from hpscan.workflows.training.train import Training


def threshold(value: Threshold) -> ThresholdDocument:
    """One threshold."""
    return ThresholdDocument(
        value=value.value,
        criterion=value.criterion,
        n_negative=value.n_negative,
        n_positive=value.n_positive,
        note=value.note,
        note_code=value.code,
    )


def warnings(reasons: Iterable[Reason]) -> list[WarningDocument]:
    """What to know of figures."""
    return [
        WarningDocument(code=one.kind.value, message=text.reason(one), numbers=dict(one.numbers), items=list(one.items))
        for one in reasons
    ]


def thresholds(point: OperatingPoint) -> ThresholdsDocument:
    """The thresholds of an operating point."""
    return ThresholdsDocument(
        patch=threshold(point.patch),
        patient=threshold(point.patient),
        density=None if point.density is None else threshold(point.density),
        aggregation=point.aggregation.value,
        top_k=point.top_k if point.aggregation is Aggregation.TOP_K_MEAN else None,
    )


def model(stored: StoredModel, taken: Chosen | None) -> ModelDocument:
    """A stored model; `taken` is the one that is taken where none is named."""
    from hpscan.store.manifest import Role

    manifest = stored.manifest
    return ModelDocument(
        name=stored.path.name,
        path=str(stored.path),
        bundled=stored.bundled,
        backend=manifest.backend.name,
        created=manifest.created.isoformat(),
        hpscan=manifest.hpscan,
        seed=manifest.training.seed,
        interrupted=manifest.training.interrupted,
        bytes=stored.size,
        patients={role.value: manifest.count(role) for role in Role},
        cohort_fingerprint=manifest.cohort_fingerprint,
        thresholds=thresholds(manifest.operating_point.point()),
        default=taken.how.value if taken is not None and taken.model.path == stored.path else None,  # type: ignore[arg-type]
    )


def default_model() -> Chosen | None:
    """The model that is taken where none is named; None where that is an error."""
    from hpscan.store import default_model as chosen

    try:
        return chosen.default()
    except HpscanError:
        return None


def rejections(rejected: Sequence[Rejection]) -> list[RejectionDocument]:
    """Files that could not be used."""
    return [RejectionDocument(file=str(r.patch.path), reason=r.reason) for r in rejected]


def reasons(of: Sequence[Reason]) -> list[ReasonDocument]:
    """Reasons, each with its code, its sentence and its numbers."""
    return [ReasonDocument.model_validate(text.details(one)) for one in of]


def diagnosis(one: Diagnosis, found: Diagnoses, *, top: int = 10) -> DiagnosisDocument:
    """One patient's result, among all that were found."""
    result = one.result
    return DiagnosisDocument(
        patient=result.patient_id,
        finding=result.finding.value,
        density=None if result.density is None else "high" if result.density is Density.HIGH else "low",
        listed=result.n_listed,
        scored=result.n_scored,
        rejected=result.n_rejected,
        duplicate=result.n_duplicate,
        positive=result.n_positive,
        value=result.value,
        reasons=[text.reason(reason) for reason in result.reasons],
        thresholds=thresholds(one.point),
        model=str(found.model.path),
        rejections=rejections(one.rejected),
        top=[TopDocument(patch=p.id, score=s) for p, s in zip(one.patches[:top], one.scores[:top], strict=True)],
        reason_details=reasons(result.reasons),
        account=accounts.document(found.account.of(result.patient_id)),
        model_chosen=found.chosen.value,
    )


def diagnoses(found: Diagnoses) -> list[DiagnosisDocument]:
    """All patients' results."""
    return [diagnosis(one, found) for one in found.patients]


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
            truth=found.patient.reference.value,
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
            namesakes=list(found.namesakes),
        ),
        patch=patch,
        patient=patient,
        density=density,
        indeterminate=[
            IndeterminateDocument(
                patient=one.result.patient_id,
                reasons=[text.reason(reason) for reason in one.result.reasons],
                reason_details=reasons(one.result.reasons),
            )
            for one in found.diagnoses
            if one.result.finding is Finding.INDETERMINATE
        ],
        account=accounts.document(found.account),
        warnings=warnings(found.warnings),
        model_chosen=found.chosen.value,
    )


def note(one: Note) -> NoteDocument:
    """An observation about a dataset."""
    from hpscan.report.text.notes import note as worded

    return NoteDocument(
        kind=one.kind,
        message=worded(one),
        items=list(one.items),
        numbers={"count": len(one.items), **dict(one.numbers)},
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
        notes=[note(n) for n in found.dataset.notes],
        account=accounts.document(found.account),
    )


def whence(told: Whence) -> WhenceDocument:
    """Where a patient or a file comes from."""
    return WhenceDocument.model_validate(
        {"what": told.what, "kind": told.kind, "facts": [{"about": a, "says": s} for a, s in told.facts]}
    )


def training(made: Training) -> TrainingDocument:
    """What training gave."""
    return TrainingDocument(
        model=model(made.model, default_model()),
        patches=made.facts.patches,
        positive=made.facts.positive,
        rejected=rejections(made.rejected),
        seconds=made.model.manifest.training.seconds,
        patches_per_second=made.facts.per_second,
        scored_per_second=made.scored_per_second,
        peak_memory=made.peak_memory,
        figures=[str(path) for path in made.model.plots],
        account=accounts.document(made.account),
        warnings=warnings(made.warnings),
    )


def demo(made: Demo) -> DemoDocument:
    """What the demo made."""
    return DemoDocument(
        folder=str(made.folder),
        training=training(made.training),
        diagnoses=diagnoses(made.diagnoses),
        evaluation=evaluation(made.evaluation),
        pictures=[str(made.gallery), str(made.curves)],
        report=str(made.report),
    )


def calibration(made: Calibration) -> CalibrationDocument:
    """What calibration gave."""
    return CalibrationDocument(
        model=model(made.model, default_model()),
        before=thresholds(made.before.point()),
        patients=made.n_patients,
        held_out=made.n_held_out,
        rejected=rejections(made.rejected),
        figures=[str(made.plot)],
        account=accounts.document(made.account),
        warnings=warnings(made.warnings),
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

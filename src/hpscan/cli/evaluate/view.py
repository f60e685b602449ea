"""What `hpscan evaluate` shows: the JSON document and the screen of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import AliasChoices, Field
from rich.text import Text

from hpscan.cli.output import account as accounts
from hpscan.cli.output import account_document, documents
from hpscan.cli.output.account_document import AccountDocument
from hpscan.cli.output.console import number as metric
from hpscan.cli.output.console import table
from hpscan.cli.output.documents import (
    Document,
    ModelChosen,
    ReasonDocument,
    RejectionDocument,
    WarningDocument,
)
from hpscan.cli.output.panels import (
    facts,
    indeterminate_rows,
    model_line,
    note_rows,
    rejected_rows,
    research_use,
    threshold_rows,
    warning_rows,
)
from hpscan.core.account import PatientFate
from hpscan.core.decision import Finding
from hpscan.report.text import reasons as text
from hpscan.report.text.numbers import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from hpscan.core.account import Account
    from hpscan.evaluation.metrics import BinaryMetrics, ClassMetrics
    from hpscan.workflows.evaluation.evaluate import Evaluation, PatientEvaluation


class ClassDocument(Document):
    """Figures of one class."""

    precision: float | None
    recall: float | None
    f1: float | None


class MetricsDocument(Document):
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


class CeilingDocument(Document):
    """What a patch model without an error would reach."""

    sensitivity: float | None
    specificity: float | None


class PatientMetricsDocument(MetricsDocument):
    """Metrics of patients' results; indeterminate ones count as not detected."""

    reference_standard: Literal["diagnosis", "any positive patch"] = Field(
        validation_alias=AliasChoices("reference_standard", "truth")
    )
    selected_patches: bool = Field(
        description="Whether results rest on selected patches instead of all patches of the biopsy."
    )
    n_indeterminate: int
    indeterminate_as_detected: MetricsDocument | None = Field(description="The same, counting them as detected.")
    ceiling: CeilingDocument | None


class DensityMetricsDocument(Document):
    """Three classes, negative / low / high."""

    n: int
    accuracy: float
    macro_f1: float


class CohortDocument(Document):
    """What was evaluated."""

    path: str
    fingerprint: str = Field(description="SHA-256 over patch ids and file contents.")
    patients: int = Field(description="Patients evaluated.")
    evaluated: list[str] = Field(description="Their ids.")
    refused: list[str] = Field(description="Patients left out because the model has seen them.")
    includes_seen: list[str] = Field(description="Patients evaluated although the model has seen them.")
    rejected: list[RejectionDocument]
    namesakes: list[str] = Field(description="Patients named like ones that the model has seen, with other images.")


class IndeterminateDocument(Document):
    """An indeterminate patient of an evaluation."""

    patient: str
    reasons: list[str]
    reason_details: list[ReasonDocument]


class EvaluationDocument(Document):
    """What `evaluate --json` prints."""

    model: str
    cohort: CohortDocument
    patch: PatchMetricsDocument | None
    patient: PatientMetricsDocument | None
    density: DensityMetricsDocument | None
    indeterminate: list[IndeterminateDocument] = Field(description="The indeterminate patients, each with why.")
    account: AccountDocument
    model_chosen: ModelChosen = Field(description="Why this model: named, pinned, trained last, or none of the user's.")
    warnings: list[WarningDocument] = Field(
        description="What is wrong with the scores: all the same, or an AUC below chance."
    )


def document(evaluation: Evaluation) -> EvaluationDocument:
    """What an evaluation found."""
    point = evaluation.model.manifest.operating_point.point()
    patch = patient = density = None
    if evaluation.patch is not None and evaluation.patch_weighted is not None:
        weighted = _metrics(evaluation.patch_weighted, point.patch.value)
        patch = PatchMetricsDocument(**dict(_metrics(evaluation.patch, point.patch.value)), patient_weighted=weighted)
    if evaluation.patient is not None:
        at = point.patient.value
        other, ceiling, three = (
            evaluation.patient.metrics_as_positive,
            evaluation.patient.ceiling,
            evaluation.patient.density,
        )
        patient = PatientMetricsDocument(
            **dict(_metrics(evaluation.patient.metrics, at)),
            reference_standard=evaluation.patient.reference.value,
            selected_patches=evaluation.patient.selected_patches,
            n_indeterminate=evaluation.patient.n_indeterminate,
            indeterminate_as_detected=None if other is None else _metrics(other, at),
            ceiling=None
            if ceiling is None
            else CeilingDocument(sensitivity=ceiling.sensitivity, specificity=ceiling.specificity),
        )
        if three is not None:
            density = DensityMetricsDocument(n=three.n, accuracy=three.accuracy, macro_f1=three.macro_f1)
    return EvaluationDocument(
        model=str(evaluation.model.path),
        cohort=CohortDocument(
            path=str(evaluation.dataset.root),
            fingerprint=evaluation.fingerprint,
            patients=evaluation.n_patients,
            evaluated=list(evaluation.evaluated),
            refused=list(evaluation.refused),
            includes_seen=list(evaluation.includes_seen),
            rejected=documents.rejections(evaluation.rejected),
            namesakes=list(evaluation.namesakes),
        ),
        patch=patch,
        patient=patient,
        density=density,
        indeterminate=[
            IndeterminateDocument(
                patient=diagnosis.result.patient_id,
                reasons=[text.describe_reason(reason) for reason in diagnosis.result.reasons],
                reason_details=documents.reasons(diagnosis.result.reasons),
            )
            for diagnosis in evaluation.diagnoses
            if diagnosis.result.finding is Finding.INDETERMINATE
        ],
        account=account_document.document(evaluation.account),
        warnings=documents.warnings(evaluation.warnings),
        model_chosen=evaluation.chosen.value,
    )


def _metrics(value: BinaryMetrics, at: float) -> MetricsDocument:
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


def screen(evaluation: Evaluation) -> Iterable[RenderableType]:
    """Patch table, patient table, and what to know about them."""
    if evaluation.patch is not None and evaluation.patch_weighted is not None:
        yield _metrics_table(
            "Labelled patches", [("pooled", evaluation.patch), ("by patient", evaluation.patch_weighted)]
        )
    if evaluation.patient is not None:
        yield from _patient_tables(evaluation.patient)
    point = evaluation.model.manifest.operating_point.point()
    rows: list[tuple[str, RenderableType]] = [
        ("patients", f"{evaluation.n_patients} evaluated: {shortened(evaluation.evaluated)}"),
        ("refused", f"{len(evaluation.refused)} patients that the model has seen"),
        *_not_judged(evaluation.account),
        *accounts.rows(evaluation.account.sums(), "scored", "evaluated"),
        *note_rows(evaluation.notes),
        ("scored", f"{evaluation.n_scored} patches, {evaluation.n_scored / evaluation.seconds:.0f} a second"),
        *threshold_rows(point),
        ("model", model_line(evaluation.model)),
    ]
    rows += indeterminate_rows(evaluation.diagnoses) + rejected_rows(evaluation.rejected)
    if evaluation.includes_seen:
        rows.append(
            ("warning", f"includes {len(evaluation.includes_seen)} patients that the model has seen: this is no test")
        )
    if evaluation.namesakes:
        rows.append(
            (
                "warning",
                f"{len(evaluation.namesakes)} patients are named like patients the model has seen, but their files differ: taken for others",
            )
        )
    rows += warning_rows(evaluation.warnings)
    if evaluation.patch is not None:
        rows.append(("by patient", "patients weighted equally, however many patches each has"))
    yield facts(rows)
    yield research_use()


def _metrics_table(title: str, rows: Sequence[tuple[str, BinaryMetrics]]) -> Table:
    columns = ["", "n", "n +", "Prec\n+", "Prec\n-", "Recall\n+", "Recall\n-", "F1\n+", "F1\n-", "AUC", "AP"]
    return table(
        title,
        columns,
        [
            [
                name,
                str(m.n),
                str(m.n_positive),
                metric(m.positive.precision),
                metric(m.negative.precision),
                metric(m.positive.recall),
                metric(m.negative.recall),
                metric(m.positive.f1),
                metric(m.negative.f1),
                metric(m.auc),
                metric(m.average_precision),
            ]
            for name, m in rows
        ],
    )


def _not_judged(account: Account) -> list[tuple[str, RenderableType]]:
    """Who could not be judged, by name and why."""
    rows: list[tuple[str, RenderableType]] = []
    for fate, why in (
        (PatientFate.WITHOUT_TRUTH, "no diagnosis and no labelled patch"),
        (PatientFate.UNREADABLE, "no patch could be read"),
    ):
        names = account.names(account.patients, fate)
        if names:
            rows.append(("not judged", f"{len(names)} ({why}): {shortened(names)}"))
    return rows


def _patient_tables(evaluation: PatientEvaluation) -> Iterable[RenderableType]:
    rows = [("finding", evaluation.metrics)]
    if evaluation.metrics_as_positive is not None:
        rows = [("indeterminate as not detected", evaluation.metrics), ("as detected", evaluation.metrics_as_positive)]
    selected = ", selected patches only" if evaluation.selected_patches else ""
    yield _metrics_table(f"Patients (reference standard: {evaluation.reference}{selected})", rows)
    if evaluation.ceiling is not None:
        yield Text(
            "These patients were judged by selected patches, not by all patches of their biopsies. A patch model "
            f"without an error would reach a recall of {metric(evaluation.ceiling.sensitivity)} (+) and "
            f"{metric(evaluation.ceiling.specificity)} (-) here; more recall than that comes from uncertain or falsely "
            "positive patches.",
            style="dim",
        )
    if evaluation.density is not None:
        density_metrics = evaluation.density
        rows_3 = [
            [
                "negative / low / high",
                str(density_metrics.n),
                metric(density_metrics.accuracy),
                metric(density_metrics.macro_f1),
            ]
        ]
        yield table("Density", ["", "n", "accuracy", "macro-F1"], rows_3)

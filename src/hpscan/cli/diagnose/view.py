"""What `hpscan diagnose` shows: the JSON document and the screen of patients' results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import AliasChoices, Field
from rich.console import Group
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from hpscan.cli.output import account as accounts
from hpscan.cli.output import account_document, documents
from hpscan.cli.output.account_document import AccountDocument
from hpscan.cli.output.console import table
from hpscan.cli.output.documents import (
    CompressionDocument,
    Document,
    ModelChosen,
    ReasonDocument,
    RejectionDocument,
    ThresholdsDocument,
)
from hpscan.cli.output.panels import (
    COLOURS,
    facts,
    indeterminate_rows,
    model_line,
    note_rows,
    rejected_rows,
    research_use,
    threshold_rows,
)
from hpscan.core.cohort import Density
from hpscan.core.decision import Finding
from hpscan.report.text import reasons as text
from hpscan.report.text.numbers import format_score, shortened
from hpscan.report.text.results import (
    FINDINGS,
    SHORT_FINDINGS,
    describe_density,
    describe_patch_counts,
    describe_positive_patches,
)
from hpscan.report.text.thresholds import aggregation_column, describe_distance, format_patient_score

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from hpscan.store.models import StoredModel
    from hpscan.workflows.diagnosis.diagnose import Diagnoses, Diagnosis


_TOP = 10


class TopDocument(Document):
    """A patch and its score."""

    patch: str
    score: float


class DiagnosisDocument(Document):
    """One patient's result."""

    patient: str
    finding: Literal["detected", "not_detected", "indeterminate"]
    density: Literal["low", "high"] | None = Field(
        description="Of a detected patient whose density can be told; null for everybody else."
    )
    listed: int
    scored: int
    rejected: int
    duplicate: int
    positive: int
    score: float | None = Field(
        validation_alias=AliasChoices("score", "value"),
        description="The patient-level score: the proportion of scored patches that are positive, the mean of the "
        "highest scores, or the highest score, as the aggregation says.",
    )
    reasons: list[str] = Field(description="The messages of `reason_details`.")
    thresholds: ThresholdsDocument
    model: str = Field(description="The model's folder.")
    rejections: list[RejectionDocument]
    top: list[TopDocument] = Field(description="The ten most suspicious patches.")
    reason_details: list[ReasonDocument] = Field(description="Why the result is indeterminate, and what else to know.")
    account: AccountDocument = Field(description="What became of the patient's files; --account has all patients'.")
    model_chosen: ModelChosen = Field(description="Why this model: named, pinned, trained last, or none of the user's.")
    compression: list[CompressionDocument] = Field(description="How the scored patches were compressed as JPEG.")


def patient_document(diagnosis: Diagnosis, diagnoses: Diagnoses, *, top: int = 10) -> DiagnosisDocument:
    """One patient's result, among all that were found."""
    result = diagnosis.result
    return DiagnosisDocument(
        patient=result.patient_id,
        finding=result.finding.value,
        density=None if result.density is None else "high" if result.density is Density.HIGH else "low",
        listed=result.n_listed,
        scored=result.n_scored,
        rejected=result.n_rejected,
        duplicate=result.n_duplicate,
        positive=result.n_positive,
        score=result.value,
        reasons=[text.describe_reason(reason) for reason in result.reasons],
        thresholds=documents.thresholds(diagnosis.point),
        model=str(diagnoses.model.path),
        rejections=documents.rejections(diagnosis.rejected),
        top=[
            TopDocument(patch=p.id, score=s)
            for p, s in zip(diagnosis.patches[:top], diagnosis.scores[:top], strict=True)
        ],
        reason_details=documents.reasons(result.reasons),
        account=account_document.document(diagnoses.account.of(result.patient_id)),
        model_chosen=diagnoses.chosen.value,
        compression=documents.compression(diagnosis.compression),
    )


def document(diagnoses: Diagnoses) -> list[DiagnosisDocument]:
    """All patients' results."""
    return [patient_document(diagnosis, diagnoses) for diagnosis in diagnoses.patients]


def screen(diagnoses: Diagnoses) -> Iterable[RenderableType]:
    """One patient whole; several in one table with a summary."""
    if len(diagnoses.patients) == 1:
        yield patient_panel(diagnoses.patients[0], diagnoses.model)
        yield facts([*accounts.rows(diagnoses.account.sums(), "scored", "diagnosed"), *note_rows(diagnoses.notes)])
    else:
        yield _many(diagnoses)
    yield research_use()


def patient_panel(diagnosis: Diagnosis, model: StoredModel) -> RenderableType:
    """One patient's result, and the most suspicious patches."""
    result, point = diagnosis.result, diagnosis.point
    colour = COLOURS[result.finding]
    heading = Text.assemble((result.patient_id, "bold"), "  ", (FINDINGS[result.finding], f"bold {colour}"))
    rows: list[tuple[str, RenderableType]] = []
    if result.finding is Finding.DETECTED:
        rows.append(("density", describe_density(result.density)))
    rows.append(("patches", describe_patch_counts(result)))
    rows.append(("positive", describe_positive_patches(result)))
    if result.value is not None:
        name = aggregation_column(point.aggregation, point.top_k)
        rows.append((name, describe_distance(result.value, point.patient, point.aggregation)))
    rows += threshold_rows(point)
    rows.append(("model", model_line(model)))
    rows += [("note", text.describe_reason(reason)) for reason in result.reasons]
    rows += rejected_rows(diagnosis.rejected)
    top = table(
        "Most suspicious patches",
        ["patch", "score", "positive"],
        [
            [patch.id, format_score(value), "yes" if point.patch.decides(value) else "no"]
            for patch, value in zip(diagnosis.patches[:_TOP], diagnosis.scores[:_TOP], strict=True)
        ],
    )
    return Group(Panel(Group(heading, "", facts(rows)), expand=False, border_style=colour), top)


def _many(diagnoses: Diagnoses) -> RenderableType:
    point = diagnoses.patients[0].point
    value = aggregation_column(point.aggregation, point.top_k)
    columns = ["patient", "finding", "density", "listed", "scored", "rej.", "dup.", "pos.", value]
    rows = table("Patients", columns, [], left=3)
    for diagnosis in diagnoses.patients:
        result = diagnosis.result
        rows.add_row(
            escape(result.patient_id),
            Text(SHORT_FINDINGS[result.finding], style=f"bold {COLOURS[result.finding]}"),
            result.density.value if result.density else "-",
            *[
                str(n)
                for n in (result.n_listed, result.n_scored, result.n_rejected, result.n_duplicate, result.n_positive)
            ],
            "-" if result.value is None else format_patient_score(result.value, point.aggregation),
        )
    count = {f: sum(diagnosis.result.finding is f for diagnosis in diagnoses.patients) for f in Finding}
    sure = [
        diagnosis.result for diagnosis in diagnoses.patients if diagnosis.result.finding is not Finding.INDETERMINATE
    ]
    sentences = text.group_by_sentence([(result.patient_id, reason) for result in sure for reason in result.reasons])
    notes = [f"{sentence}: {shortened(names)}" for sentence, names in sentences]
    below = facts(
        [
            (
                "summary",
                f"{len(diagnoses.patients)} patients: " + ", ".join(f"{count[f]} {SHORT_FINDINGS[f]}" for f in Finding),
            ),
            *threshold_rows(point),
            ("model", model_line(diagnoses.model)),
            *indeterminate_rows(diagnoses.patients),
            *[("note", note) for note in notes],
            *accounts.rows(diagnoses.account.sums(), "scored", "diagnosed"),
            *note_rows(diagnoses.notes),
        ]
    )
    return Group(rows, below)

"""What `hpscan diagnose` shows: the JSON document and the screen of patients' results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field
from rich.console import Group
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from hpscan.cli.output import account as accounts
from hpscan.cli.output import documents
from hpscan.cli.output.account import AccountDocument
from hpscan.cli.output.console import table
from hpscan.cli.output.documents import (
    Document,
    ModelChosen,
    ReasonDocument,
    RejectionDocument,
    ThresholdsDocument,
)
from hpscan.cli.output.panels import (
    FINDINGS,
    facts,
    indeterminate_rows,
    model_line,
    rejected_rows,
    research_use,
    shortened,
    threshold_rows,
)
from hpscan.core.cohort import Density
from hpscan.core.decision import Finding
from hpscan.report.text import reasons as text
from hpscan.report.text.numbers import format_score
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
        description="The patient-level score: the proportion of scored patches that are positive, the mean of the "
        "highest scores, or the highest score, as the aggregation says."
    )
    reasons: list[str] = Field(description="The messages of `reason_details`.")
    thresholds: ThresholdsDocument
    model: str = Field(description="The model's folder.")
    rejections: list[RejectionDocument]
    top: list[TopDocument] = Field(description="The ten most suspicious patches.")
    reason_details: list[ReasonDocument] = Field(description="Why the result is indeterminate, and what else to know.")
    account: AccountDocument = Field(description="What became of the patient's files; --account has all patients'.")
    model_chosen: ModelChosen = Field(description="Why this model: named, pinned, trained last, or none of the user's.")
    value: float | None = Field(description="The old name of `score`.")


def patient_document(one: Diagnosis, found: Diagnoses, *, top: int = 10) -> DiagnosisDocument:
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
        score=result.value,
        value=result.value,
        reasons=[text.describe_reason(reason) for reason in result.reasons],
        thresholds=documents.thresholds(one.point),
        model=str(found.model.path),
        rejections=documents.rejections(one.rejected),
        top=[TopDocument(patch=p.id, score=s) for p, s in zip(one.patches[:top], one.scores[:top], strict=True)],
        reason_details=documents.reasons(result.reasons),
        account=accounts.document(found.account.of(result.patient_id)),
        model_chosen=found.chosen.value,
    )


def document(found: Diagnoses) -> list[DiagnosisDocument]:
    """All patients' results."""
    return [patient_document(one, found) for one in found.patients]


def screen(found: Diagnoses) -> Iterable[RenderableType]:
    """One patient whole; several in one table with a summary."""
    if len(found.patients) == 1:
        yield patient_panel(found.patients[0], found.model)
        yield facts(accounts.rows(found.account.sums(), "scored", "diagnosed"))
    else:
        yield _many(found)
    yield research_use()


def patient_panel(one: Diagnosis, model: StoredModel) -> RenderableType:
    """One patient's result, and the most suspicious patches."""
    result, point = one.result, one.point
    words, style = FINDINGS[result.finding]
    heading = Text.assemble((result.patient_id, "bold"), "  ", (words, style))
    rows: list[tuple[str, RenderableType]] = []
    if result.finding is Finding.DETECTED:
        rows.append(("density", result.density.value if result.density else "not told"))
    rows.append(
        (
            "patches",
            f"{result.n_listed} listed = {result.n_scored} scored + {result.n_rejected} rejected + {result.n_duplicate} duplicate",
        )
    )
    rows.append(("positive", f"{result.n_positive} of {result.n_scored} scored"))
    if result.value is not None:
        name = aggregation_column(point.aggregation, point.top_k)
        rows.append((name, describe_distance(result.value, point.patient, point.aggregation)))
    rows += threshold_rows(point)
    rows.append(("model", model_line(model)))
    rows += [("note", text.describe_reason(reason)) for reason in result.reasons]
    rows += rejected_rows(one.rejected)
    top = table(
        "Most suspicious patches",
        ["patch", "score", "positive"],
        [
            [patch.id, format_score(value), "yes" if point.patch.decides(value) else "no"]
            for patch, value in zip(one.patches[:_TOP], one.scores[:_TOP], strict=True)
        ],
    )
    return Group(Panel(Group(heading, "", facts(rows)), expand=False, border_style=style.split()[-1]), top)


def _many(found: Diagnoses) -> RenderableType:
    point = found.patients[0].point
    value = aggregation_column(point.aggregation, point.top_k)
    columns = ["patient", "finding", "density", "listed", "scored", "rej.", "dup.", "pos.", value]
    rows = table("Patients", columns, [], left=3)
    for one in found.patients:
        r = one.result
        words, style = FINDINGS[r.finding]
        rows.add_row(
            escape(r.patient_id),
            Text(words.removeprefix("H. pylori "), style=style),
            r.density.value if r.density else "-",
            *[str(n) for n in (r.n_listed, r.n_scored, r.n_rejected, r.n_duplicate, r.n_positive)],
            "-" if r.value is None else format_patient_score(r.value, point.aggregation),
        )
    count = {f: sum(one.result.finding is f for one in found.patients) for f in Finding}
    sure = [one.result for one in found.patients if one.result.finding is not Finding.INDETERMINATE]
    told = text.group_by_sentence([(result.patient_id, reason) for result in sure for reason in result.reasons])
    notes = [f"{sentence}: {shortened(names)}" for sentence, names in told]
    below = facts(
        [
            (
                "summary",
                f"{len(found.patients)} patients: "
                + ", ".join(f"{count[f]} {f.value.replace('_', ' ')}" for f in Finding),
            ),
            *threshold_rows(point),
            ("model", model_line(found.model)),
            *indeterminate_rows(found.patients),
            *[("note", note) for note in notes],
            *accounts.rows(found.account.sums(), "scored", "diagnosed"),
        ]
    )
    return Group(rows, below)

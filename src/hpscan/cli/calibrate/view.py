"""What `hpscan calibrate` shows: the JSON document and the screen of a calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import AliasChoices, Field

from hpscan.cli.output import account as accounts
from hpscan.cli.output import account_document, documents
from hpscan.cli.output.account_document import AccountDocument
from hpscan.cli.output.console import table
from hpscan.cli.output.documents import (
    Document,
    ModelDocument,
    RejectionDocument,
    ThresholdsDocument,
    WarningDocument,
)
from hpscan.cli.output.panels import (
    facts,
    model_line,
    note_rows,
    plot_rows,
    rejected_rows,
    threshold_rows,
    warning_rows,
)
from hpscan.report.text.numbers import format_percent, format_score
from hpscan.report.text.thresholds import describe_aggregation, format_patient_score

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from hpscan.workflows.training.calibrate import Calibration


class CalibrationDocument(Document):
    """What `calibrate --json` prints."""

    model: ModelDocument
    before: ThresholdsDocument
    patients: int
    held_out: int
    rejected: list[RejectionDocument]
    plots: list[str] = Field(
        validation_alias=AliasChoices("plots", "figures"), description="Plots that were replaced in the model's folder."
    )
    account: AccountDocument
    warnings: list[WarningDocument] = Field(
        description="What is wrong with the scores: all the same, or an AUC below chance."
    )


def document(calibration: Calibration) -> CalibrationDocument:
    """What calibration gave."""
    return CalibrationDocument(
        model=documents.model(calibration.model, documents.default_model()),
        before=documents.thresholds(calibration.before.point()),
        patients=calibration.n_patients,
        held_out=calibration.n_held_out,
        rejected=documents.rejections(calibration.rejected),
        plots=[str(calibration.plot)],
        account=account_document.document(calibration.account),
        warnings=documents.warnings(calibration.warnings),
    )


def screen(calibration: Calibration) -> Iterable[RenderableType]:
    """Thresholds before and after."""
    after = calibration.model.manifest.operating_point.point()
    before = calibration.before.point()
    rows = [["patch", format_score(before.patch.value), format_score(after.patch.value)]]
    values = [describe_aggregation(p.aggregation, p.top_k) for p in (before, after)]
    if values[0] != values[1]:
        rows.append(["patient-level score", *values])
    rows += [
        ["patient", *(format_patient_score(p.patient.value, p.aggregation) for p in (before, after))],
        [
            "low / high",
            *("-" if p.density is None else format_percent(p.density.value) for p in (before, after)),
        ],
    ]
    yield table("Thresholds", ["", "before", "after"], rows)
    patients = f"{calibration.n_patients} calibrated on, {calibration.n_held_out} left for evaluate, {calibration.n_fitted} left out"
    yield facts(
        [
            ("patients", patients),
            *accounts.rows(calibration.account.sums(), "scored"),
            *note_rows(calibration.notes),
            *threshold_rows(after),
            *warning_rows(calibration.warnings),
            *rejected_rows(calibration.rejected),
            ("model", model_line(calibration.model)),
            ("weights", "untouched; the thresholds before are kept in the manifest"),
            *plot_rows([calibration.plot]),
        ]
    )

"""The CSV files of `hpscan diagnose`: a row a patient, and a row a patch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.cli.diagnose import view
from hpscan.cli.output import console
from hpscan.report.text import reasons as text

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.workflows.diagnosis.diagnose import Diagnoses


def write_patients(path: Path, diagnoses: Diagnoses, *, force: bool) -> None:
    """One row a patient."""
    from hpscan.store.tables import write_csv

    rows = []
    for diagnosis in diagnoses.patients:
        row = view.patient_document(diagnosis, diagnoses).model_dump(mode="json")
        row["reasons"] = text.describe_reasons(diagnosis.result.reasons)
        row["reason_codes"] = text.reason_codes(diagnosis.result.reasons)
        row["set_aside"] = sum(row["account"]["files"]["set_aside"].values())
        row["aggregation"] = diagnosis.point.aggregation.value
        row["patch_threshold"] = diagnosis.point.patch.value
        row["patient_threshold"] = diagnosis.point.patient.value
        row["density_threshold"] = diagnosis.point.density.value if diagnosis.point.density else None
        rows.append(row)
    counts = ["listed", "scored", "rejected", "duplicate", "positive", "score"]
    at = ["aggregation", "patch_threshold", "patient_threshold", "density_threshold"]
    write_csv(
        path,
        rows,
        ["patient", "finding", "density", *counts, *at, "model", "reasons", "reason_codes", "set_aside"],
        force=force,
    )
    console.wrote(path)


def write_patches(path: Path, diagnoses: Diagnoses, *, force: bool) -> None:
    """One row a patch: scored, rejected or duplicate."""
    from hpscan.store.tables import write_csv

    rows: list[dict[str, object]] = []
    for diagnosis in diagnoses.patients:
        patient = diagnosis.result.patient_id
        rows += [
            {
                "patient": patient,
                "patch": patch.id,
                "status": "scored",
                "score": score,
                "positive": diagnosis.point.patch.decides(score),
                "file": str(patch.path),
            }
            for patch, score in zip(diagnosis.patches, diagnosis.scores, strict=True)
        ]
        rows += [
            {
                "patient": patient,
                "patch": rejection.patch.id,
                "status": "rejected",
                "file": str(rejection.patch.path),
                "reason": rejection.reason,
            }
            for rejection in diagnosis.rejected
        ]
        rows += [
            {"patient": patient, "patch": p.id, "status": "duplicate", "file": str(p.path)}
            for p in diagnosis.duplicates
        ]
    write_csv(path, rows, ["patient", "patch", "status", "score", "positive", "file", "reason"], force=force)
    console.wrote(path)

"""The CSV files of `hpscan diagnose`: a row a patient, and a row a patch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.cli.diagnose import view
from hpscan.cli.output import console
from hpscan.report.text import reasons as text

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.workflows.diagnosis.diagnose import Diagnoses


def write_patients(path: Path, found: Diagnoses, *, force: bool) -> None:
    """One row a patient."""
    from hpscan.store.tables import write_csv

    rows = []
    for one in found.patients:
        row = view.patient_document(one, found).model_dump(mode="json")
        row["reasons"] = text.describe_reasons(one.result.reasons)
        row["reason_codes"] = text.reason_codes(one.result.reasons)
        row["set_aside"] = sum(row["account"]["files"]["set_aside"].values())
        row["aggregation"] = one.point.aggregation.value
        row["patch_threshold"] = one.point.patch.value
        row["patient_threshold"] = one.point.patient.value
        row["density_threshold"] = one.point.density.value if one.point.density else None
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


def write_patches(path: Path, found: Diagnoses, *, force: bool) -> None:
    """One row a patch: scored, rejected or duplicate."""
    from hpscan.store.tables import write_csv

    rows: list[dict[str, object]] = []
    for one in found.patients:
        who = one.result.patient_id
        rows += [
            {
                "patient": who,
                "patch": patch.id,
                "status": "scored",
                "score": score,
                "positive": one.point.patch.decides(score),
                "file": str(patch.path),
            }
            for patch, score in zip(one.patches, one.scores, strict=True)
        ]
        rows += [
            {"patient": who, "patch": r.patch.id, "status": "rejected", "file": str(r.patch.path), "reason": r.reason}
            for r in one.rejected
        ]
        rows += [{"patient": who, "patch": p.id, "status": "duplicate", "file": str(p.path)} for p in one.duplicates]
    write_csv(path, rows, ["patient", "patch", "status", "score", "positive", "file", "reason"], force=force)
    console.wrote(path)

"""The CSV file of `hpscan evaluate`: a row for each table of metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.cli.evaluate import view
from hpscan.cli.output import console

if TYPE_CHECKING:
    from pathlib import Path

    from hpscan.workflows.evaluation.evaluate import Evaluation


def write_metrics(path: Path, evaluation: Evaluation, *, force: bool) -> None:
    """One row for each table of metrics."""
    from hpscan.store.tables import write_csv

    document = view.document(evaluation)
    rows = []
    levels = {
        "patch, pooled": document.patch,
        "patch, patients weighted equally": document.patch.patient_weighted if document.patch else None,
        "patient": document.patient,
    }
    for level, metrics in levels.items():
        if metrics is not None:
            sides = {
                f"{name}_{sign}": getattr(getattr(metrics, side), name)
                for side, sign in (("positive", "positive"), ("negative", "negative"))
                for name in ("precision", "recall", "f1")
            }
            rows.append({"level": level, **metrics.model_dump(), **sides, "model": document.model})
    if document.density is not None:
        rows.append({"level": "density", **document.density.model_dump(), "model": document.model})
    sides_names = [f"{name}_{sign}" for sign in ("positive", "negative") for name in ("precision", "recall", "f1")]
    columns = ["n", "n_positive", "auc", "average_precision", "threshold", *sides_names, "accuracy", "macro_f1"]
    write_csv(path, rows, ["level", *columns, "reference_standard", "model"], force=force)
    console.wrote(path)

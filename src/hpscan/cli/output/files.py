"""Files that a user names: that they can be written, and results as CSV, for spreadsheets and scripts."""

from __future__ import annotations

import os
from itertools import combinations
from typing import TYPE_CHECKING

from hpscan.cli import describe
from hpscan.cli.output import console
from hpscan.core.errors import OutputError, SettingsError
from hpscan.report.text import reasons as text
from hpscan.store import atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hpscan.workflows.diagnosis.diagnose import Diagnoses
    from hpscan.workflows.evaluation.evaluate import Evaluation


def check(path: Path | None, *, force: bool, marker: str = "") -> None:
    """Fail before the work, not after it, when what was asked for cannot be written.

    `marker` is the file by which a folder is known to be ours; empty for a file.
    """
    if path is None or (not marker and atomic.is_stream(path)):
        return
    if not path.absolute().parent.is_dir():
        raise OutputError(f"{path.absolute().parent} is no folder", hint="make the folder first", path=path)
    atomic.check_free(path, force=force, marker=marker)


def check_apart(named: Mapping[str, Path | None], *, json: bool) -> bool:
    """Fail before the work when one of the files and folders that options name is another one, or lies in it.

    Standard output holds one thing. Returns whether one of the files goes there, so that nothing else does.
    """
    there = [option for option, path in named.items() if path is not None and atomic.is_stdout(path)]
    if len(there) > 1 or (there and json):
        other = there[1] if len(there) > 1 else "--json"
        raise SettingsError(
            f"{there[0]} and {other} both go to standard output", hint="name a file for one of the two, or leave it out"
        )
    given = [
        (option, path.absolute())
        for option, path in named.items()
        if path is not None and option not in there and str(path) != os.devnull
    ]
    for (one, first), (other, second) in combinations(given, 2):
        if first == second:
            raise SettingsError(f"{one} and {other} name the same file", hint="give each a file of its own")
        if first.is_relative_to(second) or second.is_relative_to(first):
            raise SettingsError(f"{one} and {other} lie in one another", hint="give each a place of its own")
    return bool(there)


def write_patients(path: Path, found: Diagnoses, *, force: bool) -> None:
    """One row a patient."""
    from hpscan.store.tables import write_csv

    rows = []
    for one in found.patients:
        row = describe.diagnosis(one, found).model_dump(mode="json")
        row["reasons"] = text.describe_reasons(one.result.reasons)
        row["reason_codes"] = text.reason_codes(one.result.reasons)
        row["set_aside"] = sum(row["account"]["files"]["set_aside"].values())
        row["aggregation"] = one.point.aggregation.value
        row["patch_threshold"] = one.point.patch.value
        row["patient_threshold"] = one.point.patient.value
        row["density_threshold"] = one.point.density.value if one.point.density else None
        rows.append(row)
    counts = ["listed", "scored", "rejected", "duplicate", "positive", "value"]
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


def write_metrics(path: Path, found: Evaluation, *, force: bool) -> None:
    """One row for each table of metrics."""
    from hpscan.store.tables import write_csv

    document = describe.evaluation(found)
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
    figures = ["n", "n_positive", "auc", "average_precision", "threshold", *sides_names, "accuracy", "macro_f1"]
    write_csv(path, rows, ["level", *figures, "truth", "model"], force=force)
    console.wrote(path)

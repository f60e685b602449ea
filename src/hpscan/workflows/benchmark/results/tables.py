"""The tables of a benchmark: patches, patients and metrics, as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.report.text import reasons as text
from hpscan.store.tables import write_csv
from hpscan.workflows.benchmark.results.held_out import any_positive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Patient
    from hpscan.store.benchmark import BackendMetrics, BinaryRecord, EstimateRecord, MetricsFile
    from hpscan.workflows.benchmark.results.held_out import BackendResult, FoldResult

Row = dict[str, object]

PATCH_COLUMNS = (
    "backend",
    "fold",
    "patient",
    "patch",
    "origin",
    "diagnosis",
    "label",
    "status",
    "score",
    "threshold",
    "positive",
    "reason",
    "sha256",
)
PATIENT_COLUMNS = (
    "backend",
    "fold",
    "patient",
    "diagnosis",
    "any_positive_patch",
    "finding",
    "density",
    "score",
    "patient_threshold",
    "density_threshold",
    "listed",
    "scored",
    "rejected",
    "duplicate",
    "positive",
    "reasons",
    "reason_codes",
)
METRIC_COLUMNS = (
    "backend",
    "level",
    "reference_standard",
    "indeterminate_as",
    "criterion",
    "weighting",
    "fold",
    "metric",
    "value",
    "low",
    "high",
    "patients",
    "n",
    "n_positive",
    "folds",
)


def write(folder: Path, results: Sequence[BackendResult], measured: MetricsFile) -> list[Path]:
    """Write the three tables into a benchmark's folder.

    Raises:
        OutputError: When one cannot be written.
    """
    folds = [(result, fold) for result in results for fold in result.folds]
    contents: dict[str, tuple[tuple[str, ...], list[Row]]] = {
        "patches.csv": (PATCH_COLUMNS, [row for pair in folds for row in patches(*pair)]),
        "patients.csv": (PATIENT_COLUMNS, [row for pair in folds for row in patients(*pair)]),
        "metrics.csv": (METRIC_COLUMNS, [row for backend in measured.backends for row in metrics(backend)]),
    }
    for file, (columns, rows) in contents.items():
        write_csv(folder / file, rows, columns, force=True)
    return [folder / file for file in contents]


def patches(result: BackendResult, fold: FoldResult) -> Iterator[Row]:
    """One row a patch held out: scored, rejected or duplicate."""
    diagnosis = {p.id: _diagnosis(p) for p in fold.held_out}
    shared: Row = {"backend": result.name, "fold": fold.number}
    scored = fold.scored
    positive = fold.point.patch.decides_all(scored.scores.score)
    for i, patch in enumerate(scored.patches):
        yield shared | {
            "patient": patch.patient_id,
            "patch": patch.id,
            "origin": patch.origin.value,
            "diagnosis": diagnosis[patch.patient_id],
            "label": None if patch.label is None else int(patch.label),
            "status": "scored",
            "score": float(scored.scores.score[i]),
            "threshold": fold.point.patch.value,
            "positive": bool(positive[i]),
            "sha256": scored.sha256[i],
        }
    others = [(r.patch, "rejected", r.reason) for r in scored.rejected]
    others += [(patch, "duplicate", "") for patch in scored.duplicates]
    for patch, status, reason in others:
        yield shared | {
            "patient": patch.patient_id,
            "patch": patch.id,
            "origin": patch.origin.value,
            "diagnosis": diagnosis[patch.patient_id],
            "label": None if patch.label is None else int(patch.label),
            "status": status,
            "reason": reason,
        }


def patients(result: BackendResult, fold: FoldResult) -> Iterator[Row]:
    """One row a patient held out."""
    for patient, diagnosis in zip(fold.judged, fold.diagnoses, strict=True):
        r = diagnosis.result
        yield {
            "backend": result.name,
            "fold": fold.number,
            "patient": r.patient_id,
            "diagnosis": _diagnosis(patient),
            "any_positive_patch": any_positive(patient),
            "finding": r.finding.value,
            "density": r.density,
            "score": r.value,
            "patient_threshold": fold.point.patient.value,
            "density_threshold": fold.point.density.value if fold.point.density else None,
            "listed": r.n_listed,
            "scored": r.n_scored,
            "rejected": r.n_rejected,
            "duplicate": r.n_duplicate,
            "positive": r.n_positive,
            "reasons": text.describe_reasons(r.reasons),
            "reason_codes": text.reason_codes(r.reasons),
        }


def _diagnosis(patient: Patient) -> str | None:
    return None if patient.infected is None else patient.diagnosis


def metrics(backend: BackendMetrics) -> Iterator[Row]:
    """One row a metric."""
    shared: Row = {"backend": backend.name}
    if backend.patches is not None:
        yield from _binary(shared | {"level": "patches"}, backend.patches)
    for record in backend.patients:
        more: Row = {
            "level": "patients",
            "reference_standard": record.reference_standard,
            "indeterminate_as": record.indeterminate_as,
        }
        yield from _binary(shared | more, record.metrics)
        if record.ceiling is not None:
            for metric in ("sensitivity", "specificity"):
                value = getattr(record.ceiling, metric)
                yield shared | more | {"weighting": "ceiling", "metric": metric, "value": value}
    if backend.density is not None:
        d = backend.density
        three = {"accuracy": d.accuracy, "macro_f1": d.macro_f1} | {f"f1_{k}": v for k, v in d.f1.items()}
        yield from _rows(shared | {"level": "density", "n": d.n, "patients": d.n, "weighting": "pooled"}, three)
    for criterion in backend.criteria:
        more = {"level": "patches", "criterion": criterion.criterion, "weighting": "pooled"}
        yield from _rows(shared | more, criterion.metrics or {})
    cost = backend.cost.model_dump()
    for metric in ("fit_seconds", "fitted_patches", "fitted_per_second", "scored_per_second", "peak_memory"):
        yield shared | {"level": "cost", "metric": metric, "value": cost[metric]}


def _binary(shared: Row, record: BinaryRecord) -> Iterator[Row]:
    counted: Row = {"patients": record.patients, "n": record.n, "n_positive": record.n_positive}
    yield from _rows(shared | counted | {"weighting": "pooled"}, record.pooled)
    for metric, value in record.confusion.model_dump().items():
        yield shared | counted | {"weighting": "pooled", "metric": metric, "value": value}
    yield from _rows(shared | counted | {"weighting": "by-patient"}, record.by_patient or {})
    if len(record.folds) > 1:
        for metric, mean in record.mean_over_folds.items():
            having = [fold for fold in record.folds if fold.metrics[metric] is not None]
            of: Row = {
                "patients": sum(fold.patients for fold in having),
                "n": sum(fold.n for fold in having),
                "n_positive": sum(fold.n_positive for fold in having),
                "folds": len(having),
            }
            yield from _rows(shared | of | {"weighting": "mean-over-folds"}, {metric: mean})
    for fold in record.folds:
        counted = {"patients": fold.patients, "n": fold.n, "n_positive": fold.n_positive, "fold": fold.fold}
        for metric, value in fold.metrics.items():
            yield shared | counted | {"weighting": "one-fold", "metric": metric, "value": value}


def _rows(shared: Row, estimates: Mapping[str, EstimateRecord]) -> Iterator[Row]:
    for metric, estimate in estimates.items():
        yield shared | {"metric": metric, "value": estimate.value, "low": estimate.low, "high": estimate.high}

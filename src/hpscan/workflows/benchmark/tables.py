"""The rows of a benchmark's tables: patches, patients and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hpscan.report.text import reasons as text
from hpscan.workflows.benchmark.held_out import any_positive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hpscan.core.cohort import Patient
    from hpscan.store.benchmark import BackendMetrics, BinaryRecord, EstimateRecord
    from hpscan.workflows.benchmark.held_out import BackendResult, FoldResult

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
    "value",
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
    "truth",
    "indeterminate_as",
    "criterion",
    "weighting",
    "fold",
    "figure",
    "value",
    "low",
    "high",
    "patients",
    "n",
    "n_positive",
    "folds",
)


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
    for patient, one in zip(fold.judged, fold.diagnoses, strict=True):
        r = one.result
        yield {
            "backend": result.name,
            "fold": fold.number,
            "patient": r.patient_id,
            "diagnosis": _diagnosis(patient),
            "any_positive_patch": any_positive(patient),
            "finding": r.finding.value,
            "density": r.density,
            "value": r.value,
            "patient_threshold": fold.point.patient.value,
            "density_threshold": fold.point.density.value if fold.point.density else None,
            "listed": r.n_listed,
            "scored": r.n_scored,
            "rejected": r.n_rejected,
            "duplicate": r.n_duplicate,
            "positive": r.n_positive,
            "reasons": text.reasons(r.reasons),
            "reason_codes": text.codes(r.reasons),
        }


def _diagnosis(patient: Patient) -> str | None:
    return None if patient.infected is None else patient.diagnosis


def metrics(backend: BackendMetrics) -> Iterator[Row]:
    """One row a figure."""
    own: Row = {"backend": backend.name}
    if backend.patches is not None:
        yield from _binary(own | {"level": "patches"}, backend.patches)
    for record in backend.patients:
        more: Row = {"level": "patients", "truth": record.truth, "indeterminate_as": record.indeterminate_as}
        yield from _binary(own | more, record.metrics)
        if record.ceiling is not None:
            for figure in ("sensitivity", "specificity"):
                value = getattr(record.ceiling, figure)
                yield own | more | {"weighting": "ceiling", "figure": figure, "value": value}
    if backend.density is not None:
        d = backend.density
        three = {"accuracy": d.accuracy, "macro_f1": d.macro_f1} | {f"f1_{k}": v for k, v in d.f1.items()}
        yield from _rows(own | {"level": "density", "n": d.n, "patients": d.n, "weighting": "pooled"}, three)
    for criterion in backend.criteria:
        more = {"level": "patches", "criterion": criterion.criterion, "weighting": "pooled"}
        yield from _rows(own | more, criterion.figures or {})
    cost = backend.cost.model_dump()
    for figure in ("fit_seconds", "fitted_patches", "fitted_per_second", "scored_per_second", "peak_memory"):
        yield own | {"level": "cost", "figure": figure, "value": cost[figure]}


def _binary(shared: Row, record: BinaryRecord) -> Iterator[Row]:
    counted: Row = {"patients": record.patients, "n": record.n, "n_positive": record.n_positive}
    yield from _rows(shared | counted | {"weighting": "pooled"}, record.pooled)
    for figure, value in record.confusion.model_dump().items():
        yield shared | counted | {"weighting": "pooled", "figure": figure, "value": value}
    yield from _rows(shared | counted | {"weighting": "by-patient"}, record.by_patient or {})
    if len(record.folds) > 1:
        for figure, made in record.mean_over_folds.items():
            having = [fold for fold in record.folds if fold.figures[figure] is not None]
            of: Row = {
                "patients": sum(fold.patients for fold in having),
                "n": sum(fold.n for fold in having),
                "n_positive": sum(fold.n_positive for fold in having),
                "folds": len(having),
            }
            yield from _rows(shared | of | {"weighting": "mean-over-folds"}, {figure: made})
    for fold in record.folds:
        counted = {"patients": fold.patients, "n": fold.n, "n_positive": fold.n_positive, "fold": fold.fold}
        for figure, value in fold.figures.items():
            yield shared | counted | {"weighting": "one-fold", "figure": figure, "value": value}


def _rows(shared: Row, figures: Mapping[str, EstimateRecord]) -> Iterator[Row]:
    for figure, made in figures.items():
        yield shared | {"figure": figure, "value": made.value, "low": made.low, "high": made.high}

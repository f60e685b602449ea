"""From the results of a benchmark's backends to its figures, with intervals and comparisons."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING, Literal

import numpy as np

from hpscan.core.backend import Supervision
from hpscan.core.cohort import Origin
from hpscan.core.decision import Finding
from hpscan.evaluation.intervals import Estimate, distribution, wilson
from hpscan.evaluation.intervals import density_estimates as density_intervals
from hpscan.evaluation.metrics import FIGURES, Cases, Weighting, figures
from hpscan.evaluation.patients import told_class
from hpscan.store.benchmark import (
    BackendMetrics,
    BinaryRecord,
    CeilingRecord,
    ConfusionRecord,
    CostRecord,
    CriterionRecord,
    DensityRecord,
    EstimateRecord,
    FoldFigures,
    FoldThresholds,
    PatientsRecord,
)
from hpscan.workflows.benchmark.held_out import any_positive, decisions, thresholds_of
from hpscan.workflows.benchmark.warned import records
from hpscan.workflows.evaluation.doubts import of_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hpscan.core.cohort import Patient
    from hpscan.core.decision import PatientResult
    from hpscan.core.reasons import Reason
    from hpscan.evaluation.intervals import Distribution
    from hpscan.workflows.benchmark.held_out import BackendResult, FoldResult

_ROUNDING = 1e-9
"""Equal sums of weights differ by less."""

_SHARES = ("precision_positive", "precision_negative", "recall_positive", "recall_negative")


def patch_cases(result: BackendResult) -> Cases | None:
    """The labelled patches held out; None where there are none."""
    tables = [fold.labelled() for fold in result.folds]
    if not sum(map(len, tables)):
        return None
    return Cases(
        truth=np.concatenate([np.asarray(t.label) == 1 for t in tables]),
        score=np.concatenate([t.score for t in tables]),
        decision=np.concatenate(
            [fold.point.patch.decides_all(t.score) for fold, t in zip(result.folds, tables, strict=True)]
        ),
        patient=np.concatenate([t.patient_id for t in tables]),
        fold=np.concatenate(
            [np.full(len(t), fold.number, np.intp) for fold, t in zip(result.folds, tables, strict=True)]
        ),
    )


def patient_cases(
    result: BackendResult, truth: Callable[[Patient], bool | None], indeterminate_as: Finding
) -> Cases | None:
    """The patients held out whose truth is known; None where there are none."""
    rows = [
        (known, one.result, fold.number)
        for fold in result.folds
        for patient, one in zip(fold.judged, fold.diagnoses, strict=True)
        if (known := truth(patient)) is not None
    ]
    if not rows:
        return None
    return Cases(
        truth=np.array([known for known, _, _ in rows], np.bool_),
        score=np.array([r.value or 0.0 for _, r, _ in rows], np.float64),
        decision=np.array([_found(r, indeterminate_as) is Finding.DETECTED for _, r, _ in rows], np.bool_),
        patient=np.array([r.patient_id for _, r, _ in rows], np.str_),
        fold=np.array([number for _, _, number in rows], np.intp),
    )


def _found(result: PatientResult, indeterminate_as: Finding) -> Finding:
    return indeterminate_as if result.finding is Finding.INDETERMINATE else result.finding


def backend_metrics(result: BackendResult, criterion: str, seed: int) -> BackendMetrics:
    """All figures of one backend."""
    first = result.folds[0].cell
    cases = patch_cases(result)
    return BackendMetrics(
        name=result.name,
        distribution=first.backend.distribution,
        version=first.backend.version,
        learns_from=result.learns_from,
        settings=first.settings,
        patches=None if cases is None else _binary(cases, seed, patients=False),
        patients=_patients(result, seed),
        density=_density(result, seed),
        thresholds=tuple(map(_thresholds, result.folds)),
        criteria=() if cases is None else _criteria(result, cases, criterion, seed),
        cost=_cost(result),
        rejected=sum(len(fold.scored.rejected) for fold in result.folds),
        warnings=records(_warnings(result, cases)),
    )


def _warnings(result: BackendResult, cases: Cases | None) -> tuple[Reason, ...]:
    """Scores that are all the same, or that put the classes the wrong way round."""
    one_scale = result.learns_from == Supervision.NOTHING  # otherwise each fold has a model of its own
    found = () if cases is None else of_cases("patches", cases, one_scale=one_scale)
    patients = patient_cases(result, lambda p: p.infected, Finding.NOT_DETECTED)
    return found if patients is None else (*found, *of_cases("patients", patients, one_scale=one_scale))


def _binary(cases: Cases, seed: int, *, patients: bool) -> BinaryRecord:
    """All weightings; shares of patients get Wilson's interval, all else the bootstrap's."""

    def estimates(weighting: Weighting) -> dict[str, EstimateRecord]:
        return _estimates(distribution(cases, weighting, seed=seed), cases)

    pooled = estimates(Weighting.POOLED)
    if patients:
        pooled |= {figure: _estimate(wilson(*_share_of(cases, figure))) for figure in _SHARES}
    folds = fold_figures(cases)
    return BinaryRecord(
        patients=len(set(cases.patient.tolist())),
        n=len(cases),
        n_positive=int(cases.truth.sum()),
        confusion=_confusion(cases),
        pooled=pooled,
        by_patient=None if patients else estimates(Weighting.BY_PATIENT),
        mean_over_folds=_counted(estimates(Weighting.FOLD_MEAN), folds),
        folds=folds,
    )


def _counted(means: dict[str, EstimateRecord], folds: Sequence[FoldFigures]) -> dict[str, EstimateRecord]:
    """Means over folds with how many folds have the figure, and how many patients those hold."""
    return {figure: over(figure, made, folds) for figure, made in means.items()}


def over(figure: str, made: EstimateRecord, folds: Sequence[FoldFigures]) -> EstimateRecord:
    """A mean over folds with what it is the mean of."""
    having = [fold for fold in folds if fold.figures[figure] is not None]
    return made.model_copy(update={"folds": len(having), "patients": sum(fold.patients for fold in having)})


def _share_of(cases: Cases, figure: str) -> tuple[int, int]:
    """How many of how many a share is made of."""
    of, side = figure.split("_")
    truth, decision = (c if side == "positive" else ~c for c in (cases.truth, cases.decision))
    return int((truth & decision).sum()), int((decision if of == "precision" else truth).sum())


def _confusion(cases: Cases) -> ConfusionRecord:
    def count(truth: bool, decision: bool) -> int:
        return int(((cases.truth == truth) & (cases.decision == decision)).sum())

    return ConfusionRecord(
        true_negative=count(False, False),
        false_positive=count(False, True),
        false_negative=count(True, False),
        true_positive=count(True, True),
    )


def fold_figures(cases: Cases) -> tuple[FoldFigures, ...]:
    """The figures of each fold."""
    return tuple(_fold_figures(cases.where(cases.fold == k), int(k)) for k in np.unique(cases.fold))


def _fold_figures(cases: Cases, number: int) -> FoldFigures:
    values = figures(cases, np.ones((1, len(cases))))[:, 0]
    return FoldFigures(
        fold=number,
        patients=len(set(cases.patient.tolist())),
        n=len(cases),
        n_positive=int(cases.truth.sum()),
        confusion=_confusion(cases),
        figures={figure: _number(value) for figure, value in zip(FIGURES, values.tolist(), strict=True)},
    )


def _estimates(made: Distribution, cases: Cases) -> dict[str, EstimateRecord]:
    return {figure: _estimate(_widened(figure, made.estimate(figure), cases)) for figure in FIGURES}


def _widened(figure: str, made: Estimate, cases: Cases) -> Estimate:
    """An interval without width says that no draw could show an error, not that there is none.

    A share of 0 or 1 then gets Wilson's interval with the patients behind it as cases; another figure gets none.
    """
    if _no_width(made) and figure in _SHARES and made.value is not None and min(made.value, 1 - made.value) < _ROUNDING:
        of, side = figure.split("_")
        column = cases.decision if of == "precision" else cases.truth
        n = len(set(cases.patient[column == (side == "positive")].tolist()))
        return wilson(n if made.value > 0.5 else 0, n)
    return _told_apart(made)


def _told_apart(made: Estimate) -> Estimate:
    """Without the interval where it has no width."""
    return Estimate(made.value, None, None) if _no_width(made) else made


def _no_width(made: Estimate) -> bool:
    return made.low is not None and made.high is not None and made.high - made.low < _ROUNDING


def _estimate(made: Estimate) -> EstimateRecord:
    return EstimateRecord(value=made.value, low=made.low, high=made.high)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _patients(result: BackendResult, seed: int) -> tuple[PatientsRecord, ...]:
    """By diagnosis; of patients judged by selected patches also by whether any patch is labelled positive."""
    judged = [patient for fold in result.folds for patient in fold.judged]
    selected = not any(map(has_all_windows, judged))
    made: list[PatientsRecord] = []
    truths: list[tuple[Literal["diagnosis", "any positive patch"], Callable[[Patient], bool | None]]] = [
        ("diagnosis", lambda patient: patient.infected)
    ]
    if selected:
        truths.append(("any positive patch", any_positive))
    for word, truth in truths:
        made += _judged_by(result, word, truth, seed, selected=selected)
    return tuple(made)


def has_all_windows(patient: Patient) -> bool:
    """Whether all windows of the patient's biopsy are there, not only selected patches."""
    return bool(patient.of(Origin.CROPPED))


def _judged_by(
    result: BackendResult,
    word: Literal["diagnosis", "any positive patch"],
    truth: Callable[[Patient], bool | None],
    seed: int,
    *,
    selected: bool,
) -> list[PatientsRecord]:
    known = [
        (patient, one.result)
        for fold in result.folds
        for patient, one in zip(fold.judged, fold.diagnoses, strict=True)
        if truth(patient) is not None
    ]
    doubtful = sum(r.finding is Finding.INDETERMINATE for _, r in known)
    made = []
    for counted in (Finding.NOT_DETECTED, Finding.DETECTED) if doubtful else (Finding.NOT_DETECTED,):
        cases = patient_cases(result, truth, counted)
        if cases is not None:
            made.append(
                PatientsRecord(
                    truth=word,
                    selected_patches=selected,
                    indeterminate=doubtful,
                    indeterminate_as="detected" if counted is Finding.DETECTED else "not_detected",
                    metrics=_binary(cases, seed, patients=True),
                    ceiling=_ceiling([p for p, _ in known]) if selected and word == "diagnosis" else None,
                )
            )
    return made


def _ceiling(patients: Sequence[Patient]) -> CeilingRecord:
    def share(*, infected: bool) -> float | None:
        marked = [any_positive(p) is True for p in patients if p.infected is infected]
        return fmean(m is infected for m in marked) if marked else None

    return CeilingRecord(sensitivity=share(infected=True), specificity=share(infected=False))


def _density(result: BackendResult, seed: int) -> DensityRecord | None:
    """Three classes, where all windows were read and densities can be told."""
    rows = [
        (patient.density.value, one.result)
        for fold in result.folds
        for patient, one in zip(fold.judged, fold.diagnoses, strict=True)
        if patient.density is not None and has_all_windows(patient)
    ]
    if not rows or all(fold.point.density is None for fold in result.folds):
        return None
    told = [told_class(r) for _, r in rows]
    made = density_intervals([truth for truth, _ in rows], told, seed=seed)
    return DensityRecord(
        n=len(rows),
        accuracy=_estimate(made["accuracy"]),
        macro_f1=_estimate(_told_apart(made["macro_f1"])),
        f1={name: _estimate(_told_apart(made[f"f1_{name}"])) for name in ("negative", "low", "high")},
    )


def _thresholds(fold: FoldResult) -> FoldThresholds:
    point = fold.point
    said = {"patch threshold": point.patch.note, "patient threshold": point.patient.note}
    if point.density is None and any(p.density is not None and has_all_windows(p) for p in fold.judged):
        said["density"] = "no threshold parts low from high"
    return FoldThresholds(
        fold=fold.number,
        patch=_number(point.patch.value),
        patch_criterion=point.patch.criterion,
        patient=_number(point.patient.value),
        patient_criterion=point.patient.criterion,
        density=_number(point.density.value) if point.density else None,
        notes=tuple(f"{of}: {note}" for of, note in said.items() if note),
    )


def _criteria(result: BackendResult, cases: Cases, in_use: str, seed: int) -> tuple[CriterionRecord, ...]:
    made = []
    for criterion in sorted(result.folds[0].thresholds, key=lambda text: text != in_use):
        chosen = thresholds_of(result, criterion)
        if isinstance(chosen, str):
            made.append(CriterionRecord(criterion=criterion, thresholds=(), figures=None, problem=chosen))
            continue
        decided = replace(cases, decision=decisions(result, chosen))
        pooled = _estimates(distribution(decided, Weighting.POOLED, seed=seed), decided)
        made.append(
            CriterionRecord(
                criterion=criterion,
                thresholds=tuple(_number(t.value) for t in chosen),
                figures={figure: pooled[figure] for figure in FIGURES if figure not in ("auc", "average_precision")},
                problem="",
            )
        )
    return tuple(made)


def _cost(result: BackendResult) -> CostRecord:
    made = [fold.cell for fold in result.folds]
    rates = [cell.fit.per_second for cell in made if cell.fit.per_second is not None]
    parts = [part for cell in made for part in (cell.operating_point, cell.held_out)]
    seconds = sum(part.seconds for part in parts)
    return CostRecord(
        fit_seconds=fmean(cell.fit.seconds for cell in made),
        fitted_patches=fmean(cell.fit.patches for cell in made),
        fitted_per_second=fmean(rates) if rates else None,
        scored_per_second=sum(len(part.patch) for part in parts) / seconds if seconds else 0.0,
        peak_memory=max(cell.peak_memory for cell in made),
        device=made[0].device,
    )

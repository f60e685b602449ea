"""From the results of a benchmark's backends to its metrics, with intervals and comparisons."""

from __future__ import annotations

from dataclasses import replace
from statistics import fmean
from typing import TYPE_CHECKING, Literal

import numpy as np

from hpscan.core.backend import Supervision
from hpscan.core.decision import Finding
from hpscan.evaluation.intervals import Estimate, Resampled, density_estimates, wilson
from hpscan.evaluation.metrics import METRICS, RANKING, Weighting, measure, number
from hpscan.evaluation.patients import called_class
from hpscan.report.text import reasons as text
from hpscan.store.benchmark import (
    BackendMetrics,
    BinaryRecord,
    CeilingRecord,
    ConfusionRecord,
    CostRecord,
    CriterionRecord,
    DensityRecord,
    EstimateRecord,
    FoldMetrics,
    FoldThresholds,
    PatientsRecord,
    WarningRecord,
)
from hpscan.workflows.benchmark.results.cases import is_complete, is_selected, standards
from hpscan.workflows.benchmark.results.held_out import any_positive, decisions, thresholds_of
from hpscan.workflows.scoring.doubts import of_cases

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from hpscan.core.cohort import Patient
    from hpscan.core.reasons import Reason
    from hpscan.evaluation.cases import Cases
    from hpscan.evaluation.intervals import Distribution
    from hpscan.workflows.benchmark.results.cases import Sampled, Standard
    from hpscan.workflows.benchmark.results.held_out import BackendResult, FoldResult

_ROUNDING = 1e-9
"""Equal sums of weights differ by less."""

_PROPORTIONS = ("precision_positive", "precision_negative", "recall_positive", "recall_negative")


def backend_metrics(sampled: Sampled, criterion: str, seed: int) -> BackendMetrics:
    """All metrics of one backend."""
    result = sampled.result
    first = result.folds[0].run
    return BackendMetrics(
        name=result.name,
        distribution=first.backend.distribution,
        version=first.backend.version,
        learns_from=result.learns_from,
        settings=first.settings,
        patches=None if sampled.patches is None else _binary(sampled.patches, patients=False),
        patients=tuple(record for word in standards(result) for record in _patients(sampled, word)),
        density=_density(result, seed),
        thresholds=tuple(map(_thresholds, result.folds)),
        criteria=() if sampled.patches is None else _criteria(result, sampled.patches, criterion),
        cost=_cost(result),
        rejected=sum(len(fold.scored.rejected) for fold in result.folds),
        warnings=records(_warnings(sampled)),
    )


def _warnings(sampled: Sampled) -> tuple[Reason, ...]:
    """Scores that are all the same, or that put the classes the wrong way round."""
    one_scale = sampled.result.learns_from == Supervision.NOTHING  # otherwise each fold has a model of its own
    levels = {"patches": sampled.patches, "patients": sampled.patients.get("diagnosis")}
    return tuple(
        reason
        for level, resampled in levels.items()
        if resampled is not None
        for reason in of_cases(level, resampled.cases, one_scale=one_scale)
    )


def _binary(resampled: Resampled, decision: NDArray[np.bool_] | None = None, *, patients: bool) -> BinaryRecord:
    """All weightings; proportions of patients get Wilson's interval, all else the bootstrap's."""
    cases = resampled.cases if decision is None else replace(resampled.cases, decision=decision)

    def estimates(weighting: Weighting) -> dict[str, EstimateRecord]:
        return _estimates(resampled.distribution(weighting, decision), cases)

    pooled = estimates(Weighting.POOLED)
    if patients:
        pooled |= {metric: _estimate(wilson(*_proportion(cases, metric))) for metric in _PROPORTIONS}
    folds = fold_metrics(cases)
    return BinaryRecord(
        patients=len(set(cases.patient.tolist())),
        n=len(cases),
        n_positive=int(cases.reference.sum()),
        confusion=_confusion(cases),
        pooled=pooled,
        by_patient=None if patients else estimates(Weighting.BY_PATIENT),
        mean_over_folds=_counted(estimates(Weighting.FOLD_MEAN), folds),
        folds=folds,
    )


def _counted(means: dict[str, EstimateRecord], folds: Sequence[FoldMetrics]) -> dict[str, EstimateRecord]:
    """Means over folds with how many folds have the metric, and how many patients those hold."""
    return {metric: over(metric, mean, folds) for metric, mean in means.items()}


def over(metric: str, mean: EstimateRecord, folds: Sequence[FoldMetrics]) -> EstimateRecord:
    """A mean over folds with what it is the mean of."""
    having = [fold for fold in folds if fold.metrics[metric] is not None]
    return mean.model_copy(update={"folds": len(having), "patients": sum(fold.patients for fold in having)})


def _proportion(cases: Cases, metric: str) -> tuple[int, int]:
    """How many of how many a proportion is made of."""
    of, side = metric.split("_")
    reference, decision = (c if side == "positive" else ~c for c in (cases.reference, cases.decision))
    return int((reference & decision).sum()), int((decision if of == "precision" else reference).sum())


def _confusion(cases: Cases) -> ConfusionRecord:
    def count(reference: bool, decision: bool) -> int:
        return int(((cases.reference == reference) & (cases.decision == decision)).sum())

    return ConfusionRecord(
        true_negative=count(False, False),
        false_positive=count(False, True),
        false_negative=count(True, False),
        true_positive=count(True, True),
    )


def fold_metrics(cases: Cases) -> tuple[FoldMetrics, ...]:
    """The metrics of each fold."""
    return tuple(_fold_metrics(cases.where(cases.fold == k), int(k)) for k in np.unique(cases.fold))


def _fold_metrics(cases: Cases, fold: int) -> FoldMetrics:
    values = measure(cases, np.ones((1, len(cases))))[:, 0]
    return FoldMetrics(
        fold=fold,
        patients=len(set(cases.patient.tolist())),
        n=len(cases),
        n_positive=int(cases.reference.sum()),
        confusion=_confusion(cases),
        metrics={metric: number(value) for metric, value in zip(METRICS, values.tolist(), strict=True)},
    )


def _estimates(distribution: Distribution, cases: Cases) -> dict[str, EstimateRecord]:
    return {metric: _estimate(_widened(metric, distribution.estimate(metric), cases)) for metric in METRICS}


def _widened(metric: str, estimate: Estimate, cases: Cases) -> Estimate:
    """An interval without width says that no draw could show an error, not that there is none.

    A proportion of 0 or 1 then gets Wilson's interval with the patients behind it as cases; another metric gets none.
    """
    value = estimate.value
    if _no_width(estimate) and metric in _PROPORTIONS and value is not None and min(value, 1 - value) < _ROUNDING:
        of, side = metric.split("_")
        column = cases.decision if of == "precision" else cases.reference
        n = len(set(cases.patient[column == (side == "positive")].tolist()))
        return wilson(n if value > 0.5 else 0, n)
    return _with_width(estimate)


def _with_width(estimate: Estimate) -> Estimate:
    """Without the interval where it has no width."""
    return Estimate(estimate.value, None, None) if _no_width(estimate) else estimate


def _no_width(estimate: Estimate) -> bool:
    return estimate.low is not None and estimate.high is not None and estimate.high - estimate.low < _ROUNDING


def _estimate(estimate: Estimate) -> EstimateRecord:
    return EstimateRecord(value=estimate.value, low=estimate.low, high=estimate.high)


def _patients(sampled: Sampled, word: Standard) -> list[PatientsRecord]:
    """Metrics of patients by one reference standard, with the indeterminate counted either way."""
    resampled = sampled.patients.get(word)
    if resampled is None:
        return []
    result, standard = sampled.result, standards(sampled.result)[word]
    known = [
        (patient, one.result)
        for fold in result.folds
        for patient, one in zip(fold.judged, fold.diagnoses, strict=True)
        if standard(patient) is not None
    ]
    selected, doubtful = is_selected(result), [r.finding is Finding.INDETERMINATE for _, r in known]
    ceiling = _ceiling([p for p, _ in known]) if selected and word == "diagnosis" else None
    decisions_by: dict[Literal["not_detected", "detected"], NDArray[np.bool_]] = {
        "not_detected": resampled.cases.decision
    }
    if any(doubtful):
        decisions_by["detected"] = resampled.cases.decision | np.array(doubtful)
    return [
        PatientsRecord(
            reference_standard=word,
            selected_patches=selected,
            indeterminate=sum(doubtful),
            indeterminate_as=counted,
            metrics=_binary(resampled, decision, patients=True),
            ceiling=ceiling,
        )
        for counted, decision in decisions_by.items()
    ]


def _ceiling(patients: Sequence[Patient]) -> CeilingRecord:
    def proportion(*, infected: bool) -> float | None:
        marked = [any_positive(p) is True for p in patients if p.infected is infected]
        return fmean(m is infected for m in marked) if marked else None

    return CeilingRecord(sensitivity=proportion(infected=True), specificity=proportion(infected=False))


def _density(result: BackendResult, seed: int) -> DensityRecord | None:
    """Three classes, where all patches were read and densities can be read."""
    rows = [
        (patient.density.value, one.result)
        for fold in result.folds
        for patient, one in zip(fold.judged, fold.diagnoses, strict=True)
        if patient.density is not None and is_complete(patient)
    ]
    if not rows or all(fold.point.density is None for fold in result.folds):
        return None
    called = [called_class(r) for _, r in rows]
    estimates = density_estimates([density for density, _ in rows], called, seed=seed)
    return DensityRecord(
        n=len(rows),
        accuracy=_estimate(estimates["accuracy"]),
        macro_f1=_estimate(_with_width(estimates["macro_f1"])),
        f1={name: _estimate(_with_width(estimates[f"f1_{name}"])) for name in ("negative", "low", "high")},
    )


def _thresholds(fold: FoldResult) -> FoldThresholds:
    point = fold.point
    notes = {"patch threshold": point.patch.note, "patient threshold": point.patient.note}
    if point.density is None and any(p.density is not None and is_complete(p) for p in fold.judged):
        notes["density"] = "no threshold parts low from high"
    return FoldThresholds(
        fold=fold.number,
        patch=number(point.patch.value),
        patch_criterion=point.patch.criterion,
        patient=number(point.patient.value),
        patient_criterion=point.patient.criterion,
        density=number(point.density.value) if point.density else None,
        notes=tuple(f"{of}: {note}" for of, note in notes.items() if note),
    )


def _criteria(result: BackendResult, resampled: Resampled, in_use: str) -> tuple[CriterionRecord, ...]:
    criteria = []
    for criterion in sorted(result.folds[0].thresholds, key=lambda text: text != in_use):
        chosen = thresholds_of(result, criterion)
        if isinstance(chosen, str):
            criteria.append(CriterionRecord(criterion=criterion, thresholds=(), metrics=None, problem=chosen))
            continue
        decided = replace(resampled.cases, decision=decisions(result, chosen))
        pooled = _estimates(resampled.distribution(Weighting.POOLED, decided.decision), decided)
        criteria.append(
            CriterionRecord(
                criterion=criterion,
                thresholds=tuple(number(t.value) for t in chosen),
                metrics={metric: estimate for metric, estimate in pooled.items() if metric not in RANKING},
                problem="",
            )
        )
    return tuple(criteria)


def _cost(result: BackendResult) -> CostRecord:
    runs = [fold.run for fold in result.folds]
    rates = [run.fit.per_second for run in runs if run.fit.per_second is not None]
    parts = [part for run in runs for part in (run.operating_point, run.held_out)]
    seconds = sum(part.seconds for part in parts)
    return CostRecord(
        fit_seconds=fmean(run.fit.seconds for run in runs),
        fitted_patches=fmean(run.fit.patches for run in runs),
        fitted_per_second=fmean(rates) if rates else None,
        scored_per_second=sum(len(part.patch) for part in parts) / seconds if seconds else 0.0,
        peak_memory=max(run.peak_memory for run in runs),
        device=runs[0].device,
    )


def records(reasons: Iterable[Reason]) -> tuple[WarningRecord, ...]:
    """One record a reason."""
    return tuple(
        WarningRecord(
            code=one.kind.value, message=text.describe_reason(one), numbers=dict(one.numbers), items=one.items
        )
        for one in reasons
    )

"""A benchmark's results made by hand: as many backends, folds and oddities as a test wants."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hpscan.evaluation.metrics import METRICS
from hpscan.store.benchmark import (
    BackendMetrics,
    BenchmarkFile,
    BinaryRecord,
    CeilingRecord,
    CohortRecord,
    ComparisonRecord,
    ConfusionRecord,
    CostRecord,
    CriterionRecord,
    DensityRecord,
    EstimateRecord,
    FailureRecord,
    FoldCohort,
    FoldThresholds,
    MetricsFile,
    PatientsRecord,
)
from hpscan.workflows.benchmark.show import Finished


def estimate(value: float | None, width: float = 0.04) -> EstimateRecord:
    """A metric with an interval around it."""
    if value is None:
        return EstimateRecord(value=None, low=None, high=None)
    return EstimateRecord(value=value, low=max(0.0, value - width), high=min(1.0, value + width / 2))


def metrics_of(base: float, names: tuple[str, ...] = METRICS) -> dict[str, EstimateRecord]:
    """All metrics, each a little worse than the one before."""
    return {name: estimate(base - 0.011 * i, 0.03 + 0.01 * i) for i, name in enumerate(names)}


def binary(base: float, n: int = 929, positive: int = 150, patients: int = 98, **changes: Any) -> BinaryRecord:
    """A record whose weightings differ from each other."""
    return BinaryRecord(
        **{
            "patients": patients,
            "n": n,
            "n_positive": positive,
            "confusion": ConfusionRecord(
                true_negative=n - positive - 7, false_positive=7, false_negative=9, true_positive=positive - 9
            ),
            "pooled": metrics_of(base),
            "by_patient": metrics_of(base - 0.1),
            "mean_over_folds": metrics_of(base - 0.2),
            "folds": (),
            **changes,
        }
    )


def patients(
    base: float, truth: str = "diagnosis", indeterminate: int = 0, counted: str = "not_detected"
) -> PatientsRecord:
    """Patients judged by selected patches."""
    return PatientsRecord.model_validate(
        {
            "reference_standard": truth,
            "selected_patches": True,
            "indeterminate": indeterminate,
            "indeterminate_as": counted,
            "metrics": binary(base, 98, 49, by_patient=None),
            "ceiling": CeilingRecord(sensitivity=0.878, specificity=0.939),
        }
    )


def backend(name: str, base: float = 0.95, **changes: Any) -> BackendMetrics:
    """One backend without patients."""
    criteria = tuple(
        CriterionRecord(
            criterion=text,
            thresholds=(0.1,),
            metrics=None if text == "max-f1" else metrics_of(base - 0.05, METRICS[:6]),
            problem="fold 2 holds no positive patch" if text == "max-f1" else "",
        )
        for text in ("specificity=0.99", "sensitivity=0.95", "corner", "youden", "max-f1")
    )
    note = "40 patches of 4 negative patients are too few to resolve specificity=0.99"
    thresholds = tuple(
        FoldThresholds(
            fold=fold, patch=0.1, patch_criterion="specificity=0.99", patient=0.05, patient_criterion="corner",
            density=None, notes=(note,) if fold in (1, 3) else (),
        )
        for fold in (1, 2, 3)
    )  # fmt: skip
    cost = CostRecord(
        fit_seconds=212.3, fitted_patches=6204.4, fitted_per_second=812.2, scored_per_second=1450.9,
        peak_memory=3 * 2**30, device="cpu",
    )  # fmt: skip
    return BackendMetrics(
        **{
            "name": name,
            "distribution": "hpscan",
            "version": "0.1",
            "learns_from": "labelled-patches",
            "settings": {},
            "patches": binary(base),
            "patients": (),
            "density": None,
            "thresholds": thresholds,
            "criteria": criteria,
            "cost": cost,
            "rejected": 0,
            **changes,
        }
    )


def density(base: float) -> DensityRecord:
    """Three classes, one of them absent."""
    return DensityRecord(
        n=98,
        accuracy=estimate(base - 0.1),
        macro_f1=estimate(base - 0.15),
        f1={"negative": estimate(base), "low": estimate(base - 0.3), "high": estimate(None)},
    )


def comparisons(backends: tuple[BackendMetrics, ...]) -> tuple[ComparisonRecord, ...]:
    """To the first backend, which is the best, and to redness."""
    made = []
    for against, reference in (("best", backends[0].name), ("redness", "redness")):
        for level, figure, weighting in (
            ("patches", "auc", "mean-over-folds"),
            ("patches", "average_precision", "mean-over-folds"),
            ("patches", "f1_positive", "pooled"),
            ("patients", "auc", "mean-over-folds"),
        ):
            for at, one in enumerate(backends):
                if one.name == reference:
                    continue
                value = (-0.012 * at if against == "best" else 0.15 - 0.03 * at) + 0.004
                low, high = value - 0.01, value + 0.012
                verdict = "better" if low > 0 else "worse" if high < 0 else "not distinguishable"
                made.append(
                    ComparisonRecord.model_validate(
                        {
                            "level": level, "metric": figure, "weighting": weighting, "backend": one.name,
                            "reference": reference, "against": against, "verdict": verdict,
                            "difference": EstimateRecord(value=value, low=low, high=high),
                        }
                    )
                )  # fmt: skip
    return tuple(made)


def cohort(folds: int = 5, **changes: Any) -> CohortRecord:
    """98 patients, with as many folds as asked for."""
    fold = {"patients": 20, "densities": {"negative": 10, "low": 5, "high": 5}, "patches": 2186}
    return CohortRecord(
        **{
            "fingerprint": "ab" * 32,
            "phantom": False,
            "patients": 98,
            "densities": {"negative": 49, "low": 25, "high": 24},
            "labelled_negative": 779,
            "labelled_positive": 150,
            "uncertain": 83,
            "patches_per_patient": None,
            "linked_patients": 5,
            "left_out": 2,
            "folds": tuple(
                FoldCohort(**fold, fold=k + 1, labelled_negative=156, labelled_positive=30)  # type: ignore[arg-type]
                for k in range(folds)
            ),
            **changes,
        }
    )


def metrics(*backends: BackendMetrics, folds: int = 5, **changes: Any) -> MetricsFile:
    """The whole file."""
    return MetricsFile(
        **{
            "research_use": "For research use only.",
            "split": "folds",
            "criterion": "specificity=0.99",
            "seed": 0,
            "resamples": 2000,
            "quick": False,
            "cohort": cohort(folds),
            "backends": backends,
            "comparisons": comparisons(backends) if len(backends) > 1 else (),
            "failures": (),
            "remarks": (),
            **changes,
        }
    )


def finished(made: MetricsFile, folder: Path = Path("hpscan-benchmark")) -> Finished:
    """The results with a record around them."""
    record = BenchmarkFile(
        finished=True, key="k", hpscan="0.1", started=datetime(2026, 1, 2, tzinfo=UTC), ended=None,
        command="hpscan benchmark", arguments={}, seed=0, device="cpu", machine="", versions={}, data="data",
        fingerprint="ab", folds=(), linked_patients=(("B22-01", "B22-02"), ("B22-11", "B22-12", "B22-13")),
        left_out={"B22-90": "no diagnosis and no labelled patch", "B22-91": "no diagnosis and no labelled patch"},
        runs=(),
    )  # fmt: skip
    names = (
        "report.html",
        "metrics.csv",
        "plots/roc.png",
        "plots/precision-recall.png",
        "metrics.json",
        "benchmark.json",
    )
    return Finished(folder, made, record, tuple(folder / name for name in names))


FAILURES = (
    FailureRecord(backend="padim", fold=3, reason="the process was killed (signal 9)", log="logs/padim-03.txt"),
    FailureRecord(backend="clip", fold=None, reason="ModuleNotFoundError: No module named 'open_clip'"),
)

"""The pictures of a benchmark: which there are, what each shows, and the patches that a backend called the wrong way."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from hpscan.backends import registry
from hpscan.core.cohort import PatchLabel
from hpscan.core.errors import HpscanError
from hpscan.data.images.decoding import read_image
from hpscan.evaluation.curves import mean_curves
from hpscan.report.plots import benchmark as charts
from hpscan.report.plots import mistakes
from hpscan.report.plots.curves import Curve
from hpscan.report.plots.mistakes import MOST, Mistake
from hpscan.store.benchmark import OLD_PLOTS, PLOTS
from hpscan.workflows.benchmark.results.cases import patch_cases

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from pathlib import Path

    from hpscan.core.cohort import Patch
    from hpscan.store.benchmark import BackendMetrics, BinaryRecord, MetricsFile
    from hpscan.workflows.benchmark.results.held_out import BackendResult

PICTURES = (
    "roc.png",
    "precision-recall.png",
    "histograms.png",
    "confusion-patches.png",
    "folds.png",
    "speed.png",
    "confusion-patients.png",
    "patients.png",
)
_MISTAKES = "mistakes-{}.png"
"""The gallery of one backend."""

_BOXES = {"AUC": "auc", "average precision": "average_precision", "F1 +": "f1_positive", "recall +": "recall_positive"}


def remove_earlier(folder: Path, keep: Collection[str]) -> None:
    """Remove the pictures of an earlier benchmark from its folder, but those that are about to be replaced."""
    ours = {*PICTURES, *map(_MISTAKES.format, registry.names())}
    for file in ours - set(keep):
        (folder / PLOTS / file).unlink(missing_ok=True)
    for file in ours:
        (folder / OLD_PLOTS / file).unlink(missing_ok=True)
    if (folder / OLD_PLOTS).is_dir() and not any((folder / OLD_PLOTS).iterdir()):
        (folder / OLD_PLOTS).rmdir()


def pictures(results: Sequence[BackendResult], metrics: MetricsFile) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Each picture's file, and what draws it."""
    curves = [curve for result in results if (curve := _curve(result, metrics.seed)) is not None]
    if curves:
        if any(curve.reference.any() and not curve.reference.all() for curve in curves):
            yield "roc.png", lambda: charts.roc(curves)
            yield "precision-recall.png", lambda: charts.precision_recall(curves)
        yield "histograms.png", lambda: charts.histograms(curves)
    known = [b for b in metrics.backends if b.patches is not None]
    of_patches = {b.name: _confusion(b.patches) for b in known if b.patches is not None}
    if of_patches:
        yield "confusion-patches.png", lambda: charts.confusions(of_patches, "patches")
        boxes = {
            title: {b.name: _by_fold(b.patches, metric) for b in known if b.patches is not None}
            for title, metric in _BOXES.items()
        }
        yield "folds.png", lambda: charts.fold_boxes(boxes)
        for result in results:
            if result.name in of_patches:
                yield _MISTAKES.format(result.name), partial(gallery, result)
        if speeds := _speeds(known):
            metric = "average precision" + (", mean over folds" if len(metrics.cohort.folds) > 1 else "")
            yield "speed.png", lambda: charts.accuracy_speed(speeds, metric)
    selected = any(record.selected_patches for b in metrics.backends for record in b.patients)
    aside = "Judged by selected patches, not by all patches of the biopsies." if selected else ""
    of_patients = {b.name: _confusion(record.metrics) for b in metrics.backends for record in b.patients[:1]}
    if of_patients:
        yield (
            "confusion-patients.png",
            lambda: charts.confusions(of_patients, "patients", f"Reference standard: diagnosis. {aside}".rstrip()),
        )
    values, thresholds = _values(results)
    if values:
        yield (
            "patients.png",
            lambda: charts.patient_values(values, thresholds, metrics.aggregation, metrics.top_k, aside),
        )


def _curve(result: BackendResult, seed: int) -> Curve | None:
    cases = patch_cases(result)
    if cases is None:
        return None
    roc, precision_recall = mean_curves(cases, seed) or (None, None)
    return Curve(
        name=result.name,
        reference=cases.reference,
        score=cases.score,
        decision=cases.decision,
        fold=cases.fold,
        threshold={fold.number: fold.point.patch.value for fold in result.folds},
        roc=roc,
        precision_recall=precision_recall,
    )


def _confusion(record: BinaryRecord) -> tuple[float, float, float, float]:
    c = record.confusion
    return c.true_negative, c.false_positive, c.false_negative, c.true_positive


def _by_fold(record: BinaryRecord, metric: str) -> list[float]:
    values = [fold.metrics[metric] for fold in record.folds]
    return [value for value in values if value is not None]


def _speeds(backends: Sequence[BackendMetrics]) -> dict[str, tuple[float, float, float, float]]:
    speeds = {}
    for backend in backends:
        mean = backend.patches.mean_over_folds["average_precision"] if backend.patches else None
        if mean is not None and mean.value is not None:
            low = mean.value if mean.low is None else mean.low
            high = mean.value if mean.high is None else mean.high
            speeds[backend.name] = (backend.cost.scored_per_second, mean.value, low, high)
    return speeds


def _values(results: Sequence[BackendResult]) -> tuple[dict[str, dict[str, list[float]]], dict[str, list[float]]]:
    """Patient-level scores by backend and density, and the folds' patient thresholds."""
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    thresholds: dict[str, list[float]] = {}
    for result in results:
        for fold in result.folds:
            for patient, diagnosis in zip(fold.judged, fold.diagnoses, strict=True):
                score = diagnosis.result.value
                if patient.density is not None and score is not None:
                    values[result.name][patient.density.value].append(score)
        thresholds[result.name] = [fold.point.patient.value for fold in result.folds]
    return {n: dict(v) for n, v in values.items()}, {n: t for n, t in thresholds.items() if n in values}


_Wrong = tuple[float, "Patch", float, float]  # how far off, the patch, its score, the threshold


def gallery(result: BackendResult) -> bytes:
    """The picture of what a backend got wrong on the patients held out."""
    false_positive, false_negative = called_wrong(result)
    above, below = ([_shown(wrong) for wrong in kind[:MOST]] for kind in (false_positive, false_negative))
    return mistakes.mistakes(result.name, above, below, len(false_positive), len(false_negative))


def called_wrong(result: BackendResult) -> tuple[list[_Wrong], list[_Wrong]]:
    """False positives and false negatives of all folds, the farthest from its threshold first.

    Folds have scales of their own, so distances are in units of the standard deviation of their fold's scores.
    """
    false_positive: list[_Wrong] = []
    false_negative: list[_Wrong] = []
    for fold in result.folds:
        threshold, score = fold.point.patch, fold.scored.scores.score
        unit = float(np.std(score)) if len(score) else 0.0
        called = threshold.decides_all(score)
        for patch, value, positive in zip(fold.scored.patches, score.tolist(), called.tolist(), strict=True):
            wrong = (abs(value - threshold.value) / (unit or 1.0), patch, value, threshold.value)
            if positive and patch.label is PatchLabel.NEGATIVE:
                false_positive.append(wrong)
            elif not positive and patch.label is PatchLabel.POSITIVE:
                false_negative.append(wrong)
    return _farthest_first(false_positive), _farthest_first(false_negative)


def _farthest_first(wrong: Sequence[_Wrong]) -> list[_Wrong]:
    return sorted(wrong, key=lambda row: (-row[0], row[1].id))


def _shown(wrong: _Wrong) -> Mistake:
    _, patch, score, threshold = wrong
    try:
        image = read_image(patch.path)
    except HpscanError:  # a benchmark may be shown again when its data have moved
        image = None
    return Mistake(image, patch.id, score, threshold)

"""What a finished benchmark leaves: its metrics, tables as CSV, and figures."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hpscan.backends import registry
from hpscan.core.backend import Progress
from hpscan.evaluation.intervals import RESAMPLES
from hpscan.report.plots import benchmark as charts
from hpscan.report.plots.curves import Curve
from hpscan.report.text.card import RESEARCH_USE
from hpscan.store import atomic
from hpscan.store.account import record
from hpscan.store.benchmark import BackendMetrics, BinaryRecord, FailureRecord, MetricsFile
from hpscan.store.tables import write_csv
from hpscan.workflows.benchmark import tables as rows
from hpscan.workflows.benchmark.comparisons import YARDSTICK, comparisons, ranked_alike
from hpscan.workflows.benchmark.held_out import judge
from hpscan.workflows.benchmark.metrics import backend_metrics, patch_cases
from hpscan.workflows.benchmark.mistakes import gallery
from hpscan.workflows.benchmark.plan import books
from hpscan.workflows.benchmark.warned import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from hpscan.core.account import Account
    from hpscan.store.runs import CellRecord
    from hpscan.workflows.benchmark.held_out import BackendResult
    from hpscan.workflows.benchmark.plan import Options, Prepared

FIGURES_FOLDER = "figures"
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


@dataclass(frozen=True, slots=True)
class Assembled:
    """A benchmark's results, by patch and patient and as figures."""

    results: tuple[BackendResult, ...]
    metrics: MetricsFile
    account: Account


def assemble(
    prepared: Prepared,
    options: Options,
    found: Sequence[CellRecord],
    failures: Sequence[FailureRecord],
    progress: Callable[[Progress], None],
) -> Assembled:
    """Thresholds, decisions and figures of all backends whose cells are there."""
    results, left_out = judge(prepared, found)
    backends = []
    for done, result in enumerate(results, start=1):
        backends.append(backend_metrics(result, str(prepared.criterion), options.seed))
        progress(Progress("intervals", done, len(results), "backends"))
    dataset, first = prepared.plan.dataset, results[0].folds if results else ()
    settled = books(dataset, prepared.whole, prepared.division, [fold.scored for fold in first])
    metrics = MetricsFile(
        research_use=RESEARCH_USE,
        split=options.split.value,
        criterion=str(prepared.criterion),
        aggregation=prepared.aggregation,
        top_k=prepared.top_k,
        seed=options.seed,
        resamples=RESAMPLES,
        quick=options.quick,
        cohort=prepared.plan.cohort.model_copy(update={"account": record(settled, names=True)}),
        backends=tuple(backends),
        comparisons=comparisons(results, options.seed),
        failures=(*failures, *left_out),
        warnings=records(prepared.plan.warnings),
        remarks=(*prepared.plan.remarks, *[_alike(name) for name in ranked_alike(results)]),
    )
    return Assembled(tuple(results), metrics, settled)


def _alike(name: str) -> str:
    return f"{name} puts the labelled patches in nearly the same order as {YARDSTICK}: what it learned adds next to nothing"


def write(folder: Path, made: Assembled, progress: Callable[[Progress], None]) -> tuple[Path, ...]:
    """Write tables and figures into a benchmark's folder; the files, in order.

    Raises:
        OutputError: When one cannot be written.
    """
    tables = {
        "patches.csv": [row for result in made.results for fold in result.folds for row in rows.patches(result, fold)],
        "patients.csv": [
            row for result in made.results for fold in result.folds for row in rows.patients(result, fold)
        ],
        "metrics.csv": [row for backend in made.metrics.backends for row in rows.metrics(backend)],
    }
    columns = {
        "patches.csv": rows.PATCH_COLUMNS,
        "patients.csv": rows.PATIENT_COLUMNS,
        "metrics.csv": rows.METRIC_COLUMNS,
    }
    for file, lines in tables.items():
        write_csv(folder / file, lines, columns[file], force=True)
    files = [folder / file for file in tables]
    with atomic.writing(folder):
        (folder / FIGURES_FOLDER).mkdir(exist_ok=True)
    pictures = dict(_pictures(made))
    with atomic.writing(folder):
        every = {*PICTURES, *map(_MISTAKES.format, registry.names())}
        for file in every - set(pictures):  # of an earlier benchmark in this folder
            (folder / FIGURES_FOLDER / file).unlink(missing_ok=True)
    for done, (file, draw) in enumerate(pictures.items(), start=1):
        path = folder / FIGURES_FOLDER / file
        atomic.write(path, draw(), force=True)
        files.append(path)
        progress(Progress("figures", done, len(pictures), "pictures"))
    return tuple(files)


def _pictures(made: Assembled) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Each picture's file, and what draws it."""
    curves = [curve for result in made.results if (curve := _curve(result)) is not None]
    seed = made.metrics.seed
    if curves:
        if any(curve.truth.any() and not curve.truth.all() for curve in curves):
            yield "roc.png", lambda: charts.roc(curves, seed=seed)
            yield "precision-recall.png", lambda: charts.precision_recall(curves, seed=seed)
        yield "histograms.png", lambda: charts.histograms(curves)
    known = [b for b in made.metrics.backends if b.patches is not None]
    of_patches = {b.name: _confusion(b.patches) for b in known if b.patches is not None}
    if of_patches:
        yield "confusion-patches.png", lambda: charts.confusions(of_patches, "patches")
        boxes = {
            title: {b.name: _by_fold(b.patches, figure) for b in known if b.patches is not None}
            for title, figure in _BOXES.items()
        }
        yield "folds.png", lambda: charts.fold_boxes(boxes)
        for result in made.results:
            if result.name in of_patches:
                yield _MISTAKES.format(result.name), partial(gallery, result)
        if speeds := _speeds(known):
            figure = "average precision" + (", mean over folds" if len(made.metrics.cohort.folds) > 1 else "")
            yield "speed.png", lambda: charts.accuracy_speed(speeds, figure)
    selected = any(record.selected_patches for b in made.metrics.backends for record in b.patients)
    aside = "Judged by selected patches, not by all windows of the biopsies." if selected else ""
    of_patients = {b.name: _confusion(record.metrics) for b in made.metrics.backends for record in b.patients[:1]}
    if of_patients:
        yield (
            "confusion-patients.png",
            lambda: charts.confusions(of_patients, "patients", f"Truth: diagnosis. {aside}".rstrip()),
        )
    values, thresholds = _values(made.results)
    if values:
        yield (
            "patients.png",
            lambda: charts.patient_values(values, thresholds, made.metrics.aggregation, made.metrics.top_k, aside),
        )


def _curve(result: BackendResult) -> Curve | None:
    cases = patch_cases(result)
    if cases is None:
        return None
    return Curve(
        name=result.name,
        truth=cases.truth,
        score=cases.score,
        decision=cases.decision,
        patient=cases.patient,
        fold=cases.fold,
        threshold={fold.number: fold.point.patch.value for fold in result.folds},
    )


def _confusion(record: BinaryRecord) -> tuple[float, float, float, float]:
    c = record.confusion
    return c.true_negative, c.false_positive, c.false_negative, c.true_positive


def _by_fold(record: BinaryRecord, figure: str) -> list[float]:
    values = [fold.figures[figure] for fold in record.folds]
    return [value for value in values if value is not None]


def _speeds(backends: Sequence[BackendMetrics]) -> dict[str, tuple[float, float, float, float]]:
    made = {}
    for backend in backends:
        figure = backend.patches.mean_over_folds["average_precision"] if backend.patches else None
        if figure is not None and figure.value is not None:
            low = figure.value if figure.low is None else figure.low
            high = figure.value if figure.high is None else figure.high
            made[backend.name] = (backend.cost.scored_per_second, figure.value, low, high)
    return made


def _values(results: Sequence[BackendResult]) -> tuple[dict[str, dict[str, list[float]]], dict[str, list[float]]]:
    """Patients' values by backend and density, and the folds' patient thresholds."""
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    thresholds: dict[str, list[float]] = {}
    for result in results:
        for fold in result.folds:
            for patient, one in zip(fold.judged, fold.diagnoses, strict=True):
                if patient.density is not None and one.result.value is not None:
                    values[result.name][patient.density.value].append(one.result.value)
        thresholds[result.name] = [fold.point.patient.value for fold in result.folds]
    return {n: dict(v) for n, v in values.items()}, {n: t for n, t in thresholds.items() if n in values}

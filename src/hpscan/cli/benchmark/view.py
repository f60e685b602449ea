"""What the terminal shows of a finished benchmark: cohort, tables, cost, what failed, and where the files are."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rich.text import Text

from hpscan.cli.benchmark import comparison_tables as render_compare
from hpscan.cli.benchmark import metric_tables as render_estimates
from hpscan.cli.output import account as accounts
from hpscan.cli.output.flags import flags
from hpscan.cli.output.panels import facts, research_use
from hpscan.report.text.numbers import shortened
from hpscan.report.text.thresholds import describe_aggregation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from hpscan.store.benchmark import BackendMetrics, BenchmarkFile, CohortRecord, FailureRecord, MetricsFile
    from hpscan.workflows.benchmark.show import Finished

Rows = list[tuple[str, "RenderableType"]]


def screen(finished: Finished) -> Iterable[RenderableType]:
    """Everything, from the cohort to the files."""
    metrics = finished.metrics
    folds = len(metrics.cohort.folds)
    yield facts(_heading(metrics))
    yield from render_estimates.patches(metrics.backends, folds)
    yield from render_estimates.patients(metrics.backends, folds)
    yield from render_estimates.density(metrics.backends)
    yield from render_estimates.confusion(metrics.backends)
    yield from render_compare.differences(metrics)
    yield from render_compare.criteria(metrics)
    if metrics.backends:
        yield _cost(metrics.backends)
    rows = [
        *failure_rows(metrics.failures),
        *_rejected(metrics.backends),
        *cohort_rows(metrics.cohort, finished.record.linked_patients),
        *_left_out(finished.record),
        *(
            accounts.rows(finished.metrics.cohort.account.sums(), "scored", "in folds")
            if finished.metrics.cohort.account
            else ()
        ),
        *[("warning", warning.message) for warning in metrics.warnings],
        *[("denominator", line) for line in render_estimates.partial_means(metrics.backends, folds)],
        *[("warning", f"{b.name}: {warning.message}") for b in metrics.backends for warning in b.warnings],
        *[("remark", flags(remark)) for remark in metrics.remarks],
        *_notes(metrics.backends),
        *_files(finished.folder, finished.files),
        *[("in short", line) for line in render_compare.summary(metrics)],
    ]
    yield ""
    yield facts(rows)
    yield research_use()


def _heading(metrics: MetricsFile) -> Rows:
    backends, folds = len(metrics.backends), len(metrics.cohort.folds)
    split = f"{number(folds, 'fold')} by patient" if metrics.split == "folds" else metrics.split
    what = f"{number(backends, 'backend')}, {split}, seed {metrics.seed}"
    rows: Rows = [("benchmark", what + (", quick" if metrics.quick else ""))]
    rows += labels_rows(metrics.cohort)
    counts: dict[str, list[str]] = defaultdict(list)
    for backend in metrics.backends:
        if backend.patches is not None:
            p = backend.patches
            words = f"{p.n} labelled patches, {p.n_positive} + and {p.n - p.n_positive} -, of {p.patients} patients"
            counts[words].append(backend.name)
    rows += [
        ("measured on", words if len(counts) == 1 else f"{words} ({', '.join(names)})")
        for words, names in counts.items()
    ]
    intervals = f"95 %, patients resampled {metrics.resamples} times; of recall and AUC rather too narrow"
    rows.append(("intervals", intervals))
    rows.append(("patch threshold", f"{metrics.criterion}, chosen on training patients of each fold"))
    if metrics.aggregation.of_scores:
        rows.append(("patient-level score", describe_aggregation(metrics.aggregation, metrics.top_k)))
    return rows


def labels_rows(cohort: CohortRecord) -> Rows:
    """Who and what there is."""
    rows: Rows = [("patients", f"{cohort.patients}: {diagnoses(cohort.densities)}")]
    labelled = f"{cohort.labelled_negative} negative, {cohort.labelled_positive} positive"
    uncertain = f"; {cohort.uncertain} uncertain ones are in no metric" if cohort.uncertain else ""
    rows.append(("labels", f"{labelled}{uncertain}"))
    if cohort.phantom:
        rows.append(("warning", "all patches are synthetic: these metrics say nothing about real biopsies"))
    return rows


def diagnoses(counts: Mapping[str, int]) -> str:
    """Patients by diagnosis, in words."""
    return ", ".join(f"{n} {name}" for name, n in counts.items())


def cohort_rows(cohort: CohortRecord, linked: Sequence[Sequence[str]]) -> Rows:
    """What the folds heed: patients that belong together, and how many cropped patches of each are scored."""
    groups = [" = ".join(group) for group in linked]
    rows: Rows = []
    if groups:
        rows.append(("kept together", f"patients that share an identical image: {shortened(groups)}"))
    if cohort.patches_per_patient is not None:
        rows.append(("patches", f"at most {cohort.patches_per_patient} cropped patches of each patient"))
    return rows


def failure_rows(failures: Iterable[FailureRecord]) -> Rows:
    """Runs that came to nothing and backends that were left out, each with why."""
    rows: Rows = []
    for failure in failures:
        log = f" ({failure.log})" if failure.log else ""
        if failure.fold is None:
            rows.append(("skipped", f"{failure.backend}: {flags(failure.reason)}{log}"))
        else:
            rows.append(("failed", f"{failure.backend}, fold {failure.fold}: {flags(failure.reason)}{log}"))
    return rows


def _cost(backends: Sequence[BackendMetrics]) -> RenderableType:
    rows = []
    for backend in backends:
        c = backend.cost
        columns = [
            f"{c.fit_seconds:,.0f} s",
            f"{c.fitted_patches:,.0f}",
            "-" if c.fitted_per_second is None else f"{c.fitted_per_second:,.0f}",
            f"{c.scored_per_second:,.0f}",
            f"{c.peak_memory / 2**30:.1f} GiB",
            c.device,
        ]
        rows.append((backend.name, [Text(text) for text in columns]))
    heads = ["time\nto fit", "patches\nfitted", "patches/s\nfitted", "patches/s\nscored", "peak\nmemory", "device"]
    return render_estimates.Grid("Cost, mean over folds", heads, rows)


def _rejected(backends: Iterable[BackendMetrics]) -> Rows:
    rejected = [f"{backend.name} {backend.rejected}" for backend in backends if backend.rejected]
    return (
        [("rejected", f"held-out patches that could not be read: {', '.join(rejected)}; patches.csv names them")]
        if rejected
        else []
    )


def _left_out(run: BenchmarkFile) -> Rows:
    why: dict[str, list[str]] = defaultdict(list)
    for patient, reason in run.left_out.items():
        why[reason].append(patient)
    return [("left out", f"{shortened(names)}: {reason}") for reason, names in why.items()]


def _notes(backends: Iterable[BackendMetrics]) -> Rows:
    """What to know about thresholds; most notes hold for several folds."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for backend in backends:
        for thresholds in backend.thresholds:
            for note in thresholds.notes:
                found[note][backend.name].append(str(thresholds.fold))
    rows: Rows = []
    for note, where in found.items():
        cells = "; ".join(f"{name}, {'fold' if len(n) == 1 else 'folds'} {', '.join(n)}" for name, n in where.items())
        rows.append(("thresholds", f"{note} ({cells})"))
    return rows


def _files(folder: Path, files: Iterable[Path]) -> Rows:
    names = [str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path) for path in files]
    rows: Rows = [("folder", Text(str(folder)))]
    return [*rows, ("files", ", ".join(names))] if names else rows


def number(count: int, what: str) -> str:
    """So many of something, in words."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"

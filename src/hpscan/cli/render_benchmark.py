"""What the terminal shows of a finished benchmark: cohort, tables, cost, what failed, and where the files are."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rich.text import Text

from hpscan.cli.benchmark import comparison_tables as render_compare
from hpscan.cli.benchmark import metric_tables as render_estimates
from hpscan.cli.output import account as accounts
from hpscan.cli.render import facts, research_use, shortened
from hpscan.report.text.card import aggregation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from hpscan.store.benchmark import BackendMetrics, BenchmarkFile, CohortRecord, FailureRecord, MetricsFile
    from hpscan.workflows.benchmark.show import Finished

Rows = list[tuple[str, "RenderableType"]]


def benchmark(made: Finished) -> Iterable[RenderableType]:
    """Everything, from the cohort to the files."""
    metrics = made.metrics
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
        *cohort_rows(metrics.cohort, made.record.linked_patients),
        *_left_out(made.record),
        *(
            accounts.rows(made.metrics.cohort.account.sums(), "scored", "in folds")
            if made.metrics.cohort.account
            else ()
        ),
        *[("warning", one.message) for one in metrics.warnings],
        *[("denominator", line) for line in render_estimates.partial_means(metrics.backends, folds)],
        *[("warning", f"{b.name}: {one.message}") for b in metrics.backends for one in b.warnings],
        *[("remark", remark) for remark in metrics.remarks],
        *_notes(metrics.backends),
        *_files(made.folder, made.files),
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
    for one in metrics.backends:
        if one.patches is not None:
            p = one.patches
            words = f"{p.n} labelled patches, {p.n_positive} + and {p.n - p.n_positive} -, of {p.patients} patients"
            counts[words].append(one.name)
    rows += [
        ("measured on", words if len(counts) == 1 else f"{words} ({', '.join(names)})")
        for words, names in counts.items()
    ]
    told = f"95 %, patients resampled {metrics.resamples} times; of recall and AUC rather too narrow"
    rows.append(("intervals", told))
    rows.append(("patch threshold", f"{metrics.criterion}, chosen on training patients of each fold"))
    if metrics.aggregation.of_scores:
        rows.append(("patient's value", aggregation(metrics.aggregation, metrics.top_k)))
    return rows


def labels_rows(cohort: CohortRecord) -> Rows:
    """Who and what there is."""
    rows: Rows = [("patients", f"{cohort.patients}: {diagnoses(cohort.densities)}")]
    labelled = f"{cohort.labelled_negative} negative, {cohort.labelled_positive} positive"
    uncertain = f"; {cohort.uncertain} uncertain ones are in no figure" if cohort.uncertain else ""
    rows.append(("labels", f"{labelled}{uncertain}"))
    if cohort.phantom:
        rows.append(("warning", "all patches were drawn: these figures say nothing about real biopsies"))
    return rows


def diagnoses(counts: Mapping[str, int]) -> str:
    """Patients by diagnosis, in words."""
    return ", ".join(f"{n} {name}" for name, n in counts.items())


def cohort_rows(cohort: CohortRecord, linked: Sequence[Sequence[str]]) -> Rows:
    """What the folds heed: patients that belong together, and how many windows of each are scored."""
    groups = [" = ".join(group) for group in linked]
    rows: Rows = []
    if groups:
        rows.append(("kept together", f"patients that share an identical image: {shortened(groups)}"))
    if cohort.patches_per_patient is not None:
        rows.append(("windows", f"at most {cohort.patches_per_patient} cropped windows of each patient"))
    return rows


def failure_rows(failures: Iterable[FailureRecord]) -> Rows:
    """Runs that came to nothing and backends that were left out, each with why."""
    rows: Rows = []
    for one in failures:
        log = f" ({one.log})" if one.log else ""
        if one.fold is None:
            rows.append(("skipped", f"{one.backend}: {one.reason}{log}"))
        else:
            rows.append(("failed", f"{one.backend}, fold {one.fold}: {one.reason}{log}"))
    return rows


def _cost(backends: Sequence[BackendMetrics]) -> RenderableType:
    rows = []
    for one in backends:
        c = one.cost
        figures = [
            f"{c.fit_seconds:,.0f} s",
            f"{c.fitted_patches:,.0f}",
            "-" if c.fitted_per_second is None else f"{c.fitted_per_second:,.0f}",
            f"{c.scored_per_second:,.0f}",
            f"{c.peak_memory / 2**30:.1f} GiB",
            c.device,
        ]
        rows.append((one.name, [Text(text) for text in figures]))
    heads = ["time\nto fit", "patches\nfitted", "patches/s\nfitted", "patches/s\nscored", "peak\nmemory", "device"]
    return render_estimates.Grid("Cost, mean over folds", heads, rows)


def _rejected(backends: Iterable[BackendMetrics]) -> Rows:
    rejected = [f"{one.name} {one.rejected}" for one in backends if one.rejected]
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
    for one in backends:
        for thresholds in one.thresholds:
            for note in thresholds.notes:
                found[note][one.name].append(str(thresholds.fold))
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

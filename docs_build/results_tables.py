"""A benchmark's metrics as tables in Markdown: each function is one part of the page Results."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hpscan.store.benchmark import (
        BenchmarkFile,
        BinaryRecord,
        ComparisonRecord,
        CostRecord,
        EstimateRecord,
        Metrics,
        MetricsFile,
    )

HEADS = {
    "precision_positive": "Prec +",
    "precision_negative": "Prec -",
    "recall_positive": "Recall +",
    "recall_negative": "Recall -",
    "f1_positive": "F1 +",
    "f1_negative": "F1 -",
    "auc": "AUC",
    "average_precision": "AP",
}
DECIDED, RANKED = tuple(HEADS)[:6], tuple(HEADS)[6:]
_FINE = (*RANKED, "difference")
"""Shown with three digits: with two, most AUCs would be equal."""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; all columns but the first are aligned to the right."""
    lines = [heads, ["---", *["--:"] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def plain(text: object) -> str:
    """Text in which Markdown and HTML find nothing to do."""
    return re.sub(r"[\\`*_\[\]|<>&]", lambda found: f"&#{ord(found[0])};", str(text))


def shown(estimate: EstimateRecord | None, figure: str = "") -> str:
    """A metric and, below it, its interval."""
    if estimate is None or estimate.value is None:
        return "-"
    digits = 3 if figure in _FINE else 2
    if figure == "difference" and any(0 < abs(end or 0) < 0.0005 for end in (estimate.low, estimate.high)):
        digits = 4  # an end that is not 0 must not look like it
    sign = "+" if figure == "difference" else ""
    value = f"{estimate.value:{sign}.{digits}f}"
    if estimate.low is None or estimate.high is None:
        return value
    ends = f"{estimate.low:{sign}.{digits}f} to {estimate.high:{sign}.{digits}f}".replace(" ", "&nbsp;")
    return f"{value}<br><small>{ends}</small>"


def _figures(rows: Iterable[tuple[str, Metrics | None]], names: Sequence[str]) -> str:
    known = [(name, found) for name, found in rows if found is not None]
    cells = [[plain(name), *[shown(found.get(one), one) for one in names]] for name, found in known]
    return table(["", *[HEADS[name] for name in names]], cells)


def measured(metrics: MetricsFile) -> list[tuple[str, BinaryRecord]]:
    """The backends that were measured on labelled patches."""
    return [(one.name, one.patches) for one in metrics.backends if one.patches is not None]


def overview(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """All backends in one table, the highest average precision first: ranking, decision and cost."""
    learns = {"nothing": "none", "negative-patients": "one-class", "labelled-patches": "supervised"}
    rows = []
    for one in metrics.backends:
        if one.patches is None:
            continue
        means, pooled, cost = one.patches.mean_over_folds, one.patches.pooled, one.cost
        precision = means["average_precision"].value
        cells = [shown(means.get(name), name) for name in RANKED] + [shown(pooled.get("f1_positive"), "f1_positive")]
        rate = f"{cost.scored_per_second:,.0f}"
        row = [f"`{plain(one.name)}`", learns.get(one.learns_from, one.learns_from), *cells, rate, _minutes(cost)]
        rows.append((-1.0 if precision is None else precision, row))
    rows.sort(key=lambda row: -row[0])
    heads = ["Backend", "Learns from", *[HEADS[name] for name in RANKED], "F1 +", "Patches/s", "Fit, min"]
    return table(heads, (row for _, row in rows)).replace("| --- | --:", "| --- | ---", 1)


def _minutes(cost: CostRecord) -> str:
    return "none" if cost.fitted_patches == 0 else f"{cost.fit_seconds / 60:.1f}"


def patches(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """Labelled patches, pooled."""
    return _figures(((name, found.pooled) for name, found in measured(metrics)), DECIDED)


def ranking(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """AUC and average precision under each weighting."""
    rows = []
    for name, found in measured(metrics):
        weighted = (found.mean_over_folds, found.pooled, found.by_patient or {})
        rows.append([plain(name), *[shown(w.get(figure), figure) for figure in RANKED for w in weighted]])
    ways = ("mean over folds", "pooled", "patients equal")
    return table(["", *[f"{HEADS[figure]}, {way}" for figure in RANKED for way in ways]], rows)


def weighted(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """Labelled patches with patients weighted equally."""
    return _figures(((name, found.by_patient) for name, found in measured(metrics)), DECIDED)


def fold_means(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """Labelled patches, mean over folds."""
    return _figures(((name, found.mean_over_folds) for name, found in measured(metrics)), DECIDED)


def folds(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """Metrics of each fold, without intervals."""
    numbers = [fold.fold for fold in metrics.cohort.folds]
    blocks = []
    for figure in ("auc", "average_precision", "f1_positive", "recall_positive"):
        rows = []
        for name, found in measured(metrics):
            values = {fold.fold: fold.metrics.get(figure) for fold in found.folds}
            cells = ["-" if (value := values.get(k)) is None else f"{value:.3f}" for k in numbers]
            rows.append([plain(name), *cells])
        blocks.append(table([HEADS[figure], *[f"Fold {k}" for k in numbers]], rows))
    return "\n\n".join(blocks)


def confusion(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """Counts of labelled patches by reference standard and decision."""
    rows = [[plain(name), *counts(found)] for name, found in measured(metrics)]
    return table(["", "True -", "False +", "False -", "True +"], rows)


def counts(found: BinaryRecord) -> list[str]:
    """True negative, false positive, false negative, true positive."""
    c = found.confusion
    return [str(n) for n in (c.true_negative, c.false_positive, c.false_negative, c.true_positive)]


def patients(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """Patients by each reference standard, and each way to count the indeterminate, with the ceiling."""
    groups = defaultdict(list)
    for one in metrics.backends:
        for record in one.patients:
            counted = record.indeterminate_as.replace("_", " ")
            groups[record.reference_standard, record.selected_patches, counted].append((one.name, record))
    blocks = []
    for (truth, selected, counted), found in groups.items():
        doubtful = [f"{plain(name)} {record.indeterminate}" for name, record in found if record.indeterminate]
        title = f"**Reference standard: {truth}.**"
        if selected:
            title += " Judged by selected patches, not by all patches of the biopsies."
        if doubtful:
            title += f" Indeterminate patients ({', '.join(doubtful)}) are counted as {counted}."
        rows = []
        for name, record in found:
            m = record.metrics
            cells = [shown(m.pooled.get(figure), figure) for figure in DECIDED]
            cells += [shown(m.mean_over_folds.get("auc"), "auc"), *counts(m)]
            rows.append([plain(name), str(m.n), *cells])
        heads = [*[HEADS[figure] for figure in DECIDED], "AUC, mean over folds"]
        blocks += [title, table(["", "n", *heads, "True -", "False +", "False -", "True +"], rows)]
        limits = {(r.ceiling.sensitivity, r.ceiling.specificity) for _, r in found if r.ceiling is not None}
        blocks += [
            "A patch model without an error would reach a recall of "
            f"{'-' if top is None else f'{top:.2f}'} (+) and {'-' if bottom is None else f'{bottom:.2f}'} (-) here."
            for top, bottom in limits
        ]
    return "\n\n".join(blocks) or "*No patient could be judged.*"


def density(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """Three classes of patients."""
    rows = []
    for one in metrics.backends:
        if one.density is not None:
            d = one.density
            classes = [shown(d.f1.get(name)) for name in ("negative", "low", "high")]
            rows.append([plain(one.name), str(d.n), shown(d.accuracy), shown(d.macro_f1), *classes])
    heads = ["", "n", "Accuracy", "Macro-F1", "F1 negative", "F1 low", "F1 high"]
    return table(heads, rows) if rows else "*These data do not tell densities: that takes all patches of the biopsies.*"


def comparisons(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """Paired differences to the best backend of each metric, and to redness."""
    names = [one.name for one in metrics.backends]
    blocks = []
    for against, title in (("best", "Difference to the best"), ("redness", "Difference to `redness`")):
        rows: dict[tuple[str, str, str, str], dict[str, ComparisonRecord]] = defaultdict(dict)
        for one in metrics.comparisons:
            if one.against == against:
                rows[one.level, one.metric, one.weighting, one.reference][one.backend] = one
        if rows:
            cells = []
            for (level, figure, weighting, reference), found in rows.items():
                head = f"{HEADS.get(figure, plain(figure))} of {level}, {weighting.replace('-', ' ')}"
                cells.append([head, plain(reference), *[_difference(found.get(name)) for name in names]])
            blocks += [f"**{title}**", table(["Metric", "Reference", *map(plain, names)], cells)]
    return "\n\n".join(blocks) or "*There is nothing to compare.*"


def _difference(record: ComparisonRecord | None) -> str:
    if record is None:
        return ""
    return f"{shown(record.difference, 'difference')}<br>{record.verdict or ''}"


def criteria(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """What other criteria for the patch threshold would have given, pooled."""
    names = ("precision_positive", "recall_positive", "recall_negative", "f1_positive")
    rows, problems = [], []
    for one in metrics.backends:
        for record in one.criteria:
            used = " (in use)" if record.criterion == metrics.criterion else ""
            cells = [shown((record.metrics or {}).get(name)) for name in names]
            rows.append([plain(one.name), plain(record.criterion) + used, *cells])
            if record.problem:
                problems.append(f"- {plain(one.name)}, {plain(record.criterion)}: {plain(record.problem)}")
    made = table(["", "Criterion", *[HEADS[name] for name in names]], rows)
    return "\n\n".join([made, *(["\n".join(problems)] if problems else [])])


def thresholds(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """The operating points by fold, and what there is to know of them."""
    numbers = [fold.fold for fold in metrics.cohort.folds]
    rows = []
    for one in metrics.backends:
        own = {found.fold: found for found in one.thresholds}
        for what in ("patch", "patient", "density"):
            said = sorted({str(getattr(found, f"{what}_criterion", "")) for found in own.values()})
            values = [getattr(own[k], what) if k in own else None for k in numbers]
            if what == "density" and all(value is None for value in values):
                continue
            empty = "none" if what == "density" else "above every score"
            cells = [empty if value is None else f"{value:.4g}" for value in values]
            rows.append([plain(one.name), what, plain(", ".join(said)) or "corner", *cells])
    made = table(["", "Threshold on", "Criterion", *[f"Fold {k}" for k in numbers]], rows)
    notes: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in metrics.backends:
        for found in one.thresholds:
            for note in found.notes:
                notes[note][one.name].append(str(found.fold))
    lines = []
    for note, by_name in notes.items():
        where = "; ".join(f"{plain(name)}, fold {', '.join(own)}" for name, own in by_name.items())
        lines.append(f"- {plain(note)} ({where})")
    return "\n\n".join([made, *(["\n".join(lines)] if lines else [])])


def cost(metrics: MetricsFile, _: BenchmarkFile) -> str:
    """Time and memory, mean over folds."""
    rows = []
    for one in metrics.backends:
        c = one.cost
        rate = "-" if c.fitted_per_second is None else f"{c.fitted_per_second:,.0f}"
        made = [f"{c.fit_seconds:,.0f}", f"{c.fitted_patches:,.0f}", rate, f"{c.scored_per_second:,.0f}"]
        rows.append([plain(one.name), *made, f"{c.peak_memory / 2**30:.1f}", plain(c.device)])
    heads = ["", "Fit, s", "Patches fitted on", "Patches/s fitted", "Patches/s scored", "Peak memory, GiB", "Device"]
    return table(heads, rows)

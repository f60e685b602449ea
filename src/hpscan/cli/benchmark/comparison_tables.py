"""Which backend is better than which, and what another criterion for thresholds would have given."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal

from rich.text import Text

from hpscan.cli.benchmark.metric_tables import HEADS, Grid, cell, ends

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from hpscan.store.benchmark import ComparisonRecord, MetricsFile

_STYLES = {"better": "green", "worse": "red"}
_CRITERIA = ("precision_positive", "recall_positive", "recall_negative", "f1_positive")
_ABREAST = 3
"""Figures beside each other; a fourth would leave no room for names in 80 columns."""

_EQUAL = 1e-9
"""Figures that differ by less are equal."""

Key = tuple[Literal["patches", "patients"], str, Literal["pooled", "mean-over-folds"]]
"""Level, metric, weighting: a column."""


def differences(metrics: MetricsFile) -> Iterable[RenderableType]:
    """Paired differences to the best backend of each metric, and to the reference."""
    names = [backend.name for backend in metrics.backends]
    shown = False
    for against in dict.fromkeys(c.against for c in metrics.comparisons):
        title = "Difference to the best backend" if against == "best" else f"Difference to {against}"
        records = [c for c in metrics.comparisons if c.against == against]
        keys = list(dict.fromkeys((c.level, c.metric, c.weighting) for c in records))
        for start in range(0, len(keys), _ABREAST):
            yield _differences(title, names, records, keys[start : start + _ABREAST], len(metrics.cohort.folds))
            shown = True
    if shown:
        yield Text(
            "Backend less reference, on the same resampled patients; not distinguishable: the interval holds 0. "
            "Intervals are not widened for the number of comparisons.",
            "dim",
        )


def _differences(
    title: str, names: Sequence[str], records: Sequence[ComparisonRecord], keys: Sequence[Key], folds: int
) -> Grid:
    record_of = {(c.backend, (c.level, c.metric, c.weighting)): c for c in records}
    reference = {(c.level, c.metric, c.weighting): c.reference for c in records}
    rows = []
    for name in names:
        cells = [
            Text(records[0].against, "bold")
            if reference[key] == name
            else _difference(record_of.get((name, key)), folds)
            for key in keys
        ]
        rows.append((name, cells))
    return Grid(title, [_head(*key) for key in keys], rows)


def _head(level: str, metric: str, weighting: str) -> str:
    name = " ".join(HEADS.get(metric, metric).split())
    return f"{name}\n{level}\n" + ("mean of folds" if weighting == "mean-over-folds" else weighting)


def _difference(record: ComparisonRecord | None, folds: int) -> Text:
    if record is None or record.difference.value is None:
        return Text("-")
    d, verdict = record.difference, record.verdict or ""
    interval = ends(d.low, d.high, 3, " to ")
    cell_text = Text.assemble(f"{d.value:+.3f}\n", (interval, "dim"), "\n", (verdict, _STYLES.get(verdict, "dim")))
    if d.folds not in (None, 0, folds):
        cell_text.append(f"\n{d.folds} of {folds} folds", "dim")
    return cell_text


def summary(metrics: MetricsFile) -> list[str]:
    """What the comparisons of patches come to, a line each: the highest, and who differs from the reference in what."""
    lines = []
    ranked = [
        (e.value, backend.name)
        for backend in metrics.backends
        if backend.patches is not None and (e := backend.patches.mean_over_folds["average_precision"]).value is not None
    ]
    if len(ranked) > 1:
        best = max(value for value, _ in ranked)
        names = [name for value, name in ranked if best - value < _EQUAL]
        lines.append(f"highest average precision of patches: {' and '.join(names)} ({best:.3f})")
    backends_of: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for c in metrics.comparisons:
        if c.level == "patches" and c.against != "best" and c.verdict is not None:
            backends_of[c.verdict, c.against][c.backend].append(" ".join(HEADS[c.metric].split()))
    words = {"better": "better than", "worse": "worse than", "not distinguishable": "not distinguishable from"}
    for verdict, text in words.items():
        for (of, against), backends in backends_of.items():
            if of == verdict:
                names = [f"{name} ({', '.join(heads)})" for name, heads in backends.items()]
                lines.append(f"{text} {against}: {'; '.join(names)}")
    return lines


def criteria(metrics: MetricsFile) -> Iterable[RenderableType]:
    """What each criterion would have given on the held-out patches; the one in use is marked."""
    rows: list[tuple[str, list[Text]]] = []
    problems: dict[str, list[str]] = defaultdict(list)
    for backend in metrics.backends:
        if not backend.criteria:
            continue
        rows.append((backend.name, [Text("") for _ in _CRITERIA]))
        for record in backend.criteria:
            mark = " *" if record.criterion == metrics.criterion else ""
            metrics_of = record.metrics or {}
            rows.append(
                (f"  {record.criterion}{mark}", [cell(metrics_of.get(name), between=" ") for name in _CRITERIA])
            )
            if record.problem:
                problems[f"{record.criterion}: {record.problem}"].append(backend.name)
    if not rows:
        return
    heads = ["Prec +", "Recall +", "Recall -", "F1 +"]
    yield Grid("Labelled patches, pooled: other criteria for the patch threshold", heads, rows)
    yield Text("Each chosen on the same training patients. * the one in use", "dim")
    for problem, where in problems.items():
        yield Text(f"{problem} ({', '.join(where)})", "dim")

"""Tables of metrics with their intervals: a row for each backend, the value and below it the interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from rich.text import Text

from hpscan.cli.output.console import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Console, ConsoleOptions, RenderableType

    from hpscan.store.benchmark import (
        BackendMetrics,
        BinaryRecord,
        ConfusionRecord,
        EstimateRecord,
        Metrics,
        PatientsRecord,
    )

HEADS = {
    "precision_positive": "Prec\n+",
    "precision_negative": "Prec\n-",
    "recall_positive": "Recall\n+",
    "recall_negative": "Recall\n-",
    "f1_positive": "F1\n+",
    "f1_negative": "F1\n-",
    "auc": "AUC",
    "average_precision": "AP",
}
_RANKING = ("auc", "average_precision")
"""Metrics that need no threshold. Their intervals have three digits: .99-1 would say little of an AUC."""
_GAPS = (1, 2, 3)
"""Blanks between two columns: as many as there is room for."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of columns as wide as their text. A name that leaves them no room stands on a line of its own.

    rich's own table measures and wraps every cell; a benchmark has hundreds, and none of these is wrapped.
    """

    title: str
    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Text]]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[RenderableType | Segment]:
        """What rich prints."""
        widths = [
            max(map(cell_len, "\n".join([head, *(cells[i].plain for _, cells in self.rows)]).split("\n")))
            for i, head in enumerate(self.heads)
        ]
        names = max(cell_len(name) for name, _ in self.rows)
        fitting = [gap for gap in _GAPS if names + sum(width + gap for width in widths) <= options.max_width]
        gap = max(fitting, default=1)
        room = max(0, options.max_width - sum(width + gap for width in widths))
        yield Text(f"\n{self.title}", "bold")
        columns = [names if fitting else room, *widths]
        tallest = max(head.count("\n") for head in self.heads)
        heads = [Text.assemble("\n" * (tallest - head.count("\n")), (head, "bold")) for head in self.heads]
        yield from self._lines(console, columns, gap, Text(), heads)
        yield Segment("─" * (sum(columns) + gap * len(widths)) + "\n")
        for name, cells in self.rows:
            if not fitting:
                yield Text(name)
            if fitting or any(cells):
                yield from self._lines(console, columns, gap, Text(name if fitting else ""), cells)

    @staticmethod
    def _lines(
        console: Console, columns: Sequence[int], gap: int, name: Text, cells: Sequence[Text]
    ) -> Iterable[Segment]:
        """One row: the name on the left, the cells' lines right-justified below each other."""
        blocks = [name.split("\n", allow_blank=True), *(cell.split("\n", allow_blank=True) for cell in cells)]
        for at in range(max(map(len, blocks))):
            for column, (width, block) in enumerate(zip(columns, blocks, strict=True)):
                text = block[at] if at < len(block) else Text()
                blank = " " * (width - text.cell_len)
                if column:
                    yield Segment(" " * gap + blank)
                yield from text.render(console)
                if not column:
                    yield Segment(blank)
            yield Segment.line()


_ZERO = 1e-9
"""Below this a metric is 0; above it the side that an interval ends on is kept: .000 is not 0."""


def ends(low: float | None, high: float | None, digits: int, between: str = "-") -> str:
    """An interval without its leading zeros; empty where there is none."""
    return "" if low is None or high is None else f"{_short(low, digits)}{between}{_short(high, digits)}"


def _short(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    sign, number = ("-", text[1:]) if text.startswith("-") else ("", text)
    if abs(value) < _ZERO:
        return "0"
    return sign + ("1" if float(number) == 1 else number.removeprefix("0"))


def cell(estimate: EstimateRecord | None, digits: int = 2, *, between: str = "\n") -> Text:
    """A metric and, dim, its interval."""
    if estimate is None:
        return Text("-")
    interval = ends(estimate.low, estimate.high, digits)
    return Text.assemble(number(estimate.value), between if interval else "", (interval, "dim"))


def _of_folds(estimate: EstimateRecord, folds: int) -> str:
    """How many of the folds a mean is of, below it; empty where all have the metric, or it is no mean."""
    return "" if estimate.folds in (None, 0, folds) else f"\n{estimate.folds} of {folds}\nfolds"


def partial_means(backends: Sequence[BackendMetrics], folds: int) -> list[str]:
    """Means over folds of which some have no value: of how many they are, a line for each backend and level."""
    lines = []
    for backend in backends:
        levels = [("patches", backend.patches)] if backend.patches is not None else []
        levels += [
            (f"patients, reference standard: {record.reference_standard}", record.metrics)
            for record in backend.patients[:1]
        ]
        for level, record in levels:
            names_of: dict[tuple[int, int], list[str]] = {}
            for name, e in record.mean_over_folds.items():
                if e.folds not in (None, 0, folds):
                    names_of.setdefault((e.folds or 0, e.patients or 0), []).append(" ".join(HEADS[name].split()))
            lines += [
                f"{backend.name}, {level}: mean of {n} of {folds} folds, {who} patients: {', '.join(names)}"
                for (n, who), names in names_of.items()
            ]
    return lines


def metric_cells(metrics: Metrics | None, names: Iterable[str] = tuple(HEADS)) -> list[Text]:
    """Table cells of the metrics of those names."""
    return [cell((metrics or {}).get(name), 3 if name in _RANKING else 2) for name in names]


def patches(backends: Sequence[BackendMetrics], folds: int) -> Iterable[RenderableType]:
    """Labelled patches under all weightings, each metric once."""
    measured = [(backend.name, backend.patches) for backend in backends if backend.patches is not None]
    if not measured:
        return
    several = folds > 1
    title = "Labelled patches"
    yield _mixed(
        title + (", pooled over folds (AUC and AP: mean over folds)" if several else ""), measured, folds, "pooled"
    )
    if several and any(backend.learns_from != "nothing" for backend in backends):
        yield Text("Each fold has a model with a scale of its own: quote AUC and AP of the mean over folds.", "dim")
    rows = [(name, metric_cells(record.by_patient)) for name, record in measured if record.by_patient is not None]
    if rows:
        yield Grid(f"{title}, patients weighted equally", _heads("pooled" if several else ""), rows)
    if several:
        yield _mixed(f"{title}, mean over folds (AUC and AP: pooled)", measured, folds, "mean-over-folds")


def _heads(ranking: str) -> list[str]:
    return [f"{head}\n{ranking}" if ranking and name in _RANKING else head for name, head in HEADS.items()]


def _mixed(title: str, measured: Sequence[tuple[str, BinaryRecord]], folds: int, weighting: str) -> Grid:
    """Figures that need a threshold pooled and those that need none as mean over folds, or the other way round."""
    if folds == 1:
        return Grid(title, _heads(""), [(name, metric_cells(record.pooled)) for name, record in measured])
    rows = []
    for name, record in measured:
        both = (record.pooled, record.mean_over_folds)
        decided, ranked = both if weighting == "pooled" else both[::-1]
        cells = metric_cells({n: (ranked if n in _RANKING else decided)[n] for n in HEADS})
        for text, n in zip(cells, HEADS, strict=True):
            text.append(_of_folds((ranked if n in _RANKING else decided)[n], folds), "dim")
        rows.append((name, cells))
    return Grid(title, _heads("mean" if weighting == "pooled" else "pooled"), rows)


def _by_standard(
    backends: Sequence[BackendMetrics],
) -> dict[tuple[str, str], list[tuple[str, PatientsRecord]]]:
    """Reference standard and what indeterminate patients count as -> names and records, one standard after the other."""
    standards = dict.fromkeys(record.reference_standard for backend in backends for record in backend.patients)
    records_of: dict[tuple[str, str], list[tuple[str, PatientsRecord]]] = {
        (standard, counted): [] for standard in standards for counted in ("not_detected", "detected")
    }
    for backend in backends:
        for record in backend.patients:
            records_of[record.reference_standard, record.indeterminate_as].append((backend.name, record))
    return {key: records for key, records in records_of.items() if records}


def patients(backends: Sequence[BackendMetrics], folds: int) -> Iterable[RenderableType]:
    """Patients, in a table for each reference standard and each way to count the indeterminate."""
    records_of = _by_standard(backends)
    for (standard, counted), records in records_of.items():
        selected = any(record.selected_patches for _, record in records)
        title = f"Patients, reference standard: {standard}" + (", by selected patches" if selected else "")
        doubtful = [f"{name} {record.indeterminate}" for name, record in records if record.indeterminate]
        if doubtful:
            title += f", indeterminate as {counted.replace('_', ' ')}"
        yield _mixed(title, [(name, record.metrics) for name, record in records], folds, "pooled")
        if doubtful:
            yield Text(f"Indeterminate: {', '.join(doubtful)}", "dim")
        if counted == "not_detected":
            yield from _ceiling(records)
    if records_of and folds > 1:
        yield Text("All tables of patients: pooled over folds; AUC and AP: mean over folds.", "dim")


def _ceiling(records: Sequence[tuple[str, PatientsRecord]]) -> Iterable[RenderableType]:
    """How good one could be on patients judged by selected patches."""
    names_of: dict[str, list[str]] = {}
    for name, record in records:
        if record.ceiling is not None:
            sensitivity, specificity = number(record.ceiling.sensitivity), number(record.ceiling.specificity)
            names_of.setdefault(f"a recall of {sensitivity} (+) and {specificity} (-)", []).append(name)
    if names_of:
        several = len(names_of) > 1
        limits = "; ".join(
            words + (f" with {', '.join(names)}" if several else "") for words, names in names_of.items()
        )
        yield Text(
            "Judged by selected patches, not by all windows of the biopsies: a patch model without an error would "
            f"reach {limits}. More recall (+) than that comes from false alarms and uncertain patches in infected "
            "patients.",
            "dim",
        )


def density(backends: Sequence[BackendMetrics]) -> Iterable[RenderableType]:
    """Three classes of patients, where they are told."""
    rows = []
    for backend in backends:
        if backend.density is not None:
            record = backend.density
            classes = [cell(record.f1.get(name)) for name in ("negative", "low", "high")]
            rows.append((backend.name, [Text(str(record.n)), cell(record.accuracy), cell(record.macro_f1), *classes]))
    if rows:
        heads = ["n", "accuracy", "macro-F1", "F1\nnegative", "F1\nlow", "F1\nhigh"]
        yield Grid("Density: negative, low or high", heads, rows)


def confusion(backends: Sequence[BackendMetrics]) -> Iterable[RenderableType]:
    """Counts by reference standard and decision: labelled patches, and patients by each standard."""
    columns = {
        "patches": {backend.name: backend.patches.confusion for backend in backends if backend.patches is not None}
    }
    for (standard, counted), records in _by_standard(backends).items():
        doubtful = any(record.indeterminate for _, record in records)
        head = f"patients\n{standard}" + (f"\nindet. {'-' if counted == 'not_detected' else '+'}" if doubtful else "")
        columns[head] = {name: record.metrics.confusion for name, record in records}
    shown = {head: _counts(counts) for head, counts in columns.items() if counts}
    if not shown:
        return
    rows = [(backend.name, [Text(lines.get(backend.name, "-")) for _, lines in shown.values()]) for backend in backends]
    yield Grid("Counts", [f"{head}\n{marks}" for head, (marks, _) in shown.items()], rows)
    legend = "tn true negative, fp false positive, fn false negative, tp true positive"
    if any("indet." in head for head in shown):
        legend += "; indet. -, +: indeterminate patients as not detected, as detected"
    yield Text(legend, "dim")


def _counts(records: Mapping[str, ConfusionRecord]) -> tuple[str, dict[str, str]]:
    """Four counts a backend, one below the other, and the heads above them."""
    all_four = {
        name: (c.true_negative, c.false_positive, c.false_negative, c.true_positive) for name, c in records.items()
    }
    width = max(2, *(len(str(n)) for four in all_four.values() for n in four))
    line = {name: " ".join(f"{n:{width}}" for n in four) for name, four in all_four.items()}
    return " ".join(f"{mark:>{width}}" for mark in ("tn", "fp", "fn", "tp")), line

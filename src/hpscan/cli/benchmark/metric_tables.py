"""Tables of figures with their intervals: a row for each backend, the value and below it the interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
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
"""Figures that need no threshold. Their intervals have three digits: .99-1 would say little of an AUC."""
_GAPS = (1, 2, 3)
"""Blanks between two columns: as many as there is room for."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of columns as wide as their text. A name that leaves them no room stands on a line of its own."""

    title: str
    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Text]]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[RenderableType]:
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
        if fitting:
            made = self._table([names, *widths], gap, head=True)
            for name, cells in self.rows:
                made.add_row(Text(name), *cells)
            yield made
            return
        yield self._table([room, *widths], gap, head=True)
        for name, cells in self.rows:
            yield Text(name)
            if any(cells):
                made = self._table([room, *widths], gap, head=False)
                made.add_row("", *cells)
                yield made

    def _table(self, widths: Sequence[int], gap: int, *, head: bool) -> Table:
        made = Table(
            box=SIMPLE_HEAD,
            show_edge=False,
            padding=(0, gap - 1, 0, 0),
            pad_edge=False,
            show_header=head,
            header_style="bold",
        )
        made.add_column(width=widths[0], no_wrap=True)
        for width, title in zip(widths[1:], self.heads, strict=True):
            made.add_column(Text(title, justify="right"), width=width, justify="right", no_wrap=True)
        return made


_ZERO = 1e-9
"""Below this a figure is 0; above it the side that an interval ends on is kept: .000 is not 0."""


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
    """A figure and, dim, its interval."""
    if estimate is None:
        return Text("-")
    interval = ends(estimate.low, estimate.high, digits)
    return Text.assemble(number(estimate.value), between if interval else "", (interval, "dim"))


def _of_folds(estimate: EstimateRecord, folds: int) -> str:
    """How many of the folds a mean is of, below it; empty where all have the figure, or it is no mean."""
    return "" if estimate.folds in (None, 0, folds) else f"\n{estimate.folds} of {folds}\nfolds"


def partial_means(backends: Sequence[BackendMetrics], folds: int) -> list[str]:
    """Means over folds of which some have no value: of how many they are, a line for each backend and level."""
    made = []
    for one in backends:
        levels = [("patches", one.patches)] if one.patches is not None else []
        levels += [(f"patients, truth: {record.reference_standard}", record.metrics) for record in one.patients[:1]]
        for level, record in levels:
            found: dict[tuple[int, int], list[str]] = {}
            for name, e in record.mean_over_folds.items():
                if e.folds not in (None, 0, folds):
                    found.setdefault((e.folds or 0, e.patients or 0), []).append(" ".join(HEADS[name].split()))
            made += [
                f"{one.name}, {level}: mean of {n} of {folds} folds, {who} patients: {', '.join(names)}"
                for (n, who), names in found.items()
            ]
    return made


def figures(found: Metrics | None, names: Iterable[str] = tuple(HEADS)) -> list[Text]:
    """Cells of the figures of those names."""
    return [cell((found or {}).get(name), 3 if name in _RANKING else 2) for name in names]


def patches(backends: Sequence[BackendMetrics], folds: int) -> Iterable[RenderableType]:
    """Labelled patches under all weightings, each figure once."""
    measured = [(one.name, one.patches) for one in backends if one.patches is not None]
    if not measured:
        return
    several = folds > 1
    title = "Labelled patches"
    yield _mixed(
        title + (", pooled over folds (AUC and AP: mean over folds)" if several else ""), measured, folds, "pooled"
    )
    if several and any(one.learns_from != "nothing" for one in backends):
        yield Text("Each fold has a model with a scale of its own: quote AUC and AP of the mean over folds.", "dim")
    rows = [(name, figures(record.by_patient)) for name, record in measured if record.by_patient is not None]
    if rows:
        yield Grid(f"{title}, patients weighted equally", _heads("pooled" if several else ""), rows)
    if several:
        yield _mixed(f"{title}, mean over folds (AUC and AP: pooled)", measured, folds, "mean-over-folds")


def _heads(ranking: str) -> list[str]:
    return [f"{head}\n{ranking}" if ranking and name in _RANKING else head for name, head in HEADS.items()]


def _mixed(title: str, measured: Sequence[tuple[str, BinaryRecord]], folds: int, weighting: str) -> Grid:
    """Figures that need a threshold pooled and those that need none as mean over folds, or the other way round."""
    if folds == 1:
        return Grid(title, _heads(""), [(name, figures(record.pooled)) for name, record in measured])
    rows = []
    for name, record in measured:
        both = (record.pooled, record.mean_over_folds)
        decided, ranked = both if weighting == "pooled" else both[::-1]
        cells = figures({n: (ranked if n in _RANKING else decided)[n] for n in HEADS})
        for made, n in zip(cells, HEADS, strict=True):
            made.append(_of_folds((ranked if n in _RANKING else decided)[n], folds), "dim")
        rows.append((name, cells))
    return Grid(title, _heads("mean" if weighting == "pooled" else "pooled"), rows)


def _truths(
    backends: Sequence[BackendMetrics],
) -> dict[tuple[str, str], list[tuple[str, PatientsRecord]]]:
    """Truth and what indeterminate patients count as -> names and records; what belongs to one truth together."""
    truths = dict.fromkeys(record.reference_standard for one in backends for record in one.patients)
    found: dict[tuple[str, str], list[tuple[str, PatientsRecord]]] = {
        (truth, counted): [] for truth in truths for counted in ("not_detected", "detected")
    }
    for one in backends:
        for record in one.patients:
            found[record.reference_standard, record.indeterminate_as].append((one.name, record))
    return {key: records for key, records in found.items() if records}


def patients(backends: Sequence[BackendMetrics], folds: int) -> Iterable[RenderableType]:
    """Patients, in a table for each truth and each way to count the indeterminate."""
    found = _truths(backends)
    for (truth, counted), records in found.items():
        selected = any(record.selected_patches for _, record in records)
        title = f"Patients, truth: {truth}" + (", by selected patches" if selected else "")
        doubtful = [f"{name} {record.indeterminate}" for name, record in records if record.indeterminate]
        if doubtful:
            title += f", indeterminate as {counted.replace('_', ' ')}"
        yield _mixed(title, [(name, record.metrics) for name, record in records], folds, "pooled")
        if doubtful:
            yield Text(f"Indeterminate: {', '.join(doubtful)}", "dim")
        if counted == "not_detected":
            yield from _ceiling(records)
    if found and folds > 1:
        yield Text("All tables of patients: pooled over folds; AUC and AP: mean over folds.", "dim")


def _ceiling(records: Sequence[tuple[str, PatientsRecord]]) -> Iterable[RenderableType]:
    """How good one could be on patients judged by selected patches."""
    found: dict[str, list[str]] = {}
    for name, record in records:
        if record.ceiling is not None:
            sensitivity, specificity = number(record.ceiling.sensitivity), number(record.ceiling.specificity)
            found.setdefault(f"a recall of {sensitivity} (+) and {specificity} (-)", []).append(name)
    if found:
        several = len(found) > 1
        limits = "; ".join(words + (f" with {', '.join(names)}" if several else "") for words, names in found.items())
        yield Text(
            "Judged by selected patches, not by all windows of the biopsies: a patch model without an error would "
            f"reach {limits}. More recall (+) than that comes from false alarms and uncertain patches in infected "
            "patients.",
            "dim",
        )


def density(backends: Sequence[BackendMetrics]) -> Iterable[RenderableType]:
    """Three classes of patients, where they are told."""
    rows = []
    for one in backends:
        if one.density is not None:
            d = one.density
            classes = [cell(d.f1.get(name)) for name in ("negative", "low", "high")]
            rows.append((one.name, [Text(str(d.n)), cell(d.accuracy), cell(d.macro_f1), *classes]))
    if rows:
        heads = ["n", "accuracy", "macro-F1", "F1\nnegative", "F1\nlow", "F1\nhigh"]
        yield Grid("Density: negative, low or high", heads, rows)


def confusion(backends: Sequence[BackendMetrics]) -> Iterable[RenderableType]:
    """Counts by truth and decision: labelled patches, and patients by each truth."""
    columns = {"patches": {one.name: one.patches.confusion for one in backends if one.patches is not None}}
    for (truth, counted), records in _truths(backends).items():
        doubtful = any(record.indeterminate for _, record in records)
        head = f"patients\n{truth}" + (f"\nindet. {'-' if counted == 'not_detected' else '+'}" if doubtful else "")
        columns[head] = {name: record.metrics.confusion for name, record in records}
    shown = {head: _counts(found) for head, found in columns.items() if found}
    if not shown:
        return
    rows = [(one.name, [Text(lines.get(one.name, "-")) for _, lines in shown.values()]) for one in backends]
    yield Grid("Counts", [f"{head}\n{marks}" for head, (marks, _) in shown.items()], rows)
    legend = "tn true negative, fp false positive, fn false negative, tp true positive"
    if any("indet." in head for head in shown):
        legend += "; indet. -, +: indeterminate patients as not detected, as detected"
    yield Text(legend, "dim")


def _counts(found: Mapping[str, ConfusionRecord]) -> tuple[str, dict[str, str]]:
    """Four counts a backend, one below the other, and the heads above them."""
    all_four = {
        name: (c.true_negative, c.false_positive, c.false_negative, c.true_positive) for name, c in found.items()
    }
    width = max(2, *(len(str(n)) for four in all_four.values() for n in four))
    line = {name: " ".join(f"{n:{width}}" for n in four) for name, four in all_four.items()}
    return " ".join(f"{mark:>{width}}" for mark in ("tn", "fp", "fn", "tp")), line

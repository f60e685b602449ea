"""Parts that several screens share: facts, thresholds, the model, what was rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from hpscan.core.decision import Finding
from hpscan.report.text import reasons as text
from hpscan.report.text.results import RESEARCH_USE
from hpscan.report.text.thresholds import (
    describe_aggregation,
    describe_density_threshold,
    describe_patch_threshold,
    describe_patient_threshold,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from hpscan.core.decision import OperatingPoint
    from hpscan.core.reasons import Reason
    from hpscan.data.images.batches import Rejection
    from hpscan.store.models import StoredModel
    from hpscan.workflows.diagnosis.diagnose import Diagnosis


FINDINGS = {
    Finding.DETECTED: ("H. pylori detected", "bold red"),
    Finding.NOT_DETECTED: ("H. pylori not detected", "bold green"),
    Finding.INDETERMINATE: ("indeterminate", "bold yellow"),
}


_ITEMS = 5


def research_use() -> Text:
    """The line that stands under every result."""
    return Text(RESEARCH_USE, style="dim")


def facts(rows: Iterable[tuple[str, RenderableType]]) -> Table:
    """Names and values, one pair a line."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(name, escape(value) if isinstance(value, str) else value)
    return grid


def indeterminate_rows(patients: Sequence[Diagnosis]) -> list[tuple[str, RenderableType]]:
    """The indeterminate patients, each with why."""
    results = [one.result for one in patients if one.result.finding is Finding.INDETERMINATE]
    return [("indeterminate", f"{r.patient_id}: {text.describe_reasons(r.reasons)}") for r in results]


def rejected_rows(rejected: Sequence[Rejection]) -> list[tuple[str, RenderableType]]:
    """The first of the files that could not be used, with why."""
    rows: list[tuple[str, RenderableType]] = [("rejected", f"{r.patch.path}: {r.reason}") for r in rejected[:_ITEMS]]
    if len(rejected) > _ITEMS:
        rows.append(("", f"and {len(rejected) - _ITEMS} more (--json lists all)"))
    return rows


def warning_rows(warnings: Iterable[Reason]) -> list[tuple[str, RenderableType]]:
    """What to know of figures before they are believed."""
    return [("warning", text.describe_reason(one)) for one in warnings]


def threshold_rows(point: OperatingPoint) -> list[tuple[str, RenderableType]]:
    """The thresholds, each with where it comes from, and what a patient's value is where it is no fraction."""
    value: list[tuple[str, RenderableType]] = []
    if point.aggregation.of_scores:
        value = [("patient's value", describe_aggregation(point.aggregation, point.top_k))]
    return [
        ("patch threshold", describe_patch_threshold(point.patch)),
        *value,
        ("patient threshold", describe_patient_threshold(point.patient, point.aggregation)),
        ("low / high", describe_density_threshold(point.density)),
    ]


def model_line(model: StoredModel) -> str:
    """Which model, in one line."""
    manifest = model.manifest
    if model.bundled:
        made = f"ships with hpscan {manifest.hpscan}: {manifest.backend.name}, trained on drawn patches alone"
        return f"{manifest.name} ({made}; what it is worth: {model.path / 'README.md'})"
    marks = [", trained on a drawn phantom"] if manifest.phantom else []
    marks += [", the network that ships with hpscan"] if manifest.backend.name == "bundled" else []
    marks += [", training was interrupted"] if manifest.training.interrupted else []
    made = f"{manifest.backend.name}, {manifest.created:%Y-%m-%d %H:%M} UTC{''.join(marks)}"
    return f"{model.path.name} ({made}, {model.path})"


def plot_rows(paths: Sequence[Path]) -> list[tuple[str, RenderableType]]:
    """Where pictures were written; a terminal that knows links opens one on a click."""
    return [
        (
            "" if place else "pictures" if len(paths) > 1 else "picture",
            Text(str(path), f"link {path.absolute().as_uri()}"),
        )
        for place, path in enumerate(paths)
    ]


def shortened(items: Sequence[str]) -> str:
    """The first few of many names."""
    shown = ", ".join(items[:_ITEMS])
    return shown + (f" and {len(items) - _ITEMS} more" if len(items) > _ITEMS else "")

"""Parts that several screens share: facts, thresholds, the model, what was rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table
from rich.text import Text

from hpscan.core.decision import Finding
from hpscan.report.text import reasons as text
from hpscan.report.text.notes import describe_note
from hpscan.report.text.numbers import counted
from hpscan.report.text.results import RESEARCH_USE
from hpscan.report.text.thresholds import describe_thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from hpscan.core.decision import OperatingPoint
    from hpscan.core.notes import Note
    from hpscan.core.reasons import Reason
    from hpscan.data.images.batches import Rejection
    from hpscan.store.models import StoredModel
    from hpscan.workflows.diagnosis.diagnose import Diagnosis


COLOURS = {Finding.DETECTED: "red", Finding.NOT_DETECTED: "green", Finding.INDETERMINATE: "yellow"}

_ITEMS = 5
"""Names that a screen lists before it says how many more there are."""


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
    results = [patient.result for patient in patients if patient.result.finding is Finding.INDETERMINATE]
    return [("indeterminate", f"{r.patient_id}: {text.describe_reasons(r.reasons)}") for r in results]


def rejected_rows(rejected: Sequence[Rejection]) -> list[tuple[str, RenderableType]]:
    """The first of the files that could not be used, with why."""
    rows: list[tuple[str, RenderableType]] = [("rejected", f"{r.patch.path}: {r.reason}") for r in rejected[:_ITEMS]]
    if len(rejected) > _ITEMS:
        rows.append(("", f"and {len(rejected) - _ITEMS} more (--json lists all)"))
    return rows


def warning_rows(warnings: Iterable[Reason]) -> list[tuple[str, RenderableType]]:
    """What to know of metrics before they are believed."""
    return [("warning", text.describe_reason(reason)) for reason in warnings]


def threshold_rows(point: OperatingPoint) -> list[tuple[str, RenderableType]]:
    """The thresholds, each with where it comes from, and how a patient-level score is made."""
    return list(describe_thresholds(point))


def model_line(model: StoredModel) -> str:
    """Which model, in one line."""
    manifest = model.manifest
    if model.bundled:
        origin = f"ships with hpscan {manifest.hpscan}: {manifest.backend.name}, trained on synthetic patches alone"
        return f"{manifest.name} ({origin}; what it is worth: {model.path / 'README.md'})"
    marks = [", trained on synthetic patches"] if manifest.phantom else []
    marks += [", the network that ships with hpscan"] if manifest.backend.name == "bundled" else []
    marks += [", training was interrupted"] if manifest.training.interrupted else []
    origin = f"{manifest.backend.name}, {manifest.created:%Y-%m-%d %H:%M} UTC{''.join(marks)}"
    return f"{model.path.name} ({origin}, {model.path})"


def plot_rows(paths: Sequence[Path]) -> list[tuple[str, RenderableType]]:
    """Where plots were written; a terminal that knows links opens one on a click."""
    return [
        (
            "" if place else "plots" if len(paths) > 1 else "plot",
            Text(str(path), f"link {path.absolute().as_uri()}"),
        )
        for place, path in enumerate(paths)
    ]


def note_rows(notes: Sequence[Note]) -> list[tuple[str, RenderableType]]:
    """How many notes there are on a dataset, and the sentences of those without which no result can be understood."""
    rows: list[tuple[str, RenderableType]] = [("noticed", describe_note(note)) for note in notes if note.kind.useless]
    if notes:
        rows.append(("noticed", f"{counted(len(notes), 'note')} on the dataset: hpscan data check prints them"))
    return rows

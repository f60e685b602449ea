"""What the terminal shows of results: diagnoses and evaluations, and the lines that all screens share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hpscan.cli.output import account as accounts
from hpscan.cli.output.console import figure, table
from hpscan.core.account import PatientFate
from hpscan.core.decision import Finding
from hpscan.report.text import reasons as text
from hpscan.report.text.card import (
    RESEARCH_USE,
    aggregation,
    density_threshold,
    distance,
    patch_threshold,
    patient_threshold,
    patient_value,
    score,
    short_aggregation,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import RenderableType

    from hpscan.core.account import Account
    from hpscan.core.decision import OperatingPoint
    from hpscan.core.reasons import Reason
    from hpscan.data.images.batches import Rejection
    from hpscan.evaluation.classification import BinaryMetrics
    from hpscan.store.models import StoredModel
    from hpscan.workflows.diagnosis.diagnose import Diagnoses, Diagnosis
    from hpscan.workflows.evaluation.evaluate import Evaluation, PatientEvaluation

_FINDING = {
    Finding.DETECTED: ("H. pylori detected", "bold red"),
    Finding.NOT_DETECTED: ("H. pylori not detected", "bold green"),
    Finding.INDETERMINATE: ("indeterminate", "bold yellow"),
}
_TOP = 10
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


def diagnosis(one: Diagnosis, model: StoredModel) -> RenderableType:
    """One patient's result, and the most suspicious patches."""
    result, point = one.result, one.point
    words, style = _FINDING[result.finding]
    heading = Text.assemble((result.patient_id, "bold"), "  ", (words, style))
    rows: list[tuple[str, RenderableType]] = []
    if result.finding is Finding.DETECTED:
        rows.append(("density", result.density.value if result.density else "not told"))
    rows.append(
        (
            "patches",
            f"{result.n_listed} listed = {result.n_scored} scored + {result.n_rejected} rejected + {result.n_duplicate} duplicate",
        )
    )
    rows.append(("positive", f"{result.n_positive} of {result.n_scored} scored"))
    if result.value is not None:
        name = short_aggregation(point.aggregation, point.top_k)
        rows.append((name, distance(result.value, point.patient, point.aggregation)))
    rows += threshold_rows(point)
    rows.append(("model", model_line(model)))
    rows += [("note", text.reason(reason)) for reason in result.reasons]
    rows += rejected_rows(one.rejected)
    top = table(
        "Most suspicious patches",
        ["patch", "score", "positive"],
        [
            [patch.id, score(value), "yes" if point.patch.decides(value) else "no"]
            for patch, value in zip(one.patches[:_TOP], one.scores[:_TOP], strict=True)
        ],
    )
    return Group(Panel(Group(heading, "", facts(rows)), expand=False, border_style=style.split()[-1]), top)


def diagnoses(found: Diagnoses) -> Iterable[RenderableType]:
    """One patient whole; several in one table with a summary."""
    if len(found.patients) == 1:
        yield diagnosis(found.patients[0], found.model)
        yield facts(accounts.rows(found.account.sums(), "scored", "diagnosed"))
    else:
        yield _many(found)
    yield research_use()


def _many(found: Diagnoses) -> RenderableType:
    point = found.patients[0].point
    value = short_aggregation(point.aggregation, point.top_k)
    columns = ["patient", "finding", "density", "listed", "scored", "rej.", "dup.", "pos.", value]
    rows = table("Patients", columns, [], left=3)
    for one in found.patients:
        r = one.result
        words, style = _FINDING[r.finding]
        rows.add_row(
            escape(r.patient_id),
            Text(words.removeprefix("H. pylori "), style=style),
            r.density.value if r.density else "-",
            *[str(n) for n in (r.n_listed, r.n_scored, r.n_rejected, r.n_duplicate, r.n_positive)],
            "-" if r.value is None else patient_value(r.value, point.aggregation),
        )
    count = {f: sum(one.result.finding is f for one in found.patients) for f in Finding}
    sure = [one.result for one in found.patients if one.result.finding is not Finding.INDETERMINATE]
    told = text.of_several([(result.patient_id, reason) for result in sure for reason in result.reasons])
    notes = [f"{sentence}: {shortened(names)}" for sentence, names in told]
    below = facts(
        [
            (
                "summary",
                f"{len(found.patients)} patients: "
                + ", ".join(f"{count[f]} {f.value.replace('_', ' ')}" for f in Finding),
            ),
            *threshold_rows(point),
            ("model", model_line(found.model)),
            *_doubtful(found.patients),
            *[("note", note) for note in notes],
            *accounts.rows(found.account.sums(), "scored", "diagnosed"),
        ]
    )
    return Group(rows, below)


def _doubtful(patients: Sequence[Diagnosis]) -> list[tuple[str, RenderableType]]:
    """The indeterminate patients, each with why."""
    results = [one.result for one in patients if one.result.finding is Finding.INDETERMINATE]
    return [("indeterminate", f"{r.patient_id}: {text.reasons(r.reasons)}") for r in results]


def rejected_rows(rejected: Sequence[Rejection]) -> list[tuple[str, RenderableType]]:
    """The first of the files that could not be used, with why."""
    rows: list[tuple[str, RenderableType]] = [("rejected", f"{r.patch.path}: {r.reason}") for r in rejected[:_ITEMS]]
    if len(rejected) > _ITEMS:
        rows.append(("", f"and {len(rejected) - _ITEMS} more (--json lists all)"))
    return rows


def warning_rows(warnings: Iterable[Reason]) -> list[tuple[str, RenderableType]]:
    """What to know of figures before they are believed."""
    return [("warning", text.reason(one)) for one in warnings]


def threshold_rows(point: OperatingPoint) -> list[tuple[str, RenderableType]]:
    """The thresholds, each with where it comes from, and what a patient's value is where it is no fraction."""
    value: list[tuple[str, RenderableType]] = []
    if point.aggregation.of_scores:
        value = [("patient's value", aggregation(point.aggregation, point.top_k))]
    return [
        ("patch threshold", patch_threshold(point.patch)),
        *value,
        ("patient threshold", patient_threshold(point.patient, point.aggregation)),
        ("low / high", density_threshold(point.density)),
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


def _metrics_table(title: str, rows: Sequence[tuple[str, BinaryMetrics]]) -> Table:
    columns = ["", "n", "n +", "Prec\n+", "Prec\n-", "Recall\n+", "Recall\n-", "F1\n+", "F1\n-", "AUC", "AP"]
    return table(
        title,
        columns,
        [
            [
                name,
                str(m.n),
                str(m.n_positive),
                figure(m.positive.precision),
                figure(m.negative.precision),
                figure(m.positive.recall),
                figure(m.negative.recall),
                figure(m.positive.f1),
                figure(m.negative.f1),
                figure(m.auc),
                figure(m.average_precision),
            ]
            for name, m in rows
        ],
    )


def evaluation(found: Evaluation) -> Iterable[RenderableType]:
    """Patch table, patient table, and what to know about them."""
    if found.patch is not None and found.patch_weighted is not None:
        yield _metrics_table("Labelled patches", [("pooled", found.patch), ("by patient", found.patch_weighted)])
    if found.patient is not None:
        yield from _patient_tables(found.patient)
    point = found.model.manifest.operating_point.point()
    rows: list[tuple[str, RenderableType]] = [
        ("patients", f"{found.n_patients} evaluated: {shortened(found.evaluated)}"),
        ("refused", f"{len(found.refused)} patients that the model has seen"),
        *_not_judged(found.account),
        *accounts.rows(found.account.sums(), "scored", "evaluated"),
        ("scored", f"{found.n_scored} patches, {found.n_scored / found.seconds:.0f} a second"),
        *threshold_rows(point),
        ("model", model_line(found.model)),
    ]
    rows += _doubtful(found.diagnoses) + rejected_rows(found.rejected)
    if found.includes_seen:
        rows.append(
            ("warning", f"includes {len(found.includes_seen)} patients that the model has seen: this is no test")
        )
    if found.namesakes:
        rows.append(
            (
                "warning",
                f"{len(found.namesakes)} patients are named like patients the model has seen, but their files differ: taken for others",
            )
        )
    rows += warning_rows(found.warnings)
    if found.patch is not None:
        rows.append(("by patient", "patients weighted equally, however many patches each has"))
    yield facts(rows)
    yield research_use()


def _not_judged(account: Account) -> list[tuple[str, RenderableType]]:
    """Who could not be judged, by name and why."""
    rows: list[tuple[str, RenderableType]] = []
    for fate, why in (
        (PatientFate.WITHOUT_TRUTH, "no diagnosis and no labelled patch"),
        (PatientFate.UNREADABLE, "no patch could be read"),
    ):
        names = account.names(account.patients, fate)
        if names:
            rows.append(("not judged", f"{len(names)} ({why}): {shortened(names)}"))
    return rows


def _patient_tables(found: PatientEvaluation) -> Iterable[RenderableType]:
    rows = [("finding", found.metrics)]
    if found.metrics_as_positive is not None:
        rows = [("indeterminate as not detected", found.metrics), ("as detected", found.metrics_as_positive)]
    truth = f"Patients (truth: {found.reference}" + (", selected patches only)" if found.selected_patches else ")")
    yield _metrics_table(truth, rows)
    if found.ceiling is not None:
        yield Text(
            "These patients were judged by selected patches, not by all windows of their biopsies. A patch model "
            f"without an error would reach a recall of {figure(found.ceiling.sensitivity)} (+) and "
            f"{figure(found.ceiling.specificity)} (-) here; more recall than that comes from uncertain or falsely "
            "positive patches.",
            style="dim",
        )
    if found.density is not None:
        d = found.density
        rows_3 = [["negative / low / high", str(d.n), figure(d.accuracy), figure(d.macro_f1)]]
        yield table("Density", ["", "n", "accuracy", "macro-F1"], rows_3)


def shortened(items: Sequence[str]) -> str:
    """The first few of many names."""
    shown = ", ".join(items[:_ITEMS])
    return shown + (f" and {len(items) - _ITEMS} more" if len(items) > _ITEMS else "")

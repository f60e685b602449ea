"""Results as the terminal shows them: panels and tables."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from rich.console import Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from hpscan.cli.console import figure, table
from hpscan.core.cohort import Origin
from hpscan.core.decision import Finding
from hpscan.report.card import RESEARCH_USE, density_threshold, patch_threshold, patient_threshold, percent, score

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from hpscan.cli.documents import CheckDocument, DoctorDocument, ModelDocument
    from hpscan.core.decision import OperatingPoint
    from hpscan.data.images import Rejection
    from hpscan.evaluation.patch import BinaryMetrics
    from hpscan.store.models import StoredModel
    from hpscan.workflows.calibrate import Calibration
    from hpscan.workflows.check import Check
    from hpscan.workflows.diagnose import Diagnoses, Diagnosis
    from hpscan.workflows.evaluate import Evaluation, PatientEvaluation
    from hpscan.workflows.train import Training

_FINDING = {
    Finding.DETECTED: ("H. pylori detected", "bold red"),
    Finding.NOT_DETECTED: ("H. pylori not detected", "bold green"),
    Finding.INDETERMINATE: ("indeterminate", "bold yellow"),
}
_TOP = 10
_ITEMS = 5
_ROLES = {"fit": "fitted", "early-stopping": "early stopping", "operating-point": "thresholds", "held-out": "held out"}


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
    rows: list[tuple[str, RenderableType]] = [("density", result.density.value if result.density else "not told")]
    rows.append(
        (
            "patches",
            f"{result.n_listed} listed = {result.n_scored} scored + {result.n_rejected} rejected + {result.n_duplicate} duplicate",
        )
    )
    rows.append(("positive", f"{result.n_positive} of {result.n_scored} scored"))
    if result.value is not None:
        distance = result.value - point.patient.value
        side = "above" if point.patient.decides(result.value) else "below"
        rows.append(
            (
                "fraction",
                f"{percent(result.value)}, {100 * abs(distance):.1f} points {side} the threshold of {percent(point.patient.value)}",
            )
        )
    rows += threshold_rows(point)
    rows.append(("model", model_line(model)))
    rows += [("note", reason) for reason in result.reasons]
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
    else:
        yield _many(found)
    yield research_use()


def _many(found: Diagnoses) -> RenderableType:
    columns = ["patient", "finding", "density", "listed", "scored", "rejected", "duplicate", "positive", "fraction"]
    rows = table("Patients", columns, [], left=3)
    for one in found.patients:
        r = one.result
        words, style = _FINDING[r.finding]
        rows.add_row(
            escape(r.patient_id),
            Text(words.removeprefix("H. pylori "), style=style),
            r.density.value if r.density else "-",
            *[str(n) for n in (r.n_listed, r.n_scored, r.n_rejected, r.n_duplicate, r.n_positive)],
            "-" if r.value is None else percent(r.value),
        )
    count = {f: sum(one.result.finding is f for one in found.patients) for f in Finding}
    point = found.patients[0].point
    sure = [one.result for one in found.patients if one.result.finding is not Finding.INDETERMINATE]
    remarks = Counter(reason for result in sure for reason in result.reasons)
    notes = [f"{reason} ({times} of {len(found.patients)})" for reason, times in sorted(remarks.items())]
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
        ]
    )
    return Group(rows, below)


def _doubtful(patients: Sequence[Diagnosis]) -> list[tuple[str, RenderableType]]:
    """The indeterminate patients, each with why."""
    results = [one.result for one in patients if one.result.finding is Finding.INDETERMINATE]
    return [("indeterminate", f"{r.patient_id}: {'; '.join(r.reasons)}") for r in results]


def rejected_rows(rejected: Sequence[Rejection]) -> list[tuple[str, RenderableType]]:
    """The first of the files that could not be used, with why."""
    rows: list[tuple[str, RenderableType]] = [("rejected", f"{r.patch.path}: {r.reason}") for r in rejected[:_ITEMS]]
    if len(rejected) > _ITEMS:
        rows.append(("", f"and {len(rejected) - _ITEMS} more (--json lists all)"))
    return rows


def threshold_rows(point: OperatingPoint) -> list[tuple[str, RenderableType]]:
    """The thresholds, each with where it comes from."""
    return [
        ("patch threshold", patch_threshold(point.patch)),
        ("patient threshold", patient_threshold(point.patient)),
        (
            "low / high",
            density_threshold(point.density),
        ),
    ]


def model_line(model: StoredModel) -> str:
    """Which model, in one line."""
    manifest = model.manifest
    return f"{manifest.name} ({manifest.backend.name}, {manifest.created:%Y-%m-%d %H:%M} UTC, {model.path})"


def _metrics_table(title: str, rows: Sequence[tuple[str, BinaryMetrics]]) -> Table:
    columns = ["", "n", "n +", "Prec +", "Prec -", "Recall +", "Recall -", "F1 +", "F1 -", "AUC", "AP"]
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
        ("patients", f"{found.n_patients} evaluated: {_some(found.evaluated)}"),
        ("refused", f"{len(found.refused)} patients that the model has seen"),
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
            ("note", f"{len(found.namesakes)} patients are named like training patients but share no image with them")
        )
    if found.patch is not None:
        rows.append(("by patient", "patients weighted equally, however many patches each has"))
    yield facts(rows)
    yield research_use()


def _patient_tables(found: PatientEvaluation) -> Iterable[RenderableType]:
    rows = [("finding", found.metrics)]
    if found.metrics_as_positive is not None:
        rows = [("indeterminate as not detected", found.metrics), ("as detected", found.metrics_as_positive)]
    truth = f"Patients (truth: {found.truth}" + (", selected patches only)" if found.selected_patches else ")")
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


def training(made: Training) -> Iterable[RenderableType]:
    """What was trained, on whom, how fast, and with which thresholds."""
    manifest = made.model.manifest
    history = manifest.training.history
    patients = ", ".join(
        f"{sum(r.role.value == role for r in manifest.patients)} {words}" for role, words in _ROLES.items()
    )
    rows: list[tuple[str, RenderableType]] = [("patients", patients), ("patches", f"{made.n_patches} fitted on")]
    if made.n_other_size:
        rows.append(("", f"{made.n_other_size} of another size were not learned from"))
    if made.rejected:
        rows.append(("rejected", f"{len(made.rejected)} patches could not be read: hpscan data check names them"))
    if made.dataset.notes:
        rows.append(("noticed", f"{len(made.dataset.notes)} remarks on the dataset: hpscan data check prints them"))
    if history:
        best = min(history, key=lambda row: row.get("validation_loss", 0))
        rows.append(
            (
                "epochs",
                f"{len(history)}, the best was {best['epoch']:.0f} (validation loss {best.get('validation_loss', 0):.5g})",
            )
        )
    speed = f"{made.scored_per_second:.0f} patches/s scored"
    if made.fitted_per_second is not None:
        speed = f"{manifest.training.seconds:.0f} s, {made.fitted_per_second:.0f} patches/s trained, {speed}"
    rows.append(("speed", f"{speed}, peak memory {made.peak_memory / 2**30:.1f} GiB ({manifest.training.device})"))
    rows += threshold_rows(manifest.operating_point.point())
    rows.append(("model", model_line(made.model)))
    title = "Training interrupted: the best weights so far are kept" if manifest.training.interrupted else "Trained"
    yield Panel(facts(rows), title=title, title_align="left", expand=False)


def calibration(made: Calibration) -> Iterable[RenderableType]:
    """Thresholds before and after."""
    after = made.model.manifest.operating_point.point()
    before = made.before.point()
    rows = [
        ["patch", score(before.patch.value), score(after.patch.value)],
        ["patient", percent(before.patient.value), percent(after.patient.value)],
        ["low / high", *("-" if t is None else percent(t.value) for t in (before.density, after.density))],
    ]
    yield table("Thresholds", ["", "before", "after"], rows)
    patients = f"{made.n_patients} calibrated on, {made.n_held_out} left for evaluate, {made.n_fitted} left out"
    yield facts(
        [
            ("patients", patients),
            *threshold_rows(after),
            *rejected_rows(made.rejected),
            ("model", model_line(made.model)),
            ("weights", "untouched; the thresholds before are kept in the manifest"),
        ]
    )


def check(found: Check, document: CheckDocument) -> Iterable[RenderableType]:
    """What a dataset holds, and what is wrong with it."""
    cohort = found.dataset.cohort
    rows = []
    rejected = found.inspection.rejected
    duplicate = {p for p in found.inspection.duplicates if p not in rejected}
    for origin in Origin:
        own = found.listed(origin)
        if own:
            bad = sum(p in rejected for p in own)
            copies = sum(p in duplicate for p in own)
            patients = len({p.patient_id for p in own})
            counts = [patients, len(own), len(own) - bad - copies, bad, copies]
            labels = [sum(p.label == value for p in own) for value in (-1, 0, 1)]
            rows.append([origin.value, *map(str, counts), *map(str, labels)])
    columns = ["patches", "patients", "listed", "readable", "rejected", "duplicate", "label -", "label 0", "label +"]
    yield table(str(found.dataset.root), columns, rows)
    yield facts(
        [
            (
                "patients",
                f"{len(cohort.patients)}: " + ", ".join(f"{n} {name}" for name, n in document.patients.items()),
            ),
            ("tables", ", ".join(str(path.relative_to(found.dataset.root)) for path in found.dataset.tables) or "none")
            if all(path.is_relative_to(found.dataset.root) for path in found.dataset.tables)
            else ("tables", ", ".join(document.tables)),
            ("sizes", ", ".join(f"{n} of {size}" for size, n in document.sizes.items()) or "none"),
            ("fingerprint", document.fingerprint),
        ]
    )
    for group in document.shared:
        yield Text(f"Patients that share identical images: {', '.join(group)}", style="yellow")
    if document.notes:
        notes = table("Noticed", ["what", "for example"], [[n.message, _some(n.items)] for n in document.notes], left=2)
        yield notes
    if document.rejections:
        names = [[r.file, r.reason] for r in document.rejections[:20]]
        yield table(f"Rejected ({len(document.rejections)})", ["file", "reason"], names, left=2)


def _some(items: Sequence[str]) -> str:
    shown = ", ".join(items[:_ITEMS])
    return shown + (f" and {len(items) - _ITEMS} more" if len(items) > _ITEMS else "")


def models(documents: Sequence[ModelDocument], broken: Sequence[tuple[Path, str]]) -> Iterable[RenderableType]:
    """The stored models, the newest first."""
    rows = [
        [
            m.name,
            m.backend,
            m.created[:16].replace("T", " "),
            f"{m.bytes / 1e6:.1f} MB",
            score(m.thresholds.patch.value),
        ]
        for m in documents
    ]
    yield table(
        "Models, the newest first", ["name", "backend", "made (UTC)", "weights", "patch threshold"], rows, left=3
    )
    for path, reason in broken:
        yield Text(f"{path}: {reason}", style="yellow")


def model(stored: StoredModel) -> Iterable[RenderableType]:
    """One model: its card's facts."""
    manifest = stored.manifest
    yield Panel(
        facts(
            [
                ("backend", f"{manifest.backend.name} ({manifest.backend.distribution} {manifest.backend.version})"),
                (
                    "made",
                    f"{manifest.created:%Y-%m-%d %H:%M} UTC by hpscan {manifest.hpscan}, seed {manifest.training.seed}",
                ),
                ("trained for", f"{manifest.input.stain}; {manifest.input.tissue}"),
                (
                    "patients",
                    ", ".join(f"{sum(r.role.value == k for r in manifest.patients)} {v}" for k, v in _ROLES.items()),
                ),
                ("cohort", manifest.cohort_fingerprint),
                *threshold_rows(manifest.operating_point.point()),
                ("settings", ", ".join(f"{key}={value}" for key, value in manifest.settings.items())),
                ("folder", str(stored.path)),
            ]
        ),
        title=manifest.name,
        title_align="left",
        expand=False,
    )
    yield research_use()


def doctor(document: DoctorDocument) -> Iterable[RenderableType]:
    """The state of an installation."""
    rows: list[tuple[str, RenderableType]] = [("system", document.system)]
    rows += [("device", f"{d.name}: {d.description}") for d in document.devices]
    rows += [
        (name, f"{f.path}{'' if f.writable else ' (cannot be written to)'}") for name, f in document.folders.items()
    ]
    rows.append(("HPSCAN_HOME", document.hpscan_home or "not set"))
    rows.append(("trained models", str(document.models)))
    rows += [("backend", f"{p.name} ({p.distribution} {p.version}) {p.problem or 'ok'}") for p in document.plugins]
    rows += [("version", f"{name} {number}") for name, number in document.versions.items()]
    yield facts(rows)
    for problem in document.problems:
        yield Text(f"Problem: {problem}", style="bold yellow")
    if not document.problems:
        yield Text("No problem found.", style="green")

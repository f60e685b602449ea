"""What the terminal shows of models, datasets and the installation: training, calibration, check, models, doctor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rich.panel import Panel
from rich.text import Text

from hpscan.cli.output import account as accounts
from hpscan.cli.output.console import table
from hpscan.cli.render import facts, model_line, rejected_rows, research_use, shortened, threshold_rows, warning_rows
from hpscan.core.cohort import Origin
from hpscan.core.notes import NoteKind
from hpscan.report.text.card import aggregation, patient_value, percent, score, setting, started_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from rich.console import RenderableType

    from hpscan.cli.output.documents import CheckDocument, DoctorDocument, ModelDocument
    from hpscan.store.manifest import Manifest
    from hpscan.store.models import StoredModel
    from hpscan.workflows.datasets.check import Check
    from hpscan.workflows.datasets.provenance import Whence
    from hpscan.workflows.training.calibrate import Calibration
    from hpscan.workflows.training.train import Training
    from hpscan.workflows.zoo.bundled import Rebuilt

_ROLES = {name: name for name in ("training", "validation", "calibration", "test")}


def training(made: Training) -> Iterable[RenderableType]:
    """What was trained, on whom, how fast, and with which thresholds."""
    manifest = made.model.manifest
    history = manifest.training.history
    patients = ", ".join(
        f"{sum(r.role.value == role for r in manifest.patients)} {words}" for role, words in _ROLES.items()
    )
    rows: list[tuple[str, RenderableType]] = [("patients", patients), ("patches", _fitted_on(made))]
    if made.facts.other_size:
        rows.append(("", f"{made.facts.other_size} of another size were not learned from"))
    if made.rejected:
        rows.append(("rejected", f"{len(made.rejected)} patches could not be read: hpscan data check names them"))
    if made.dataset.notes:
        rows.append(("noticed", f"{len(made.dataset.notes)} remarks on the dataset: hpscan data check prints them"))
    if history:
        rows.append(("epochs", f"{len(history)}, {_kept(history)}"))
    trained = "" if made.facts.per_second is None else f"{made.facts.per_second:.0f} patches/s trained, "
    speed = f"{manifest.training.seconds:.0f} s to fit, {trained}{made.scored_per_second:.0f} patches/s scored"
    rows.append(("speed", f"{speed}, peak memory {made.peak_memory / 2**30:.1f} GiB ({manifest.training.device})"))
    rows += accounts.rows(made.account.sums(), "fitted on or scored")
    rows += threshold_rows(manifest.operating_point.point())
    rows += warning_rows(made.warnings)
    rows.append(("model", model_line(made.model)))
    rows += figure_rows(made.model.plots)
    title = "Training interrupted: the best weights so far are kept" if manifest.training.interrupted else "Trained"
    yield Panel(facts(rows), title=title, title_align="left", expand=False)


def figure_rows(paths: Sequence[Path]) -> list[tuple[str, RenderableType]]:
    """Where pictures were written; a terminal that knows links opens one on a click."""
    return [
        (
            "" if place else "pictures" if len(paths) > 1 else "picture",
            Text(str(path), f"link {path.absolute().as_uri()}"),
        )
        for place, path in enumerate(paths)
    ]


def _fitted_on(made: Training) -> str:
    labels = (
        ""
        if made.facts.positive is None
        else f" ({made.facts.positive} positive, {made.facts.patches - made.facts.positive} negative)"
    )
    return f"{made.facts.patches} fitted on{labels}"


def _kept(history: Sequence[Mapping[str, float]]) -> str:
    """Which epoch's weights the model has: the best, where each was validated, else the last.

    The losses of several networks are unlike, so no epoch is the best of all.
    """
    networks = {row["network"] for row in history if "network" in row}
    if len(networks) > 1:
        return f"of {len(networks)} networks, each with its own best"
    if not all("validation_loss" in row for row in history):
        return "the last was kept"
    loss = [math.inf if math.isnan(row["validation_loss"]) else row["validation_loss"] for row in history]
    best = loss.index(min(loss))
    return f"the best was {history[best].get('epoch', best + 1):.0f} (validation loss {loss[best]:.5g})"


def calibration(made: Calibration) -> Iterable[RenderableType]:
    """Thresholds before and after."""
    after = made.model.manifest.operating_point.point()
    before = made.before.point()
    rows = [["patch", score(before.patch.value), score(after.patch.value)]]
    values = [aggregation(p.aggregation, p.top_k) for p in (before, after)]
    if values[0] != values[1]:
        rows.append(["patient's value", *values])
    rows += [
        ["patient", *(patient_value(p.patient.value, p.aggregation) for p in (before, after))],
        [
            "low / high",
            *("-" if p.density is None else percent(p.density.value) for p in (before, after)),
        ],
    ]
    yield table("Thresholds", ["", "before", "after"], rows)
    patients = f"{made.n_patients} calibrated on, {made.n_held_out} left for evaluate, {made.n_fitted} left out"
    yield facts(
        [
            ("patients", patients),
            *accounts.rows(made.account.sums(), "scored"),
            *threshold_rows(after),
            *warning_rows(made.warnings),
            *rejected_rows(made.rejected),
            ("model", model_line(made.model)),
            ("weights", "untouched; the thresholds before are kept in the manifest"),
            *figure_rows([made.plot]),
        ]
    )


def check(found: Check, document: CheckDocument) -> Iterable[RenderableType]:
    """What a dataset holds, and what is wrong with it."""
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
    for note in document.notes:
        if NoteKind(note.kind).useless:
            yield Text(f"{note.message[0].upper()}{note.message[1:]}", style="bold yellow")
    columns = ["patches", "patients", "listed", "readable", "rejected", "duplicate", "label -", "label 0", "label +"]
    yield table(str(found.dataset.root), columns, rows)
    yield facts(
        [
            *accounts.rows(found.account.sums(), "readable"),
            (
                "diagnoses",
                f"{len(found.dataset.everybody)} patients: "
                + ", ".join(f"{n} {name}" for name, n in document.patients.items()),
            ),
            ("tables used", _tables(found, document)),
            ("sizes", ", ".join(f"{n} of {size}" for size, n in document.sizes.items()) or "none"),
            ("fingerprint", document.fingerprint),
        ]
    )
    for group in document.shared:
        yield Text(f"Patients that share identical images: {', '.join(group)}", style="yellow")
    notes = [[n.message, shortened(n.items)] for n in document.notes if not NoteKind(n.kind).useless]
    if notes:
        yield table("Noticed", ["what", "for example"], notes, left=2)
    if document.rejections:
        names = [[r.file, r.reason] for r in document.rejections[:20]]
        yield table(f"Rejected ({len(document.rejections)})", ["file", "reason"], names, left=2)


def _tables(found: Check, document: CheckDocument) -> str:
    root = found.dataset.root
    if all(path.is_relative_to(root) for path in found.dataset.tables):
        return ", ".join(str(path.relative_to(root)) for path in found.dataset.tables) or "none"
    return ", ".join(document.tables)


def whence(told: Whence) -> Iterable[RenderableType]:
    """Where a patient or a file comes from."""
    yield Panel(facts(told.facts), title=f"{told.what} ({told.kind})", title_align="left", expand=False)


def models(documents: Sequence[ModelDocument], broken: Sequence[tuple[Path, str]]) -> Iterable[RenderableType]:
    """The stored models, the newest first."""
    rows = [
        [
            f"{m.name} *" if m.default else m.name,
            f"{m.backend} (ships with hpscan)" if m.bundled else m.backend,
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
    for m in documents:
        if m.default:
            why = {"pinned": "pinned", "newest": "the one trained last", "bundled": "the one that ships with hpscan"}
            yield Text(f"* taken where no --model is given: {why[m.default]}", style="dim")


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
                *([("training", "interrupted: the best weights until then")] if manifest.training.interrupted else []),
                *([("started from", started_from(pretrained))] if (pretrained := manifest.training.pretrained) else []),
                ("trained for", f"{manifest.input.stain}; {manifest.input.tissue}"),
                ("patients", _patients(manifest)),
                ("cohort", manifest.cohort_fingerprint),
                *threshold_rows(manifest.operating_point.point()),
                ("settings", ", ".join(f"{key}={setting(value)}" for key, value in manifest.settings.items())),
                ("folder", str(stored.path)),
                ("card", str(stored.path / "README.md")),
            ]
        ),
        title=manifest.name,
        title_align="left",
        expand=False,
    )
    yield research_use()


def rebuilt(made: Rebuilt) -> Iterable[RenderableType]:
    """The bundled model, made again, and whether it came out the same."""
    yield from model(made.model)
    yield facts([("weights", f"SHA-256 {made.sha256}")])
    match made.same:
        case True:
            yield Text("The weights are those that ship with this hpscan, bit for bit.", style="green")
        case False:
            yield Text(
                "The weights are not those that ship with this hpscan: another machine, or other versions than "
                f"`hpscan models show {made.model.manifest.name}` lists, compute a little differently.",
                style="yellow",
            )


def _patients(manifest: Manifest) -> str:
    """Patients of the training cohort: by role, and where they are not recorded one by one, by diagnosis."""
    if manifest.patients:
        return ", ".join(f"{sum(r.role.value == k for r in manifest.patients)} {v}" for k, v in _ROLES.items())
    return ", ".join(f"{n} {density}" for density, n in manifest.densities.items()) + (
        ", all drawn" if manifest.phantom else ""
    )


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

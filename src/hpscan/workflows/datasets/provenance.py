"""Where a patient or a file of a dataset comes from: which rule, which table and which row said what."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hpscan.core.errors import DataError
from hpscan.data.dataset import layout
from hpscan.data.names import Lookup
from hpscan.report.text import notes as note_text
from hpscan.report.text.account import SET_ASIDE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpscan.core.account import Aside
    from hpscan.core.cohort import Patch, Patient
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.patients.rule import Folder
    from hpscan.data.tables.labels import BoxRow, DiagnosisRow, LabelRow


@dataclass(frozen=True, slots=True)
class Whence:
    """What is known of one thing in a dataset, and from where.

    Attributes:
        what: What was asked about.
        kind: `patient`, `patch`, `set aside` or `table`.
        facts: Pairs of a topic and what is said of it, with its source.
    """

    what: str
    kind: str
    facts: tuple[tuple[str, str], ...]


def whence(data: Path, what: str, *, patient_from: str | None = None) -> Whence:
    """Where a patient, or a file, comes from.

    Args:
        data: The dataset's folder.
        what: A patient's id, a patch's id, or a file's path, whole or from the dataset's folder.
        patient_from: Who is a patient, where the folders do not tell.

    Raises:
        DataError: When there is nothing of that name.
    """
    dataset = layout.load(data, patient=patient_from)
    name = Lookup(p.id for p in dataset.everybody).find(what)
    if name is not None:
        patient = next(p for p in dataset.everybody if p.id == name)
        return Whence(name, "patient", tuple(_patient(dataset, patient)))
    places = {Path(what).expanduser().absolute(), dataset.evidence.top / what, dataset.root / what}
    for patch in dataset.cohort.patches(augmented=True):
        if patch.path in places or patch.id == what:
            return Whence(_shown(dataset, patch.path), "patch", tuple(_patch(dataset, patch)))
    for aside in dataset.asides:
        if dataset.evidence.top / aside.file in places:
            return Whence(aside.file, "set aside", tuple(_aside(aside)))
    for path in (*dataset.tables, *(remark.source for remark in dataset.evidence.tables.not_understood)):
        if path in places:
            return Whence(_shown(dataset, path), "table", tuple(_table(dataset, path)))
    near = Lookup(p.id for p in dataset.everybody).nearly(what)
    raise DataError(
        f"{what} is no patient and no file of {dataset.root}",
        hint=f"did you mean {near}?" if near else f"its patients are: {_few([p.id for p in dataset.everybody])}",
        path=data,
    )


def _patient(dataset: Dataset, patient: Patient) -> Iterable[tuple[str, str]]:
    for folder in dataset.evidence.folders:
        if folder.patient == patient.id:
            yield "folder", _folder(dataset, folder)
    rows = dataset.evidence.diagnoses.rows.get(patient.id, [])
    said = (
        "unknown" if patient.infected is None else patient.density or ("infected" if patient.infected else "negative")
    )
    if rows:
        yield "diagnosis", f"{said}: {'; '.join(_diagnosis_row(dataset, row) for row in rows)}"
    elif patient.infected is not None:
        yield "diagnosis", f"{said}: the name of a class folder says so, no table does"
    else:
        yield "diagnosis", "none: no table names this patient, and no class folder"
    labels = Counter(patch.label.name.lower() for patch in patient.patches if patch.label is not None)
    if labels:
        sources = {row.source for patch in patient.patches for row in _label_rows(dataset, patch)}
        where = ", ".join(sorted(_shown(dataset, source) for source in sources))
        yield "labels", f"{', '.join(f'{n} {label}' for label, n in labels.items())}: {where}"
    yield "patches", f"{len(patient.patches)} listed"
    beside = Counter((aside.kind, aside.group) for aside in dataset.asides if aside.patient == patient.id)
    for (kind, group), n in beside.items():
        yield "set aside", f"{n} {SET_ASIDE[kind]}: {group}"


def _patch(dataset: Dataset, patch: Patch) -> Iterable[tuple[str, str]]:
    folder = next(f for f in dataset.evidence.folders if f.path == patch.path.parent and f.patient == patch.patient_id)
    yield "patch", f"{patch.id} ({patch.origin}{', an augmented copy' if patch.augmented else ''})"
    yield "patient", f"{patch.patient_id}{f', section {patch.section_id}' if patch.section_id else ''}"
    yield "folder", _folder(dataset, folder)
    labels = _label_rows(dataset, patch)
    if labels:
        rows = "; ".join(f"{_shown(dataset, r.source)}, row {r.number}: {r.about} is {int(r.label)}" for r in labels)
        yield "label", f"{patch.label.name.lower() if patch.label is not None else 'none'}: {rows}"
    else:
        yield "label", "none: no row of a table means this patch"
    for row in _box_rows(dataset, patch):
        yield "place", f"{row.box.x}, {row.box.y}: {_shown(dataset, row.source)}, row {row.number}: {row.about}"


def _aside(aside: Aside) -> Iterable[tuple[str, str]]:
    yield "set aside", f"as one of those {SET_ASIDE[aside.kind]} ({aside.group})"
    yield "patient", aside.patient or "nobody's"
    yield "matters", "it may hold patches of this patient" if aside.kind.may_hold_patches and aside.patient else "no"


def _table(dataset: Dataset, path: Path) -> Iterable[tuple[str, str]]:
    tables = dataset.evidence.tables
    for remark in tables.not_understood:
        if remark.source == path:
            yield "not understood", remark.reason
            return
    yield "diagnoses", str(sum(row.source == path for row in tables.diagnoses))
    yield "labels", str(sum(row.source == path for row in tables.labels))
    yield "places", str(sum(row.source == path for row in tables.boxes))
    for remark in (*tables.bad_rows, *tables.withdrawn):
        if remark.source == path:
            yield "not used", remark.reason


def _folder(dataset: Dataset, folder: Folder) -> str:
    part = f", {folder.part.origin}" if folder.part.origin else ""
    said = note_text.describe_rule(folder.rule, folder.path.name, folder.label)
    return f"{_shown(dataset, folder.path)}/ ({len(folder.images)} images{part}): {said}"


def _diagnosis_row(dataset: Dataset, row: DiagnosisRow) -> str:
    said = row.density or ("infected" if row.infected else "negative")
    return f"{_shown(dataset, row.source)}, row {row.number}: {row.code} is {said}"


def _label_rows(dataset: Dataset, patch: Patch) -> list[LabelRow]:
    return dataset.evidence.labels.rows.get(dataset.evidence.images[patch.path], [])


def _box_rows(dataset: Dataset, patch: Patch) -> list[BoxRow]:
    return dataset.evidence.boxes.rows.get(dataset.evidence.images[patch.path], [])


def _shown(dataset: Dataset, path: Path) -> str:
    return path.relative_to(dataset.root).as_posix() if path.is_relative_to(dataset.root) else path.as_posix()


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")

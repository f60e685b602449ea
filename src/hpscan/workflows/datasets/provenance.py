"""Where a patient or a file of a dataset comes from: which rule, which table and which row say what."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from hpscan.core.cohort import diagnosis_word
from hpscan.core.errors import DataError
from hpscan.core.provenance import Fact, FactKind, Provenance, Source
from hpscan.data.dataset import layout
from hpscan.data.names import Lookup

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hpscan.core.account import Aside
    from hpscan.core.cohort import Patch, Patient
    from hpscan.data.dataset.layout import Dataset
    from hpscan.data.patients.folders import Folder
    from hpscan.data.tables.rows import BoxRow, LabelRow


def trace(data: Path, what: str, *, patient_from: str | None = None) -> Provenance:
    """Where a patient, or a file, comes from.

    Args:
        data: The dataset's folder.
        what: A patient's id, a patch's id, or a file's path, whole or from the dataset's folder.
        patient_from: Who is a patient, where the folders do not tell.

    Raises:
        DataError: When there is nothing of that name.
    """
    dataset = layout.load(data, patient=patient_from)
    patients = Lookup(patient.id for patient in dataset.everybody)
    name = patients.find(what)
    if name is not None:
        patient = next(patient for patient in dataset.everybody if patient.id == name)
        return Provenance(name, "patient", tuple(_of_patient(dataset, patient)))
    places = {Path(what).expanduser().absolute(), dataset.evidence.top / what, dataset.root / what}
    for patch in dataset.cohort.patches(augmented=True):
        if patch.path in places or patch.id == what:
            return Provenance(_shown(dataset, patch.path), "patch", tuple(_of_patch(dataset, patch)))
    for aside in dataset.asides:
        if dataset.evidence.top / aside.file in places:
            return Provenance(aside.file, "set aside", tuple(_of_aside(aside)))
    for path in (*dataset.tables, *(remark.source for remark in dataset.evidence.tables.not_understood)):
        if path in places:
            return Provenance(_shown(dataset, path), "table", tuple(_of_table(dataset, path)))
    near = patients.nearly(what)
    raise DataError(
        f"{what} is no patient and no file of {dataset.root}",
        hint=f"did you mean {near}?" if near else f"its patients are: {_few([p.id for p in dataset.everybody])}",
        path=data,
    )


def _of_patient(dataset: Dataset, patient: Patient) -> Iterable[Fact]:
    for folder in dataset.evidence.folders:
        if folder.patient == patient.id:
            yield _folder(dataset, folder)
    rows = dataset.evidence.diagnoses.rows.get(patient.id, [])
    diagnosis = patient.diagnosis
    if rows:
        sources = (
            Source(
                _shown(dataset, row.source), row.number, row.code, diagnosis_word(row.density, infected=row.infected)
            )
            for row in rows
        )
        yield Fact.of(FactKind.DIAGNOSIS_FROM_TABLES, *sources, diagnosis=diagnosis)
    elif patient.infected is not None:
        yield Fact.of(FactKind.DIAGNOSIS_FROM_FOLDER, diagnosis=diagnosis)
    else:
        yield Fact.of(FactKind.NO_DIAGNOSIS)
    labels = Counter(patch.label.name.lower() for patch in patient.patches if patch.label is not None)
    if labels:
        tables = {row.source for patch in patient.patches for row in _label_rows(dataset, patch)}
        sources = (Source(table) for table in sorted(_shown(dataset, table) for table in tables))
        yield Fact.of(FactKind.LABEL_COUNTS, *sources, **labels)
    yield Fact.of(FactKind.PATCHES, count=len(patient.patches))
    beside = Counter((aside.kind, aside.group) for aside in dataset.asides if aside.patient == patient.id)
    for (kind, group), count in beside.items():
        yield Fact.of(FactKind.FILES_SET_ASIDE, count=count, aside=kind.value, group=group)


def _of_patch(dataset: Dataset, patch: Patch) -> Iterable[Fact]:
    folder = next(f for f in dataset.evidence.folders if f.path == patch.path.parent and f.patient == patch.patient_id)
    yield Fact.of(FactKind.PATCH, id=patch.id, origin=patch.origin.value, augmented=patch.augmented)
    yield Fact.of(FactKind.PATIENT, patient=patch.patient_id, section=patch.section_id)
    yield _folder(dataset, folder)
    rows = _label_rows(dataset, patch)
    if rows:
        sources = (Source(_shown(dataset, row.source), row.number, str(row.about), str(int(row.label))) for row in rows)
        yield Fact.of(FactKind.LABEL, *sources, label="none" if patch.label is None else patch.label.name.lower())
    else:
        yield Fact.of(FactKind.NO_LABEL)
    for row in _box_rows(dataset, patch):
        source = Source(_shown(dataset, row.source), row.number, str(row.about))
        yield Fact.of(FactKind.PLACE, source, x=row.box.x, y=row.box.y)


def _of_aside(aside: Aside) -> Iterable[Fact]:
    yield Fact.of(FactKind.SET_ASIDE, aside=aside.kind.value, group=aside.group)
    yield Fact.of(FactKind.OWNER, patient=aside.patient)
    yield Fact.of(FactKind.MAY_HOLD_PATCHES, may=bool(aside.kind.may_hold_patches and aside.patient))


def _of_table(dataset: Dataset, path: Path) -> Iterable[Fact]:
    tables = dataset.evidence.tables
    for remark in tables.not_understood:
        if remark.source == path:
            yield Fact.of(FactKind.NOT_UNDERSTOOD, reason=remark.reason)
            return
    for topic, rows in (("diagnoses", tables.diagnoses), ("labels", tables.labels), ("places", tables.boxes)):
        yield Fact.of(FactKind.ROWS_READ, topic=topic, count=sum(row.source == path for row in rows))
    for remark in (*tables.bad_rows, *tables.withdrawn):
        if remark.source == path:
            yield Fact.of(FactKind.ROW_NOT_USED, reason=remark.reason)


def _folder(dataset: Dataset, folder: Folder) -> Fact:
    return Fact.of(
        FactKind.FOLDER,
        folder=_shown(dataset, folder.path),
        images=len(folder.images),
        origin=folder.part.origin or "",
        rule=folder.rule.value,
        name=folder.path.name,
        label=folder.label,
    )


def _label_rows(dataset: Dataset, patch: Patch) -> list[LabelRow]:
    return dataset.evidence.labels.rows.get(dataset.evidence.images[patch.path], [])


def _box_rows(dataset: Dataset, patch: Patch) -> list[BoxRow]:
    return dataset.evidence.boxes.rows.get(dataset.evidence.images[patch.path], [])


def _shown(dataset: Dataset, path: Path) -> str:
    return path.relative_to(dataset.root).as_posix() if path.is_relative_to(dataset.root) else path.as_posix()


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
